"""What an order's change sees of the purchasing system: the order itself and what else it touches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from paraplu_procurement.system import PLACED, SHIPPED, Line, NewOrder, Order, PurchasingSystem


class Seen(BaseModel):
    """A part of a look."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LineSeen(Seen):
    """One stored line."""

    article: str
    unit: str
    pack_size: int | None
    quantity: Decimal
    price: Decimal
    currency: str | None
    vat_code: str | None
    cost_centre: str | None


class OrderSeen(Seen):
    """One stored order; `lines` are keyed by what identifies them, see `keyed`."""

    state: str
    reference: str
    supplier: str
    contract: str | None
    delivery_address: str | None
    need_by: date | None
    budget_year: int | None
    lines: Mapping[str, LineSeen]
    number: str | None = None
    net: Decimal | None = None
    vat: Decimal | None = None
    gross: Decimal | None = None
    placed_on: date | None = None
    confirmed_date: date | None = None
    cancel_reason: str | None = None


class OrderLook(Seen):
    """The order with our reference and what it draws on.

    `others` are further orders with the same reference (key -> state): there may be none. `contract` is
    what has been used, by contract; `committed` is what has been committed, by cost centre and year.
    """

    order: OrderSeen | None = None
    others: Mapping[str, str] = {}
    contract: Mapping[str, Decimal] = {}
    committed: Mapping[str, Decimal] = {}


def keyed(lines: Iterable[Line]) -> dict[str, LineSeen]:
    """Lines by article and cost centre; a second equal one gets a number and so never hides."""
    groups: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        groups[" ".join(filter(None, (line.article, line.cost_centre)))].append(line)
    found: dict[str, LineSeen] = {}
    for key, group in groups.items():
        for place, line in enumerate(sorted(group, key=lambda one: (one.quantity, one.price)), 1):
            found[key if place == 1 else f"{key} ({place})"] = LineSeen(**line.model_dump())
    return found


def asked_of(order: NewOrder, unkept: frozenset[str], state: str) -> OrderSeen:
    """`order` as a product that has no place for the fields `unkept` will show it."""
    head = order.model_dump(exclude={"lines"}) | dict.fromkeys(unkept & _HEAD)
    lines = [Line(**(line.model_dump() | dict.fromkeys(unkept & _LINE))) for line in order.lines]
    return OrderSeen(state=state, lines=keyed(lines), **head)


_HEAD = frozenset({"contract", "delivery_address", "need_by", "budget_year"})
_LINE = frozenset({"pack_size", "currency", "vat_code", "cost_centre"})


def stored(order: Order) -> OrderSeen:
    """`order` as it is stored. What was shipped was placed before: the supplier's doing, not ours."""
    return OrderSeen(
        state=PLACED if order.state == SHIPPED else order.state,
        reference=order.reference,
        supplier=order.supplier,
        contract=order.contract,
        delivery_address=order.delivery_address,
        need_by=order.need_by,
        budget_year=order.budget_year,
        lines=keyed(order.lines),
        number=order.number,
        net=order.total_net,
        vat=order.total_vat,
        gross=order.total_gross,
        placed_on=order.placed_on,
        confirmed_date=order.confirmed_date,
        cancel_reason=order.cancel_reason,
    )


def look_at(system: PurchasingSystem, organisation: str, word: str, order: NewOrder) -> OrderLook:
    """Everything that placing or cancelling `order` could touch; `word` finds it by its reference."""
    contracts = system.contracts(organisation, [order.contract]) if order.contract else None
    budgets = None
    if order.budget_year is not None:
        centres = sorted({line.cost_centre for line in order.lines if line.cost_centre})
        budgets = system.budgets(organisation, order.budget_year, centres)
    found = sorted(system.orders(organisation, word), key=_precedence)
    return OrderLook(
        order=stored(found[0]) if found else None,
        others={other.key: other.state for other in found[1:]},
        contract={number: one.used for number, one in (contracts or {}).items()},
        committed={
            f"{centre} {one.year}": one.committed for centre, one in (budgets or {}).items()
        },
    )


def _precedence(order: Order) -> tuple[bool, str, int, str]:
    """Placed ones first, then the oldest: the order of a list must not decide which one is ours."""
    return order.state not in (PLACED, SHIPPED), order.number or "", len(order.key), order.key
