"""Retention classes: read in one place, counted in whole calendar years."""

from __future__ import annotations

import re
from datetime import date

import pytest
from pydantic import ValidationError

from paraplu.domain.agreement import Agreement
from paraplu.domain.retention import OF_AGREEMENTS, SOURCES, STAFF, parse
from paraplu.engine.people import RETENTION


def test_a_class_says_its_country_what_it_is_about_and_how_many_years() -> None:
    found = parse("nl.payroll.7y")
    assert (found.area, found.about, found.years) == ("nl", "payroll", 7)
    assert (parse("dk.5y").about, parse("dk.5y").years) == (None, 5)
    assert (parse(STAFF).area, parse(STAFF).years) == ("staff", 10)


def test_it_ends_with_the_31st_of_december_so_many_years_later() -> None:
    found = parse("nl.payroll.7y")
    assert found.last_day(2026) == date(2033, 12, 31)
    assert not found.over(2026, date(2033, 12, 31))
    assert found.over(2026, date(2034, 1, 1))
    assert parse("nl.0y").last_day(2026) == date(2026, 12, 31)
    assert parse("nl.99y").last_day(2028) == date(2127, 12, 31)


@pytest.mark.parametrize("text", ["", "7y", "nl.7", "nl..7y", "NL.7y", "nl.7y ", "nl.pay.roll.7y"])
def test_what_is_none_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r"write one like nl\.payroll\.7y"):
        parse(text)


def test_the_law_is_the_one_of_the_subject_else_of_the_country() -> None:
    assert "art. 52" in (parse("nl.payroll.7y").source or "")
    assert parse("nl.other.7y").source == SOURCES["nl"]
    assert parse("fr.5y").source is None


def test_no_agreement_can_name_the_class_of_our_own_people() -> None:
    assert RETENTION == STAFF
    assert not re.match(OF_AGREEMENTS, STAFF)
    values = {"client": "c", "service": "s", "version": 1, "valid_from": "2026-01-01"}
    with pytest.raises(ValidationError, match="retention"):
        Agreement.model_validate({**values, "target": "t", "credential": "k", "retention": STAFF})
