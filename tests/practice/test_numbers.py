"""How the office writes and reads numbers and dates."""

from datetime import date
from decimal import Decimal

import pytest

from paraplu.practice.numbers import DUTCH, SWAPPED, read_date, written_date, written_moment


def test_amounts_have_points_between_thousands_and_a_decimal_comma() -> None:
    assert DUTCH.amount("1234567.5") == "1.234.567,50"
    assert DUTCH.amount("-0.5") == "-0,50"
    assert DUTCH.amount("") == ""
    assert SWAPPED.amount("1234.56") == "1,234.56"


def test_a_unit_price_keeps_its_decimals() -> None:
    assert DUTCH.price("47.5") == "47,50"
    assert DUTCH.price("0.185") == "0,1850"
    assert DUTCH.price("0.185001790") == "0,18500179"


def test_a_quantity_has_no_trailing_zeros() -> None:
    assert [DUTCH.quantity(text) for text in ("100", "2.50", "1000")] == ["100", "2,5", "1.000"]


def test_what_is_written_is_read_back() -> None:
    for text in ("0", "-12.34", "1234.5600", "999999.99"):
        for notation in (DUTCH, SWAPPED):
            assert notation.parse(notation.amount(text)) == Decimal(text)


@pytest.mark.parametrize(
    "text", ["", "12,3,4", "1.23", "0.1790", "1.2345,0", "12 euro", "١٢", "1e5"]
)
def test_what_is_no_number_here_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"Write it as 1\.234,56"):
        DUTCH.parse(text)


def test_dates_are_day_month_year() -> None:
    assert written_date("2026-12-01") == "01-12-2026"
    assert read_date("1-12-2026") == date(2026, 12, 1)
    assert written_moment("2026-11-21T14:05:09.123456+01:00") == "21-11-2026 14:05:09"


def test_a_wrong_date_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="dd-mm-jjjj"):
        read_date("2026-12-01")
    with pytest.raises(ValueError, match="does not exist"):
        read_date("31-02-2026")
