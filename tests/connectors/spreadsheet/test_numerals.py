"""Numbers written as text mean what the client's language says, or are refused in words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel.numbers import format_decimal
from hypothesis import given, settings, strategies as st

from paraplu_spreadsheet.numerals import Unreadable, number_from


@pytest.mark.parametrize("language", ["nl", "da"])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,56", "1234.56"),
        ("1234,56", "1234.56"),
        ("0,5", "0.5"),
        ("1.234", "1234"),
        ("1 234,56", "1234.56"),
        ("1\u00a0234\u202f567,8", "1234567.8"),
        ("€ 1.234,56", "1234.56"),
        ("1.234,56 €", "1234.56"),
        ("EUR 12,50", "12.50"),
        ("12,50 EUR", "12.50"),
        ("kr. 1.234,00", "1234.00"),
        ("kr 12", "12"),
        ("1.234,00 kr.", "1234.00"),
        ("12,50 DKK", "12.50"),
        ("-12,50", "-12.50"),
        ("12,50-", "-12.50"),
        ("\u221212,50", "-12.50"),
        ("(12,50)", "-12.50"),
        ("€ -12,50", "-12.50"),
        ("-€ 12,50", "-12.50"),
        ("+12,50", "12.50"),
        ("1.234,-", "1234"),
        ("12,--", "12"),
        ("-0", "0"),
        ("  12  ", "12"),
    ],
)
def test_dutch_and_danish_amounts_are_read(language: str, text: str, value: str) -> None:
    assert number_from(text, language, 2) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,234.56", "1234.56"), ("1234.5", "1234.5"), ("1,234", "1234"), ("€1,234.00", "1234")],
)
def test_english_amounts_are_read(text: str, value: str) -> None:
    assert number_from(text, "en", 2) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "language", "code"),
    [
        ("1234.56", "nl", "number-other-language"),
        ("1,234.56", "da", "number-other-language"),
        ("12.5", "nl", "number-other-language"),
        ("1.234,56", "en", "number-other-language"),
        ("12,5", "en", "number-other-language"),
        ("1.234.56", "nl", "not-a-number"),
        ("1,23,4", "nl", "not-a-number"),
        ("1E3", "nl", "not-a-number"),
        ("twaalf", "nl", "not-a-number"),
        ("12 euro 50", "nl", "not-a-number"),
        ("١٢", "nl", "not-a-number"),
        ("--12", "nl", "not-a-number"),
        ("-12-", "nl", "not-a-number"),
        ("(-12)", "nl", "not-a-number"),
        ("$ 12", "nl", "not-a-number"),
        ("12%", "nl", "not-a-number"),
        ("1'234", "nl", "not-a-number"),
        ("12,", "nl", "not-a-number"),
        ("1 2 3", "nl", "not-a-number"),
        ("", "nl", "not-a-number"),
        ("1234567890123456", "nl", "number-too-long"),
    ],
)
def test_what_could_be_misread_is_refused_with_the_text_and_an_example(
    text: str, language: str, code: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        number_from(text, language, 2)
    problem = refused.value.problem
    assert problem.code == code
    assert f"“{text}”" in str(problem)
    if code != "number-too-long":
        assert ("1,234.56" if language == "en" else "1.234,56") in str(problem)


def test_a_text_with_two_meanings_is_refused_with_both() -> None:
    with pytest.raises(Unreadable) as refused:
        number_from("1.234", "nl", 3)
    assert refused.value.problem.code == "number-ambiguous"
    assert "as 1234 and as 1,234" in str(refused.value.problem)
    assert number_from("1.234", "nl", 2) == 1234  # an amount in euros has no thousandths
    assert number_from("1,234", "nl", 3) == Decimal("1.234")
    assert number_from("0,179", "nl", 4) == Decimal("0.179")


@settings(deadline=None, max_examples=200)
@given(
    st.decimals(-(10**10), 10**10, places=2, allow_nan=False, allow_infinity=False),
    st.sampled_from(["en", "nl", "da"]),
    st.sampled_from(["{}", "€ {}", "{} kr.", " {} ", "{} EUR"]),
)
def test_every_amount_that_a_language_writes_is_read_back(
    value: Decimal, language: str, around: str
) -> None:
    written = around.format(format_decimal(value, "#,##0.00", locale=language))
    assert number_from(written, language, 2) == value


@settings(deadline=None, max_examples=300)
@given(st.text("0123456789.,- ()€krEUR+'\u2212\u00a0", max_size=14), st.sampled_from(["en", "nl"]))
def test_any_text_is_read_or_refused_and_never_worse(text: str, language: str) -> None:
    try:
        value = number_from(text, language, 2)
    except Unreadable as unreadable:
        assert str(unreadable.problem)
    else:
        digits = [letter for letter in text if letter.isdigit()]
        assert (
            f"{abs(value):f}".replace(".", "")
            .lstrip("0")
            .startswith("".join(digits).lstrip("0").rstrip("0"))
        )
