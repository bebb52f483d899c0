"""Whose word counts for what, until when and how far."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from paraplu.domain.change import Effect
from paraplu.domain.mandate import Mandate, mandate_for

DAY = date(2026, 11, 17)


def mandate(**more: Any) -> Mandate:
    values = {
        "client": "noordwijk",
        "service": "ledger",
        "person": "carla",
        "may": "ask",
        "valid_from": date(2026, 1, 1),
        "granted_by": "gerda",
    }
    return Mandate.model_validate({**values, **more})


def found(*mandates: Mandate, **more: Any) -> Mandate | None:
    terms: dict[str, Any] = {"person": "carla", "may": "ask", "day": DAY, "cost_centres": ["4100"]}
    return mandate_for(mandates, **{**terms, **more})


def test_a_mandate_is_for_one_person_and_one_thing() -> None:
    mine = mandate()
    assert found(mine) is mine
    assert found(mine, person="dirk") is None
    assert found(mine, may="approve") is None


def test_both_ends_of_its_time_are_included() -> None:
    limited = mandate(valid_from=DAY, valid_until=DAY)
    assert found(limited) is limited
    assert found(limited, day=date(2026, 11, 16)) is None
    assert found(limited, day=date(2026, 11, 18)) is None


def test_it_must_hold_for_every_cost_centre() -> None:
    limited = mandate(cost_centres=("4100", "4200"))
    assert found(limited, cost_centres=["4100", "4200"]) is limited
    assert found(limited, cost_centres=["4100", "4300"]) is None
    assert found(mandate(), cost_centres=["4999"]) is not None


def test_a_reduction_is_as_large_as_an_increase() -> None:
    limited = mandate(limit=Decimal(100))
    assert limited.reaches(Effect(Decimal("-100.00"), "EUR"))
    assert not limited.reaches(Effect(Decimal("-100.01"), "EUR"))


def test_the_widest_mandate_counts() -> None:
    small, large, any_amount = (
        mandate(limit=Decimal(100)),
        mandate(limit=Decimal(900)),
        mandate(limit=None),
    )
    assert found(small, large) is large
    assert found(large, any_amount, small) is any_amount
    assert found(small, large, effect=Effect(Decimal(500), "EUR")) is large
    assert found(small, effect=Effect(Decimal(500), "EUR")) is None


@pytest.mark.parametrize("wrong", [{"limit": "-1"}, {"may": "decide"}, {"limt": "5"}])
def test_a_mandate_that_says_something_unknown_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        mandate(**wrong)
