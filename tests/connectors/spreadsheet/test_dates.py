"""Dates and months are read in the forms that people write, and never guessed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from paraplu_spreadsheet.dates import date_from, from_serial, month_from
from paraplu_spreadsheet.numerals import Unreadable


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31",
        "2026-01-31T00:00:00",
        "2026-01-31 00:00",
        "31-01-2026",
        "31-1-2026",
        "31.01.2026",
        "31/1/2026",
        "31 januari 2026",
        "31 jan 2026",
        "31. januar 2026",
        "31. jan. 2026",
        "31 January 2026",
        "January 31, 2026",
    ],
)
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert date_from(text, "nl") == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("31-01-26", "year-too-short"),
        ("31/1/'26", "year-too-short"),
        ("31-02-2026", "no-such-date"),
        ("2026-13-01", "no-such-date"),
        ("0206-01-01", "no-such-date"),
        ("20260131", "not-a-date"),
        ("31 janvier 2026", "not-a-date"),
        ("soon", "not-a-date"),
        ("31-01/2026", "not-a-date"),
        ("", "not-a-date"),
    ],
)
def test_what_is_no_day_is_refused_with_words(text: str, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        date_from(text, "nl")
    assert refused.value.problem.code == code
    assert f"“{text}”" in str(refused.value.problem)


def test_an_english_date_with_slashes_is_refused_when_it_has_two_meanings() -> None:
    with pytest.raises(Unreadable) as refused:
        date_from("3/4/2026", "en")
    assert refused.value.problem.code == "date-ambiguous"
    assert "2026-12-31" in str(refused.value.problem)
    assert date_from("4/4/2026", "en") == date(2026, 4, 4)
    assert date_from("31/4/2026".replace("31", "30"), "en") == date(2026, 4, 30)
    assert date_from("3/4/2026", "da") == date(2026, 4, 3)


@pytest.mark.parametrize(
    "text",
    ["2026-11", "11-2026", "11/2026", "2026/11", "november 2026", "nov. 2026", "15-11-2026"],
)
def test_a_month_is_read_however_it_is_written(text: str) -> None:
    assert month_from(text, "nl") == "2026-11"


@pytest.mark.parametrize("text", ["2026-13", "202611", "11-26", "nov", "0-2026", "1-11-26"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        month_from(text, "nl")
    assert refused.value.problem.code in ("not-a-month", "year-too-short")


@pytest.mark.parametrize(
    ("serial", "date1904", "day"),
    [
        (1, False, date(1900, 1, 1)),
        (59, False, date(1900, 2, 28)),
        (61, False, date(1900, 3, 1)),
        (46053, False, date(2026, 1, 31)),
        (46053.75, False, date(2026, 1, 31)),
        (46052.9999999999, False, date(2026, 1, 31)),
        (44591, True, date(2026, 1, 31)),
        (2958465, False, date(9999, 12, 31)),
    ],
)
def test_serial_numbers_follow_their_calendar(serial: float, date1904: bool, day: date) -> None:
    assert from_serial(serial, "", date1904=date1904) == day


@pytest.mark.parametrize("serial", [0, -1, 60, 60.5, 2958466, 1e300])
def test_serial_numbers_without_a_day_are_refused(serial: float) -> None:
    with pytest.raises(Unreadable):
        from_serial(serial, "x", date1904=False)


@given(st.dates(date(1900, 3, 1), date(9999, 12, 31)))
def test_every_day_has_its_serial_number(day: date) -> None:
    serial = (day - date(1899, 12, 30)) // timedelta(1)
    assert from_serial(serial, "", date1904=False) == day
    if serial > 1462:
        assert from_serial(serial - 1462, "", date1904=True) == day


@given(st.dates(date(1900, 1, 1)), st.sampled_from(["nl", "da"]), st.sampled_from("-./"))
def test_every_day_that_is_written_is_read_back(day: date, language: str, sign: str) -> None:
    text = sign.join((str(day.day), f"{day.month:02d}", f"{day.year:04d}"))
    assert date_from(text, language) == day
