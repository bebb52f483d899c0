"""Cases that come near the moment by which they must be done while nothing is done for them.

The clock looks. For a case that waits for approval it asks for a run, which calls a person. A case that is
due, and that no run takes up in time, stays due, and a person is called beside it: a run that still comes in
time does it, and then nobody need look any more.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from paraplu.domain.finding import to_person
from paraplu.domain.notice import Fact, NoticeKind
from paraplu.domain.pause import holding_back
from paraplu.domain.planned import Why
from paraplu.engine.agreed import Agreed
from paraplu.engine.asking import Asking
from paraplu.engine.casefile import Said
from paraplu.engine.clock import from_ms, to_ms
from paraplu.engine.journal import OURSELVES, Personal
from paraplu.engine.parts import Parts
from paraplu.engine.pausing import pause_of
from paraplu.engine.settling import NOT_TAKEN_UP, finding_hash
from paraplu.engine.waiting import MARGIN
from paraplu.errors import Refused
from paraplu.store import cases, exceptions, pauses, planned, runs

LAST = timedelta(hours=2)
"""What is left of the time for a person when runs do not get to a case: they are not relied on in it."""


class Late:
    """Looks, by the clock, for cases to which a person must be called."""

    def __init__(self, parts: Parts, asking: Asking) -> None:
        self._parts = parts
        self._asking = asking
        self._asked: set[tuple[str, int]] = set()
        self._called: set[tuple[str, int]] = set()

    def look(self) -> int:
        """Ask for runs for cases that wait, and call people to cases that are due. Gives how many services.

        A case is asked or called about once for each of its moments: one that a person has handed back is
        not called about again. Raises `StorageDown`.
        """
        return len(self._waiting() | self._due())

    def _waiting(self) -> set[tuple[str, str]]:
        parts = self._parts
        soon = to_ms(parts.clock.now() + MARGIN)
        with parts.database.read() as connection:
            rows = [
                row
                for row in cases.waiting_until(connection, soon)
                if (row.uid, row.latest) not in self._asked
            ]
        pairs = {(row.client, row.service) for row in rows}
        if not pairs:
            return pairs
        with parts.database.write() as connection:
            for client, service in sorted(pairs):
                if not runs.open_runs(connection, client, service):
                    with contextlib.suppress(
                        Refused
                    ):  # no agreement any more: no run calls anybody
                        self._asking.ask(connection, client, service, OURSELVES.uid)
        self._asked |= {(row.uid, row.latest) for row in rows}
        return pairs

    def _due(self) -> set[tuple[str, str]]:
        """Call people to cases that must be done soon and that no run will take up in time."""
        parts, now = self._parts, self._parts.clock.ms()
        with parts.database.read() as connection:
            rows = [
                row
                for row in cases.due_until(connection, now + _ms(MARGIN), now)
                if (row.uid, _moment(row)) not in self._called
            ]
            groups: defaultdict[tuple[str, str, int, bool], list[Any]] = defaultdict(list)
            for row in rows:
                groups[row.client, row.service, _moment(row), row.latest is None].append(row)
            hopeless = {
                key: some
                for key, some in groups.items()
                if key[2] <= now + _ms(LAST) or not self._hope(connection, key, some, now)
            }
        told: set[tuple[str, str]] = set()
        if not hopeless:
            return told
        with parts.database.write() as connection:
            for (client, service, moment, unseen), some in sorted(hopeless.items()):
                # What no run has looked at yet has a deadline only: a notice says how many there are.
                called = some if unseen else [row for row in some if self._call(connection, row)]
                if called:
                    first = client if unseen else called[0].uid
                    about = f"{first}/{service}/{from_ms(moment):%Y-%m-%dT%H:%M:%SZ}"
                    facts: dict[str, Fact] = {
                        "service": service,
                        "cases": len(called),
                        "latest": from_ms(moment),
                    }
                    if parts.notices.tell(connection, NoticeKind.LATE, about, client, facts):
                        told.add((client, service))
        self._called |= {(row.uid, _moment(row)) for some in hopeless.values() for row in some}
        return told

    def _hope(
        self, connection: Connection, key: tuple[str, str, int, bool], some: Sequence[Any], now: int
    ) -> bool:
        """Whether a run is going, or planned, that will take these cases up while there is time."""
        client, service, moment, _unseen = key
        enough = moment - _ms(LAST)
        if any(row.not_before is not None and row.not_before > enough for row in some):
            return False
        due = any(
            row.purpose == "run" and row.due_at <= enough
            for row in runs.open_runs(connection, client, service)
        )
        if due and pause_of(connection, client, service, now) is None:
            return True
        agreed, held = Agreed.of(connection, {client}), pauses.since(connection, now)
        for row in planned.coming(connection, client, service, now, enough):
            at = row.planned_for if row.due_at is None else row.due_at
            subject = agreed.subject(client, service, at, row.schedule)
            in_force = agreed.in_force(client, service, at) is not None
            if in_force and row.why != Why.FREEZE and not holding_back(held, subject, at):
                return True
        return False

    def _call(self, connection: Connection, row: Any) -> bool:
        """Open an exception on a case that stays as it is. False when that was done, or it is due no more."""
        parts = self._parts
        now = cases.get(connection, row.uid)
        if (now.state, now.latest) != (row.state, row.latest):
            return False
        latest = from_ms(row.latest).astimezone(parts.clients.get(connection, row.client).zone)
        finding = to_person(
            NOT_TAKEN_UP,
            "It must be done before {latest} and no run has taken it up: see that one does in time, or find "
            "another way.",
            before=latest,
            latest=latest,
        )
        hashed = finding_hash(parts.keys, finding)
        if any(one.finding_hash == hashed for one in exceptions.of_case(connection, row.uid)):
            return False
        exceptions.open_one(
            connection,
            uid=parts.clock.uid(),
            case_uid=row.uid,
            code=finding.message.code,
            finding_hash=hashed,
            opened_at=parts.clock.ms(),
            due=min(row.deadline, row.latest),
            sealed=parts.case_files.seal_messages(row.uid, row.key, (Said(None, finding.message),)),
        )
        entry = parts.journal.entry(
            "exception-opened",
            OURSELVES,
            case=row.uid,
            client=row.client,
            service=row.service,
            status_code=finding.message.code,
            personal=Personal(row.key, {"said": [str(finding.message)]}),
        )
        parts.journal.write(connection, entry)
        return True


def _moment(row: Any) -> int:
    """By when a case must be done: its plan says so, or else its deadline."""
    return int(row.deadline if row.latest is None else row.latest)


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
