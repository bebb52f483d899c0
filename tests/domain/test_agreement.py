"""Settings of record are checked when they are read."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from paraplu.domain.agreement import Agreement, Client, Limits, WorkingCalendar


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
    "wrong", [{"many": 0}, {"attempts": 11}, {"supplier_total_30_days": "-1"}, {"few": 3}]
)
def test_what_makes_no_sense_in_limits_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Limits.model_validate(wrong)


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
    days = WorkingCalendar(country="DK", closed=(date(2026, 11, 20),)).calendar()
    assert not days.is_working_day(date(2026, 11, 20))
    assert not days.is_working_day(date(2026, 12, 25))
