"""What we leave in an order so that it is found again: our case reference.

It begins with the client's own reference and ends with what makes it unique, ``IA-2026-0042/9f31c07a``.
So the case finds its order whatever crashes, and a later cancellation finds it by the client's reference,
the only one that a client knows.
"""

from __future__ import annotations

from paraplu import CaseInHand, Request
from paraplu_procurement.request import ProcurementOrder
from paraplu_procurement.system import Line, NewOrder


def reference_of(case: CaseInHand[ProcurementOrder]) -> str:
    """The reference that stands in the order of `case`."""
    return case.mark


def carries(reference: str, word: str) -> bool:
    """Whether an order's reference is `word`, or is ours and begins with `word` as the client's own."""
    return word in (reference, reference.rpartition("/")[0])


def new_order(request: ProcurementOrder, reference: str) -> NewOrder:
    """The order that `request` asks for, with everything that it says."""
    return NewOrder(
        reference=reference,
        supplier=request.supplier or "",
        contract=request.contract,
        delivery_address=request.delivery_address,
        need_by=request.need_by,
        budget_year=request.budget_year,
        lines=tuple(
            Line(
                article=line.article,
                unit=line.unit,
                pack_size=line.pack_size,
                quantity=line.quantity,
                price=line.net_price,
                currency=line.currency,
                vat_code=line.vat_code,
                cost_centre=line.cost_centre,
            )
            for line in request.lines
        ),
    )


def earlier_order(case: CaseInHand[ProcurementOrder]) -> ProcurementOrder | None:
    """The order that a cancellation withdraws, None when what it follows was no order."""
    earlier: Request | None = case.earlier
    if isinstance(earlier, ProcurementOrder) and earlier.lines:
        return earlier
    return None
