"""The rules about who, what and when: what gives a request back, and what calls a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from paraplu import Finding, ToClient, to_client, to_person
from paraplu_payroll.dossier import Dossier
from paraplu_payroll.request import CorrectionKind, SalaryCorrection
from paraplu_payroll.slip_rules import NOTHING, SlipRules, shown
from paraplu_payroll.system import Concern, Employment, Keeps, Unit, line_key

_PAYMENT_DETAILS: Final = re.compile(
    r"iban|bic$|swift|nemkonto|kontonr|kontonummer|bank|rekening|betaal|payment|account",
    re.IGNORECASE,
)


class Rules:
    """The rules, put to one request. `before` is the moment after which a person looks too late."""

    def __init__(self, dossier: Dossier, today: date, before: datetime | None) -> None:
        self._dossier = dossier
        self._request = dossier.request
        self._variants = dossier.variants
        self._today = today
        self._before = before

    def findings(self) -> Iterator[Finding]:
        """Every finding. The slip is judged once it is clear which one is meant."""
        request = self._request
        if request.remark:
            yield to_person(
                "remark",
                "The requester wrote a remark: {remark}",
                before=self._before,
                remark=request.remark,
            )
        first = [*self._who(), *self._what(), *self._when(), *self._reversed()]
        yield from first
        dossier = self._dossier
        if dossier.processed is None or any(isinstance(item, ToClient) for item in first):
            return
        yield from SlipRules(dossier, self._before).findings()

    def _who(self) -> Iterator[Finding]:
        request, employee = self._request, self._dossier.employee
        if employee is None:
            yield to_client(
                "employee",
                "employee-unknown",
                "Employee {employee} is not known in your payroll.",
                employee=request.employee,
            )
            return
        employment = employee.employments.get(request.employment)
        if employment is None:
            yield to_client(
                "employment",
                "employment-unknown",
                "Employee {employee} has no employment {employment}; known: {known}.",
                employee=request.employee,
                employment=request.employment,
                known=tuple(str(number) for number in sorted(employee.employments)) or (NOTHING,),
            )
            return
        yield from self._employed(employment)

    def _employed(self, employment: Employment) -> Iterator[Finding]:
        if f"{employment.starts:%Y-%m}" > self._request.corrected_from:
            yield to_client(
                "corrected_from",
                "employment-not-begun",
                "This employment begins on {starts}.",
                starts=employment.starts,
            )
        ends = employment.ends
        if ends is not None and (
            ends < self._today or f"{ends:%Y-%m}" < self._request.last_corrected
        ):
            yield to_person(
                "employment-ended",
                "The employment ended on {ends}.",
                before=self._before,
                ends=ends,
            )

    def _what(self) -> Iterator[Finding]:
        request, component = self._request, self._dossier.component
        if component is None and _PAYMENT_DETAILS.search(request.component):
            yield self._payment_details()
        elif component is None:
            yield to_client(
                "component",
                "component-unknown",
                "Component {component} is not known in the payroll system.",
                component=request.component,
            )
        elif component.concern is Concern.PAYMENT_DETAILS:
            yield self._payment_details()
        elif component.concern is Concern.COMPUTED:
            yield to_client(
                "component",
                "component-computed",
                "{component} {name} is worked out by the payroll system itself: "
                "correct the component that it comes from.",
                component=component.code,
                name=component.name,
            )
        elif component.concern is Concern.BY_HAND:
            yield to_person(
                "component-by-hand",
                "{component} {name} cannot be corrected by the robot in this payroll system: carry "
                "out the correction by hand.",
                before=self._before,
                component=component.code,
                name=component.name,
            )
        elif component.unit is not request.unit:
            yield to_client(
                "unit",
                "unit-differs",
                "{component} {name} counts in hours."
                if component.unit is Unit.HOURS
                else "{component} {name} counts in money.",
                component=component.code,
                name=component.name,
            )
        if self._variants.cost_centres and request.cost_centre not in self._variants.cost_centres:
            yield to_client(
                "cost_centre",
                "cost-centre-unknown",
                "Cost centre {cost_centre} is not one of yours.",
                cost_centre=request.cost_centre,
            )
        if self._variants.reasons and request.reason not in self._variants.reasons:
            yield to_client(
                "reason",
                "reason-unknown",
                "Reason code {reason} is not known; known: {known}.",
                reason=request.reason,
                known=self._variants.reasons,
            )

    def _payment_details(self) -> Finding:
        return to_client(
            "component",
            "payment-details",
            "Bank accounts and other payment details are never changed in this way. "
            "Have the employee pass them on through the route agreed for that.",
        )

    def _when(self) -> Iterator[Finding]:
        request, dossier = self._request, self._dossier
        unknown = [
            ("corrected_from" if period == dossier.span[0] else "corrected_until", period)
            for period in dossier.span
            if period not in dossier.runs
        ]
        if not unknown and request.period is not None and request.period not in dossier.runs:
            unknown = [("period", request.period)]
        if unknown:
            field, period = unknown[0]
            yield to_client(
                field,
                "period-unknown",
                "The payroll system has no period {period}.",
                period=period,
            )
            return
        processed = dossier.processed
        if processed is None:
            yield to_person(
                "no-open-period",
                "No period is open in the payroll system from {period} on.",
                before=self._before,
                period=max(request.period or "", request.last_corrected),
            )
            return
        if dossier.is_mixed:
            yield to_client(
                "corrected_until",
                "months-mixed",
                "{period} is still open and the months before it are not processed with it: ask for "
                "{period} in one request and for the earlier months in another.",
                period=processed.period,
            )
            return
        if dossier.is_late and self._variants.late == "person":
            yield to_person(
                "period-late",
                "A month to be corrected is paid or closed. Handed back, the difference is booked in "
                "{period}.",
                before=self._before,
                period=processed.period,
            )
        if not dossier.direct and Keeps.CORRECTED_MONTHS not in dossier.system.lines_keep:
            yield to_person(
                "months-not-named",
                "This payroll system cannot name the months that a line corrects: carry out the "
                "correction by hand.",
                before=self._before,
            )
        if len(dossier.span) > self._variants.most_months:
            yield to_person(
                "months-many",
                "The request covers {months} months.",
                before=self._before,
                months=len(dossier.span),
            )

    def _reversed(self) -> Iterator[Finding]:
        request, earlier = self._request, self._dossier.case.earlier
        if request.kind is not CorrectionKind.REVERSE:
            return
        if not isinstance(earlier, SalaryCorrection):
            yield to_client(
                "follows",
                "reversal-of-nothing",
                "There is no earlier request {follows} to reverse.",
                follows=request.follows or NOTHING,
            )
            return
        if _matter(earlier) != _matter(request):
            yield to_client(
                "follows",
                "reversal-of-another",
                "Request {follows} was about another employee, employment, component or month.",
                follows=earlier.reference,
            )
        elif (earlier.amount_now, earlier.amount_wanted) != (
            request.amount_wanted,
            request.amount_now,
        ):
            yield to_client(
                "amount_wanted",
                "reversal-amounts",
                "Request {follows} went from {earlier_now} to {earlier_wanted}: reversing it goes from "
                "{earlier_wanted} to {earlier_now}.",
                follows=earlier.reference,
                earlier_now=shown(earlier.amount_now),
                earlier_wanted=shown(earlier.amount_wanted),
            )


def _matter(request: SalaryCorrection) -> tuple[object, ...]:
    return (
        request.employee,
        request.employment,
        line_key(request.component, request.corrected_from, request.last_corrected),
        request.unit,
    )
