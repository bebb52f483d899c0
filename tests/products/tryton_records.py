"""What Tryton has stored: the independent truth for tests of procurement orders.

Money is in euro. The words for states are the product's own, as stored.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from products.database import Database


@dataclass(frozen=True)
class PurchaseLine:
    """A line. `unit_price` is net, for one `unit`; `taxes` are names, in alphabetical order."""

    product: str | None
    unit: str | None
    quantity: Decimal
    unit_price: Decimal
    taxes: tuple[str, ...]
    description: str | None

    @property
    def amount(self) -> Decimal:
        """Net, to the cent."""
        return (self.quantity * self.unit_price).quantize(Decimal("0.01"))


@dataclass(frozen=True)
class Purchase:
    """A purchase. `state`: draft, quotation, confirmed, processing, done, cancelled.

    The number is given when it is quoted. The product stores the totals when it is confirmed or
    cancelled; until then they are None.
    """

    uid: int
    number: str | None
    reference: str | None
    state: str
    supplier: str
    currency: str
    warehouse: str | None
    purchase_date: dt.date | None
    delivery_date: dt.date | None
    description: str | None
    comment: str | None
    untaxed: Decimal | None
    tax: Decimal | None
    total: Decimal | None
    shipment_state: str
    created_by: str
    lines: tuple[PurchaseLine, ...]


def _decimal(stored: Any) -> Decimal | None:
    # Tryton writes decimals as text in a blob, and whole ones as numbers.
    if stored is None:
        return None
    return Decimal(stored.decode() if isinstance(stored, bytes) else str(stored))


def _given(stored: Any) -> Decimal:
    number = _decimal(stored)
    if number is None:
        raise ValueError("The product stored no number where every line has one.")
    return number


def _day(stored: str | None) -> dt.date | None:
    return dt.date.fromisoformat(stored) if stored else None


@dataclass(frozen=True)
class TrytonRecords:
    """The stored records, read anew by every method."""

    database: Database

    def purchases(self, reference: str | None = None) -> list[Purchase]:
        """All purchases, or those with this reference, in the order in which they were made."""
        rows = self.database.rows(
            "select p.*, s.name as supplier, c.code as currency_code, w.name as warehouse_name,"
            " u.login from purchase_purchase p join party_party s on s.id = p.party"
            " join currency_currency c on c.id = p.currency join res_user u on u.id = p.create_uid"
            " left join stock_location w on w.id = p.warehouse"
            " where :reference is null or p.reference = :reference order by p.id",
            reference=reference,
        )
        return [
            Purchase(
                uid=row["id"],
                number=row["number"],
                reference=row["reference"],
                state=row["state"],
                supplier=row["supplier"],
                currency=row["currency_code"],
                warehouse=row["warehouse_name"],
                purchase_date=_day(row["purchase_date"]),
                delivery_date=_day(row["delivery_date"]),
                description=row["description"],
                comment=row["comment"],
                untaxed=_decimal(row["untaxed_amount_cache"]),
                tax=_decimal(row["tax_amount_cache"]),
                total=_decimal(row["total_amount_cache"]),
                shipment_state=row["shipment_state"],
                created_by=row["login"],
                lines=self._lines(row["id"]),
            )
            for row in rows
        ]

    def purchase(self, reference: str) -> Purchase:
        """The only purchase with this reference. Raises ValueError when there is not one."""
        (found,) = self.purchases(reference)
        return found

    def supplier_price(self, product: str) -> Decimal:
        """The supplier's price of the product with this code, for one purchase unit."""
        (row,) = self.database.rows(
            "select r.unit_price from purchase_product_supplier_price r"
            " join purchase_product_supplier o on o.id = r.product_supplier"
            " join product_product p on p.template = o.template where p.code = :product",
            product=product,
        )
        return _given(row["unit_price"])

    def _lines(self, purchase: int) -> tuple[PurchaseLine, ...]:
        taxes: dict[int, list[str]] = {}
        for row in self.database.rows(
            'select j.line, t.name from "purchase_line-account_tax" j join account_tax t'
            " on t.id = j.tax join purchase_line l on l.id = j.line"
            " where l.purchase = :purchase order by t.name",
            purchase=purchase,
        ):
            taxes.setdefault(row["line"], []).append(row["name"])
        rows = self.database.rows(
            "select l.*, p.code, u.name as unit_name from purchase_line l"
            " left join product_product p on p.id = l.product"
            " left join product_uom u on u.id = l.unit"
            " where l.purchase = :purchase and l.type = 'line'"
            " order by l.sequence is null, l.sequence, l.id",
            purchase=purchase,
        )
        return tuple(
            PurchaseLine(
                product=row["code"],
                unit=row["unit_name"],
                quantity=_given(row["quantity"]),
                unit_price=_given(row["unit_price"]),
                taxes=tuple(taxes.get(row["id"], [])),
                description=row["description"],
            )
            for row in rows
        )
