"""Receipts that wait for a word: their first cases are shown, or too many of them were set aside."""

from __future__ import annotations

from typing import Any

from paraplu.domain.agreement import Limits
from paraplu.domain.case import CLOSED, DUE, State
from paraplu.domain.notice import NoticeKind
from paraplu.domain.receipt import ReceiptState
from paraplu.domain.retry import too_many_exceptions
from paraplu.engine.turn import Turn
from paraplu.store import cases, receipts


def hold_receipts(turn: Turn) -> list[str]:
    """Hold every receipt that must wait for a word. Gives those that do, newly held or not.

    A receipt with many cases waits when its first ones are through; any receipt waits when more of its
    cases than agreed were set aside for a person, as long as others of it are due.
    """
    parts, limits = turn.parts, turn.terms.agreement.limits
    client, service = turn.terms.client.id, turn.terms.agreement.service
    waiting = []
    with parts.database.write() as connection:
        for receipt in receipts.unreleased(connection, client, service):
            why = _why_wait(cases.of_receipt(connection, receipt.uid), receipt.cases, limits)
            if why is None:
                continue
            waiting.append(receipt.uid)
            if receipt.state == ReceiptState.HELD.value:
                continue
            receipts.set_state(connection, receipt.uid, ReceiptState.HELD)
            parts.journal.write(
                connection,
                parts.journal.entry(
                    "receipt-stopped",
                    turn.hand,
                    receipt=receipt.uid,
                    status_code=why,
                    detail={"cases": receipt.cases, "first": limits.first},
                    **turn.names,
                ),
            )
            facts = {"service": service, "why": why, "cases": receipt.cases}
            parts.notices.tell(connection, NoticeKind.RECEIPT_HELD, receipt.uid, client, facts)
    return waiting


def _why_wait(rows: list[Any], number: int, limits: Limits) -> str | None:
    states = [State(row.state) for row in rows]
    due = [row for row, state in zip(rows, states, strict=True) if state in DUE]
    if not due:
        return None
    handled = [state for state in states if state in CLOSED or state is State.WITH_PERSON]
    if too_many_exceptions(len(handled), handled.count(State.WITH_PERSON), limits):
        return "too-many-exceptions"
    if number > limits.many and all(row.place >= limits.first for row in due):
        return "first-cases-shown"
    return None
