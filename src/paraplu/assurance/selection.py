"""Which entries somebody wants: places of the log, chosen by who, what, for whom and when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from paraplu.assurance.search import may_see
from paraplu.audit.entry import Entry
from paraplu.domain.person import Person
from paraplu.store import entries


@dataclass(frozen=True, slots=True)
class Selection:
    """Entries by their places in the log (from 0), in order, each once."""

    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; what is None does not matter.

    `case` and `person` are uids; a person is the one who acted, asked, submitted or decided. `bot` is the
    name of a bot. `since` up to before `until`: milliseconds since 1970, UTC.
    """

    case: str | None = None
    client: str | None = None
    service: str | None = None
    kind: str | None = None
    bot: str | None = None
    person: str | None = None
    since: int | None = None
    until: int | None = None

    def fits(self, entry: Entry) -> bool:
        """Whether an entry is of this client, service, bot and person."""
        rpa = entry.rpa
        return (
            self.client in (None, rpa.get("client"))
            and self.service in (None, rpa.get("service"))
            and self.bot in (None, entry.document["actor"].get("app_name"))
            and (self.person is None or self.person in people_in(entry))
        )


def select(connection: Connection, wanted: Wanted, reader: Person) -> Selection:
    """The entries that are wanted and that this reader may see.

    Who works for some clients only sees the entries of those.
    """
    clues = [
        f'"{value}"'.encode()
        for value in (wanted.client, wanted.service, wanted.bot, wanted.person)
        if value is not None
    ]
    found: list[int] = []
    for one in entries.chosen(
        connection,
        cases=None if wanted.case is None else [wanted.case],
        kinds=[] if wanted.kind is None else [wanted.kind],
        since=wanted.since,
        until=wanted.until,
    ):
        # Looking for the bytes first: reading each entry of a large log would take a hundred times as long.
        if all(clue in one.data for clue in clues):
            entry = Entry(one.data)
            if wanted.fits(entry) and may_see(entry, reader):
                found.append(one.place)
    return Selection(tuple(reversed(found)))  # they come newest first


def people_in(entry: Entry) -> set[str]:
    """The uids of those who acted, asked, submitted or decided."""
    rpa = entry.rpa
    asked = (rpa.get(name) for name in ("requested_by", "submitted_by"))
    decided = rpa.get("approved_by", ())
    return {entry.actor, *(one["user"]["uid"] for one in (*asked, *decided) if one)}
