"""What coati's pages say, as records. Numbers 1,234.56 and 1234.56, dates dd/mm/yyyy and yyyy-mm-dd.

The product's pages are partly English and partly Spanish; headings are taken as it ships them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from paraplu import PageChanged
from paraplu_payroll.system import (
    Component,
    Computed,
    Concern,
    Line,
    Nature,
    Slip,
    Unit,
)
from paraplu_payroll.targets.table import Row, cell

BASE: Final = Component(code="BASE", name="Base salary", unit=Unit.MONEY, base=True)
"""The monthly base salary, which coati keeps with the employee and not as a concept of its own."""

OPEN: Final = "generated"
"""The state of a run that takes corrections; what is approved or applied does not."""

_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})*\.\d{2}", re.ASCII)
_PLAIN = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_PERIOD = re.compile(r"01/(\d{2})/(\d{4})\s*-\s*(\d{2})/(\d{2})/(\d{4})", re.ASCII)
_CONCEPT = re.compile(r"\[([A-Za-z0-9_-]+)\]", re.ASCII)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ENTERED = "formula"
_BY_HAND = frozenset({"fijo", "fixed", "hours", "horas", "days", "dias"})
_CONCERNS: Mapping[str, Concern] = {
    "COURT_GARNISHMENTS": Concern.GARNISHMENT,
    "ALIMONY": Concern.GARNISHMENT,
    "OVERPAYMENT_CORRECTION": Concern.RECOVERY,
}


def grouped(text: str) -> Decimal:
    """A number like 1,234.56. Raises `PageChanged` for any other writing."""
    if not _GROUPED.fullmatch(text.strip()):
        raise PageChanged("The product writes a number in another way than 1,234.56.")
    return Decimal(text.strip().replace(",", ""))


def plain(text: str) -> Decimal:
    """A number like 1234.56. Raises `PageChanged` for any other writing."""
    if not _PLAIN.fullmatch(text.strip()):
        raise PageChanged("The product writes a number in another way than 1234.56.")
    return Decimal(text.strip())


def day(text: str) -> date:
    """A date like 2026-11-01. Raises `PageChanged` for any other writing."""
    try:
        if _ISO.fullmatch(text.strip()):
            return date.fromisoformat(text.strip())
    except ValueError:
        pass
    raise PageChanged("The product writes a date in another way than yyyy-mm-dd.")


def month_of(text: str) -> str:
    """The month of a run, ``2026-11``. Raises `PageChanged` when the run is not about one month."""
    found = _PERIOD.fullmatch(" ".join(text.split()))
    if found is None or found.group(1, 2) != found.group(4, 5):
        raise PageChanged("The product shows a run that is not about one calendar month.")
    return f"{found.group(2)}-{found.group(1)}"


def component_of(row: Row, nature: Nature) -> Component:
    """A row of the list of earnings or deductions."""
    code, kind = cell(row, "Code"), cell(row, "Calculation type").split()
    if not kind:
        raise PageChanged("The product does not say how a concept is calculated.")
    concern = _CONCERNS.get(code)
    if concern is None and kind[0] != _ENTERED:
        concern = Concern.BY_HAND if kind[0] in _BY_HAND else Concern.COMPUTED
    return Component(
        code=code,
        name=cell(row, "Name").splitlines()[0],
        unit=Unit.HOURS if kind[0] in ("hours", "horas") else Unit.MONEY,
        nature=nature,
        concern=concern,
    )


def summary_of(texts: Iterable[str]) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Base salary, earnings besides it, gross and net of the summary on a slip."""
    parts = [text.partition("\t") for text in texts]
    found = {name.strip().rstrip(":"): value.strip() for name, _, value in parts}
    names = ("Salario Base", "Total Ingresos", "Salario Bruto", "Salario Neto")
    if any(name not in found for name in names):
        raise PageChanged("The summary of a slip does not show base, earnings, gross and net.")
    base, earnings, gross, net = (grouped(found[name]) for name in names)
    return base, earnings, gross, net


def concepts_of(texts: Iterable[str]) -> list[tuple[str, Decimal]]:
    """Code and amount of the rows of earnings or deductions on a slip."""
    found: list[tuple[str, Decimal]] = []
    for text in texts:
        concept = _CONCEPT.match(text.strip())
        if concept is not None:
            found.append((concept.group(1), grouped(text.rpartition("\t")[2])))
    return found


def slip_of(
    summary: Iterable[str],
    earnings: Iterable[str],
    deductions: Iterable[str],
    components: Mapping[str, Component],
) -> Slip:
    """A slip from the texts of its three tables. Raises `PageChanged` when its sums do not fit."""
    base, other, gross, net = summary_of(summary)
    earned, deducted = concepts_of(earnings), concepts_of(deductions)
    if sum((amount for _, amount in earned), Decimal(0)) != other or base + other != gross:
        raise PageChanged("The earnings on a slip do not add up to its gross.")
    if gross - sum((amount for _, amount in deducted), Decimal(0)) != net:
        raise PageChanged(
            "The deductions on a slip do not add up to the difference of gross and net."
        )
    lines = {BASE.code: Line(component=BASE.code, amount=base, unit=Unit.MONEY)}
    computed = {
        "gross": Computed(kind="gross", amount=gross),
        "net": Computed(kind="net", amount=net),
    }
    concerns: set[Concern] = set()
    for part, kind in ((earned, "share"), (deducted, "withheld")):
        for code, amount in part:
            component = components.get(code)
            concern = Concern.COMPUTED if component is None else component.concern
            if concern in (Concern.GARNISHMENT, Concern.RECOVERY):
                concerns.add(concern)
            if concern is None:
                key = _free(code, lines)
                lines[key] = Line(component=code, amount=amount, unit=Unit.MONEY)
            else:
                computed[_free(code, computed)] = Computed.model_validate(
                    {"kind": kind, "amount": amount}
                )
    return Slip(lines=lines, computed=computed, concerns=frozenset(concerns))


def _free(key: str, taken: Mapping[str, object]) -> str:
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key}#{number}"
    return free
