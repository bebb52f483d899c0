"""What the rows of the practice office's tables say, as records. Numbers 1.234,56, dates dd-mm-jjjj."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from paraplu import PageChanged
from paraplu_payroll.period import is_month
from paraplu_payroll.system import Component, Computed, Concern, Employment, Line, Nature, Run, Unit
from paraplu_payroll.targets.table import cell

OPEN: Final = frozenset({"open", "calculated"})
"""The states of a run that takes corrections."""

_AMOUNT = re.compile(r"-?\d{1,3}(\.\d{3})*,\d{2}", re.ASCII)
_DATE = re.compile(r"(\d{2})-(\d{2})-(\d{4})", re.ASCII)
_CORRECTED = re.compile(r"(\d{4}-\d{2})(?: to (\d{4}-\d{2}))?", re.ASCII)
_STATES = OPEN | {"approved", "paid", "closed"}
_NATURES = {
    "earning": Nature.EARNING,
    "hours": Nature.EARNING,
    "deduction": Nature.DEDUCTION,
    "reimbursement": Nature.REIMBURSEMENT,
    "derived": Nature.EARNING,
}
_CONCERNS = {"7500": Concern.GARNISHMENT, "7600": Concern.RECOVERY}
_BASE = "1000"
_FIGURES: Mapping[str, Literal["gross", "withheld", "net"]] = {
    "9000": "gross",
    "9100": "withheld",
    "9200": "withheld",
    "9900": "net",
}


def amount_of(text: str) -> Decimal:
    """A number as the office writes it, 1.234,56. Raises `PageChanged` for any other writing."""
    if not _AMOUNT.fullmatch(text.strip()):
        raise PageChanged("The practice office writes a number in another way than 1.234,56.")
    return Decimal(text.strip().replace(".", "").replace(",", "."))


def _date(text: str) -> date:
    """A date as the office writes it, 21-12-2026. Raises `PageChanged` for any other writing."""
    found = _DATE.fullmatch(text.strip())
    try:
        day, month, year = (int(part) for part in found.groups()) if found else (0, 0, 0)
        return date(year, month, day)
    except ValueError:
        raise PageChanged(
            "The practice office writes a date in another way than dd-mm-jjjj."
        ) from None


def component_of(row: dict[str, str]) -> Component:
    """A row of "Components"."""
    code, kind, unit = cell(row, "Code"), cell(row, "Kind"), cell(row, "Unit")
    if kind not in _NATURES or unit not in set(Unit):
        raise PageChanged("The practice office has a kind or unit of component that is not known.")
    return Component(
        code=code,
        name=cell(row, "Name"),
        unit=Unit(unit),
        nature=_NATURES[kind],
        factor=amount_of(cell(row, "Factor")),
        base=code == _BASE,
        concern=Concern.COMPUTED if kind == "derived" else _CONCERNS.get(code),
    )


def employment_of(row: dict[str, str]) -> Employment:
    """A row of "Employments"."""
    until, number = cell(row, "Until"), cell(row, "No.")
    if not number.isdecimal():
        raise PageChanged("The practice office numbers employments in another way.")
    return Employment(
        number=int(number),
        cost_centre=cell(row, "Cost centre") or None,
        starts=_date(cell(row, "From")),
        ends=_date(until) if until else None,
        hours_per_week=amount_of(cell(row, "Hours a week")),
    )


def run_of(row: dict[str, str]) -> Run:
    """A row of "Periods"."""
    period, state = cell(row, "Period"), cell(row, "Run")
    if not is_month(period) or state not in _STATES:
        raise PageChanged("The practice office names a period or the state of a run differently.")
    return Run(
        period=period, state=state, open=state in OPEN, pay_date=_date(cell(row, "Pay date"))
    )


def line_of(row: dict[str, str]) -> Line:
    """A row of "Lines"."""
    unit, corrected = cell(row, "Unit"), cell(row, "Corrected")
    named = _CORRECTED.fullmatch(corrected)
    if unit not in set(Unit) or (corrected and not named):
        raise PageChanged("The practice office writes a line's unit or months in another way.")
    first, last = named.groups() if named else (None, None)
    return Line(
        component=cell(row, "Code"),
        amount=amount_of(cell(row, "Amount")),
        unit=Unit(unit),
        cost_centre=cell(row, "Cost centre") or None,
        corrected_from=first,
        corrected_until=last or first,
        reason=cell(row, "Reason") or None,
        reference=cell(row, "Reference") or None,
    )


def figure_of(row: dict[str, str]) -> tuple[str, Computed]:
    """A row of "Totals" and its code."""
    code = cell(row, "Code")
    if code not in _FIGURES:
        raise PageChanged("The practice office has a total that is not known.")
    heading = next(reversed(row))  # the currency
    amount = amount_of(row[heading])
    kind = _FIGURES[code]
    return code, Computed(kind=kind, amount=-amount if kind == "withheld" else amount)
