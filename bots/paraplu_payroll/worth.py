"""What the lines of a slip are worth in money, as far as it can be told before the system calculates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from paraplu_payroll.system import Component, Line, Nature, Unit

WEEKS_PER_MONTH = Decimal(52) / Decimal(12)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Worth:
    """Amounts of money of one slip: `earned`, of which `by_hours` is an estimate, and the rest."""

    earned: Decimal = Decimal(0)
    by_hours: Decimal = Decimal(0)
    deducted: Decimal = Decimal(0)
    reimbursed: Decimal = Decimal(0)

    def __sub__(self, other: Worth) -> Worth:
        return Worth(
            self.earned - other.earned,
            self.by_hours - other.by_hours,
            self.deducted - other.deducted,
            self.reimbursed - other.reimbursed,
        )

    @property
    def paid_out(self) -> Decimal:
        """What it comes to before tax and pension, in whole cents."""
        return (self.earned - self.deducted + self.reimbursed).quantize(_CENT)


def hourly_rate(
    lines: Mapping[str, Line], components: Mapping[str, Component], hours_per_week: Decimal | None
) -> Decimal | None:
    """What a plain hour is paid, None when the slip has no monthly salary or nobody knows the hours."""
    base = [
        line.amount
        for line in lines.values()
        if line.component in components and components[line.component].base
    ]
    if not base or not hours_per_week:
        return None
    return sum(base, Decimal(0)) / (hours_per_week * WEEKS_PER_MONTH)


def worth(
    lines: Mapping[str, Line],
    components: Mapping[str, Component],
    hours_per_week: Decimal | None,
    slip: Mapping[str, Line] | None = None,
) -> Worth | None:
    """The worth of `lines`, None when there are hours among them and no hourly rate is to be had.

    The hourly rate comes from `slip`, all lines of the slip, where these are only some of them.
    """
    rate = hourly_rate(lines if slip is None else slip, components, hours_per_week)
    earned = by_hours = deducted = reimbursed = Decimal(0)
    for line in lines.values():
        component = components.get(line.component)
        money = line.amount
        if line.unit is Unit.HOURS:
            if rate is None:
                return None
            money = line.amount * rate * (Decimal(1) if component is None else component.factor)
            by_hours += money
        nature = Nature.EARNING if component is None else component.nature
        if nature is Nature.DEDUCTION:
            deducted += money
        elif nature is Nature.REIMBURSEMENT:
            reimbursed += money
        else:
            earned += money
    return Worth(earned, by_hours, deducted, reimbursed)


def difference(
    before: Line | None,
    after: Line | None,
    components: Mapping[str, Component],
    hours_per_week: Decimal | None,
    slip: Mapping[str, Line],
) -> Worth | None:
    """What `after` is worth more than `before` on `slip`, None when nobody can tell."""
    values: list[Worth] = []
    for line in (before, after):
        lines = {} if line is None else {"": line}
        value = worth(lines, components, hours_per_week, slip)
        if value is None:
            return None
        values.append(value)
    return values[1] - values[0]
