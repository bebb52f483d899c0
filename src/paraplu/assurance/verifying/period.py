"""A period of the log: which entries are of these days, and whether somebody else vouches for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from paraplu.assurance.keeping.vouching import Vouch
from paraplu.engine.clock import from_ms
from paraplu.store import entries, logs


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one log holds of a period: `entries`, the places of the first and the last, and when these were.

    `size` is how many entries a head of that log must cover to cover the last one.
    """

    log: str
    entries: int
    first: int
    last: int
    begins: datetime
    ends: datetime
    size: int

    def covered(self, vouch: Vouch) -> bool:
        """Whether that word is for all of it."""
        return vouch.log == self.log and vouch.size >= self.size


def stretches(
    connection: Connection, since: int | None = None, until: int | None = None
) -> list[Stretch]:
    """What each log holds of the time from `since` to before `until` (ms since 1970), the oldest log first.

    None means from the beginning, or up to the end. A log that holds nothing of it is left out.
    """
    found = []
    for log in logs.every(connection):
        row = entries.extent(connection, first=log.first, end=log.until, since=since, until=until)
        if row is not None:
            found.append(
                Stretch(
                    log.log,
                    row.number,
                    row.first,
                    row.last,
                    from_ms(row.begins),
                    from_ms(row.ends),
                    row.last - log.first + 1,
                )
            )
    return found
