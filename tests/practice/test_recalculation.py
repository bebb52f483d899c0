"""Calculating slips: the same lines give the same figures, and everybody in the run is touched."""

from decimal import Decimal

from paraplu.practice.recalculation import (
    BASE_SALARY,
    GROSS,
    NET,
    PENSION,
    RATES,
    TAX,
    PayLine,
    totals,
)


def line(component: str, amount: str, kind: str = "earning", factor: str = "1") -> PayLine:
    asked = kind in ("earning", "hours")
    return PayLine(component, Decimal(amount), kind, asked, asked, Decimal(factor))


def test_net_is_gross_without_pension_and_tax_and_deductions_with_reimbursements() -> None:
    lines = [
        line(BASE_SALARY, "3000.00"),
        line("2000", "92.50", "reimbursement"),
        line("7500", "310.00", "deduction"),
    ]
    found = totals(lines, Decimal(36), RATES["NL"])
    assert found[GROSS] == Decimal("3000.00")
    assert found[PENSION] == Decimal("-234.00")
    assert found[TAX] == Decimal("-580.78")
    assert found[NET] == found[GROSS] + found[PENSION] + found[TAX] - 310 + Decimal("92.50")


def test_hours_are_paid_by_the_hourly_rate_of_the_base_salary() -> None:
    lines = [line(BASE_SALARY, "3120.00"), line("1210", "10", "hours", "1.5")]
    assert totals(lines, Decimal(36), RATES["NL"])[GROSS] == Decimal("3420.00")


def test_deductions_above_the_pay_make_the_net_negative() -> None:
    lines = [line(BASE_SALARY, "600.00"), line("7200", "575.00", "deduction")]
    assert totals(lines, Decimal(8), RATES["NL"])[NET] == Decimal("-21.80")
