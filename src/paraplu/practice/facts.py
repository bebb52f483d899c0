"""What a client knows of its own affairs: read in the office's database, so that its workbooks are true."""

import sqlite3
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


class FactMissing(Exception):
    """The office's database does not hold what the workbooks speak of; the message says what."""


@dataclass(frozen=True)
class PayLine:
    """A line of a slip: what it comes to a month, and the cost centre it is booked on."""

    amount: Decimal
    cost_centre: str


@dataclass(frozen=True)
class Article:
    """An article as the catalogue has it; `price` is net, per unit, in the supplier's currency."""

    code: str
    name: str
    supplier: str
    unit: str
    pack_size: int
    price: Decimal
    currency: str
    vat: str
    lead_time: int


class Facts:
    """Questions to an office's database about one organisation. All raise FactMissing."""

    def __init__(self, database: sqlite3.Connection, organisation: str) -> None:
        self._database = database
        self._organisation = organisation
        rows = database.execute(
            "SELECT period, state FROM run WHERE organisation = ? ORDER BY period", (organisation,)
        ).fetchall()
        self._periods = [str(row["period"]) for row in rows]
        taken = [row["period"] for row in rows if row["state"] in ("open", "calculated")]
        if not taken:
            raise FactMissing(f"No run of {organisation} takes corrections any more.")
        self._present = self._periods.index(taken[0])

    def month(self, offset: int = 0) -> str:
        """The period (`2026-11`) so many months from the one that is being worked on."""
        place = self._present + offset
        if not 0 <= place < len(self._periods):
            raise FactMissing(f"{self._organisation} has no period {offset} months from now.")
        return self._periods[place]

    def line(self, employee: str, component: str, offset: int = 0) -> PayLine:
        """A line of somebody's slip (first employment), as people entered it."""
        row = self._database.execute(
            "SELECT slip_line.amount, slip_line.cost_centre FROM slip_line"
            " JOIN slip ON slip.id = slip_id JOIN run ON run.id = run_id"
            " JOIN employment ON employment.id = employment_id"
            " JOIN employee ON employee.id = employee_id"
            " WHERE run.organisation = ? AND period = ? AND code = ? AND number = 1"
            " AND component = ? AND derived = 0 AND corrected_from = ''",
            (self._organisation, self.month(offset), employee, component),
        ).fetchone()
        if row is None:
            raise FactMissing(f"There is no {component} on the slip of {employee}.")
        return PayLine(Decimal(row["amount"]), row["cost_centre"])

    def cost_centre(self, employee: str) -> str:
        """The cost centre of somebody's first employment."""
        row = self._database.execute(
            "SELECT cost_centre FROM employment JOIN employee ON employee.id = employee_id"
            " WHERE organisation = ? AND code = ? AND number = 1",
            (self._organisation, employee),
        ).fetchone()
        if row is None:
            raise FactMissing(f"{self._organisation} has no employee {employee}.")
        return str(row["cost_centre"])

    def article(self, code: str) -> Article:
        """An article of the catalogue."""
        row = self._database.execute(
            "SELECT article.*, currency FROM article JOIN supplier ON supplier.code = supplier"
            " WHERE article.code = ?",
            (code,),
        ).fetchone()
        if row is None:
            raise FactMissing(f"The catalogue has no article {code}.")
        return Article(
            code=row["code"],
            name=row["name"],
            supplier=row["supplier"],
            unit=row["unit"],
            pack_size=row["pack_size"],
            price=Decimal(row["price"]),
            currency=row["currency"],
            vat=row["vat"],
            lead_time=row["lead_time"],
        )

    def contract(self, ending: str) -> str:
        """The number of a framework contract, by its last three digits."""
        row = self._database.execute(
            "SELECT number FROM contract WHERE organisation = ? AND number LIKE ?",
            (self._organisation, f"RC-%-{ending}"),
        ).fetchone()
        if row is None:
            raise FactMissing(f"{self._organisation} has no framework contract {ending}.")
        return str(row["number"])

    def budget_ends(self) -> date:
        """The last day of the first year that there are budgets for."""
        row = self._database.execute(
            "SELECT min(year) AS year FROM budget WHERE organisation = ?", (self._organisation,)
        ).fetchone()
        if row is None or row["year"] is None:
            raise FactMissing(f"{self._organisation} has no budgets.")
        return date(int(row["year"]), 12, 31)
