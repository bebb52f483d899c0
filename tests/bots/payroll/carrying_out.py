"""The steps that the engine takes with a case, taken by hand: check, look, plan, act, look, compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from paraplu import CaseInHand, Change, Desk, Finding, Roles
from paraplu.domain.look import Comparison, compare, flatten
from paraplu.domain.plan import stray_fields
from paraplu_payroll import PayrollBot
from paraplu_payroll.request import SalaryCorrection


@dataclass
class Planned:
    """A change that was planned: nothing has been done yet."""

    change: Change[Any]
    before: Any
    wanted: Any
    roles: Roles
    preconditions: dict[str, str]

    def judged(self, after: Any = None) -> Comparison:
        """How `after`, or a look taken now, compares with what was planned."""
        stages = {name: flatten(look) for name, look in self.change.stages(self.wanted).items()}
        found = self.change.look() if after is None else after
        return compare(
            flatten(self.before), flatten(self.wanted), flatten(found), self.roles, stages
        )

    def carried_out(self, reached: str | None = None) -> Comparison:
        """Act, look again, compare."""
        self.change.act(reached)
        return self.judged()


def _refreshed(desk: Desk) -> None:
    """As the engine does before each try."""
    getattr(desk["payroll"], "refresh", lambda: None)()


def found(case: CaseInHand[SalaryCorrection], desk: Desk) -> list[Finding]:
    """What the check finds."""
    _refreshed(desk)
    return list(PayrollBot().check(case, desk))


def codes(case: CaseInHand[SalaryCorrection], desk: Desk) -> list[str]:
    """The codes of what the check finds."""
    return [item.message.code for item in found(case, desk)]


def planned(case: CaseInHand[SalaryCorrection], desk: Desk) -> Planned:
    """The plan of a case that the check has nothing against."""
    assert found(case, desk) == []
    return planned_anyway(case, desk)


def planned_anyway(case: CaseInHand[SalaryCorrection], desk: Desk) -> Planned:
    """The plan of a case, as after a person handed it back."""
    _refreshed(desk)
    change = PayrollBot().change(case, desk)
    before = change.look()
    wanted, roles = change.wanted(before), change.roles(before)
    assert stray_fields(flatten(before), flatten(wanted), roles) == ()
    return Planned(change, before, wanted, roles, dict(change.preconditions()))
