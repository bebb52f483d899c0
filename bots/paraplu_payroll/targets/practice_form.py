"""The form in which the practice office takes a correction, and the page on which it shows one."""

from __future__ import annotations

from typing import Any

from paraplu import OutcomeUnknown, TargetRefused
from paraplu_payroll.system import Booking, Line, Place
from paraplu_payroll.targets.practice_page import ReadPage
from paraplu_payroll.targets.practice_records import amount_of


def fill_form(page: Any, booking: Booking) -> None:
    """Fill in the form that is open. Raises `TargetRefused` when it does not offer a code."""
    line = booking.after or booking.before
    if line is None:
        raise TargetRefused("There is nothing to correct.")
    if booking.before is None:
        _choose(page, "Component", line.component)
    if booking.after is not None:
        field = page.get_by_label("New amount", exact=True)
        field.fill(f"{booking.after.amount:.2f}".replace(".", ","))
        _choose(page, "Cost centre", booking.after.cost_centre or "")
    _choose(page, "Corrected period", line.corrected_from or "")
    _choose(page, "Corrected until", line.corrected_until or "")
    _choose(page, "Reason", booking.reason)
    page.get_by_label("Reference", exact=True).fill(booking.mark)


def _choose(page: Any, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True)
    options: list[str] = field.locator("option").evaluate_all(
        "options => options.map(option => option.value)"
    )
    if value not in options:
        raise TargetRefused(f'"{label}" does not offer the code that was asked for.')
    field.select_option(value=value)


def corrected_months(line: Line) -> str:
    """The months that a line corrects, as the office writes them."""
    if line.corrected_until in (None, line.corrected_from):
        return str(line.corrected_from)
    return f"{line.corrected_from} to {line.corrected_until}"


def state_of(page: ReadPage, booking: Booking) -> str:
    """The state of the mutation shown. Raises `OutcomeUnknown` when it does not say what we asked."""
    after, line = booking.after, booking.after or booking.before
    wanted = {
        "employee": person_of(booking.place),
        "kind": booking.kind,
        "reference": booking.mark,
        "corrected": "–" if line is None or not line.corrected_from else corrected_months(line),
    }
    shown = {name: page.field(name) for name in wanted}
    amount, centre = page.field("amount-after"), page.field("cost-centre-after")
    same = shown == wanted and page.field("reason").partition(" ")[0] == booking.reason
    if after is None:
        same = same and amount == "–"
    else:
        same = same and centre == after.cost_centre and amount_of(amount) == after.amount
    if not same:
        raise OutcomeUnknown("The correction that was saved says something else: look at it.")
    return page.field("state")


def person_of(place: Place) -> str:
    """The employment as the office writes it: ``20115-1``."""
    return f"{place.employee}-{place.employment}"
