"""A new log each year: the old one ends with an entry, the new one begins with one that names its last head.

So a log is closed and can be kept, exported and one day pruned as a whole, and nobody can slip another one
in between: the first entry of the new log holds the size and root of the old one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from paraplu.audit.tree import Frontier
from paraplu.engine.signing import CannotSign, Signing
from paraplu.store import entries, heads, logs
from paraplu.store.entries import NewEntry
from paraplu.store.logs import Log

Compose = Callable[..., NewEntry]
"""Composes an entry: kind, log, detail."""

_YEAR = re.compile(r"(.*/)(\d{4})([^/]*)")


@dataclass(frozen=True, slots=True)
class Succession:
    """When a log of this installation ends, and how the next one is opened; `zone` tells the years apart."""

    zone: ZoneInfo
    signing: Signing

    def ends_at(self, log: Log) -> int:
        """When the year of a log is over (milliseconds since 1970)."""
        opened = datetime.fromtimestamp(log.opened_at / 1000, UTC).astimezone(self.zone)
        return int(datetime(opened.year + 1, 1, 1, tzinfo=self.zone).timestamp() * 1000)

    def is_due(self, log: Log, now: int) -> bool:
        """Whether the year of a log is over at `now`; never for one that does not know when it was opened."""
        return log.opened_at > 0 and now >= self.ends_at(log)

    def succeed(
        self, connection: Connection, compose: Compose, now: int, *, anyway: bool = False
    ) -> str | None:
        """Close the log and open the next one, when that is due (or `anyway`); gives its name.

        To be called in a transaction that may write. Of two that do this at once the second finds the new
        log and nothing to do.
        """
        held = entries.hold(connection)
        log = logs.current(connection)
        if not (anyway or self.is_due(log, now)):
            return None
        year = datetime.fromtimestamp(now / 1000, UTC).astimezone(self.zone).year
        name = next_name(log.log, year, {one.log for one in logs.every(connection)})
        detail: dict[str, Any] = {"next": name}
        entries.append_held(connection, compose("log-closed", log=log.log, detail=detail), held)
        if self.signing.at_hand:
            try:
                note = self.signing.sign(log.log, held.frontier)
            except CannotSign:
                pass  # it is signed with the next head
            else:
                heads.keep(connection, log.log, held.frontier, now, note)
        logs.close(connection, log.log, now)
        entries.open_log(connection, name, first=held.next, at=now)
        new = entries.Held(name, held.next, Frontier())
        detail = {
            "before": log.log,
            "before_size": held.frontier.size,
            "before_root": held.frontier.root().hex(),
        }
        entries.append_held(connection, compose("log-opened", log=name, detail=detail), new)
        return name


def next_name(log: str, year: int, taken: Collection[str]) -> str:
    """The name of the log after `log`: the year in its last part replaced, or added; `.2` if taken."""
    found = _YEAR.fullmatch(log)
    stem = f"{found[1]}{year}{found[3].partition('.')[0]}" if found else f"{log}/{year}"
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}.{number}"
    return name
