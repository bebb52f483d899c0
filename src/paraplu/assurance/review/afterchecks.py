"""Finished cases looked at afterwards by a person who took no part in them; the results are entries.

Which cases is decided by their uid (`sample.share`), so nobody chooses them and everybody can tell them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from paraplu.assurance.questions.search import READERS
from paraplu.assurance.review.sample import share
from paraplu.audit.entry import Entry
from paraplu.domain.agreement import Agreement
from paraplu.domain.case import State
from paraplu.engine.clock import from_ms
from paraplu.engine.journal import Personal
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known, require
from paraplu.errors import NotAllowed, Refused
from paraplu.store import cases, entries

_KIND = "after-checked"
_LOOKING = ("personal-data-read", _KIND)  # kinds by which nobody takes part in a case


@dataclass(frozen=True, slots=True)
class AfterCheck:
    """One case to be looked at, or looked at: `verdict` is ``right`` or ``wrong``, None while it is due."""

    case: str
    client: str
    service: str
    finished_at: datetime
    verdict: str | None = None
    by: str | None = None
    at: datetime | None = None


class AfterChecks:
    """Says what is to be looked at, and writes down what was found."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def listed(
        self,
        reader: Known,
        client: str | None = None,
        *,
        since: int | None = None,
        until: int | None = None,
    ) -> list[AfterCheck]:
        """The cases finished in a period (ms) that their agreement sends to an after-check, oldest first."""
        require(reader, client, *READERS)
        self._parts.journal.complete()
        with self._parts.database.read() as connection:
            closed = cases.closed(connection, State.DONE, client, since, until)
            seen = (row for row in closed if reader.person.sees(row.client))
            finished = list(self._chosen(connection, seen))
            uids = [row.uid for row in finished]
            found = {
                entry.case: entry
                for one in entries.chosen(connection, cases=uids, kinds=[_KIND])
                for entry in [Entry(one.data)]
            }
        return [_check(row, found.get(row.uid)) for row in finished]

    def record(
        self, case: str, by: Known, verdict: Literal["right", "wrong"], note: str = ""
    ) -> None:
        """Write down what a person found who took no part in the case.

        Raises `Refused` unless the case is finished and was chosen and not looked at before; `NotAllowed`
        for somebody who asked, delivered, decided or worked on it. What is wrong is put right by a case
        that follows, or in the target by hand; the log keeps both.
        """
        parts = self._parts
        parts.journal.complete()
        with parts.database.write() as connection:
            row = cases.get(connection, case)
            require(by, row.client, *READERS)
            if row.state != State.DONE.value or not any(self._chosen(connection, [row])):
                raise Refused("This case is not one of those that are looked at afterwards.")
            told = [Entry(one.data) for one in entries.chosen(connection, cases=[case])]
            if any(one.kind == _KIND for one in told):
                raise Refused("This case has been looked at already.")
            if by.uid in _took_part(row, told):
                raise NotAllowed(
                    "You took part in this case: somebody who did not must look at it afterwards."
                )
            values = {"note": note} if note else {}
            parts.journal.write(
                connection,
                parts.journal.entry(
                    _KIND,
                    by.hand,
                    case=case,
                    client=row.client,
                    service=row.service,
                    status_code=verdict,
                    personal=Personal(row.key, values, thing="case"),
                ),
            )

    def _chosen(self, connection: Connection, rows: Iterable[Any]) -> Iterator[Any]:
        """Those of these cases that the agreement under which they were finished sends to an after-check."""
        known: dict[str, tuple[ZoneInfo, list[Agreement]]] = {}
        for row in rows:
            if row.client not in known:
                found = self._parts.clients.get(connection, row.client)
                known[row.client] = (
                    found.zone,
                    self._parts.clients.agreements(connection, row.client),
                )
            zone, agreements = known[row.client]
            day = from_ms(row.closed_at).astimezone(zone).date()
            in_force = [
                one for one in agreements if one.service == row.service and one.valid_on(day)
            ]
            newest = max(in_force, key=lambda one: one.version, default=None)
            if newest is not None and share(row.uid, newest.limits.after_check_percent):
                yield row


def _took_part(row: Any, told: list[Entry]) -> set[str]:
    acted = {one.actor for one in told if one.kind not in _LOOKING}
    return acted | {uid for uid in (row.submitter, row.requester, row.owner) if uid is not None}


def _check(row: Any, entry: Entry | None) -> AfterCheck:
    finished = from_ms(row.closed_at)
    if entry is None:
        return AfterCheck(row.uid, row.client, row.service, finished)
    verdict = entry.document.get("status_code")
    at = from_ms(entry.time_ms)
    return AfterCheck(row.uid, row.client, row.service, finished, verdict, entry.actor, at)
