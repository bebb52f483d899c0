"""Settings of record are checked when they are read."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from paraplu.domain.agreement import STALL_LIMIT, Agreement, Client, Limits, WorkingCalendar
from paraplu.domain.shared_calendar import combined


def agreement(**more: Any) -> Agreement:
    values = {
        "client": "noordwijk",
        "service": "ledger",
        "version": 3,
        "valid_from": date(2026, 1, 1),
        "target": "ledger",
        "credential": "robot",
    }
    return Agreement.model_validate({**values, **more})


def test_an_agreement_is_named_with_its_version() -> None:
    assert agreement().id == "noordwijk/ledger@3"


def test_it_holds_from_its_first_to_its_last_day() -> None:
    limited = agreement(valid_until=date(2026, 12, 31))
    assert limited.valid_on(date(2026, 1, 1))
    assert limited.valid_on(date(2026, 12, 31))
    assert not limited.valid_on(date(2027, 1, 1))
    assert not limited.valid_on(date(2025, 12, 31))
    assert agreement().valid_on(date(2099, 1, 1))


@pytest.mark.parametrize(
    "wrong",
    [{"version": 0}, {"days_to_finish": 0}, {"retention": "for ever"}, {"aproval": "always"}],
)
def test_what_makes_no_sense_in_an_agreement_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        agreement(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"many": 0},
        {"attempts": 11},
        {"supplier_total_30_days": "-1"},
        {"few": 3},
        {"slots": 0},
        {"failures_in_a_row": 0},
        {"exceptions_percent": 101},
        {"exceptions_percent": -1},
        {"exceptions_from": 0},
        {"run_minutes": 1441},
    ],
)
def test_what_makes_no_sense_in_limits_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Limits.model_validate(wrong)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"act_minutes": 10}, "less than 10: after 10 minutes without"),
        (
            {"act_minutes": 5, "case_minutes": 5},
            r"act_minutes \(5\) must be less than case_minutes",
        ),
        ({"case_minutes": 240}, r"case_minutes less than run_minutes \(240\)"),
        ({"act_minutes": 8, "case_minutes": 7, "run_minutes": 9}, "must be less than case_minutes"),
    ],
)
def test_what_is_inside_must_take_less_time_than_what_is_around_it(
    wrong: dict[str, int], says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        Limits.model_validate(wrong)


def test_the_longest_act_that_may_be_agreed_ends_before_its_run_is_taken_over() -> None:
    longest = max(
        minutes for minutes in range(1, 60) if _accepted(act_minutes=minutes, case_minutes=60)
    )
    assert longest * 60 < STALL_LIMIT.total_seconds()


def _accepted(**limits: int) -> bool:
    try:
        Limits.model_validate(limits)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("id", "Noordwijk", "pattern"),
        ("country", "XX", "must be one of NL, DK"),
        ("timezone", "Europe/Nowhere", "is no time zone, write for instance Europe/Amsterdam"),
        ("currency", "euro", "pattern"),
        ("language", "fr", "'en', 'nl' or 'da'"),
    ],
)
def test_a_client_with_something_wrong_is_told_what(field: str, value: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Client.model_validate({"id": "noordwijk", "name": "N", field: value})


def test_a_client_has_its_own_time_and_calendar() -> None:
    client = Client(id="nordvig", name="Nordvig", country="DK", timezone="Europe/Copenhagen")
    assert client.zone.key == "Europe/Copenhagen"
    days = combined(WorkingCalendar(country="DK", closed=(date(2026, 11, 20),)))
    assert not days.is_working_day(date(2026, 11, 20))
    assert not days.is_working_day(date(2026, 12, 25))
