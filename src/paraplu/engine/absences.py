"""Absences: noted by the person, or by a lead or administrator, and ended when somebody is back early.

Noting one is no ban. It changes who is asked (`paraplu.engine.askings`); whoever holds a mandate may still
decide, from wherever they are.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from paraplu.domain.person import Role
from paraplu.engine.clock import to_ms
from paraplu.engine.journal import Personal
from paraplu.engine.parts import Parts
from paraplu.engine.people import RETENTION, Known
from paraplu.errors import NotAllowed, Refused
from paraplu.store import absences
from paraplu.store.keys import Scope

_LONGEST = timedelta(days=400)
_FOR_OTHERS = (Role.LEAD, Role.ADMINISTRATOR)


class Absences:
    """Who is away, and when."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def note(self, person: Known, begins: datetime, ends: datetime, by: Known) -> str:
        """Note that somebody is away from `begins` up to, and without, `ends` (aware). Gives its uid.

        Raises `NotAllowed` for somebody else's, unless a lead or administrator does it; `Refused` for a span
        that is over, turned around, or longer than 400 days.
        """
        _require(by, person)
        now = self._parts.clock.now()
        if not begins < ends:
            raise Refused("An absence must end after it begins.")
        if ends <= now:
            raise Refused(
                "This absence is over already: nothing was asked of anybody in it any more."
            )
        if ends - begins > _LONGEST:
            raise Refused(
                "An absence of more than 400 days is a mistake, or a mandate that must end: write its "
                "valid_until into the client file."
            )
        uid = self._parts.clock.uid()
        # The key is durable before anything is sealed under it.
        personal = self._span(person, begins, ends)
        with self._parts.database.write() as connection:
            absences.add(
                connection,
                uid=uid,
                person=person.uid,
                begins_at=to_ms(begins),
                ends_at=to_ms(ends),
                noted_at=to_ms(now),
                noted_by=by.uid,
            )
            self._entry(connection, "absence-noted", by, person.uid, uid, personal)
        return uid

    def end(self, start: str, by: Known) -> str:
        """End the absence whose uid begins so, now; one to come is taken back. Gives the uid.

        Raises `NotFound`, `NotAllowed` as for noting one, `Refused` when it is over.
        """
        now = self._parts.clock.ms()
        with self._parts.database.write() as connection:
            row = absences.get(connection, start)
            known = self._parts.people.by_uid(connection, row.person)
            if known is not None:
                _require(by, known)
            if not absences.end(connection, row.uid, now):
                raise Refused("This absence is over already.")
            absences.look_soon(connection, now)
            self._entry(connection, "absence-ended", by, row.person, row.uid, None)
        return str(row.uid)

    def listed(self, by: Known) -> list[Any]:
        """Absences that go on or are to come: one's own, and those of others for who may note them."""
        with self._parts.database.read() as connection:
            rows = absences.not_over(connection, self._parts.clock.ms())
            people = {one.uid: one for one in self._parts.people.every(connection)}
        return [row for row in rows if row.person in people and _may(by, people[row.person])]

    def _span(self, person: Known, begins: datetime, ends: datetime) -> Personal:
        year = self._parts.clock.now().year
        key = self._parts.keys.key_for(Scope(f"person/{person.uid}", RETENTION, year))
        values = {"begins": begins.isoformat(), "ends": ends.isoformat()}
        return Personal(key, values, thing="absence")

    def _entry(
        self,
        connection: Connection,
        kind: str,
        by: Known,
        person: str,
        uid: str,
        personal: Personal | None,
    ) -> None:
        journal = self._parts.journal
        detail = {"person": person, "absence": uid}
        journal.write(connection, journal.entry(kind, by.hand, detail=detail, personal=personal))


def _may(by: Known, person: Known) -> bool:
    if by.uid == person.uid:
        return True
    theirs = set(person.person.clients)
    return by.person.has(*_FOR_OTHERS) and (
        not by.person.clients or bool(theirs & set(by.person.clients))
    )


def _require(by: Known, person: Known) -> None:
    if not _may(by, person):
        raise NotAllowed(
            "You may note your own absences; those of others take the role lead or administrator, for one of "
            "their clients."
        )
