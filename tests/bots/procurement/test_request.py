"""What a procurement order may say, and what is said when it does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from paraplu import Kind
from paraplu_procurement.request import OrderKind, OrderLine, ProcurementOrder


def wrong(make: Callable[..., Any], **fields: Any) -> dict[str, str]:
    """The messages by field of a request that must be refused."""
    with pytest.raises(ValidationError) as caught:
        make(**fields)
    return {str(one["loc"][0]): str(one["ctx"]["error"]) for one in caught.value.errors()}


def test_a_complete_order_is_accepted_and_adds_up(
    make_order: Callable[..., ProcurementOrder], make_line: Callable[..., OrderLine]
) -> None:
    lines = (make_line(), make_line(article="P-200", quantity=Decimal("2.5"), net_price=Decimal(8)))
    assert make_order(lines=lines).net_total == Decimal("103.00")
    assert make_order(lines=lines).cost_centres() == {"4100"}


def test_an_order_says_everything_that_is_missing_at_once(
    make_order: Callable[..., ProcurementOrder],
) -> None:
    messages = wrong(
        make_order, supplier=None, delivery_address=None, need_by=None, budget_year=None, lines=()
    )
    assert messages == {
        "supplier": "An order needs a supplier.",
        "delivery_address": "An order needs a delivery address.",
        "need_by": "An order needs a date by which it is needed.",
        "budget_year": "An order needs a budget year.",
        "lines": "An order needs at least one line.",
    }


def test_fields_that_are_left_out_are_missed_as_well_as_empty_ones() -> None:
    messages = wrong(ProcurementOrder, reference="R-1", kind="order")
    assert set(messages) == {"supplier", "delivery_address", "need_by", "budget_year", "lines"}


def test_the_budget_year_is_the_year_of_delivery_not_of_today(
    make_order: Callable[..., ProcurementOrder],
) -> None:
    messages = wrong(make_order, need_by=date(2027, 1, 8), budget_year=2026)
    assert messages["budget_year"].startswith("The budget year must be the year of delivery")
    assert make_order(need_by=date(2027, 1, 8), budget_year=2027).budget_year == 2027


def test_a_cancellation_names_an_order_and_has_no_lines(
    make_order: Callable[..., ProcurementOrder], make_line: Callable[..., OrderLine]
) -> None:
    cancel = ProcurementOrder(reference="R-2", kind=OrderKind.CANCEL, follows="IA-2026-0042")
    assert cancel.lines == () and cancel.currency is None
    assert "kind" in wrong(ProcurementOrder, reference="R-2", kind="cancel")
    assert "lines" in wrong(
        ProcurementOrder, reference="R-2", kind="cancel", follows="R-1", lines=(make_line(),)
    )


def test_a_row_without_anything_in_the_columns_of_the_lines_is_no_line(
    make_line: Callable[..., OrderLine],
) -> None:
    cancel = {"reference": "R-2", "kind": "cancel", "follows": "R-1"}
    assert ProcurementOrder(**cancel, lines=({},)).lines == ()  # type: ignore[arg-type]
    order = {"reference": "R-3", "kind": "order", "supplier": "S-1"}
    assert wrong(ProcurementOrder, **order, lines=({},))["lines"] == (
        "An order needs at least one line."
    )
    with pytest.raises(ValidationError, match=r"lines\.1\.article"):
        ProcurementOrder(**order, lines=(make_line(), {}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", Decimal(0)),
        ("quantity", Decimal(-3)),
        ("pack_size", 0),
        ("net_price", Decimal("-0.01")),
        ("currency", "euro"),
    ],
)
def test_a_line_with_an_impossible_value_says_so_beside_the_field(
    make_line: Callable[..., OrderLine], field: str, value: object
) -> None:
    assert set(wrong(make_line, **{field: value})) == {field}


def test_the_same_article_twice_for_one_cost_centre_is_one_line_too_many(
    make_order: Callable[..., ProcurementOrder], make_line: Callable[..., OrderLine]
) -> None:
    assert "lines" in wrong(make_order, lines=(make_line(), make_line(quantity=Decimal(3))))
    assert make_order(lines=(make_line(), make_line(cost_centre="4200")))


def test_lines_in_two_currencies_are_no_order(
    make_order: Callable[..., ProcurementOrder], make_line: Callable[..., OrderLine]
) -> None:
    assert "lines" in wrong(make_order, lines=(make_line(), make_line(article="B", currency="DKK")))


def test_the_form_has_headings_and_hints_in_three_languages() -> None:
    form = ProcurementOrder.form("procurement-order")
    assert form.title("nl") == "Bestelaanvraag" and form.title("da") == "Indkøbsordre"
    for column in form.columns:
        assert set(column.headings) == {"en", "nl", "da"}, column.field
        assert set(column.hints) == {"en", "nl", "da"}, column.field
    repeating = [column.field for column in form.columns if column.repeats]
    assert repeating == list(OrderLine.model_fields)
    assert form.column("article").kind is Kind.CODE
    assert form.column("net_price").decimals == 4
    assert form.total_of == ("quantity", "net_price")


def test_no_two_columns_answer_to_the_same_heading() -> None:
    seen: dict[str, str] = {}
    for column in ProcurementOrder.form("procurement-order").columns:
        for heading in {*column.headings.values(), *column.aliases}:
            other = seen.setdefault(heading.casefold(), column.field)
            assert other == column.field, f"{heading}: {other} and {column.field}"
