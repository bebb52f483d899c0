"""A client's sheet is found, read row by row, and refused as a whole only with a reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from paraplu import Form, Sheet, WorkbookRefused
from paraplu_spreadsheet import connector

Authored = Callable[..., Path]
Rows = list[list[Any]]


def refused(path: Path, form: Form, language: str = "en") -> WorkbookRefused:
    with pytest.raises(WorkbookRefused) as caught:
        connector.read(path, form, language)
    return caught.value


def values(sheet: Sheet, row: int = 0) -> dict[str, object]:
    return {field: cell.value for field, cell in sheet.rows[row].cells.items()}


def test_a_filled_sheet_is_read_with_every_value_of_its_kind(
    form: Form, authored: Authored, filled: Rows
) -> None:
    path = authored(filled, title="March")
    sheet = connector.read(path, form, "nl")
    assert (sheet.name, sheet.header_row) == ("March", 1)
    assert sheet.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert [row.number for row in sheet.rows] == [2, 3]
    assert values(sheet) == {
        "reference": "A-1",
        "employee": "00042",
        "amount": Decimal("1250.50"),
        "hours": Decimal("7.5"),
        "count": 3,
        "day": date(2026, 1, 31),
        "period": "2026-02",
        "urgent": True,
        "kind": "add",
        "remark": "note",
    }
    assert values(sheet, 1)["employee"] == "00043"
    assert sheet.rows[1].cells["remark"].address == "J3"
    assert sheet.total == Decimal("1350.45")
    assert (sheet.expected_rows, sheet.expected_total, sheet.remarks) == (None, None, ())


def test_headings_are_found_in_any_language_case_and_punctuation_below_other_rows(
    form: Form, authored: Authored
) -> None:
    rows: Rows = [["Correcties maart"], [], ["Gemeente Voorbeeld", None, 12]]
    rows += [[None, "KENMERK:", " pers-nr ", "gewenst\nbedrag *", "Afdeling"]]
    rows += [[None, "A-1", 42, 10]]
    sheet = connector.read(authored(rows), form, "nl")
    assert sheet.header_row == 4
    assert sheet.rows[0].cells["amount"].address == "D5"
    assert [remark.code for remark in sheet.remarks] == ["columns-not-read"]


def test_the_same_heading_in_two_places_is_refused_with_both(
    form: Form, authored: Authored
) -> None:
    rows = [["Reference", "Employee number", "Amount wanted", "Pers.nr"], ["A", 1, 2, 3]]
    error = refused(authored(rows), form)
    assert error.message.code == "heading-twice"
    assert "in B1 and in D1" in str(error)


def test_a_missing_heading_is_named(form: Form, authored: Authored) -> None:
    error = refused(authored([["Kenmerk", "Gewenst bedrag"], ["A", 1]]), form, "nl")
    assert error.message.code == "heading-missing"
    assert "Personeelsnummer" in str(error)


def test_a_misspelt_heading_is_named_with_the_right_one(form: Form, authored: Authored) -> None:
    rows = [["Kenmerk", "Persooneelsnumer", "Gewenst bedrag"], ["A", 1, 2]]
    error = refused(authored(rows), form, "nl")
    assert error.message.code == "heading-misspelt"
    assert "Personeelsnummer" in str(error)
    assert "“Persooneelsnumer” in B1" in str(error)


def test_no_headings_at_all_is_refused_with_the_expected_ones(
    form: Form, authored: Authored
) -> None:
    error = refused(authored([["Naam", "Adres"], ["x", "y"]]), form, "nl")
    assert error.message.code == "no-headings"
    assert "Kenmerk, Personeelsnummer, Gewenst bedrag" in str(error)
    assert refused(authored([[None]] * 40 + [["Kenmerk"]]), form).message.code == "no-headings"


def test_a_sheet_without_filled_rows_is_refused(
    form: Form, authored: Authored, filled: Rows
) -> None:
    error = refused(authored([*filled[:1], [None] * 10, ["  "]]), form)
    assert error.message.code == "no-rows"


def test_columns_of_the_client_are_left_alone_and_likely_slips_are_named(
    form: Form, authored: Authored
) -> None:
    rows = [
        ["Kenmerk", "Personeelsnummer", "Gewenst bedrag", "Ingangdatum", "Afdeling"],
        ["A", 1, 2, "x", "y"],
    ]
    sheet = connector.read(authored(rows), form, "nl")
    assert [remark.code for remark in sheet.remarks] == ["heading-looks-like", "columns-not-read"]
    assert "Ingangsdatum" in str(sheet.remarks[0])
    assert "(D1)" in str(sheet.remarks[0])
    assert str(sheet.remarks[1]).endswith("Afdeling.")
    assert sheet.rows[0].cells["day"].address == ""


def test_wrong_cells_refuse_nothing_and_a_row_tells_all_of_them(
    form: Form, authored: Authored, filled: Rows
) -> None:
    filled[1][2] = "twelve"
    filled[1][5] = "31-01-26"
    filled[1][8] = "change"
    sheet = connector.read(authored(filled), form, "en")
    problems = {f: c.problem.code for f, c in sheet.rows[0].cells.items() if c.problem}
    assert problems == {"amount": "not-a-number", "day": "year-too-short", "kind": "not-a-choice"}
    assert sheet.rows[0].cells["amount"].shown == "twelve"
    assert sheet.rows[1].cells["amount"].value == Decimal("99.95")
    assert sheet.total == Decimal("99.95")


def test_control_cells_above_the_headings_are_read(
    form: Form, authored: Authored, filled: Rows
) -> None:
    rows = [["Aantal regels:", 2], ["Totaal", "1.350,45"], [], *filled]
    sheet = connector.read(authored(rows), form, "nl")
    assert (sheet.expected_rows, sheet.expected_total) == (2, Decimal("1350.45"))
    rows = [["Number of rows", None, "(optional)"], ["Total", None], *filled]
    sheet = connector.read(authored(rows), form, "en")
    assert (sheet.expected_rows, sheet.expected_total) == (None, None)


def test_a_control_cell_beside_a_merged_label_is_read(
    form: Form, authored: Authored, filled: Rows
) -> None:
    path = authored([["Antal rækker", None, 2], *filled])
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("A1:B1")
    book.save(path)
    assert connector.read(path, form, "da").expected_rows == 2


@pytest.mark.parametrize("value", ["two", 2.5, "=1+1", "#N/A"])
def test_a_control_cell_that_cannot_be_read_refuses_the_workbook(
    form: Form, authored: Authored, filled: Rows, value: object
) -> None:
    error = refused(authored([["Number of rows", value], *filled]), form)
    assert error.message.code == "control-unreadable"
    assert "B1" in str(error) or "2.5" in str(error)


def test_the_sheet_with_requests_is_found_among_others(
    form: Form, authored: Authored, filled: Rows
) -> None:
    path = authored(filled, title="Requests")
    book = openpyxl.load_workbook(path)
    book.create_sheet("Cover", 0).append(["Reference", "of this file"])
    empty = book.create_sheet("Next month")
    empty.append(filled[0])
    old = book.create_sheet("Old")
    for row in filled:
        old.append(row)
    old.sheet_state = "hidden"
    book.save(path)
    assert connector.read(path, form, "en").name == "Requests"


def test_two_filled_sheets_are_refused_so_that_none_is_forgotten(
    form: Form, authored: Authored, filled: Rows
) -> None:
    path = authored(filled, title="May")
    book = openpyxl.load_workbook(path)
    second = book.create_sheet("June")
    for row in filled:
        second.append(row)
    book.save(path)
    error = refused(path, form)
    assert error.message.code == "two-sheets"
    assert "May and June" in str(error)


def test_rows_with_text_only_beside_the_form_are_remarked(
    form: Form, authored: Authored, filled: Rows
) -> None:
    filled[0].append("Own notes")
    filled[1].append("hello")
    filled.append([None] * 10 + ["a row of its own"])
    sheet = connector.read(authored(filled), form, "en")
    assert len(sheet.rows) == 2
    assert [remark.code for remark in sheet.remarks] == ["columns-not-read", "rows-not-read"]
    assert str(sheet.remarks[1]).endswith(": 4.")


def test_hidden_rows_are_taken_in_and_flagged(form: Form, authored: Authored, filled: Rows) -> None:
    path = authored(filled)
    book = openpyxl.load_workbook(path)
    book.active.row_dimensions[3].hidden = True
    book.save(path)
    assert [row.hidden for row in connector.read(path, form, "en").rows] == [False, True]


def test_dates_of_a_1904_workbook_are_right(form: Form, authored: Authored, filled: Rows) -> None:
    path = authored(filled)
    book = openpyxl.load_workbook(path)
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.save(path)
    assert values(connector.read(path, form, "en"))["day"] == date(2026, 1, 31)


def test_a_formula_that_nobody_calculated_is_a_problem_of_its_row(
    form: Form, authored: Authored, filled: Rows
) -> None:
    filled[1][2] = "=1+1"
    cell = connector.read(authored(filled), form, "en").rows[0].cells["amount"]
    assert cell.problem is not None
    assert cell.problem.code == "formula-without-value"


def test_a_control_total_may_be_a_product(form: Form, authored: Authored, filled: Rows) -> None:
    both = replace(form, total_of=("count", "amount"))
    assert connector.read(authored(filled), both, "en").total == Decimal("3751.50")
    none = replace(form, total_of=())
    assert connector.read(authored(filled), none, "en").total is None


@pytest.mark.slow
def test_five_thousand_rows_are_read_and_none_is_lost(
    form: Form, authored: Authored, filled: Rows
) -> None:
    rows = [filled[0], *([f"A-{n}", n, n / 100, *filled[1][3:]] for n in range(1, 5001))]
    sheet = connector.read(authored(rows), form, "en")
    assert len(sheet.rows) == 5000
    assert sheet.total == sum((Decimal(n) / 100 for n in range(1, 5001)), Decimal(0))
    assert not any(cell.problem for row in sheet.rows for cell in row.cells.values())
