"""Counting in the office's own file: the independent truth for tests and demos. Read only.

Organisations are `waterland` and `nordvig`, periods `2026-11`, amounts Decimal.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from paraplu.practice import purchasing, schema
from paraplu.practice.recalculation import NET


@dataclass(frozen=True)
class SlipLine:
    """One line of a slip as stored."""

    id: int
    component: str
    amount: Decimal
    cost_centre: str
    corrected_from: str
    corrected_until: str
    reason: str
    reference: str
    derived: bool


@dataclass(frozen=True)
class OrderLine:
    """One line of an order as stored."""

    article: str
    unit: str
    pack_size: int
    quantity: Decimal
    price: Decimal
    currency: str
    vat: str
    cost_centre: str


@dataclass(frozen=True)
class Order:
    """An order as stored, with its lines and totals; `number` is '' until it is placed."""

    id: int
    organisation: str
    number: str
    state: str
    supplier: str
    contract: str
    delivery_address: str
    need_by: date
    budget_year: int
    reference: str
    remark: str
    confirmed_date: date | None
    lines: tuple[OrderLine, ...]
    net: Decimal
    gross: Decimal


@dataclass(frozen=True)
class Mutation:
    """A correction as stored; amounts are None where there is none before or after."""

    id: int
    organisation: str
    period: str
    employee: str
    employment: int
    kind: str
    component: str
    before: Decimal | None
    after: Decimal | None
    state: str
    reference: str
    drafted_by: str
    applied_at: str


class Truth:
    """Queries on an office's file, also while the office is running or after it was killed."""

    def __init__(self, database: Path) -> None:
        self.path = database

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = schema.connect(self.path, read_only=True)
        try:
            yield database
        finally:
            database.close()

    def _rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with self._open() as database:
            return database.execute(query, values).fetchall()

    def orders(self, reference: str = "%", *, state: str = "%") -> list[Order]:
        """Orders whose own reference is (or, with %, is like) this, oldest first."""
        with self._open() as database:
            rows = database.execute(
                "SELECT * FROM purchase_order WHERE reference LIKE ? AND state LIKE ? ORDER BY id",
                (reference, state),
            ).fetchall()
            return [_order(row, purchasing.order_lines(database, row["id"])) for row in rows]

    def mutations(self, reference: str = "%", *, state: str = "%") -> list[Mutation]:
        """Corrections whose reference is (or, with %, is like) this, oldest first."""
        rows = self._rows(
            "SELECT mutation.*, run.organisation, run.period, employee.code, employment.number"
            " FROM mutation JOIN slip ON slip.id = slip_id JOIN run ON run.id = run_id"
            " JOIN employment ON employment.id = employment_id"
            " JOIN employee ON employee.id = employee_id"
            " WHERE reference LIKE ? AND mutation.state LIKE ? ORDER BY mutation.id",
            reference,
            state,
        )
        return [_mutation(row) for row in rows]

    def slip_lines(
        self, organisation: str, period: str, employee: str, employment: int = 1
    ) -> list[SlipLine]:
        """All lines of a slip, asked and derived, in the order of their ids."""
        rows = self._rows(
            "SELECT slip_line.* FROM slip_line JOIN slip ON slip.id = slip_id"
            " JOIN run ON run.id = run_id JOIN employment ON employment.id = employment_id"
            " JOIN employee ON employee.id = employee_id WHERE run.organisation = ?"
            " AND period = ? AND employee.code = ? AND employment.number = ? ORDER BY slip_line.id",
            organisation,
            period,
            employee,
            employment,
        )
        return [_slip_line(row) for row in rows]

    def nets(self, organisation: str, period: str) -> dict[str, Decimal]:
        """The net of everybody in a run, by `00412-1`."""
        rows = self._rows(
            "SELECT employee.code || '-' || employment.number AS who, amount FROM slip_line"
            " JOIN slip ON slip.id = slip_id JOIN run ON run.id = run_id"
            " JOIN employment ON employment.id = employment_id"
            " JOIN employee ON employee.id = employee_id"
            " WHERE run.organisation = ? AND period = ? AND component = ?",
            organisation,
            period,
            NET,
        )
        return {row["who"]: Decimal(row["amount"]) for row in rows}

    def run_state(self, organisation: str, period: str) -> str:
        """open, calculated, approved, paid or closed; raises KeyError for no such run."""
        return str(self._run(organisation, period)["state"])

    def run_version(self, organisation: str, period: str) -> int:
        """How often the run was calculated; raises KeyError for no such run."""
        return int(self._run(organisation, period)["version"])

    def _run(self, organisation: str, period: str) -> sqlite3.Row:
        rows = self._rows(
            "SELECT * FROM run WHERE organisation = ? AND period = ?", organisation, period
        )
        if not rows:
            raise KeyError(f"no run of {organisation} in {period}")
        return rows[0]

    def budget_committed(self, organisation: str, cost_centre: str, year: int) -> Decimal:
        """What is committed on a cost centre in a year; raises KeyError for no such budget."""
        rows = self._rows(
            "SELECT committed FROM budget WHERE organisation = ? AND cost_centre = ? AND year = ?",
            organisation,
            cost_centre,
            year,
        )
        if not rows:
            raise KeyError(f"no budget of {cost_centre} in {year}")
        return Decimal(rows[0]["committed"])

    def contract_used(self, number: str) -> Decimal:
        """What is used of a contract's ceiling; raises KeyError for no such contract."""
        rows = self._rows("SELECT used FROM contract WHERE number = ?", number)
        if not rows:
            raise KeyError(f"no contract {number}")
        return Decimal(rows[0]["used"])

    def bank_accounts(self, organisation: str) -> dict[str, str]:
        """Everybody's account number by employee code: nobody may ever have touched them."""
        rows = self._rows("SELECT * FROM employee WHERE organisation = ?", organisation)
        return {row["code"]: row["account_number"] for row in rows}

    def refusals(self) -> list[tuple[str, str, str]]:
        """Pages that were refused for want of a right: account, method and path."""
        rows = self._rows("SELECT * FROM refusal ORDER BY id")
        return [(row["account"], row["method"], row["path"]) for row in rows]

    def bites(self) -> dict[str, int]:
        """How often each mood that was set for good has bitten, by name."""
        rows = self._rows("SELECT name, sum(bitten) AS bitten FROM mood GROUP BY name")
        return {row["name"]: int(row["bitten"]) for row in rows}


def _slip_line(row: sqlite3.Row) -> SlipLine:
    return SlipLine(
        id=row["id"],
        component=row["component"],
        amount=Decimal(row["amount"]),
        cost_centre=row["cost_centre"],
        corrected_from=row["corrected_from"],
        corrected_until=row["corrected_until"],
        reason=row["reason"],
        reference=row["reference"],
        derived=bool(row["derived"]),
    )


def _mutation(row: sqlite3.Row) -> Mutation:
    return Mutation(
        id=row["id"],
        organisation=row["organisation"],
        period=row["period"],
        employee=row["code"],
        employment=row["number"],
        kind=row["kind"],
        component=row["component"],
        before=Decimal(row["amount_before"]) if row["amount_before"] else None,
        after=Decimal(row["amount_after"]) if row["amount_after"] else None,
        state=row["state"],
        reference=row["reference"],
        drafted_by=row["drafted_by"],
        applied_at=row["applied_at"],
    )


def _order(row: sqlite3.Row, lines: list[sqlite3.Row]) -> Order:
    totals = purchasing.order_totals(lines)
    confirmed = row["confirmed_date"]
    return Order(
        id=row["id"],
        organisation=row["organisation"],
        number=row["number"] or "",
        state=row["state"],
        supplier=row["supplier"],
        contract=row["contract"],
        delivery_address=row["delivery_address"],
        need_by=date.fromisoformat(row["need_by"]),
        budget_year=row["budget_year"],
        reference=row["reference"],
        remark=row["remark"],
        confirmed_date=date.fromisoformat(confirmed) if confirmed else None,
        lines=tuple(
            OrderLine(
                article=line["article"],
                unit=line["unit"],
                pack_size=line["pack_size"],
                quantity=Decimal(line["quantity"]),
                price=Decimal(line["price"]),
                currency=line["currency"],
                vat=line["vat"],
                cost_centre=line["cost_centre"],
            )
            for line in lines
        ),
        net=totals.net,
        gross=totals.gross,
    )
