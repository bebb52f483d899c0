"""What clients ask for in the crash suite: corrections and orders, true to the office's own figures."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from paraplu.domain.bot import Bot
from paraplu.practice import correction_requests, order_requests, schema
from paraplu.practice.facts import Facts

CORRECTIONS, ORDERS = "payroll-correction", "procurement-order"
PAIRS = (("waterland", CORRECTIONS), ("nordvig", ORDERS))
SUBMITTERS = {CORRECTIONS: "anneke.vos", ORDERS: "dorthe.kjeldgaard"}
APPROVER = "liesbeth.kramer"
LANGUAGES = {CORRECTIONS: "nl", ORDERS: "da"}

FIRST, STEP, PEOPLE = 412, 37, 31  # how the office numbers the people of Waterland aan Zee
# Somebody else must look at these: garnishments, recoveries, who has left, who asks herself.
_NOT = (1, 2, 4, 5, 7, 8, 21)
LOSES_A_LINE = {0: "1300", 6: "1210"}
"""Whose slip loses which line in the mood: nobody else has a line of that component."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Backlog:
    """How much is asked for. `approved` says that the first correction needs an approval, and has it.

    With `losing` the office drops another line from the slips of two people, whose corrections come
    first: they must end as collateral.
    """

    corrections: int
    orders: int
    approved: bool = False
    losing: bool = False

    @property
    def references(self) -> dict[str, list[str]]:
        """The references by service."""
        return {
            CORRECTIONS: [f"C-{number}" for number in range(1, self.corrections + 1)],
            ORDERS: [f"O-{number}" for number in range(1, self.orders + 1)],
        }

    @property
    def set_aside(self) -> list[str]:
        """The corrections that must end with a person."""
        return self.references[CORRECTIONS][: len(LOSES_A_LINE)] if self.losing else []

    def rows(self, office: Path) -> dict[str, list[Row]]:
        """The rows by service, as the clients would write them."""
        database = schema.connect(office, read_only=True)
        try:
            corrections = Facts(database, correction_requests.ORGANISATION)
            orders = Facts(database, order_requests.ORGANISATION)
            return {
                CORRECTIONS: list(self._corrections(corrections)),
                ORDERS: list(self._orders(orders)),
            }
        finally:
            database.close()

    def _corrections(self, facts: Facts) -> Iterator[Row]:
        """By turns a salary that changes and a line that comes; those that lose a line change theirs."""
        others = [one for one in range(9, PEOPLE) if one not in _NOT]
        people = [*LOSES_A_LINE, *others] if self.losing or self.corrections < 4 else others
        if self.corrections > len(people):
            raise ValueError(f"{len(people)} corrections at most: one for each person.")
        for number, index in enumerate(people[: self.corrections]):
            employee = f"{FIRST + index * STEP:05d}"
            row: Row = {
                "reference": self.references[CORRECTIONS][number],
                "employee": employee,
                "employment": 1,
                "unit": "geld",
                "corrected_from": facts.month(),
                "cost_centre": facts.cost_centre(employee),
                "requested_by": SUBMITTERS[CORRECTIONS],
                "reason": "R03",
            }
            if index in LOSES_A_LINE or number % 2 == 0:
                more = Decimal(2400) if self.approved and number == 0 else Decimal("17.50")
                now = facts.line(employee, "1000").amount
                row |= {"component": "1000", "kind": "wijzigen"}
                yield row | {"amount_now": now, "amount_wanted": now + more}
            else:
                row |= {"component": "2200", "kind": "toevoegen"}
                yield row | {"amount_wanted": Decimal("45.00")}

    def _orders(self, facts: Facts) -> Iterator[Row]:
        """Orders of one line and of two, each of another quantity."""
        for number, reference in enumerate(self.references[ORDERS], start=1):
            articles = [facts.article(code) for code in ("NJP-0010", "NJP-0020")]
            day = date.today() + timedelta(days=30)  # noqa: DTZ011  as the office counts
            head: Row = {
                "kind": "bestilling",
                "requested_by": SUBMITTERS[ORDERS],
                "supplier": articles[0].supplier,
                "contract": facts.contract("101"),
                "delivery_address": "RAADHUS",
                "need_by": day,
                "budget_year": day.year,
                "urgent": "nej",
            }
            for place, article in enumerate(articles[: 1 + number % 2]):
                line = {
                    "reference": reference,
                    "article": article.code,
                    "quantity": number + place,
                    "unit": article.unit,
                    "pack_size": article.pack_size,
                    "net_price": article.price,
                    "currency": article.currency,
                    "vat_code": article.vat,
                    "cost_centre": "2310",
                }
                yield line if place else head | line


def workbook(bot: Bot[Any], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A client's workbook with these rows, headings in the client's language."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    columns = bot.request.form(bot.service).columns
    sheet.append([column.heading(LANGUAGES[bot.service]) for column in columns])
    for row in rows:
        sheet.append([row.get(column.field) for column in columns])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
