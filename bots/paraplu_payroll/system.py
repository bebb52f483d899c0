"""What the payroll bot needs of a payroll system, and the records in which a target answers.

A target provides `PayrollSystem`. Amounts are `Decimal` in the currency of the organisation or in
hours, months are text (``2026-11``), days are `date`. Everything is read anew at every call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Something that was read in the payroll system, or is to be entered there."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Unit(StrEnum):
    """What the amount of a line counts."""

    MONEY = "money"
    HOURS = "hours"


class Nature(StrEnum):
    """What a positive amount of a component does to what is paid out."""

    EARNING = "earning"
    DEDUCTION = "deduction"
    REIMBURSEMENT = "reimbursement"


class Concern(StrEnum):
    """Why a component is not simply corrected."""

    GARNISHMENT = "garnishment"
    RECOVERY = "recovery"
    PAYMENT_DETAILS = "payment-details"
    COMPUTED = "computed"
    BY_HAND = "by-hand"


class Component(Record):
    """A pay component. `factor` is by how much an hour of it is paid above or below a plain hour.

    `base` marks the monthly salary that hours are paid by.
    """

    code: str
    name: str
    unit: Unit
    nature: Nature = Nature.EARNING
    factor: Decimal = Decimal(1)
    base: bool = False
    concern: Concern | None = None


class Employment(Record):
    """One employment of a person. `ends` is its last day, None while no end is known."""

    number: int
    cost_centre: str | None = None
    starts: date
    ends: date | None = None
    hours_per_week: Decimal | None = None


class Employee(Record):
    """A person on the payroll of one organisation, with the employments by number."""

    code: str
    employments: Mapping[int, Employment]


class Run(Record):
    """The payroll run of one month.

    `state` is the product's own word; `open` says whether corrections may be entered in it.
    """

    period: str
    state: str
    open: bool
    pay_date: date | None = None


class Line(Record):
    """A line that people entered. Corrected months are None for a line about its own period."""

    component: str
    amount: Decimal
    unit: Unit
    cost_centre: str | None = None
    corrected_from: str | None = None
    corrected_until: str | None = None
    reason: str | None = None
    reference: str | None = None


class Computed(Record):
    """A figure that the system works out.

    ``gross`` is everything earned before anything is withheld, deducted or reimbursed; ``withheld`` (tax,
    pension) counts positive; ``share`` is an earning worked out from others; ``net`` is what is paid out.
    """

    kind: Literal["gross", "share", "withheld", "net"]
    amount: Decimal


class Slip(Record):
    """What one employment gets in one period.

    `lines` are keyed by `line_key`, `computed` by the product's own code or name of the figure. Should a
    key occur twice, the further lines are keyed ``1000#2``, ``1000#3``. `concerns` are what the product
    itself marks on the slip. `calculated` is whatever changes with every calculation (a moment, a
    version).
    """

    lines: Mapping[str, Line]
    computed: Mapping[str, Computed]
    concerns: frozenset[Concern] = frozenset()
    calculated: str | None = None

    @property
    def net(self) -> Decimal | None:
        """What is paid out, None on a slip that was not calculated yet."""
        found = (item.amount for item in self.computed.values() if item.kind == "net")
        return next(found, None)


class Entry(Record):
    """A correction as it was entered in the payroll system: how far it has come and what it says."""

    state: str
    component: str
    amount: Decimal | None = None


class Place(Record):
    """The slip that is meant. `employee` is the code as the product writes it."""

    organisation: str
    employee: str
    employment: int
    period: str

    @property
    def person(self) -> str:
        """The employment as bystanders are keyed: ``20115/1``."""
        return f"{self.employee}/{self.employment}"


class Booking(Record):
    """What is entered: one line of one slip changed, added or taken away.

    `key` is the line's on the slip. `before` is None for a line that is added, `after` for one that is
    taken away. `reason` is the code of the reason, `mark` our case reference, which the product keeps
    with the correction.
    """

    place: Place
    key: str
    component: Component
    before: Line | None
    after: Line | None
    reason: str
    mark: str

    @property
    def kind(self) -> Literal["change", "add", "end"]:
        """What becomes of the line."""
        if self.before is None:
            return "add"
        return "end" if self.after is None else "change"


class Steps(Record):
    """What `PayrollSystem.entries` shows while a booking is entered.

    `before` are the stages in which the slip is still as it was, in order, by name; `done` is what is
    there once the slip shows the booking. A product that keeps nothing of a correction has no entries.
    """

    before: Mapping[str, tuple[Entry, ...]]
    done: tuple[Entry, ...]


def line_key(component: str, corrected_from: str | None, corrected_until: str | None) -> str:
    """What identifies a line on a slip: ``1000``, ``1000@2026-09`` or ``1000@2026-08/2026-10``."""
    if corrected_from is None:
        return component
    if corrected_until in (None, corrected_from):
        return f"{component}@{corrected_from}"
    return f"{component}@{corrected_from}/{corrected_until}"


class Keeps(StrEnum):
    """What a line of a slip can say in a product besides its amount."""

    COST_CENTRE = "cost-centre"
    CORRECTED_MONTHS = "corrected-months"
    REASON = "reason"
    REFERENCE = "reference"


class PayrollSystem(Protocol):
    """A payroll system as this bot uses it. All but `book` only read.

    Raises `PageChanged` when the product does not show what is expected.
    """

    @property
    def lines_keep(self) -> frozenset[Keeps]:
        """What the lines of its slips say; a product that names no corrected months books none late."""

    def components(self, organisation: str) -> Mapping[str, Component]:
        """Every component by code, those that nobody may correct included. May be read once a session."""

    def employee(self, organisation: str, code: str) -> Employee | None:
        """The employee, None when the organisation has none with this code."""

    def runs(self, organisation: str) -> Sequence[Run]:
        """Every run, the earliest first."""

    def slip(self, place: Place) -> Slip | None:
        """The slip, None when the employment has none in that period."""

    def nets(self, organisation: str, period: str) -> Mapping[str, Decimal]:
        """What everybody in a run is paid out, by employee and employment (``20115/1``)."""

    def entries(self, booking: Booking) -> Sequence[Entry]:
        """What was entered of this booking and not discarded, oldest first.

        A product that keeps our reference shows what bears `booking.mark`. One that does not shows
        whatever is entered for this person and component: then nothing else may stand there.
        """

    def steps(self, booking: Booking) -> Steps:
        """What `entries` shows at each stage of this booking."""

    def show(self, place: Place) -> None:
        """Bring the slip into view, for a picture."""

    def book(self, booking: Booking, reached: str | None) -> None:
        """Enter it, from the start or on from the stage `reached`.

        Raises `TargetRefused` when the product says no and nothing has changed, `OutcomeUnknown` when
        it cannot be said what the product did.
        """
