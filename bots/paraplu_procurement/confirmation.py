"""The watch on a placed order: has the supplier confirmed a date, and is it in time?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from paraplu import Finding, to_person
from paraplu_procurement.deadline import Deadline, is_after
from paraplu_procurement.request import ProcurementOrder
from paraplu_procurement.system import CANCELLED, SHIPPED, Order


def confirmation(
    request: ProcurementOrder,
    found: Sequence[Order],
    deadline: Deadline,
    confirm_within: int,
    now: datetime,
) -> Finding | bool:
    """True once a date in time is confirmed, False while there is time, else what a person must see."""
    if len(found) != 1:
        return to_person(
            "watched-order-gone",
            "The placed order is not there as it was: {count} orders carry its reference.",
            count=len(found),
        )
    order = found[0]
    number = order.number or order.reference
    if order.state == CANCELLED:
        return to_person(
            "watched-order-cancelled", "Order {number} has been cancelled.", number=number
        )
    if order.confirmed_date is not None:
        if request.need_by is None or order.confirmed_date <= request.need_by:
            return True
        return to_person(
            "confirmed-too-late",
            "The supplier has confirmed order {number} for {confirmed}; it is needed by {need_by}.",
            number=number,
            confirmed=order.confirmed_date,
            need_by=request.need_by,
        )
    if order.state == SHIPPED:
        return True
    if order.placed_on is None:
        return False
    due = deadline.moment(deadline.calendar.shift(order.placed_on, confirm_within))
    if not is_after(now, due):
        return False
    return to_person(
        "not-confirmed",
        "Order {number} was placed on {placed}, and the supplier has confirmed no date within {days} "
        "working days: ask whether {need_by} can be met.",
        number=number,
        placed=order.placed_on,
        days=confirm_within,
        need_by=request.need_by or order.placed_on,
    )
