"""Cases that wait for approval while their latest moment comes near: a person is called before it.

A run calls people before it does anything else. Where none comes by itself in time, the clock asks for one.
"""

from __future__ import annotations

import contextlib
from datetime import timedelta

from paraplu.domain.case import State
from paraplu.domain.finding import to_person
from paraplu.engine.asking import Asking
from paraplu.engine.clock import from_ms, to_ms
from paraplu.engine.journal import OURSELVES
from paraplu.engine.parts import Parts
from paraplu.engine.settling import Held, Settling, finding_hash
from paraplu.engine.turn import Turn
from paraplu.errors import Refused
from paraplu.store import cases, exceptions, runs

MARGIN = timedelta(hours=24)
"""How long before the latest moment a person is called when nobody has decided."""


def call_people(turn: Turn) -> int:
    """Set aside every waiting case whose latest moment is near or past. Gives how many there were.

    A case that a person has handed back since is not set aside for the same moment again.
    """
    parts, settling = turn.parts, Settling(turn)
    client, service = turn.terms.client.id, turn.terms.agreement.service
    soon = to_ms(parts.clock.now() + MARGIN)
    called = 0
    with parts.database.write() as connection:
        rows = cases.listed(
            connection, client=client, service=service, states=[State.WAITING], most=10_000
        )
        for row in rows:
            if row.latest is None or row.latest > soon:
                continue
            latest = from_ms(row.latest).astimezone(turn.terms.client.zone)
            finding = to_person(
                "approval-late",
                "It must be done before {latest} and still waits for approval: somebody must decide, or "
                "find another way.",
                before=latest,
                latest=latest,
            )
            if finding_hash(parts.keys, finding) in exceptions.seen(connection, row.uid):
                continue
            settling.aside_within(connection, Held(row, row.fence), [finding])
            called += 1
    return called


class Late:
    """Looks, by the clock, for services with a case to which a person must be called."""

    def __init__(self, parts: Parts, asking: Asking) -> None:
        self._parts = parts
        self._asking = asking
        self._asked: set[tuple[str, int]] = set()

    def look(self) -> int:
        """Ask for a run where a waiting case has come near its latest moment. Gives for how many services.

        A case is asked about once for each of its moments: one that a person has handed back is not called
        about again. Raises `StorageDown`.
        """
        parts = self._parts
        soon = to_ms(parts.clock.now() + MARGIN)
        with parts.database.read() as connection:
            rows = [
                row
                for row in cases.waiting_until(connection, soon)
                if (row.uid, row.latest) not in self._asked
            ]
        if not rows:
            return 0
        pairs = sorted({(row.client, row.service) for row in rows})
        with parts.database.write() as connection:
            for client, service in pairs:
                if not runs.open_runs(connection, client, service):
                    with contextlib.suppress(
                        Refused
                    ):  # the agreement has ended: no run calls anybody
                        self._asking.ask(connection, client, service, OURSELVES.uid)
        self._asked |= {(row.uid, row.latest) for row in rows}
        return len(pairs)
