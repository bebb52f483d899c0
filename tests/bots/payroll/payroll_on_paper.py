"""A payroll system of a few dictionaries, for rules that need no pages: it works like one and keeps no book.

It pays a plain third of what is earned to the tax office, so that figures can be checked by head.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from paraplu import Agreement, Calendar, CaseInHand, Client, Desk
from paraplu_payroll.request import SalaryCorrection
from paraplu_payroll.system import (
    Booking,
    Component,
    Computed,
    Concern,
    Employee,
    Employment,
    Entry,
    Keeps,
    Line,
    Nature,
    Place,
    Run,
    Slip,
    Steps,
    Unit,
    line_key,
)
from paraplu_payroll.variants import PayrollVariants

D = Decimal

COMPONENTS = {
    item.code: item
    for item in (
        Component(code="1000", name="Base salary", unit=Unit.MONEY, base=True),
        Component(code="1210", name="Overtime 150%", unit=Unit.HOURS, factor=D("1.5")),
        Component(code="1400", name="Bonus", unit=Unit.MONEY),
        Component(code="2000", name="Travel", unit=Unit.MONEY, nature=Nature.REIMBURSEMENT),
        Component(code="7000", name="Union fee", unit=Unit.MONEY, nature=Nature.DEDUCTION),
        Component(
            code="7500",
            name="Garnishment",
            unit=Unit.MONEY,
            nature=Nature.DEDUCTION,
            concern=Concern.GARNISHMENT,
        ),
        Component(code="8100", name="Split pay", unit=Unit.MONEY, concern=Concern.PAYMENT_DETAILS),
        Component(code="9200", name="Wage tax", unit=Unit.MONEY, concern=Concern.COMPUTED),
    )
}


def line(component: str, amount: str, **more: Any) -> Line:
    """A line of a slip, on cost centre 4100 unless said otherwise."""
    values: dict[str, Any] = {"cost_centre": "4100", "unit": COMPONENTS[component].unit, **more}
    return Line(component=component, amount=D(amount), **values)


def lines(*items: Line) -> dict[str, Line]:
    """Lines by their key."""
    return {line_key(x.component, x.corrected_from, x.corrected_until): x for x in items}


@dataclass
class PayrollOnPaper:
    """Employee 00412 with employments 1 and 2, September and October paid, November and December open."""

    lines_keep: frozenset[Keeps] = frozenset(Keeps)
    runs_kept: dict[str, Run] = field(default_factory=dict)
    slips: dict[str, dict[str, Line]] = field(default_factory=dict)
    concerns: frozenset[Concern] = frozenset()
    ends: date | None = None
    drafts: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        states = {"2026-08": "closed", "2026-09": "paid", "2026-10": "paid"}
        states |= {"2026-11": "calculated", "2026-12": "open"}
        for period, state in states.items():
            self.runs_kept[period] = Run(
                period=period,
                state=state,
                open=state in ("open", "calculated"),
                pay_date=date.fromisoformat(f"{period}-25"),
            )
            self.slips[period] = lines(
                line("1000", "3000.00"), line("2000", "92.50"), line("7000", "18.75")
            )

    def components(self, organisation: str) -> Mapping[str, Component]:
        return COMPONENTS

    def employee(self, organisation: str, code: str) -> Employee | None:
        if (organisation, code) != ("waterland", "00412"):
            return None
        return Employee(
            code=code,
            employments={
                number: Employment(
                    number=number,
                    cost_centre="4100",
                    starts=date(2020, 1, 1),
                    ends=self.ends,
                    hours_per_week=D(36),
                )
                for number in (1, 2)
            },
        )

    def runs(self, organisation: str) -> Sequence[Run]:
        return list(self.runs_kept.values())

    def slip(self, place: Place) -> Slip | None:
        kept = self.slips.get(place.period)
        if kept is None or place.employment != 1:
            return None
        earned = sum((x.amount for x in kept.values() if x.component in ("1000", "1400")), D(0))
        other = {"2000": 1, "7000": -1, "7500": -1}
        rest = sum((x.amount * other.get(x.component, 0) for x in kept.values()), D(0))
        tax = (earned / 3).quantize(D("0.01"))
        return Slip(
            lines=kept,
            computed={
                "9000": Computed(kind="gross", amount=earned),
                "9200": Computed(kind="withheld", amount=tax),
                "9900": Computed(kind="net", amount=earned - tax + rest),
            },
            concerns=self.concerns,
        )

    def show(self, place: Place) -> None:
        """Paper lies open."""

    def nets(self, organisation: str, period: str) -> Mapping[str, Decimal]:
        return {"00412/1": D(1), "00449/1": D("2101.17"), "00486/1": D("1987.40")}

    def entries(self, booking: Booking) -> Sequence[Entry]:
        return list(self.drafts)

    def steps(self, booking: Booking) -> Steps:
        stages = {stage: (_entry(booking, stage),) for stage in ("draft", "approved")}
        return Steps(before=stages, done=(_entry(booking, "applied"),))

    def book(self, booking: Booking, reached: str | None) -> None:
        kept = {key: x for key, x in self.slips[booking.place.period].items() if key != booking.key}
        if booking.after is not None:
            kept[booking.key] = booking.after
        self.slips[booking.place.period] = kept
        self.drafts = [_entry(booking, "applied")]


def _entry(booking: Booking, state: str) -> Entry:
    amount = None if booking.after is None else booking.after.amount
    return Entry(state=state, component=booking.component.code, amount=amount)


def asked(**changes: Any) -> SalaryCorrection:
    """A correction of 00412's base salary in November from 3000 to 3150, with `changes`."""
    values: dict[str, Any] = {
        "reference": "PC-1",
        "employee": "00412",
        "employment": 1,
        "kind": "change",
        "component": "1000",
        "unit": "money",
        "corrected_from": "2026-11",
        "amount_now": D("3000"),
        "amount_wanted": D("3150"),
        "cost_centre": "4100",
        "reason": "R01",
        **changes,
    }
    return SalaryCorrection(**values)


def in_hand(
    request: SalaryCorrection,
    earlier: SalaryCorrection | None = None,
    *,
    target: str = "practice-payroll",
    mark: str = "PP-1-7F3K",
    **variants: Any,
) -> CaseInHand[SalaryCorrection]:
    """The case of a request, for a client whose employer code is `waterland`."""
    known = PayrollVariants(**{"organisation": "waterland", **variants})
    return CaseInHand(
        uid="0193",
        mark=mark,
        request=request,
        client=Client(id="waterland", name="Gemeente Waterland", language="nl"),
        agreement=Agreement(
            client="waterland",
            service="payroll-correction",
            version=1,
            valid_from=date(2026, 1, 1),
            target=target,
            credential="payroll-robot",
        ),
        variants=known,
        received_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
        earlier=earlier,
    )


def desk(system: Any) -> Desk:
    """A desk on 21 November 2026."""
    return Desk({"payroll": system}, datetime(2026, 11, 21, 10, tzinfo=UTC), Calendar())
