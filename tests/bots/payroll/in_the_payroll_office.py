"""Somebody in the practice office, and what the tests ask about them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from carrying_out import Planned, planned
from payroll_on_paper import asked, desk, in_hand

from paraplu import (
    Credential,
    Secret,
)
from paraplu.practice.office import Office
from paraplu_payroll.targets.practice import PracticePayroll

D = Decimal
PASSWORD = "payroll-robot-2026"
ROBOT = Credential("practice-payroll", "payroll-robot", Secret(PASSWORD))
NOVEMBER = "2026-11"


class Person:
    """Somebody in the office, whose slip of November a test corrects."""

    def __init__(self, office: Office, index: int, organisation: str = "waterland") -> None:
        self.office = office
        self.organisation = organisation
        self.code = f"{412 + 37 * index:05d}"

    def lines(self, period: str = NOVEMBER) -> dict[str, Decimal]:
        """The entered lines as stored, by component and corrected months."""
        stored = self.office.truth.slip_lines(self.organisation, period, self.code)
        return {
            item.component + (f"@{item.corrected_from}" if item.corrected_from else ""): item.amount
            for item in stored
            if not item.derived
        }

    def centre(self, component: str = "1000") -> str:
        stored = self.office.truth.slip_lines(self.organisation, NOVEMBER, self.code)
        return next(item.cost_centre for item in stored if item.component == component)

    def asks(self, component: str = "1000", **changes: Any) -> Any:
        """A request about a line of this person, by default its base salary up by 100."""
        amount = self.lines().get(component)
        values: dict[str, Any] = {
            "employee": self.code,
            "component": component,
            "cost_centre": self.centre(),
            "amount_now": amount,
            "amount_wanted": None if amount is None else amount + 100,
        }
        return asked(**{**values, **changes})


def hand(request: Any, mark: str = "PP-1-7F3K", **more: Any) -> Any:
    return in_hand(request, mark=mark, **{"late": "next-period", **more})


def plan(target: PracticePayroll, request: Any, mark: str, **more: Any) -> Planned:
    return planned(hand(request, mark, **more), desk(target))
