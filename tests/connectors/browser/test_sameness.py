"""When a field shows what was typed."""

from __future__ import annotations

import pytest

from paraplu_browser.sameness import same, same_number


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Jansen", "Jansen"),
        ("a\r\nb", "a\nb"),
        ("1234.5", "1.234,50"),
        ("1234.5", "1,234.50"),
        ("1234,50", "1234.5"),
        ("0.1790", "0,179"),
        ("1234", "1.234"),
        ("1234567.89", "€ 1.234.567,89"),
        ("-12.50", "12,50-"),
        ("-1.5", "\u22121,5"),
        ("1000", "1\u00a0000,00".replace("\u00a0", "")),
        ("2026-12-21", "21-12-2026"),
        ("1-3-2026", "01-03-2026"),
    ],
)
def test_formatting_makes_no_difference(typed: str, shown: str) -> None:
    assert same(typed, shown)
    assert typed == shown or typed == "a\r\nb" or not same(typed, shown, "exactly")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("0.1790", "0.185001790"),
        ("0.1790", ""),
        ("", "0"),
        ("1.234", "1.234,00"),  # a thousand and more, or little more than one?
        ("1.234", "1234"),
        ("00123", "123"),
        ("123", "00123"),
        ("1234.5", "12.345"),
        ("1,23", "123"),
        ("2026-12-21", "2026-12-12"),
        ("2026-02-30", "30-02-2026"),
        ("Jansen", "jansen"),
        ("1e3", "1000"),
        ("--1", "1"),
    ],
)
def test_another_value_is_another_value(typed: str, shown: str) -> None:
    assert not same(typed, shown)


def test_an_author_may_be_stricter_or_looser() -> None:
    assert not same("1234", "1.234", "exactly")
    assert same("nl91abna0417164300", "NL91 ABNA 0417 1643 00", "loosely")
    assert not same("nl91abna0417164300", "NL91 ABNA 0417 1643 01", "loosely")
    assert same("4711", "", "unread")


def test_a_number_that_could_be_read_in_two_ways_is_not_compared() -> None:
    assert not same_number("1.234", "1,234.00")
    assert same_number("1.2340", "1,234")
