"""What we leave in an order so that it is found again: our case reference and the client's own.

The case reference tells which case made the order, whatever crashes. The client's reference is there
for a later cancellation, which names the order by it, and for the supplier's papers.
"""

from __future__ import annotations

from paraplu import CaseInHand, Request
from paraplu_procurement.request import ProcurementOrder
from paraplu_procurement.system import Line, NewOrder


def reference_of(case: CaseInHand[ProcurementOrder]) -> str:
    """The reference that stands in the order of `case`."""
    return f"{case.mark} {case.request.reference}"


def carries(reference: str, word: str) -> bool:
    """Whether `word`, a case reference or a client's own, is that of an order's reference."""
    mark, _, own = reference.partition(" ")
    return word in (mark, own)


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
