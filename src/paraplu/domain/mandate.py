"""Who may ask and who may approve: judged at the decision and again before the act."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from paraplu.domain.agreement import Setting
from paraplu.domain.change import Effect


class Mandate(Setting):
    """One person's word for one service of one client.

    `limit` is the largest effect (its size, in the client's currency) that the mandate covers, None for
    any. `cost_centres` empty means all. `deputy_of` is the person stood in for, `granted_by` who gave
    it; both are handles.
    """

    client: str
    service: str
    person: str
    may: Literal["ask", "approve"]
    cost_centres: tuple[str, ...] = ()
    limit: Decimal | None = Field(default=None, ge=0)
    valid_from: date
    valid_until: date | None = None
    deputy_of: str | None = None
    granted_by: str

    def covers(self, cost_centres: Iterable[str]) -> bool:
        """Whether it holds for every one of `cost_centres`, of which there must be one if it is limited."""
        named = set(cost_centres)
        return not self.cost_centres or (bool(named) and named <= set(self.cost_centres))

    def valid_on(self, day: date) -> bool:
        """Whether it is in force on `day` (both ends included)."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)

    def reaches(self, effect: Effect) -> bool:
        """Whether the effect lies within the limit."""
        return self.limit is None or abs(effect.amount) <= self.limit


def mandate_for(
    mandates: Iterable[Mandate],
    *,
    person: str,
    may: Literal["ask", "approve"],
    day: date,
    cost_centres: Iterable[str],
    effect: Effect | None = None,
) -> Mandate | None:
    """The mandate by which `person` may do this on `day`, the widest one when there are several.

    `mandates` are those of one client and service. With `effect` the limit counts too.
    """
    centres = tuple(cost_centres)
    fitting = [
        mandate
        for mandate in mandates
        if mandate.person == person
        and mandate.may == may
        and mandate.valid_on(day)
        and mandate.covers(centres)
        and (effect is None or mandate.reaches(effect))
    ]
    return max(
        fitting,
        key=lambda mandate: Decimal("Infinity") if mandate.limit is None else mandate.limit,
        default=None,
    )
