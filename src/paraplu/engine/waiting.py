"""Cases that wait for approval while their latest moment comes near: a person is called before it.

A run calls people before it does anything else. Where none comes by itself in time, the clock asks for one
(`paraplu.engine.late`).
"""

from __future__ import annotations

from datetime import timedelta

from paraplu.domain.case import State
from paraplu.domain.finding import to_person
from paraplu.engine.clock import from_ms, to_ms
from paraplu.engine.settling import Held, Settling, finding_hash
from paraplu.engine.turn import Turn
from paraplu.store import cases, exceptions

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
