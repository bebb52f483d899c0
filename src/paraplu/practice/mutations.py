"""Corrections of a slip: drafted, approved, applied. Applying calculates the whole run anew."""

import sqlite3
from dataclasses import dataclass
from decimal import Decimal

from paraplu.practice import payroll, recalculation
from paraplu.practice.visit import Visit, missing, refused

CHANGE, ADD, END = "change", "add", "end"
KINDS = (CHANGE, ADD, END)
DRAFT, APPROVED, APPLIED, DISCARDED = "draft", "approved", "applied", "discarded"


@dataclass(frozen=True)
class Draft:
    """What a correction asks: amounts as decimal text, empty for a line that is to end."""

    kind: str
    line_id: int | None
    component: str
    amount_before: str
    amount_after: str
    cost_centre_before: str
    cost_centre_after: str
    corrected_from: str
    corrected_until: str
    reason: str
    reference: str


def check_open(run: sqlite3.Row) -> None:
    """Refuse a correction in a run that takes none any more."""
    if run["state"] in (payroll.OPEN, payroll.CALCULATED):
        return
    if run["state"] == payroll.APPROVED:
        raise refused(
            f"The run of {run['period']} is approved: nothing can be changed in it while it is."
        )
    raise refused(
        f"The run of {run['period']} is {run['state']}: nothing can be changed in it any more. "
        "Book the correction in an open period and name this one as the corrected period."
    )


def save(visit: Visit, slip_id: int, draft: Draft) -> int:
    """Save a draft; returns its id."""
    cursor = visit.database.execute(
        "INSERT INTO mutation (slip_id, kind, line_id, component, amount_before, amount_after,"
        " cost_centre_before, cost_centre_after, corrected_from, corrected_until, reason,"
        " reference, state, drafted_by, drafted_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            slip_id,
            draft.kind,
            draft.line_id,
            draft.component,
            draft.amount_before,
            draft.amount_after,
            draft.cost_centre_before,
            draft.cost_centre_after,
            draft.corrected_from,
            draft.corrected_until,
            draft.reason,
            draft.reference,
            DRAFT,
            visit.account,
            visit.clock.stamp(),
        ),
    )
    return int(cursor.lastrowid or 0)


def find(visit: Visit) -> sqlite3.Row:
    """The mutation in the address, with its slip, run, employee and component."""
    row = visit.database.execute(
        "SELECT mutation.*, run.id AS run_id, run.period, run.state AS run_state,"
        " run.organisation, employee.code, employee.name, employment.number,"
        " component.name AS component_name, component.unit, reason.name AS reason_name"
        " FROM mutation JOIN slip ON slip.id = slip_id JOIN run ON run.id = run_id"
        " JOIN employment ON employment.id = employment_id"
        " JOIN employee ON employee.id = employee_id"
        " JOIN component ON component.code = component JOIN reason ON reason.code = reason"
        " WHERE mutation.id = ? AND run.organisation = ?",
        (visit.places["mutation"], visit.places["organisation"]),
    ).fetchone()
    if row is None:
        raise missing(f"Mutation {visit.places['mutation']}")
    found: sqlite3.Row = row
    return found


def _run_of(visit: Visit, mutation: sqlite3.Row) -> sqlite3.Row:
    row: sqlite3.Row = visit.database.execute(
        "SELECT * FROM run WHERE id = ?", (mutation["run_id"],)
    ).fetchone()
    return row


def _expect(mutation: sqlite3.Row, *states: str) -> None:
    if mutation["state"] not in states:
        raise refused(
            f"Mutation {mutation['id']} is {mutation['state']}, not {' or '.join(states)}."
        )


def approve(visit: Visit, mutation: sqlite3.Row) -> None:
    """Approve a draft."""
    _expect(mutation, DRAFT)
    check_open(_run_of(visit, mutation))
    visit.database.execute(
        "UPDATE mutation SET state = ?, approved_by = ?, approved_at = ? WHERE id = ?",
        (APPROVED, visit.account, visit.clock.stamp(), mutation["id"]),
    )


def discard(visit: Visit, mutation: sqlite3.Row) -> None:
    """Discard what was not applied yet."""
    _expect(mutation, DRAFT, APPROVED)
    visit.database.execute(
        "UPDATE mutation SET state = ? WHERE id = ?", (DISCARDED, mutation["id"])
    )


def apply(visit: Visit, mutation: sqlite3.Row) -> None:
    """Apply an approved correction and calculate the run anew."""
    _expect(mutation, APPROVED)
    run = _run_of(visit, mutation)
    check_open(run)
    database, slip_id = visit.database, mutation["slip_id"]
    if mutation["kind"] == ADD:
        cursor = database.execute(
            "INSERT INTO slip_line (slip_id, component, amount, cost_centre, corrected_from,"
            " corrected_until, reason, reference) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                slip_id,
                mutation["component"],
                mutation["amount_after"],
                mutation["cost_centre_after"],
                mutation["corrected_from"],
                mutation["corrected_until"],
                mutation["reason"],
                mutation["reference"],
            ),
        )
        touched = cursor.lastrowid
    else:
        touched = mutation["line_id"]
        _check_unchanged(database, mutation)
        if mutation["kind"] == END:
            database.execute("DELETE FROM slip_line WHERE id = ?", (touched,))
        else:
            database.execute(
                "UPDATE slip_line SET amount = ?, cost_centre = ?, corrected_from = ?,"
                " corrected_until = ?, reason = ?, reference = ? WHERE id = ?",
                (
                    mutation["amount_after"],
                    mutation["cost_centre_after"],
                    mutation["corrected_from"],
                    mutation["corrected_until"],
                    mutation["reason"],
                    mutation["reference"],
                    touched,
                ),
            )
    _drop_another_line(visit, slip_id, touched)
    recalculate(visit, run["id"], slip_id)
    database.execute(
        "UPDATE mutation SET state = ?, applied_by = ?, applied_at = ?, run_version = ?"
        " WHERE id = ?",
        (APPLIED, visit.account, visit.clock.stamp(), run["version"] + 1, mutation["id"]),
    )


def recalculate(visit: Visit, run_id: int, spared: int | None = None) -> None:
    """Calculate a run anew; `spared` is the slip that the mood `bystander` leaves alone."""
    recalculation.calculate(visit.database, run_id, visit.clock.stamp())
    by = visit.moods.take("bystander")
    if by is not None:
        recalculation.disturb_bystander(visit.database, run_id, spared, Decimal(by))


def _check_unchanged(database: sqlite3.Connection, mutation: sqlite3.Row) -> None:
    line = database.execute(
        "SELECT * FROM slip_line WHERE id = ?", (mutation["line_id"],)
    ).fetchone()
    if line is None or (line["amount"], line["cost_centre"]) != (
        mutation["amount_before"],
        mutation["cost_centre_before"],
    ):
        raise refused(
            f"The line that mutation {mutation['id']} is about has changed since it was drafted. "
            "Discard it and draft it anew."
        )


def _drop_another_line(visit: Visit, slip_id: int, touched: int | None) -> None:
    if not visit.moods.would("drops-line"):
        return
    others = [
        row
        for row in payroll.lines(visit.database, slip_id)
        if not row["derived"] and row["id"] != touched
    ]
    wanted = visit.moods.take(
        "drops-line",
        lambda component: any(_may_drop(row, component) for row in others),
    )
    if wanted is not None:
        dropped = [row for row in others if _may_drop(row, wanted)][-1]
        visit.database.execute("DELETE FROM slip_line WHERE id = ?", (dropped["id"],))


def _may_drop(row: sqlite3.Row, component: str) -> bool:
    if component:
        return bool(row["component"] == component)
    return bool(row["component"] != recalculation.BASE_SALARY)
