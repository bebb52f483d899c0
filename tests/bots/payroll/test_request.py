"""What a row may say, and how the columns look."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from payroll_on_paper import asked
from pydantic import ValidationError

from paraplu import Kind
from paraplu_payroll.request import SalaryCorrection


def wrong(**changes: Any) -> dict[str, str]:
    """The sentence by field for a request that breaks rules."""
    with pytest.raises(ValidationError) as caught:
        asked(**changes)
    return {
        ".".join(str(part) for part in error["loc"]): error["msg"].removeprefix("Value error, ")
        for error in caught.value.errors()
    }


def test_the_columns_end_with_the_remark_and_who_asks() -> None:
    form = SalaryCorrection.form("payroll-correction")
    assert [column.field for column in form.columns] == [
        *("reference", "follows", "employee", "employment", "kind", "component", "unit"),
        *("corrected_from", "corrected_until", "period", "amount_now", "amount_wanted"),
        *("cost_centre", "reason", "attachment", "remark", "requested_by"),
    ]


def test_every_heading_hint_and_label_is_there_in_three_languages() -> None:
    for column in SalaryCorrection.form("payroll-correction").columns:
        assert {"en", "nl", "da"} <= set(column.headings), column.field
        assert {"en", "nl", "da"} <= set(column.hints), column.field
        for choice in column.choices:
            assert {"en", "nl", "da"} <= set(choice.labels), (column.field, choice.value)


def test_no_two_columns_share_a_heading_or_alias_in_any_language() -> None:
    seen: dict[str, str] = {}
    for column in SalaryCorrection.form("payroll-correction").columns:
        for heading in {*column.headings.values(), *column.aliases}:
            assert seen.setdefault(heading.casefold(), column.field) == column.field


def test_codes_months_and_amounts_are_read_as_what_they_are() -> None:
    form = SalaryCorrection.form("payroll-correction")
    kinds = {column.field: column.kind for column in form.columns}
    assert form.column("employee").width == 5
    assert kinds["employee"] is kinds["component"] is kinds["cost_centre"] is Kind.CODE
    assert kinds["corrected_from"] is kinds["period"] is Kind.MONTH
    assert kinds["amount_now"] is kinds["amount_wanted"] is Kind.MONEY
    assert form.total_of == ("amount_wanted",)


def test_the_employee_is_whom_it_is_about_and_the_cost_centre_what_mandates_are_judged_by() -> None:
    assert asked().subject() == "00412"
    assert asked().cost_centres() == {"4100"}


def test_the_four_kinds_in_their_plain_form_are_accepted() -> None:
    assert asked().last_corrected == "2026-11"
    assert asked(kind="add", amount_now=None).amount_now is None
    assert asked(kind="end", amount_wanted=None).amount_wanted is None
    assert asked(kind="reverse", follows="PC-0").follows == "PC-0"


@pytest.mark.parametrize(
    ("changes", "field", "part"),
    [
        ({"employee": "412"}, "employee", "five digits"),
        ({"employee": "٠٠٤١٢"}, "employee", "five digits"),
        ({"employment": 0}, "employment", "numbered from 1"),
        ({"component": "10 00"}, "component", "without spaces"),
        ({"component": "1000*"}, "component", "without spaces"),
        ({"cost_centre": " "}, "cost_centre", "Fill this in"),
        ({"corrected_from": "2026-13"}, "corrected_from", "Write a month"),
        ({"corrected_until": "2026-10"}, "corrected_until", "before the first"),
        ({"period": "2026-10"}, "period", "before it has come"),
        ({"amount_wanted": Decimal("3150.005")}, "amount_wanted", "two decimals"),
        ({"amount_wanted": Decimal("10000000")}, "amount_wanted", "too large"),
        ({"amount_now": None}, "amount_now", "Give the amount that there is now"),
        ({"amount_wanted": None}, "amount_wanted", "Give the amount that is wanted"),
        ({"kind": "add"}, "amount_now", "empty when a line is to be added"),
        ({"kind": "end"}, "amount_wanted", "empty when a line is to end"),
        ({"kind": "reverse"}, "kind", "under Follows"),
    ],
)
def test_a_broken_rule_is_said_beside_its_field(
    changes: dict[str, Any], field: str, part: str
) -> None:
    assert part in wrong(**changes)[field]


def test_a_reversal_without_any_amount_is_refused() -> None:
    found = wrong(kind="reverse", follows="PC-0", amount_now=None, amount_wanted=None)
    assert list(found) == ["amount_wanted"]


def test_a_row_wrong_in_three_fields_is_told_all_three() -> None:
    found = wrong(employee="412", corrected_from="nov", amount_now=None)
    assert set(found) == {"employee", "corrected_from", "amount_now"}


def test_no_sentence_of_a_rule_holds_a_value() -> None:
    found = wrong(employee="98765", component="x y", amount_now=Decimal("1234.567"))
    assert not any("98765" in text or "1234" in text for text in found.values())
