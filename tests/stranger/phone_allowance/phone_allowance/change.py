"""The one change: a line of a slip becomes what was asked."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from paraplu import (
    ASKED,
    VOLATILE,
    CaseInHand,
    Change,
    Effect,
    Roles,
    TargetRefused,
    derived,
)
from phone_allowance.request import AllowanceRequest
from phone_allowance.system import OPEN, PHONE, AllowanceSystem, Line, Place, Slip


class SetAllowance(Change[Slip]):
    """One line becomes what was asked; nothing else moves but the net pay, by the difference."""

    def __init__(self, system: AllowanceSystem, case: CaseInHand[AllowanceRequest]) -> None:
        request = case.request
        self.system, self.place, self.mark = system, place_of(case), case.mark
        self.now = line_of(request.amount_now, request.cost_centre)
        self.asked = line_of(request.amount_wanted, request.cost_centre)
        self.currency = case.client.currency
        self.record = f"{self.place.organisation}, {self.place.month}, {self.place.person}"

    def look(self) -> Slip:
        slip = self.system.slip(self.place, self.mark)
        if slip is None:
            raise TargetRefused("The slip is not there any more.")
        return slip

    def wanted(self, before: Slip) -> Slip:
        if before.lines.get(PHONE) == self.asked:
            return before
        return before.model_copy(
            update={"lines": self._with(before, self.asked), "correction": "applied"}
        )

    def roles(self, before: Slip) -> Roles:
        return Roles(
            {
                f"lines.{PHONE}.*": ASKED,
                "correction": ASKED,
                "net": derived(exactly=before.net + self._difference(before)),
                "run": VOLATILE,
            }
        )

    def effect(self, before: Slip) -> Effect:
        return Effect(self._difference(before), self.currency)

    def preconditions(self) -> Mapping[str, str]:
        return {"run": "open" if self.look().run in OPEN else "closed"}

    def stages(self, wanted: Slip) -> Mapping[str, Slip]:
        lines = self._with(wanted, self.now)
        return {
            stage: wanted.model_copy(update={"lines": lines, "correction": stage})
            for stage in ("draft", "approved")
        }

    def act(self, reached: str | None) -> None:
        self.system.correct(self.place, self.mark, self.now, self.asked, reached)

    def result(self, after: Slip) -> Mapping[str, Any]:
        return {"amount_wanted": amount_of(after.lines.get(PHONE))}

    def _difference(self, before: Slip) -> Decimal:
        return amount_of(self.asked) - amount_of(before.lines.get(PHONE))

    def _with(self, slip: Slip, line: Line | None) -> dict[str, Line]:
        others = {code: other for code, other in slip.lines.items() if code != PHONE}
        return others if line is None else {**others, PHONE: line}


def place_of(case: CaseInHand[AllowanceRequest]) -> Place:
    """Where the request belongs in the payroll system."""
    person = f"{case.request.employee}-{case.request.employment}"
    return Place(case.variants.organisation, case.request.month, person)


def line_of(amount: Decimal, cost_centre: str) -> Line | None:
    """The line with this amount, None for no amount."""
    return Line(amount=amount, cost_centre=cost_centre) if amount else None


def amount_of(line: Line | None) -> Decimal:
    """The amount of a line, 0 when there is none."""
    return Decimal(0) if line is None else line.amount
