"""Everything the payroll system says about the matter of one request, read when it is first needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property

from paraplu import CaseInHand, NothingDone
from paraplu_payroll.period import months
from paraplu_payroll.request import SalaryCorrection
from paraplu_payroll.system import (
    Booking,
    Component,
    Employee,
    Employment,
    Keeps,
    Line,
    PayrollSystem,
    Place,
    Run,
    Slip,
    line_key,
)
from paraplu_payroll.variants import PayrollVariants

_NONE = Decimal(0)


class Dossier:
    """One request beside what the payroll system has. Reads only, each thing once.

    A request about the open month alone corrects the line itself (`direct`). Every other one books the
    difference, times the months it covers, as one line of the open period that names those months.
    """

    def __init__(self, system: PayrollSystem, case: CaseInHand[SalaryCorrection]) -> None:
        self.system = system
        self.case = case
        self.request = case.request
        self.variants: PayrollVariants = case.variants
        self.organisation = self.variants.organisation
        self.span = months(self.request.corrected_from, self.request.last_corrected)
        self._slips: dict[str, Slip | None] = {}

    @cached_property
    def components(self) -> Mapping[str, Component]:
        """Every component of the organisation, by code."""
        return self.system.components(self.organisation)

    @property
    def component(self) -> Component | None:
        """The component that the request is about."""
        return self.components.get(self.request.component)

    @cached_property
    def employee(self) -> Employee | None:
        """The employee, None when the client has none with this number."""
        code = self.variants.in_the_product(self.request.employee)
        return self.system.employee(self.organisation, code)

    @property
    def employment(self) -> Employment | None:
        """The employment that the request names."""
        return (
            None
            if self.employee is None
            else self.employee.employments.get(self.request.employment)
        )

    @cached_property
    def runs(self) -> Mapping[str, Run]:
        """The runs of the organisation by period, the earliest first."""
        return {run.period: run for run in self.system.runs(self.organisation)}

    @property
    def is_late(self) -> bool:
        """Whether a month to be corrected is paid or closed, or the period asked for is."""
        asked = self.span if self.request.period is None else (*self.span, self.request.period)
        return any(period in self.runs and not self.runs[period].open for period in asked)

    @property
    def processed(self) -> Run | None:
        """The open run that the correction goes into, None when there is none."""
        first = max(self.request.period or "", self.request.last_corrected)
        return next((run for run in self.runs.values() if run.open and run.period >= first), None)

    @property
    def direct(self) -> bool:
        """Whether the line of the open month itself is corrected."""
        return self.processed is not None and self.span == (self.processed.period,)

    @property
    def is_mixed(self) -> bool:
        """Whether the open month is corrected together with earlier ones: that takes two requests."""
        return self.processed is not None and not self.direct and self.processed.period in self.span

    def place(self, period: str) -> Place:
        """The slip of this employment in `period`."""
        return Place(
            organisation=self.organisation,
            employee=self.variants.in_the_product(self.request.employee),
            employment=self.request.employment,
            period=period,
        )

    def slip(self, period: str) -> Slip | None:
        """The slip of this employment in `period`, None when there is none."""
        if period not in self._slips:
            self._slips[period] = self.system.slip(self.place(period))
        return self._slips[period]

    @property
    def key(self) -> str:
        """The key of the line that is entered."""
        if self.direct:
            return self.request.component
        return line_key(self.request.component, self.span[0], self.span[-1])

    @property
    def line(self) -> Line | None:
        """The line that is entered, as it stands in the open period now."""
        slip = None if self.processed is None else self.slip(self.processed.period)
        return None if slip is None else slip.lines.get(self.key)

    def in_force(self, month: str) -> Decimal | None:
        """What the component comes to for `month`: its own line and every later correction of it.

        A correction that names several months counts for each of them alike. None when there is none.
        """
        own = self.slip(month)
        line = None if own is None else own.lines.get(self.request.component)
        corrections = list(self._corrections(month))
        total = (_NONE if line is None else line.amount) + sum(corrections, _NONE)
        if line is None and not corrections:
            return None
        return None if corrections and total == 0 else total

    def _corrections(self, month: str) -> Iterator[Decimal]:
        last = "" if self.processed is None else self.processed.period
        for period in self.runs:
            if not month < period <= last:
                continue
            slip = self.slip(period)
            for line in () if slip is None else slip.lines.values():
                if line.component != self.request.component or line.corrected_from is None:
                    continue
                named = months(line.corrected_from, line.corrected_until or line.corrected_from)
                if month in named:
                    yield line.amount / len(named)

    @cached_property
    def found(self) -> Mapping[str, Decimal | None]:
        """What there is now for each month to be corrected."""
        if self.direct:
            return {self.span[0]: None if self.line is None else self.line.amount}
        return {month: self.in_force(month) for month in self.span}

    @property
    def is_so(self) -> bool:
        """Whether every month to be corrected has the amount wanted already."""
        return all(amount == self.request.amount_wanted for amount in self.found.values())

    @property
    def difference(self) -> Decimal:
        """What is asked for more (less when negative) in each month."""
        return (self.request.amount_wanted or _NONE) - (self.request.amount_now or _NONE)

    def booking(self) -> Booking:
        """What is to be entered. Raises `NothingDone` when the system has changed since the check."""
        component, run, line = self.component, self.processed, self.line
        if component is None or run is None or self.is_mixed:
            raise NothingDone(
                "The payroll system no longer shows what the check found; check the case again."
            )
        return Booking(
            place=self.place(run.period),
            key=self.key,
            component=component,
            before=line,
            after=self._line_after(component, line),
            reason=self.request.reason,
            mark=self.case.mark,
        )

    def _line_after(self, component: Component, line: Line | None) -> Line | None:
        if self.direct:
            amount = self.request.amount_wanted
        elif self.is_so:
            return line
        else:
            before = _NONE if line is None else line.amount
            amount = (before + self.difference * len(self.span)) or None
        if amount is None:
            return None
        keeps = self.system.lines_keep
        return Line(
            component=component.code,
            amount=amount,
            unit=component.unit,
            cost_centre=self.request.cost_centre if Keeps.COST_CENTRE in keeps else None,
            corrected_from=None if self.direct else self.span[0],
            corrected_until=None if self.direct else self.span[-1],
            reason=self.request.reason if Keeps.REASON in keeps else None,
            reference=self.case.mark if Keeps.REFERENCE in keeps else None,
        )
