"""The two changes of the service: an order is placed, or a placed order is cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from paraplu import (
    ASKED,
    VOLATILE,
    Change,
    Effect,
    NothingDone,
    OutcomeUnknown,
    Role,
    Roles,
    TargetRefused,
    Watch,
    derived,
)
from paraplu_procurement import funds
from paraplu_procurement.look import OrderLook, OrderSeen, asked_of, look_at, stored
from paraplu_procurement.system import CANCELLED, PLACED, SHIPPED, NewOrder, Order, PurchasingSystem
from paraplu_procurement.totals import Totals, net_by_cost_centre

SUPPLIER_CONFIRMS = "supplier-confirms"
"""The code of the watch on the supplier's confirmed date."""

_ASKED = (
    "order.state",
    "order.reference",
    "order.supplier",
    "order.contract",
    "order.delivery_address",
    "order.need_by",
    "order.budget_year",
    "order.lines.**",
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a change is made of: the order, where it stands, and how it is found there.

    `word` is the part of the order's reference that finds it. `confirm_due` is when the supplier must
    have confirmed (aware).
    """

    organisation: str
    word: str
    order: NewOrder
    totals: Totals
    currency: str
    now: datetime
    latest: datetime | None = None
    confirm_due: datetime | None = None


class PlaceOrder(Change[OrderLook]):
    """Exactly one placed order with our reference, as asked, whatever stage it was found in."""

    def __init__(self, system: PurchasingSystem, terms: Terms) -> None:
        self._system = system
        self._terms = terms
        self.record = f"order {terms.order.reference} for {terms.organisation}"
        self.latest = terms.latest

    def look(self) -> OrderLook:
        """All orders with our reference, and what the contract and the budgets say."""
        terms = self._terms
        return look_at(self._system, terms.organisation, terms.word, terms.order)

    def show(self) -> None:
        """The order."""
        self._system.show(self._terms.organisation, self._terms.word)

    def wanted(self, before: OrderLook) -> OrderLook:
        """The order placed; contract and budgets charged with it, if they were not before."""
        return self._at(before, PLACED)

    def stages(self, wanted: OrderLook) -> Mapping[str, OrderLook]:
        """The order in each of the product's stages: nothing is charged yet."""
        return {stage: self._at(OrderLook(), stage) for stage in self._system.stages}

    def _at(self, before: OrderLook, state: str) -> OrderLook:
        terms = self._terms
        known = before.order or OrderSeen(**_EMPTY)
        order = asked_of(terms.order, self._system.unkept, state).model_copy(
            update={
                "number": known.number,
                "placed_on": known.placed_on,
                "confirmed_date": known.confirmed_date,
                "net": terms.totals.net,
                "vat": terms.totals.vat,
                "gross": terms.totals.gross,
            }
        )
        charges = _charges(before, terms.order)
        return before.model_copy(
            update={
                "order": order,
                "contract": {
                    key: used + charges.get(f"contract {key}", Decimal(0))
                    for key, used in before.contract.items()
                },
                "committed": {
                    key: amount + charges.get(f"committed {key}", Decimal(0))
                    for key, amount in before.committed.items()
                },
            }
        )

    def roles(self, before: OrderLook) -> Roles:
        """What was asked; totals exactly ours; contract and budgets charged at least with this order.

        At least: others order on the same contract and budget at the same time.
        """
        terms, wanted = self._terms, self._at(before, PLACED)
        patterns: dict[str, Role] = dict.fromkeys(_ASKED, ASKED)
        patterns["order.number"] = derived(may_appear=True)
        patterns["order.placed_on"] = derived(may_appear=True)
        patterns["order.confirmed_date"] = VOLATILE
        for name, total in (
            ("net", terms.totals.net),
            ("vat", terms.totals.vat),
            ("gross", terms.totals.gross),
        ):
            patterns[f"order.{name}"] = derived(exactly=total, may_appear=True)
        for key, used in wanted.contract.items():
            patterns[f"contract.{_escaped(key)}"] = derived(low=used)
        for key, amount in wanted.committed.items():
            patterns[f"committed.{_escaped(key)}"] = derived(low=amount)
        return Roles(patterns)

    def effect(self, before: OrderLook) -> Effect:
        """The net value of the order."""
        return Effect(self._terms.totals.net, self._terms.currency)

    def preconditions(self) -> Mapping[str, str]:
        """That contract and budgets still allow it; nothing is required of an order that is placed.

        Raises `NothingDone` when they do not: what the procedure requires is never planned otherwise. The
        check of the next try tells with figures.
        """
        terms = self._terms
        found = funds.verdicts(self._system, terms.organisation, terms.order, terms.now.date())
        if not funds.ALLOWING.issuperset(found.values()):
            own = self._system.orders(terms.organisation, terms.word)
            if not any(order.state in (PLACED, SHIPPED) for order in own):
                raise NothingDone("A contract or budget of this order does not allow it any more.")
        return found

    def act(self, reached: str | None) -> None:
        """Write the draft unless one with our reference is there, and take it on to `placed`."""
        order = self._ours()
        written = order is not None
        try:
            if order is None:
                order = self._system.draft(self._terms.organisation, self._terms.order)
                written = True
            for _ in self._system.stages:
                if order.state not in self._system.stages:
                    break
                self._must_be_as_asked(order)
                order = self._system.advance(self._terms.organisation, order)
        except NothingDone as error:
            if not written:
                raise
            # A draft is there by now: only a look can tell what has been done.
            raise OutcomeUnknown(f"After the draft was written: {error}") from error

    def _ours(self) -> Order | None:
        found = self._system.orders(self._terms.organisation, self._terms.word)
        if len(found) > 1:
            raise OutcomeUnknown("More than one order carries our reference: a person must look.")
        return found[0] if found else None

    def _must_be_as_asked(self, order: Order) -> None:
        asked = asked_of(self._terms.order, self._system.unkept, order.state)
        if not same_content(stored(order), asked):
            raise OutcomeUnknown(
                "The stored draft is not what was asked: it is left as it is and not taken further."
            )

    def watch(self, after: OrderLook) -> Watch | None:
        """The supplier must confirm a date."""
        due = self._terms.confirm_due
        return None if due is None else Watch(SUPPLIER_CONFIRMS, due)

    def result(self, after: OrderLook) -> Mapping[str, Any]:
        """The order's number."""
        return {"number": after.order.number} if after.order and after.order.number else {}


class CancelOrder(Change[OrderLook]):
    """A placed order that the supplier has not confirmed is cancelled; contract and budget are freed."""

    def __init__(self, system: PurchasingSystem, terms: Terms, reason: str) -> None:
        self._system = system
        self._terms = terms
        self._reason = None if "cancel_reason" in system.unkept else reason
        self._said = reason
        self.record = f"cancellation of order {terms.order.reference} for {terms.organisation}"

    def look(self) -> OrderLook:
        """All orders with the reference of the earlier request, the contract and the budgets."""
        terms = self._terms
        return look_at(self._system, terms.organisation, terms.word, terms.order)

    def show(self) -> None:
        """The order."""
        self._system.show(self._terms.organisation, self._terms.word)

    def wanted(self, before: OrderLook) -> OrderLook:
        """The order cancelled, and what it was charged given back."""
        if before.order is None or before.order.state == CANCELLED:
            return before
        freed = self._freed(before)
        return before.model_copy(
            update={
                "order": before.order.model_copy(
                    update={"state": CANCELLED, "cancel_reason": self._reason}
                ),
                "contract": {
                    key: used - freed.get(f"contract {key}", Decimal(0))
                    for key, used in before.contract.items()
                },
                "committed": {
                    key: amount - freed.get(f"committed {key}", Decimal(0))
                    for key, amount in before.committed.items()
                },
            }
        )

    def _freed(self, before: OrderLook) -> dict[str, Decimal]:
        if before.order is None or before.order.state != PLACED:
            return {}
        return _charges(before.model_copy(update={"order": None}), self._terms.order)

    def roles(self, before: OrderLook) -> Roles:
        """The state and our reason are asked; what is given back is known to the cent."""
        wanted = self.wanted(before)
        patterns: dict[str, Role] = {
            "order.state": ASKED,
            "order.cancel_reason": ASKED,
            "order.confirmed_date": VOLATILE,
        }
        for key, used in wanted.contract.items():
            patterns[f"contract.{_escaped(key)}"] = derived(exactly=used)
        for key, amount in wanted.committed.items():
            patterns[f"committed.{_escaped(key)}"] = derived(exactly=amount)
        return Roles(patterns)

    def effect(self, before: OrderLook) -> Effect:
        """What is no longer ordered: negative."""
        return Effect(-self._terms.totals.net, self._terms.currency)

    def preconditions(self) -> Mapping[str, str]:
        """The order's state, and that the supplier has not confirmed it.

        Raises `NothingDone` when the order is not there any more, and `TargetRefused` when it is confirmed
        or cannot be cancelled: that is never planned, whatever a person has read and handed back.
        """
        order = self._only()
        if order is None:
            raise NothingDone("The order that was to be cancelled is not there any more.")
        if order.state != CANCELLED and order.confirmed_date is not None:
            raise TargetRefused("The supplier has confirmed the order: it is not cancelled here.")
        if order.state != CANCELLED and order.state not in self._system.cancellable:
            raise TargetRefused("The system does not let this order be cancelled any more.")
        return {
            "order": order.state,
            "supplier": "not confirmed" if order.confirmed_date is None else "confirmed",
        }

    def act(self, reached: str | None) -> None:
        """Cancel it, unless it is cancelled already."""
        order = self._only()
        if order is not None and order.state != CANCELLED:
            self._system.cancel(self._terms.organisation, order, self._said)

    def _only(self) -> Order | None:
        found = self._system.orders(self._terms.organisation, self._terms.word)
        if len(found) > 1:
            raise OutcomeUnknown("More than one order carries the reference: a person must look.")
        return found[0] if found else None

    def result(self, after: OrderLook) -> Mapping[str, Any]:
        """The number of the order that was cancelled."""
        return {"number": after.order.number} if after.order and after.order.number else {}


def same_content(found: OrderSeen, asked: OrderSeen) -> bool:
    """Whether head and lines are equal; state, number, totals and dates are not looked at."""
    fields = (
        "reference",
        "supplier",
        "contract",
        "delivery_address",
        "need_by",
        "budget_year",
        "lines",
    )
    return all(getattr(found, name) == getattr(asked, name) for name in fields)


def _charges(before: OrderLook, order: NewOrder) -> dict[str, Decimal]:
    """What placing `order` adds to its contract and budgets; nothing when it is placed already."""
    if before.order is not None and before.order.state == PLACED:
        return {}
    found = {
        f"committed {centre} {order.budget_year}": net
        for centre, net in net_by_cost_centre(order).items()
    }
    if order.contract:
        found[f"contract {order.contract}"] = order.net
    return found


def _escaped(key: str) -> str:
    return key.replace("\\", "\\\\").replace(".", "\\.")


_EMPTY: dict[str, Any] = {
    "state": "",
    "reference": "",
    "supplier": "",
    "contract": None,
    "delivery_address": None,
    "need_by": None,
    "budget_year": None,
    "lines": {},
}
