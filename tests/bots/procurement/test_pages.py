"""Reading a server-rendered page: its fields, tables, Dutch numbers and dates, strictly."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from paraplu import PageChanged
from paraplu_procurement.system import Order
from paraplu_procurement.targets.document import Document
from paraplu_procurement.targets.notation import (
    day,
    integer,
    money,
    number,
    written,
    written_day,
)
from paraplu_procurement.targets.practice_order import read_order

ORDER = """
<title>Order IO-7 – Practice office</title>
<h1>Order IO-7 <span data-field="state"><span class="state">placed</span></span></h1>
<dl><dd data-field="number">IO-7</dd><dd data-field="reference">PW-1 R&amp;D
  7</dd><dd data-field="supplier" data-supplier="L1"><a href="#">De <br>Vries</a></dd>
<dd data-field="contract">–</dd><dd data-field="delivery_address" data-address="HQ">Town hall</dd>
<dd data-field="need_by">18-12-2026</dd><dd data-field="confirmed_date">–</dd>
<dd data-field="budget_year">2026</dd><dd data-field="placed-at">23-11-2026 10:00:00 by x</dd></dl>
<table><caption>Order lines</caption><thead><tr><th>No.</th></tr></thead><tbody>
<tr data-line="1"><td data-field="article">P-1</td><td data-field="unit">box</td>
<td data-field="pack_size">5</td><td data-field="quantity">1.200</td>
<td data-field="price">0,1790</td><td data-field="vat">H21</td>
<td data-field="cost_centre">4100</td><td data-field="net">214,80</td>
<td data-field="currency">EUR</td></tr></tbody></table>
<table><caption>Totals</caption><tr data-total="net"><td data-field="amount">214,80</td></tr>
<tr data-total="vat-H21"><td data-field="amount">45,11</td></tr>
<tr data-total="gross"><td data-field="amount">259,91</td></tr></table>
"""


def read(html: str) -> Order:
    return read_order(Document(html), "7")


def test_an_orders_page_is_read_whole() -> None:
    order = read(ORDER)
    assert (order.state, order.number, order.reference) == ("placed", "IO-7", "PW-1 R&D 7")
    assert (order.supplier, order.contract, order.delivery_address) == ("L1", None, "HQ")
    assert (order.need_by, order.placed_on) == (date(2026, 12, 18), date(2026, 11, 23))
    assert order.confirmed_date is None
    assert (order.total_net, order.total_vat) == (Decimal("214.80"), Decimal("45.11"))
    (line,) = order.lines
    assert (line.quantity, line.price, line.pack_size) == (Decimal(1200), Decimal("0.179"), 5)
    assert Document(ORDER).title == "Order IO-7 – Practice office"


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('data-field="need_by"', 'data-field="need-by"'),
        ("18-12-2026", "12/18/2026"),
        ("18-12-2026", "31-02-2026"),
        ("0,1790", "0.1790"),
        ("0,1790", "0,1850"),
        (">214,80</td></tr>\n", ">215,80</td></tr>\n"),
        ("Order lines", "Lines"),
        (">5</td>", ">5,0</td>"),
    ],
)
def test_a_page_that_is_not_as_expected_is_never_guessed_at(was: str, now: str) -> None:
    assert was in ORDER
    with pytest.raises(PageChanged):
        read(ORDER.replace(was, now))


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.234,56", "1234.56"), ("0,1850", "0.185"), ("-12,34", "-12.34"), ("12,00", "12")],
)
def test_amounts_in_dutch_notation_are_read(text: str, value: str) -> None:
    assert money(text, "It") == Decimal(value)


@pytest.mark.parametrize("text", ["1,234.56", "12.50", "12", "1234,5", "1.23,45", "", "١٢,٣٤"])
def test_amounts_in_any_other_notation_are_noticed(text: str) -> None:
    with pytest.raises(PageChanged):
        money(text, "It")


def test_quantities_counts_and_days_are_read_strictly() -> None:
    assert number("2,125", "It") == Decimal("2.125") and number("1.200", "It") == 1200
    assert integer("2026", "It") == 2026 and day("05-01-2027", "It") == date(2027, 1, 5)
    for text in ("2.5", "1.20", "1,2,3", "x"):
        with pytest.raises(PageChanged):
            number(text, "It")


def test_what_is_typed_cannot_be_read_as_thousands() -> None:
    assert [written(Decimal(text)) for text in ("1200", "0.185", "2.125", "31.2", "0.1790")] == [
        "1200",
        "0,1850",
        "2,1250",
        "31,20",
        "0,1790",
    ]
    assert written_day(date(2026, 12, 5)) == "05-12-2026"
