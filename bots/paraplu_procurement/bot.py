"""The procedure of the service "procurement order"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from paraplu import Bot, CaseInHand, Change, Desk, Finding, to_client, to_person
from paraplu_procurement.cancellation import cancellation_findings
from paraplu_procurement.catalogue import Catalogue, catalogue_findings
from paraplu_procurement.change import (
    SUPPLIER_CONFIRMS,
    CancelOrder,
    PlaceOrder,
    Terms,
    same_content,
)
from paraplu_procurement.confirmation import confirmation
from paraplu_procurement.deadline import Deadline
from paraplu_procurement.delivery import address_findings, timing_findings
from paraplu_procurement.funds import budget_findings, contract_findings
from paraplu_procurement.look import asked_of, stored
from paraplu_procurement.reference import earlier_order, new_order, reference_of
from paraplu_procurement.request import OrderKind, ProcurementOrder
from paraplu_procurement.system import PLACED, SHIPPED, NewOrder, Order, PurchasingSystem
from paraplu_procurement.totals import totals
from paraplu_procurement.variants import OrderVariants

DAYS_OF_TOTAL = 30


class ProcurementBot(Bot[ProcurementOrder]):
    """Orders and cancels in a purchasing system, and watches for the supplier's word."""

    service = "procurement-order"
    request = ProcurementOrder
    needs: ClassVar[dict[str, type]] = {"purchasing": PurchasingSystem}
    variants = OrderVariants
    does = (
        "Checks an order against catalogue, contract, budget and lead time, places it, reads it back and "
        "watches until the supplier has confirmed a date; cancels orders that are not confirmed yet."
    )
    never = (
        "Skips a check because an order is urgent.",
        "Changes or cancels an order that the supplier has confirmed.",
        "Orders from another supplier, or under another contract, than was asked.",
        "Books receipts, partial deliveries or invoices.",
        "Touches suppliers, payment details or master data.",
    )

    def check(self, case: CaseInHand[ProcurementOrder], desk: Desk) -> Iterable[Finding]:
        """All that speaks against it, and all that a person must see first."""
        if case.request.remark:
            yield to_person(
                "remark",
                "A remark must be read before this goes on: {remark}",
                remark=case.request.remark,
            )
        if case.request.kind is OrderKind.CANCEL:
            yield from self._check_cancellation(case, desk)
        else:
            yield from self._check_order(case, desk)

    def _check_order(self, case: CaseInHand[ProcurementOrder], desk: Desk) -> Iterator[Finding]:
        request, variants = case.request, _variants(case)
        system: PurchasingSystem = desk["purchasing"]
        order = new_order(request, reference_of(case))
        found = system.orders(variants.organisation, case.mark)
        yield from _own_findings(found, order, system.unkept)
        if any(one.state in (PLACED, SHIPPED) for one in found):
            # It is ordered: budget and time were judged then, and now include this very order.
            return
        if request.urgent:
            yield to_person(
                "urgent",
                "This order is marked as urgent: look whether it can go faster. Every check still holds.",
            )
        catalogue = Catalogue.read(system, request, variants.organisation)
        yield from catalogue_findings(request, catalogue, variants)
        contracts = (
            system.contracts(variants.organisation, [order.contract]) if order.contract else {}
        )
        yield from contract_findings(order, contracts, desk.today, variants)
        centres = sorted({line.cost_centre for line in request.lines})
        budgets = system.budgets(variants.organisation, request.budget_year or 0, centres)
        yield from budget_findings(order, budgets, variants)
        yield from address_findings(
            request, system.delivery_addresses(variants.organisation), variants
        )
        yield from _total_findings(case, desk, system, order)
        yield from timing_findings(
            request, catalogue, system, variants, _deadline(desk, variants), desk.now
        )

    def _check_cancellation(
        self, case: CaseInHand[ProcurementOrder], desk: Desk
    ) -> Iterator[Finding]:
        system: PurchasingSystem = desk["purchasing"]
        earlier = earlier_order(case)
        if earlier is None:
            yield to_client(
                "follows",
                "follows-no-order",
                "What this follows is no order of yours: a cancellation names the order it cancels.",
            )
            return
        found = system.orders(_variants(case).organisation, earlier.reference)
        yield from cancellation_findings(
            found, new_order(earlier, earlier.reference), system.unkept, system.cancellable
        )

    def change(self, case: CaseInHand[ProcurementOrder], desk: Desk) -> Change[Any]:
        """One order placed, or one order cancelled."""
        variants = _variants(case)
        system: PurchasingSystem = desk["purchasing"]
        if case.request.kind is OrderKind.CANCEL:
            earlier = earlier_order(case) or case.request
            order = new_order(earlier, earlier.reference)
            terms = Terms(
                organisation=variants.organisation,
                word=earlier.reference,
                order=order,
                totals=totals(order, None),
                currency=earlier.currency or case.client.currency,
                now=desk.now,
            )
            return CancelOrder(system, terms, reference_of(case))
        order = new_order(case.request, reference_of(case))
        deadline = _deadline(desk, variants)
        catalogue = Catalogue.read(system, case.request, variants.organisation)
        lead_time = catalogue.lead_time(case.request, variants.lead_time)
        latest = None
        if case.request.need_by is not None and lead_time is not None:
            latest = deadline.latest_order(case.request.need_by, lead_time)
        return PlaceOrder(
            system,
            Terms(
                organisation=variants.organisation,
                word=case.mark,
                order=order,
                totals=totals(order, catalogue.vat_rates),
                currency=case.request.currency or case.client.currency,
                now=desk.now,
                latest=latest,
                confirm_due=deadline.moment(
                    desk.calendar.shift(desk.today, variants.confirm_within)
                ),
            ),
        )

    def watched(self, case: CaseInHand[ProcurementOrder], desk: Desk, code: str) -> Finding | bool:
        """Whether the supplier has confirmed a date in time."""
        if code != SUPPLIER_CONFIRMS:
            return True
        variants = _variants(case)
        system: PurchasingSystem = desk["purchasing"]
        return confirmation(
            case.request,
            system.orders(variants.organisation, case.mark),
            _deadline(desk, variants),
            variants.confirm_within,
            desk.now,
        )


def _variants(case: CaseInHand[ProcurementOrder]) -> OrderVariants:
    variants: OrderVariants = case.variants
    return variants


def _deadline(desk: Desk, variants: OrderVariants) -> Deadline:
    return Deadline(desk.calendar, variants.order_until, desk.now.tzinfo)


def _own_findings(
    found: Sequence[Order], order: NewOrder, unkept: frozenset[str]
) -> Iterator[Finding]:
    """Orders that carry our case reference already must be one, and the one that was asked."""
    if len(found) > 1:
        yield to_person(
            "several-own-orders",
            "{count} orders carry the reference of this case: there must be one.",
            count=len(found),
        )
    elif found and not same_content(stored(found[0]), asked_of(order, unkept, "")):
        yield to_person(
            "own-order-differs",
            "An order with the reference of this case is there already, and it is not as asked.",
        )


def _total_findings(
    case: CaseInHand[ProcurementOrder],
    desk: Desk,
    system: PurchasingSystem,
    order: NewOrder,
) -> Iterator[Finding]:
    limit = case.agreement.limits.supplier_total_30_days
    if limit is None:
        return
    since = desk.today - timedelta(days=DAYS_OF_TOTAL)
    placed = system.ordered_since(_variants(case).organisation, order.supplier, since, case.mark)
    if placed is None:
        yield to_person(
            "supplier-total-unknown",
            "The purchasing system does not tell what was ordered from this supplier in {days} days: "
            "check by hand that it stays below {limit}.",
            days=DAYS_OF_TOTAL,
            limit=limit,
        )
    elif placed + order.net > limit:
        yield to_person(
            "supplier-total",
            "Orders to this supplier within {days} days would come to {total}, above the {limit} that "
            "were agreed.",
            days=DAYS_OF_TOTAL,
            total=placed + order.net,
            limit=Decimal(limit),
        )
