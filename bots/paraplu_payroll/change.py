"""The one alteration of a salary correction: one line of one slip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from paraplu import ASKED, VOLATILE, Change, Effect, NothingDone, Role, Roles, derived
from paraplu_payroll.request import LARGEST
from paraplu_payroll.system import (
    Booking,
    Component,
    Computed,
    Entry,
    Line,
    PayrollSystem,
    Record,
)
from paraplu_payroll.worth import Worth, difference, worth

_ROUNDING = Decimal("0.02")
_SURELY_MOVES = Decimal(1)
_CENT = Decimal("0.01")
_ZERO = Decimal(0)


class PayLook(Record):
    """Everything that one correction could touch.

    `run` is the run's own state, `calculated` what changes with each calculation. `entries` are what was
    entered of this correction, numbered from 1. `bystanders` is what everybody else in the
    run is paid out, by employee and employment.
    """

    run: str
    calculated: str | None = None
    lines: Mapping[str, Line]
    computed: Mapping[str, Computed]
    entries: Mapping[str, Entry]
    bystanders: Mapping[str, Decimal]


class SetComponent(Change[PayLook]):
    """Change one line of a slip, add one or take one away.

    `components` and `hours_per_week` tell what hours are worth, `margin` by which fraction that may be
    off. `currency` is the one that the organisation pays in (ISO 4217).
    """

    def __init__(
        self,
        system: PayrollSystem,
        booking: Booking,
        *,
        components: Mapping[str, Component],
        hours_per_week: Decimal | None,
        currency: str,
        margin: Decimal,
        latest: datetime | None = None,
    ) -> None:
        self._system = system
        self._booking = booking
        self._components = components
        self._hours_per_week = hours_per_week
        self._currency = currency
        self._margin = margin
        self.latest = latest
        self._key, place = booking.key, booking.place
        self.record = (
            f"{place.organisation}, {place.period}, {place.person}: "
            f"{self._key} {booking.component.name}"
        )

    def look(self) -> PayLook:
        """The whole slip, our corrections of it, and what everybody else in the run is paid out."""
        place = self._booking.place
        runs = {run.period: run for run in self._system.runs(place.organisation)}
        run = runs.get(place.period)
        slip = self._system.slip(place)
        nets = self._system.nets(place.organisation, place.period)
        entries = self._system.entries(self._booking)
        return PayLook(
            run="gone" if run is None else run.state,
            calculated=None if slip is None else slip.calculated,
            lines={} if slip is None else slip.lines,
            computed={} if slip is None else slip.computed,
            entries=_numbered(entries),
            bystanders={who: net for who, net in nets.items() if who != place.person},
        )

    def show(self) -> None:
        """The slip."""
        self._system.show(self._booking.place)

    def wanted(self, before: PayLook) -> PayLook:
        """The slip with the one line as it should be, and our correction carried out."""
        booking = self._booking
        if _says(before.lines.get(self._key)) == _says(booking.after):
            return before
        return before.model_copy(
            update={
                "lines": _with(before.lines, self._key, booking.after),
                "entries": _numbered(self._system.steps(booking).done),
            }
        )

    def roles(self, before: PayLook) -> Roles:
        """The line is asked, what the system works out is derived, every other line is kept."""
        booking, line = self._booking, f"lines.{_part(self._key)}"
        comes, goes = booking.before is None, booking.after is None
        patterns: dict[str, Role] = {
            f"{line}.{field}": derived(
                exactly=None if booking.after is None else getattr(booking.after, field),
                may_appear=not goes,
                may_vanish=not comes,
            )
            for field in ("reason", "reference")
        }
        patterns |= {
            f"{line}.*": ASKED,
            "entries.**": ASKED,
            "run": VOLATILE,
            "calculated": VOLATILE,
        }
        alteration, own = self._alteration(before), self._own(before)
        for code, figure in before.computed.items():
            patterns[f"computed.{_part(code)}.amount"] = self._bounds(figure, alteration, own)
        if not before.computed:
            # The first calculation of a run comes with the correction and gives everybody figures.
            patterns |= {"computed.**": derived(may_appear=True)}
            if not before.bystanders:
                patterns |= {"bystanders.**": derived(may_appear=True)}
        return Roles(patterns)

    def effect(self, before: PayLook) -> Effect:
        """What is paid more (less when negative) over all months that are corrected.

        A line booked once for several months counts as what is booked, which is the difference times
        the months. Hours count at the hourly rate of the slip; where there is none the effect is
        `LARGEST`, which goes above every sensible limit.
        """
        own = self._own(before)
        return Effect(LARGEST if own is None else own.paid_out, self._currency)

    def preconditions(self) -> Mapping[str, str]:
        """The run takes corrections, and the employment is what it was.

        Raises `NothingDone` when it takes none: what the procedure requires is never planned otherwise,
        whenever the run was closed. The check of the next try tells what that means for the request.
        """
        place = self._booking.place
        runs = {run.period: run for run in self._system.runs(place.organisation)}
        employee = self._system.employee(place.organisation, place.employee)
        run = runs.get(place.period)
        employment = None if employee is None else employee.employments.get(place.employment)
        if run is None or not run.open:
            raise NothingDone(f"The run of {place.period} takes no corrections any more.")
        if employment is None:
            raise NothingDone("The employment is not in the payroll system any more.")
        return {
            "period": place.period,
            "run": "open",
            "employment": f"ends {employment.ends or 'never'}",
        }

    def stages(self, wanted: PayLook) -> Mapping[str, PayLook]:
        """What a look shows while our correction is entered and the slip is still as it was."""
        before = _with(wanted.lines, self._key, self._booking.before)
        return {
            stage: wanted.model_copy(update={"lines": before, "entries": _numbered(entries)})
            for stage, entries in self._system.steps(self._booking).before.items()
        }

    def act(self, reached: str | None) -> None:
        """Enter the correction, from the start or on from the stage reached."""
        self._system.book(self._booking, reached)

    def result(self, after: PayLook) -> Mapping[str, Any]:
        """The period it was processed in, and the line's amount now."""
        line = after.lines.get(self._key)
        return {
            "period": self._booking.place.period,
            "amount_wanted": None if line is None else line.amount,
        }

    def _alteration(self, before: PayLook) -> Worth | None:
        """What the whole slip is worth more, other lines paid by the hour included."""
        was = worth(before.lines, self._components, self._hours_per_week)
        lines = _with(before.lines, self._key, self._booking.after)
        now = worth(lines, self._components, self._hours_per_week)
        return None if was is None or now is None else now - was

    def _own(self, before: PayLook) -> Worth | None:
        """What the line alone is worth more."""
        return difference(
            before.lines.get(self._key),
            self._booking.after,
            self._components,
            self._hours_per_week,
            before.lines,
        )

    def _bounds(self, figure: Computed, all_lines: Worth | None, own: Worth | None) -> Role:
        """Where a figure may come out: no further than the difference, and in its direction.

        Tax, pension and earnings that go by others take a part of it, never more than all. Net pay must
        move with the line, by at least a cent when a unit of money or more is at stake.
        """
        if all_lines is None or own is None:
            return derived()
        slack = _ROUNDING + abs(all_lines.by_hours) * self._margin
        if figure.kind == "gross":
            ends = [own.earned, all_lines.earned]
        elif figure.kind in ("withheld", "share"):
            taxed = [all_lines.earned, all_lines.earned - all_lines.deducted, -all_lines.deducted]
            ends = [_ZERO, own.earned, *taxed]
        else:
            ends = [_ZERO, own.paid_out, all_lines.paid_out]
        low, high = min(ends) - slack, max(ends) + slack
        if figure.kind == "net" and abs(own.paid_out) >= _SURELY_MOVES:
            low, high = (_CENT, high) if own.paid_out > 0 else (low, -_CENT)
        return derived(
            (figure.amount + low).quantize(_CENT), (figure.amount + high).quantize(_CENT)
        )


def _part(key: str) -> str:
    """`key` as one part of a path."""
    return key.replace("\\", "\\\\").replace(".", "\\.")


def _numbered(entries: Sequence[Entry]) -> dict[str, Entry]:
    return {str(number): entry for number, entry in enumerate(entries, start=1)}


def _says(line: Line | None) -> tuple[object, ...] | None:
    """What is asked of a line; whose words and reference stand on it is no matter."""
    if line is None:
        return None
    return (line.component, line.amount, line.unit, line.cost_centre, line.corrected_from)


def _with(lines: Mapping[str, Line], key: str, line: Line | None) -> dict[str, Line]:
    others = {name: item for name, item in lines.items() if name != key}
    return others if line is None else {**others, key: line}
