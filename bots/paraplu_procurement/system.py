"""What the procurement bot needs of a purchasing system; a target per product provides it.

Money is `Decimal` in the order's currency, net of VAT unless said otherwise; lead times are working
days. A reading that answers None says that the product does not keep such a thing at all; an empty
mapping says that it keeps them and has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

CENT = Decimal("0.01")

PLACED = "placed"
SHIPPED = "shipped"
CANCELLED = "cancelled"
"""The states that every product has, by our names; what comes before `placed` is the product's own."""


class Record(BaseModel):
    """Something read from the purchasing system or to be written there."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Supplier(Record):
    """A supplier; `lead_time` and `currency` are None where the product keeps them elsewhere."""

    code: str
    name: str
    currency: str | None = None
    lead_time: int | None = None
    blocked: bool = False


class Contract(Record):
    """A framework contract, valid from and until both days included."""

    number: str
    supplier: str
    valid_from: date
    valid_until: date
    ceiling: Decimal
    used: Decimal

    @property
    def left(self) -> Decimal:
        """What may still be ordered under it."""
        return self.ceiling - self.used


class Article(Record):
    """An article as one supplier sells it; None where the product does not say.

    `vat_rate` is the percentage of its VAT code.
    """

    code: str
    name: str
    supplier: str
    supplier_name: str
    unit: str
    pack_size: int | None
    price: Decimal
    currency: str | None = None
    vat_code: str | None = None
    vat_rate: Decimal | None = None
    lead_time: int | None = None


class Budget(Record):
    """A cost centre's money for one calendar year, with what is committed to orders already."""

    cost_centre: str
    year: int
    budget: Decimal
    committed: Decimal
    spent: Decimal

    @property
    def left(self) -> Decimal:
        """What may still be ordered."""
        return self.budget - self.committed - self.spent


class Line(Record):
    """One line of an order, asked or stored; None where the product does not keep the field."""

    article: str
    unit: str
    pack_size: int | None
    quantity: Decimal
    price: Decimal
    currency: str | None
    vat_code: str | None
    cost_centre: str | None

    @property
    def net(self) -> Decimal:
        """Quantity times price in whole cents, half away from zero."""
        return (self.quantity * self.price).quantize(CENT, ROUND_HALF_UP)


class NewOrder(Record):
    """An order to be written. `reference` is what we leave in the order to find it again."""

    reference: str
    supplier: str
    contract: str | None
    delivery_address: str | None
    need_by: date | None
    budget_year: int | None
    lines: tuple[Line, ...]

    @property
    def net(self) -> Decimal:
        """The sum of the lines."""
        return sum((line.net for line in self.lines), Decimal(0))


class Order(NewOrder):
    """An order as it is stored, with what the product made of it.

    `key` finds it again in the product (not the number, which a draft has not got). `state` is `placed`,
    `shipped`, `cancelled` or one of the product's `stages`. `total_net`, `total_vat` and `total_gross`
    are the product's own totals. `confirmed_date` is the day that the supplier promised.
    """

    key: str
    state: str
    number: str | None = None
    total_net: Decimal | None = None
    total_vat: Decimal | None = None
    total_gross: Decimal | None = None
    placed_on: date | None = None
    confirmed_date: date | None = None
    cancel_reason: str | None = None


class PurchasingSystem(Protocol):
    """The purchasing system of a client, signed in."""

    stages: ClassVar[Sequence[str]]
    """The states that an order passes through before it is placed, in order."""

    cancellable: ClassVar[frozenset[str]]
    """The states in which the product lets an unconfirmed order be cancelled."""

    unkept: ClassVar[frozenset[str]]
    """The fields of `NewOrder`, `Line` and `Order` that the product has no place for."""

    def supplier(self, organisation: str, code: str) -> Supplier | None:
        """The supplier, None when there is no such code."""

    def article(self, organisation: str, supplier: str, code: str) -> Article | None:
        """The article as this supplier sells it, or as another does; None when nobody does."""

    def offers(self, organisation: str, article: Article) -> tuple[Article, ...]:
        """The same goods at other suppliers from whom one may order."""

    def contracts(self, organisation: str, numbers: Sequence[str]) -> Mapping[str, Contract] | None:
        """Those of the framework contracts `numbers` that exist, by number."""

    def budgets(
        self, organisation: str, year: int, cost_centres: Sequence[str]
    ) -> Mapping[str, Budget] | None:
        """Those of the budgets of `year` that exist, by cost centre."""

    def delivery_addresses(self, organisation: str) -> Mapping[str, str] | None:
        """Where the organisation receives goods: code -> name."""

    def orders(self, organisation: str, reference: str) -> tuple[Order, ...]:
        """All orders that carry `reference`, ours or the client's (see `carries`), in any state."""

    def show(self, organisation: str, reference: str) -> None:
        """Bring the order that carries `reference` into view, for a picture."""

    def ordered_since(
        self, organisation: str, supplier: str, since: date, without: str
    ) -> Decimal | None:
        """The net total placed with a supplier on or after `since`; the order `without` left out."""

    def draft(self, organisation: str, order: NewOrder) -> Order:
        """Write a new order, in the first of `stages`, and read it back.

        Raises `OutcomeUnknown` when it may have been saved but cannot be read back.
        """

    def advance(self, organisation: str, order: Order) -> Order:
        """Take an order on from its stage to the next one, the last time to `placed`; read it back.

        Raises `OutcomeUnknown` when the order is still where it was although nobody said no.
        """

    def cancel(self, organisation: str, order: Order, reason: str) -> None:
        """Cancel an order; `reason` stands with it where the product keeps it."""
