"""A template is calm, says what it wants, and is read back as it was filled in."""

from __future__ import annotations

import datetime
import io
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from paraplu import Form, RowAnswer, WorkbookRefused
from paraplu_spreadsheet import connector


def opened(form: Form, language: str) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(connector.template(form, language)))


def header_row(sheet: Worksheet, heading: str) -> int:
    return next(
        cell.row for row in sheet.iter_rows(max_col=1) for cell in row if cell.value == heading
    )


@pytest.mark.parametrize(
    ("language", "heading", "labels", "second"),
    [
        ("en", "Reference *", ("Number of rows", "Control total"), "Explanation"),
        ("nl", "Kenmerk *", ("Aantal rijen", "Controletotaal"), "Toelichting"),
        ("da", "Reference *", ("Antal rækker", "Kontrolsum"), "Forklaring"),
    ],
)
def test_a_filled_template_is_read_back(
    tmp_path: Path,
    form: Form,
    language: str,
    heading: str,
    labels: tuple[str, str],
    second: str,
) -> None:
    book = opened(form, language)
    sheet = book.worksheets[0]
    assert [s.title for s in book.worksheets] == [form.title(language), second]
    row = header_row(sheet, heading)
    assert sheet.freeze_panes == f"A{row + 1}"
    places = {sheet.cell(n, 1).value: n for n in range(1, row)}
    sheet.cell(places[labels[0]], 2, 1)
    sheet.cell(places[labels[1]], 2, 12.5)
    filled = ["A-1", "00042", 12.5, 7.125, 3, datetime.date(2026, 1, 31), "2026-02"]
    yes = {"en": "yes", "nl": "ja", "da": "ja"}[language]
    label = form.column("kind").choices[1].labels[language]
    for column, value in enumerate([*filled, yes, label, "a remark"], 1):
        sheet.cell(row + 1, column, value)
    path = tmp_path / "filled.xlsx"
    book.save(path)
    read = connector.read(path, form, language)
    assert read.header_row == row
    assert (read.expected_rows, read.expected_total) == (1, Decimal("12.5"))
    assert read.total == Decimal("12.50")
    assert read.remarks == ()
    cells = read.rows[0].cells
    assert not [cell.problem for cell in cells.values() if cell.problem]
    assert [cells[field].value for field in ("employee", "hours", "day", "urgent", "kind")] == [
        "00042",
        Decimal("7.125"),
        datetime.date(2026, 1, 31),
        True,
        "end",
    ]
    answer = {row + 1: RowAnswer("Done", "", "", "good")}
    connector.answer(path, path, read, answer, ("Status", "Result", "Note"))
    assert openpyxl.load_workbook(path).worksheets[0].cell(row + 1, 11).value == "Done"


def test_an_empty_template_is_refused_for_having_no_rows(tmp_path: Path, form: Form) -> None:
    path = tmp_path / "empty.xlsx"
    path.write_bytes(connector.template(form, "nl"))
    with pytest.raises(WorkbookRefused) as refused:
        connector.read(path, form, "nl")
    assert refused.value.message.code == "no-rows"


def test_columns_are_validated_formatted_and_explained(form: Form) -> None:
    book = opened(form, "nl")
    sheet = book.worksheets[0]
    row = header_row(sheet, "Kenmerk *")
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    assert len(rules) == len(form.columns)
    at = row + 1
    assert rules[f"I{at}"].type == "list"
    assert rules[f"H{at}"].formula1 == '"ja,nee"'
    assert rules[f"F{at}"].type == "date"
    assert rules[f"C{at}"].formula1 == f"AND(ISNUMBER(C{at}),ROUND(C{at},2)=C{at})"
    assert (rules[f"J{at}"].type, rules[f"J{at}"].formula1) == ("textLength", "40")
    assert (rules[f"B{at}"].operator, rules[f"B{at}"].formula1) == ("equal", "5")
    assert rules[f"F{at}"].error == "Een datum, zoals 31-12-2026."
    formats = [sheet.column_dimensions[letter].number_format for letter in "ABCDEFG"]
    assert formats == ["@", "@", "#,##0.00", "#,##0.###", "0", "dd-mm-yyyy", "@"]
    comment = sheet.cell(row, 1).comment
    assert comment is not None
    assert "Uw eigen nummer." in comment.text
    assert "Verplicht." in comment.text
    assert sheet.cell(row, 4).value == "Uren"
    second = book.worksheets[1]
    assert [second.cell(n, 1).value for n in range(4, 14)] == [
        column.heading("nl") for column in form.columns
    ]
    # The drop-down list points at the permitted values on the second sheet.
    area = rules[f"I{at}"].formula1.split("!")[1].replace("$", "")
    assert [cell[0].value for cell in second[area]] == ["Toevoegen", "Beëindigen"]


def test_a_title_that_is_no_sheet_name_is_made_one() -> None:
    from paraplu import Column, Kind

    form = Form(
        "s",
        {"en": "Explanation"},
        (Column("a", Kind.TEXT, {"en": "A"}, required=True, repeats=True),),
    )
    assert [s.title for s in opened(form, "en").worksheets] == ["Explanation", "Explanation 2"]
    form = Form("s", {"en": "In/out: [all] of the very long title of it"}, form.columns)
    assert opened(form, "en").worksheets[0].title == "In out   all  of the very long"
