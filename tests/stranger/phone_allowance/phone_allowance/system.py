"""What this bot needs of a payroll system. A target provides it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from pydantic import BaseModel, ConfigDict

PHONE = "2100"
OPEN = ("open", "calculated")


@dataclass(frozen=True)
class Place:
    """Whose slip of which month (2026-11); `person` is employee and employment: 00412-1."""

    organisation: str
    month: str
    person: str


class Line(BaseModel):
    """One line of a slip."""

    model_config = ConfigDict(frozen=True)

    amount: Decimal
    cost_centre: str


class Slip(BaseModel):
    """Everything that setting one line could touch: the slip, and what others are paid.

    `correction` is how far the correction with our mark has come: draft, approved, applied.
    `totals` are the figures that a phone allowance does not move.
    """

    model_config = ConfigDict(frozen=True)

    run: str
    cost_centre: str
    marks: str
    lines: Mapping[str, Line]
    totals: Mapping[str, Decimal]
    net: Decimal
    correction: str | None
    others: Mapping[str, Decimal]


class AllowanceSystem(Protocol):
    """A payroll system in which one line of a slip can be corrected."""

    def slip(self, place: Place, mark: str) -> Slip | None:
        """The slip as it is now, None when there is none."""

    def correct(
        self, place: Place, mark: str, now: Line | None, wanted: Line | None, reached: str | None
    ) -> None:
        """Make the phone line `wanted`, from the start or on from the stage `reached`."""
