"""What the payroll side knows: organisations, employees, employments, runs, slips and their lines."""

import sqlite3
from decimal import Decimal

from paraplu.practice.recalculation import NET
from paraplu.practice.visit import Visit, missing

OPEN, CALCULATED, APPROVED, PAID, CLOSED = "open", "calculated", "approved", "paid", "closed"
RUN_STATES = (OPEN, CALCULATED, APPROVED, PAID, CLOSED)

GARNISHMENT, RECOVERY = "7500", "7600"


def organisation(visit: Visit) -> sqlite3.Row:
    """The organisation in the address."""
    code = visit.places["organisation"]
    row = visit.database.execute("SELECT * FROM organisation WHERE code = ?", (code,)).fetchone()
    if row is None:
        raise missing(f"Organisation “{code}”")
    found: sqlite3.Row = row
    return found


def employee(visit: Visit) -> sqlite3.Row:
    """The employee in the address."""
    code = visit.places["employee"]
    row = visit.database.execute(
        "SELECT * FROM employee WHERE organisation = ? AND code = ?",
        (visit.places["organisation"], code),
    ).fetchone()
    if row is None:
        raise missing(f"Employee “{code}”")
    found: sqlite3.Row = row
    return found


def run(visit: Visit) -> sqlite3.Row:
    """The run of the period in the address."""
    period = visit.places["period"]
    row = visit.database.execute(
        "SELECT * FROM run WHERE organisation = ? AND period = ?",
        (visit.places["organisation"], period),
    ).fetchone()
    if row is None:
        raise missing(f"Period “{period}”")
    found: sqlite3.Row = row
    return found


def slip(visit: Visit, run_id: int) -> sqlite3.Row:
    """The slip in the address (`00412-1`: employee and employment), with both of them."""
    code, _, number = visit.places["slip"].partition("-")
    row = visit.database.execute(
        "SELECT slip.*, employee.code, employee.name, employee.birth_date, employment.number,"
        " employment.function, employment.cost_centre, employment.part_time,"
        " employment.hours_per_week, employment.valid_from, employment.valid_until"
        " FROM slip JOIN employment ON employment.id = employment_id"
        " JOIN employee ON employee.id = employee_id"
        " WHERE run_id = ? AND employee.code = ? AND employment.number = ?",
        (run_id, code, number),
    ).fetchone()
    if row is None:
        raise missing(f"A slip of “{visit.places['slip']}” in this period")
    found: sqlite3.Row = row
    return found


def lines(database: sqlite3.Connection, slip_id: int) -> list[sqlite3.Row]:
    """All lines of a slip, asked ones first, with what their components are."""
    return database.execute(
        "SELECT slip_line.*, component.name, component.unit, component.kind FROM slip_line"
        " JOIN component ON component.code = component WHERE slip_id = ?"
        " ORDER BY derived, component, corrected_from, slip_line.id",
        (slip_id,),
    ).fetchall()


def line(database: sqlite3.Connection, slip_id: int, line_id: str) -> sqlite3.Row:
    """One asked line of a slip."""
    for row in lines(database, slip_id):
        if str(row["id"]) == line_id and not row["derived"]:
            return row
    raise missing("This line")


def nets(database: sqlite3.Connection, run_id: int) -> list[sqlite3.Row]:
    """Everybody in a run with the net total: code, name, number, cost_centre, calculated_at, net."""
    return database.execute(
        "SELECT employee.code, employee.name, employment.number, employment.cost_centre,"
        " slip.calculated_at, slip_line.amount AS net"
        " FROM slip JOIN employment ON employment.id = employment_id"
        " JOIN employee ON employee.id = employee_id"
        " LEFT JOIN slip_line ON slip_line.slip_id = slip.id AND component = ? AND derived = 1"
        " WHERE run_id = ? ORDER BY employee.code, employment.number",
        (NET, run_id),
    ).fetchall()


def sum_of(rows: list[sqlite3.Row], column: str) -> Decimal:
    """The total of an amount column."""
    return sum((Decimal(row[column] or 0) for row in rows), Decimal(0))


def marks(rows: list[sqlite3.Row]) -> list[str]:
    """What a payroll officer must know of a slip before touching it."""
    present = {row["component"] for row in rows}
    found = []
    if GARNISHMENT in present:
        found.append("Garnishment")
    if RECOVERY in present:
        found.append("Recovery")
    if any(row["component"] == NET and Decimal(row["amount"]) < 0 for row in rows):
        found.append("Negative net")
    return found


def become_paid(visit: Visit, run_id: int, moment: str) -> None:
    """The mood `paid-between`: the run becomes paid at its chosen moment."""
    if visit.moods.take("paid-between", lambda chosen: chosen == moment) is not None:
        visit.database.execute(
            "UPDATE run SET state = ? WHERE id = ? AND state IN (?, ?, ?)",
            (PAID, run_id, OPEN, CALCULATED, APPROVED),
        )
