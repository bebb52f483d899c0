"""The declared kind of a column, and nothing else, says what a cell becomes."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from paraplu import Cell, Choice, Column, Kind
from paraplu_spreadsheet.conversion import Conversion
from paraplu_spreadsheet.formats import Look, NumberFormat, understood
from paraplu_spreadsheet.grid import RawCell

FORMATS = [
    NumberFormat(),
    understood("dd-mm-yyyy"),
    understood("00000"),
    understood(r"000000\-0000"),
    understood("h:mm"),
    understood("0.00%"),
]
DATE, FIVE, CPR, TIME, PERCENT = 1, 2, 3, 4, 5


def number(text: str, style: int = 0) -> RawCell:
    return RawCell("n", text, style)


def words(text: str) -> RawCell:
    return RawCell("s", text, 0)


def column(kind: Kind, **facts: Any) -> Column:
    return Column("field", kind, {"en": "Field"}, **facts)


def converted(raw: RawCell | None, kind: Kind, language: str = "nl", **facts: Any) -> Cell:
    return Conversion(language, FORMATS).cell(raw, column(kind, **facts), "C5")


def problem(raw: RawCell, kind: Kind, language: str = "nl", **facts: Any) -> str:
    cell = converted(raw, kind, language, **facts)
    assert cell.value is None
    assert cell.problem is not None
    assert str(cell.problem)
    return cell.problem.code


@pytest.mark.parametrize(
    ("code", "look", "width"),
    [
        ("General", Look.NUMBER, 0),
        ("0.00", Look.NUMBER, 0),
        ("#,##0.00", Look.NUMBER, 0),
        ('"€" #,##0.00;[Red]-"€" #,##0.00', Look.NUMBER, 0),
        ("[$€-413] #,##0.00", Look.NUMBER, 0),
        ("0.00E+00", Look.NUMBER, 0),
        ('0" days"', Look.NUMBER, 0),
        ("dd-mm-yyyy", Look.DATE, 0),
        (r"[$-413]d\ mmmm\ yyyy;@", Look.DATE, 0),
        ("mmm-yy", Look.DATE, 0),
        ("d/m/yyyy h:mm", Look.DATE, 0),
        ("mmmm", Look.DATE, 0),
        ("h:mm AM/PM", Look.TIME, 0),
        ("[h]:mm", Look.TIME, 0),
        ("mm:ss", Look.TIME, 0),
        ("0%", Look.PERCENT, 0),
        ("00000", Look.NUMBER, 5),
        (r"000000\-0000", Look.NUMBER, 10),
        ('000" "000', Look.NUMBER, 6),
        ("0", Look.NUMBER, 0),
        ("@", Look.NUMBER, 0),
    ],
)
def test_a_format_code_is_understood(code: str, look: Look, width: int) -> None:
    found = understood(code)
    assert (found.look, found.width) == (look, width)


def test_an_empty_cell_has_neither_value_nor_problem() -> None:
    for kind in Kind:
        assert converted(None, kind) == Cell("C5", "", None, None)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (number("0.30000000000000004"), "0.30"),
        (number("1234.5599999999999"), "1234.56"),
        (number("12"), "12.00"),
        (number("-0"), "0.00"),
        (number("1E2"), "100.00"),
        (words("€ 1.234,50"), "1234.50"),
        (number("999999999999.99"), "999999999999.99"),
    ],
)
def test_money_is_exact_to_the_cent(raw: RawCell, value: str) -> None:
    cell = converted(raw, Kind.MONEY)
    assert cell.problem is None
    assert str(cell.value) == value


@pytest.mark.parametrize("raw", [number("10.005"), words("10,005"), number("1E-3")])
def test_money_with_too_many_decimals_is_a_problem_and_not_rounded(raw: RawCell) -> None:
    assert problem(raw, Kind.MONEY) == "too-many-decimals"


def test_a_problem_names_what_was_found_in_the_clients_writing() -> None:
    cell = converted(number("10.005"), Kind.MONEY)
    assert cell.problem is not None
    assert cell.problem.values == {"found": "10,005", "limit": 2}


def test_a_number_that_excel_made_a_date_or_time_of_is_a_problem() -> None:
    assert problem(number("46023", DATE), Kind.MONEY) == "date-for-number"
    assert problem(number("0.3125", TIME), Kind.NUMBER) == "date-for-number"
    assert converted(number("0.3125", TIME), Kind.NUMBER).shown == "7:30"


def test_yes_no_cells_and_errors_are_no_amounts() -> None:
    assert problem(RawCell("b", "1", 0), Kind.MONEY) == "not-a-number"
    assert problem(RawCell("e", "#N/A", 0), Kind.MONEY) == "cell-error"
    assert problem(RawCell("f", "", 0), Kind.MONEY) == "formula-without-value"
    assert problem(number("1234567890123456"), Kind.MONEY) == "deliver-as-text"


def test_numbers_have_no_needless_zeros_and_whole_numbers_no_decimals() -> None:
    assert str(converted(number("7.50"), Kind.NUMBER, decimals=3).value) == "7.5"
    assert str(converted(words("7,50"), Kind.NUMBER, decimals=3).value) == "7.5"
    assert str(converted(words("1.200"), Kind.NUMBER).value) == "1200"
    assert str(converted(number("0.215", PERCENT), Kind.NUMBER, decimals=3).value) == "0.215"
    assert converted(number("0.215", PERCENT), Kind.NUMBER).shown == "21,5%"
    assert converted(number("3"), Kind.INTEGER).value == 3
    assert converted(words("1.200"), Kind.INTEGER).value == 1200
    assert problem(number("3.5"), Kind.INTEGER) == "not-whole"
    assert problem(words("3,5"), Kind.INTEGER) == "not-whole"


@pytest.mark.parametrize(
    ("raw", "width", "value"),
    [
        (number("123", FIVE), None, "00123"),
        (number("123"), 5, "00123"),
        (number("123", FIVE), 5, "00123"),
        (number("123.0"), 5, "00123"),
        (number("1.23E2"), None, "123"),
        (number("102031234", CPR), None, "010203-1234"),
        (number("102031234", CPR), 10, "0102031234"),
        (number("102031234", CPR), 11, "010203-1234"),
        (number("123456782"), None, "123456782"),
        (words("00123"), 5, "00123"),
        (words(" A\u00a0-1\u200b "), None, "A -1"),
        (number("0"), 3, "000"),
    ],
)
def test_codes_keep_their_leading_zeros(raw: RawCell, width: int | None, value: str) -> None:
    assert converted(raw, Kind.CODE, width=width).value == value


@pytest.mark.parametrize(
    ("raw", "width", "code"),
    [
        (number("1234567890123456"), None, "deliver-as-text"),
        (number("1.5"), None, "code-changed"),
        (number("-5"), None, "code-changed"),
        (number("46023", DATE), None, "code-changed"),
        (RawCell("b", "1", 0), None, "code-changed"),
        (words("123"), 5, "code-length"),
        (number("123456"), 5, "code-length"),
        (words("A\x07-1"), None, "control-characters"),
        (words("A" * 501), None, "text-too-long"),
    ],
)
def test_codes_that_lost_something_are_problems(raw: RawCell, width: int | None, code: str) -> None:
    assert problem(raw, Kind.CODE, width=width) == code


@given(st.integers(0, 10**15 - 1))
def test_no_code_ever_ends_in_point_nought(value: int) -> None:
    for text in (str(value), f"{value}.0", repr(float(value))):
        assert converted(number(text), Kind.CODE).value == str(value)


def test_texts_are_cleaned_and_measured() -> None:
    assert converted(words(" two\r\nlines\x00\u202e "), Kind.TEXT).value == "two\nlines"
    assert converted(number("12.5"), Kind.TEXT).value == "12,5"
    assert converted(number("46053", DATE), Kind.TEXT).value == "31-01-2026"
    assert problem(words("x" * 41), Kind.TEXT, longest=40) == "text-too-long"
    assert converted(words("x" * 40), Kind.TEXT, longest=40).problem is None
    assert problem(number("12345678901234567"), Kind.TEXT) == "deliver-as-text"


def test_dates_come_from_date_cells_iso_cells_and_texts_but_not_from_bare_numbers() -> None:
    assert converted(number("46053", DATE), Kind.DATE).value == date(2026, 1, 31)
    assert converted(RawCell("d", "2026-01-31T00:00:00", 0), Kind.DATE).value == date(2026, 1, 31)
    assert converted(words("31-1-2026"), Kind.DATE).value == date(2026, 1, 31)
    assert problem(number("46053"), Kind.DATE) == "not-a-date"
    assert problem(number("0.5", TIME), Kind.DATE) == "not-a-date"
    assert problem(number("60", DATE), Kind.DATE) == "no-such-date"
    in_1904 = dataclasses.replace(Conversion("nl", FORMATS), date1904=True)
    assert in_1904.cell(number("44591", DATE), column(Kind.DATE), "A1").value == date(2026, 1, 31)


def test_months_come_from_texts_and_date_cells() -> None:
    assert converted(words("11-2026"), Kind.MONTH).value == "2026-11"
    assert converted(number("46053", DATE), Kind.MONTH).value == "2026-01"
    assert converted(RawCell("d", "2026-01-31", 0), Kind.MONTH).value == "2026-01"
    assert problem(number("202611"), Kind.MONTH) == "not-a-month"


@pytest.mark.parametrize("text", ["ja", "JA", "Yes", "true", "WAAR", "sand", "J", "y"])
def test_yes_is_understood_in_every_language(text: str) -> None:
    assert converted(words(text), Kind.YES_NO).value is True


@pytest.mark.parametrize("text", ["nee", "Nej", "no", "onwaar", "FALSK", "n"])
def test_no_is_understood_in_every_language(text: str) -> None:
    assert converted(words(text), Kind.YES_NO).value is False


def test_yes_no_cells_are_understood_and_anything_else_is_a_problem() -> None:
    assert converted(RawCell("b", "1", 0), Kind.YES_NO).value is True
    assert converted(RawCell("b", "0", 0), Kind.YES_NO).value is False
    assert converted(number("1"), Kind.YES_NO).value is True
    cell = converted(words("misschien"), Kind.YES_NO)
    assert "Write ja or nee" in str(cell.problem)
    assert problem(number("2"), Kind.YES_NO) == "not-yes-or-no"


CHOICES = (
    Choice("add", {"en": "Add", "nl": "Toevoegen"}),
    Choice("end", {"en": "End", "nl": "Beëindigen"}),
    Choice("01", {"en": "First", "nl": "Eerste"}),
    Choice("%", {"en": "Percent", "nl": "Procent"}),
)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (words("add"), "add"),
        (words(" TOEVOEGEN "), "add"),
        (words("End"), "end"),
        (words("be-eindigen".replace("-e", "ë")), "end"),
        (words("01"), "01"),
        (number("1"), "01"),
        (words("%"), "%"),
    ],
)
def test_a_choice_is_known_by_its_code_or_its_label_in_any_language(
    raw: RawCell, value: str
) -> None:
    assert converted(raw, Kind.CHOICE, choices=CHOICES).value == value


def test_an_unknown_choice_is_a_problem_that_names_the_permitted_ones() -> None:
    cell = converted(words("wijzigen"), Kind.CHOICE, choices=CHOICES)
    assert cell.problem is not None
    assert "Toevoegen, Beëindigen, Eerste, Procent" in str(cell.problem)
    assert "“wijzigen”" in str(cell.problem)


def test_a_word_that_is_two_choices_in_two_languages_follows_the_clients() -> None:
    choices = (Choice("x", {"nl": "Slut"}), Choice("y", {"da": "Slut"}))
    assert converted(words("slut"), Kind.CHOICE, "da", choices=choices).value == "y"
    assert converted(words("slut"), Kind.CHOICE, "nl", choices=choices).value == "x"
    assert problem(words("slut"), Kind.CHOICE, "en", choices=choices) == "not-a-choice"


@given(st.decimals(-(10**11), 10**11, places=2, allow_nan=False, allow_infinity=False))
def test_every_amount_survives_the_double_that_excel_makes_of_it(value: Decimal) -> None:
    cell = converted(number(repr(float(value))), Kind.MONEY)
    assert cell.value == value


@given(
    st.sampled_from(list(Kind)),
    st.one_of(
        st.builds(words, st.text(max_size=30)),
        st.builds(
            lambda value, style: number(repr(value), style),
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(0, 6),
        ),
        st.builds(lambda text: RawCell("d", text, 0), st.text(max_size=12)),
        st.builds(lambda text: RawCell("b", text, 0), st.sampled_from(["0", "1", "true"])),
    ),
    st.sampled_from(["en", "nl", "da", "fr"]),
)
def test_any_cell_is_converted_or_has_a_problem_and_never_breaks(
    kind: Kind, raw: RawCell, language: str
) -> None:
    cell = converted(raw, kind, language, choices=CHOICES)
    assert cell.value is None or cell.problem is None
    assert "\0" not in cell.shown
