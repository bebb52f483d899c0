"""Whether an order can be withdrawn: only one that the supplier has not confirmed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from paraplu import Finding, to_client, to_person
from paraplu_procurement.change import same_content
from paraplu_procurement.look import asked_of, stored
from paraplu_procurement.system import CANCELLED, SHIPPED, NewOrder, Order


def cancellation_findings(
    found: Sequence[Order],
    expected: NewOrder,
    unkept: frozenset[str],
    cancellable: frozenset[str],
) -> Iterator[Finding]:
    """`found` are the orders with the earlier reference, `expected` is the order it asked for.

    `unkept` and `cancellable` are the product's own, see `PurchasingSystem`.
    """
    if not found:
        yield to_client(
            "follows",
            "order-not-there",
            "There is no order under {reference} to be cancelled.",
            reference=expected.reference,
        )
        return
    if len(found) > 1:
        yield to_person(
            "several-orders",
            "{count} orders carry the reference {reference}: look which one is meant.",
            count=len(found),
            reference=expected.reference,
        )
        return
    order = found[0]
    asked = asked_of(expected.model_copy(update={"reference": order.reference}), unkept, "")
    if not same_content(stored(order), asked):
        yield to_person(
            "order-altered",
            "The order under {reference} is no longer what was asked at the time: look before it is "
            "cancelled.",
            reference=expected.reference,
        )
    if order.state == SHIPPED:
        yield to_person(
            "order-shipped",
            "The order under {reference} has been shipped: it can only be returned, not cancelled.",
            reference=expected.reference,
        )
    elif order.confirmed_date is not None and order.state != CANCELLED:
        yield to_person(
            "order-confirmed",
            "The supplier has confirmed the order under {reference} for {confirmed}: ask the supplier "
            "whether it can still be cancelled.",
            reference=expected.reference,
            confirmed=order.confirmed_date,
        )
    elif order.state not in cancellable and order.state != CANCELLED:
        yield to_person(
            "not-cancellable",
            "The purchasing system no longer lets the order under {reference} be cancelled: agree on it "
            "with the supplier.",
            reference=expected.reference,
        )
