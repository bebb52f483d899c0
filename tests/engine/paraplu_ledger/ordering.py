"""Placing an order of several lines: not done twice, watched until it is confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from paraplu import (
    ASKED,
    Bot,
    CaseInHand,
    Change,
    Desk,
    Effect,
    Finding,
    Kind,
    Request,
    RequestLine,
    Roles,
    Watch,
    asks,
    derived,
    to_client,
    to_person,
)
from paraplu_ledger.target import Ledger


class OrderLine(RequestLine):
    """One article."""

    article: Annotated[str, asks("Article", kind=Kind.CODE)]
    quantity: Annotated[int, asks("Quantity"), Field(gt=0)]
    price: Annotated[Decimal, asks("Price", kind=Kind.MONEY), Field(ge=0)]


class Order(Request, titles={"en": "Orders"}, total_of=("quantity", "price")):
    """Several lines at one supplier."""

    supplier: Annotated[str, asks("Supplier"), Field(min_length=2)]
    cost_centre: Annotated[str, asks("Cost centre", kind=Kind.CODE, cost_centre=True)]
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1)]


class Placed(BaseModel):
    """The orders that carry our mark."""

    model_config = ConfigDict(frozen=True)

    supplier: str | None = None
    copies: int | None = None
    number: int | None = None
    lines: dict[str, dict[str, Decimal | int]] = {}


class PlaceOrder(Change[Placed]):
    """Place the order, once."""

    def __init__(self, case: CaseInHand[Order], ledger: Ledger, desk: Desk) -> None:
        self.case, self.request, self.ledger, self.desk = case, case.request, ledger, desk
        self.record = f"order {case.mark}"

    def look(self) -> Placed:
        orders = self.ledger.placed(self.case.mark)
        if not orders:
            return Placed()
        number, supplier, _confirmed, lines = orders[0]
        return Placed(
            supplier=supplier,
            copies=len(orders),
            number=number,
            lines={key: {"quantity": many, "price": price} for key, (many, price) in lines.items()},
        )

    def wanted(self, before: Placed) -> Placed:
        lines: dict[str, dict[str, Decimal | int]] = {
            line.article: {"quantity": line.quantity, "price": line.price}
            for line in self.request.lines
        }
        return before.model_copy(update={"supplier": self.request.supplier, "lines": lines})

    def roles(self, before: Placed) -> Roles:
        return Roles(
            {
                "supplier": ASKED,
                "lines.**": ASKED,
                "copies": derived(exactly=1, may_appear=True),
                "number": derived(may_appear=True),
            }
        )

    def effect(self, before: Placed) -> Effect:
        total = sum((line.quantity * line.price for line in self.request.lines), Decimal(0))
        return Effect(total, self.case.client.currency)

    def act(self, reached: str | None) -> None:
        lines = {line.article: (line.quantity, line.price) for line in self.request.lines}
        self.ledger.place(self.case.mark, self.request.supplier, lines)

    def watch(self, after: Placed) -> Watch:
        return Watch("supplier-confirms", self.desk.now + timedelta(days=3))

    def result(self, after: Placed) -> Mapping[str, Any]:
        return {"number": after.number}


class OrderBot(Bot[Order]):
    """Places orders in a ledger."""

    service = "ledger-order"
    request = Order
    needs: ClassVar[Mapping[str, type]] = {"ledger": Ledger}

    def check(self, case: CaseInHand[Order], desk: Desk) -> Iterable[Finding]:
        articles = [line.article for line in case.request.lines]
        if len(set(articles)) != len(articles):
            return [to_client("article", "article-twice", "An article stands twice.")]
        return []

    def change(self, case: CaseInHand[Order], desk: Desk) -> Change[Any]:
        return PlaceOrder(case, desk["ledger"], desk)

    def watched(self, case: CaseInHand[Order], desk: Desk, code: str) -> Finding | bool:
        ((_number, _supplier, confirmed, _lines),) = desk["ledger"].placed(case.mark)
        if confirmed is None:
            return False
        if confirmed == "never":
            return to_person("supplier-refuses", "The supplier does not deliver.")
        return True
