"""The form in which the practice office takes a correction."""

from __future__ import annotations

from typing import Any

from paraplu import TargetRefused
from paraplu_payroll.system import Booking, Line


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
