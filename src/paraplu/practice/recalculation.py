"""Calculating a run: every slip in it gets its gross, pension, tax and net anew.

The rates are for practising, not the law of any country. The same lines give the same figures,
always. A calculation touches everybody in the run: a new version of the run, a new moment, and all
four derived lines of every slip.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from paraplu.practice.numbers import cents

GROSS, PENSION, TAX, NET = "9000", "9100", "9200", "9900"
DERIVED = (GROSS, PENSION, TAX, NET)
BASE_SALARY = "1000"

WEEKS_PER_MONTH = Decimal(52) / Decimal(12)


@dataclass(frozen=True)
class Rates:
    """The rates of one country: pension, and tax up to a limit per month and above it."""

    pension: Decimal
    tax_low: Decimal
    limit: Decimal
    tax_high: Decimal
    credit: Decimal


RATES = {
    "NL": Rates(
        Decimal("0.0780"), Decimal("0.3582"), Decimal(3203), Decimal("0.3756"), Decimal(410)
    ),
    "DK": Rates(
        Decimal("0.0400"), Decimal("0.3710"), Decimal(46700), Decimal("0.5210"), Decimal(2100)
    ),
}


@dataclass(frozen=True)
class PayLine:
    """One asked line, with what its component means for the calculation."""

    component: str
    amount: Decimal
    kind: str
    taxable: bool
    pensionable: bool
    factor: Decimal


def totals(lines: Sequence[PayLine], hours_per_week: Decimal, rates: Rates) -> dict[str, Decimal]:
    """Gross, pension, tax and net of a slip, by derived component."""
    base = sum((x.amount for x in lines if x.component == BASE_SALARY), Decimal(0))
    month_hours = hours_per_week * WEEKS_PER_MONTH
    rate = base / month_hours if month_hours else Decimal(0)
    gross = taxable = pensionable = deducted = untaxed = Decimal(0)
    for line in lines:
        money = cents(line.amount * rate * line.factor) if line.kind == "hours" else line.amount
        if line.kind == "deduction":
            deducted += money
        elif line.kind == "reimbursement":
            untaxed += money
        else:
            gross += money
            taxable += money if line.taxable else 0
            pensionable += money if line.pensionable else 0
    pension = cents(max(pensionable, Decimal(0)) * rates.pension)
    taxed = max(taxable - pension, Decimal(0))
    low, high = min(taxed, rates.limit), max(taxed - rates.limit, Decimal(0))
    tax = max(cents(low * rates.tax_low + high * rates.tax_high) - rates.credit, Decimal(0))
    return {
        GROSS: cents(gross),
        PENSION: -pension,
        TAX: -tax,
        NET: cents(gross - pension - tax - deducted + untaxed),
    }


def calculate(database: sqlite3.Connection, run_id: int, stamp: str) -> None:
    """Calculate a run (inside the caller's transaction); an open run stays open."""
    database.execute(
        "UPDATE run SET version = version + 1, calculated_at = ? WHERE id = ?", (stamp, run_id)
    )
    compute_slips(database, run_id, stamp)


def compute_slips(database: sqlite3.Connection, run_id: int, stamp: str) -> None:
    """Give every slip of a run its derived lines, in place: they keep their ids."""
    country = database.execute(
        "SELECT country FROM run JOIN organisation ON code = organisation WHERE run.id = ?",
        (run_id,),
    ).fetchone()["country"]
    hours: dict[int, Decimal] = {}
    asked: dict[int, list[PayLine]] = {}
    derived: dict[tuple[int, str], int] = {}
    for row in database.execute(
        "SELECT slip.id, hours_per_week FROM slip"
        " JOIN employment ON employment.id = employment_id WHERE run_id = ?",
        (run_id,),
    ):
        hours[row["id"]] = Decimal(row["hours_per_week"])
        asked[row["id"]] = []
    for row in database.execute(
        "SELECT slip_line.*, kind, taxable, pensionable, factor FROM slip_line"
        " JOIN slip ON slip.id = slip_id JOIN component ON code = component WHERE run_id = ?"
        " ORDER BY slip_line.id",
        (run_id,),
    ):
        if row["derived"]:
            derived[row["slip_id"], row["component"]] = row["id"]
        else:
            asked[row["slip_id"]].append(
                PayLine(
                    row["component"],
                    Decimal(row["amount"]),
                    row["kind"],
                    bool(row["taxable"]),
                    bool(row["pensionable"]),
                    Decimal(row["factor"]),
                )
            )
    updates: list[tuple[str, int]] = []
    inserts: list[tuple[int, str, str]] = []
    for slip_id, lines in asked.items():
        for component, amount in totals(lines, hours[slip_id], RATES[country]).items():
            line_id = derived.get((slip_id, component))
            if line_id is None:
                inserts.append((slip_id, component, str(amount)))
            else:
                updates.append((str(amount), line_id))
    database.executemany("UPDATE slip_line SET amount = ? WHERE id = ?", updates)
    database.executemany(
        "INSERT INTO slip_line (slip_id, component, amount, derived) VALUES (?, ?, ?, 1)", inserts
    )
    database.execute("UPDATE slip SET calculated_at = ? WHERE run_id = ?", (stamp, run_id))


def disturb_bystander(
    database: sqlite3.Connection, run_id: int, spared: int | None, by: Decimal
) -> None:
    """Change the net of the first slip of a run that is not the spared one (mood `bystander`)."""
    row = database.execute(
        "SELECT slip_line.id, amount FROM slip_line JOIN slip ON slip.id = slip_id"
        " WHERE run_id = ? AND slip.id IS NOT ? AND component = ? ORDER BY slip.id LIMIT 1",
        (run_id, spared, NET),
    ).fetchone()
    if row is not None:
        database.execute(
            "UPDATE slip_line SET amount = ? WHERE id = ?",
            (str(Decimal(row["amount"]) + by), row["id"]),
        )
