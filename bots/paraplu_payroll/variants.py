"""What an agreement may set about payroll corrections."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

from pydantic import Field, field_validator

from paraplu import Variants

_PATTERN = re.compile(r"[^{}]*\{(code|number(:0[1-9])?)\}[^{}]*", re.ASCII)


class PayrollVariants(Variants):
    """How one client's agreement differs from the standard procedure.

    `organisation` is the client as an employer in the payroll system: its code or name there. `late` is
    what happens when a month to be corrected is paid or closed: ``next-period`` books the difference in
    the next open period, naming the months corrected; ``person`` calls somebody. `most_months` is how
    many months one request may cover before somebody looks. `employee_code` makes the product's code
    out of the five digits: ``{code}`` or ``EMP{number:03}``. `garnishments` and `recoveries` are
    component codes that call a person when they stand on the slip, besides those that the product marks
    itself. `cost_centres` and `reasons` are the codes that requests may use, empty for any that the product
    takes. `cut_off_days` is how many working days before pay day the last correction is made, at
    17:00 in the client's time zone; None leaves it to the state of the run. `hours_margin` widens the
    bounds shown for what hours are worth, as a fraction.
    """

    organisation: str = Field(min_length=1, max_length=80)
    late: Literal["next-period", "person"] = "person"
    most_months: int = Field(default=12, ge=1, le=60)
    employee_code: str = "{code}"
    garnishments: tuple[str, ...] = ()
    recoveries: tuple[str, ...] = ()
    cost_centres: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    cut_off_days: int | None = Field(default=None, ge=0, le=30)
    hours_margin: Decimal = Field(default=Decimal("0.10"), ge=0, le=1)

    @field_validator("employee_code")
    @classmethod
    def _one_place(cls, value: str) -> str:
        if not _PATTERN.fullmatch(value):
            raise ValueError("holds {code} or {number} once, for instance EMP{number:03}")
        return value

    def in_the_product(self, employee: str) -> str:
        """The code of an employee as the product writes it."""
        return self.employee_code.format(code=employee, number=int(employee))
