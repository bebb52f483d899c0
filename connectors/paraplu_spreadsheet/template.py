"""An empty workbook of ours for a form: calm to look at, and read back by `reading` without a question."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from paraplu import Column, Form, Kind
from paraplu_spreadsheet.explanation import expected, explain
from paraplu_spreadsheet.wording import NO, ROW_COUNT_LABELS, TOTAL_LABELS, YES, translator

ROWS = 10_000
"""So many rows below the headings are validated."""

_INK = "FF16323F"
_QUIET = "FF5A6B73"
_REQUIRED = PatternFill("solid", fgColor="FF1F4E5F")
_OPTIONAL = PatternFill("solid", fgColor="FF4C6F7E")
_INPUT = PatternFill("solid", fgColor="FFF4F7F8")
_LINE = Side(style="thin", color="FFB9C6CC")
_NOT_IN_A_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
_WIDTHS = {
    Kind.TEXT: 28.0,
    Kind.CODE: 14.0,
    Kind.MONEY: 14.0,
    Kind.NUMBER: 12.0,
    Kind.INTEGER: 11.0,
    Kind.DATE: 13.0,
    Kind.MONTH: 12.0,
    Kind.YES_NO: 10.0,
    Kind.CHOICE: 16.0,
}


def template(form: Form, language: str) -> bytes:
    """The template of `form` in `language` as the bytes of an .xlsx file."""
    say = translator(language)
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)  # noqa: S101 - a new workbook has one
    sheet.title = _sheet_name(form.title(language))
    explanation = book.create_sheet(_sheet_name(say("Explanation"), taken=sheet.title))
    lists = explain(explanation, form, language, say)
    header_row = _write_top(sheet, form, language, say, explanation.title)
    for number, column in enumerate(form.columns, 1):
        _write_heading(sheet, header_row, number, column, language, say)
        validation = _validation(column, language, say, header_row + 1, number, lists)
        if validation is not None:
            letter = get_column_letter(number)
            validation.add(f"{letter}{header_row + 1}:{letter}{header_row + ROWS}")
            sheet.add_data_validation(validation)
    sheet.row_dimensions[header_row].height = 34
    sheet.freeze_panes = f"A{header_row + 1}"
    sheet.sheet_view.zoomScale = 100
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    sheet.print_title_rows = f"{header_row}:{header_row}"
    sheet.sheet_view.selection[0].activeCell = f"A{header_row + 1}"
    book.properties.creator = "Paraplu"
    book.properties.title = form.title(language)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_top(
    sheet: Worksheet, form: Form, language: str, say: Callable[[str], str], explanation: str
) -> int:
    """Title, explanation and control cells. Returns the row of the headings."""
    sheet["A1"] = form.title(language)
    sheet["A1"].font = Font(size=16, bold=True, color=_INK)
    sheet.row_dimensions[1].height = 26
    lines = [
        say("Fill in one row for each request, below the headings. Columns with * are required."),
        say("Leave the headings as they are. The sheet “{sheet}” explains every column.").format(
            sheet=explanation
        ),
        say("You get this workbook back with the answer to the right of each row."),
    ]
    if any(column.repeats for column in form.columns):
        lines.insert(
            1,
            say(
                "A request with several lines takes several rows below each other, with the same "
                "reference on each."
            ),
        )
    row = 2
    for line in lines:
        sheet.cell(row, 1, line).font = Font(color=_QUIET)
        row += 1
    row += 1
    controls: list[tuple[dict[str, tuple[str, ...]], str, str]] = [
        (
            ROW_COUNT_LABELS,
            "0",
            say("Optional: the number of rows you filled in. We check that none got lost."),
        )
    ]
    if form.total_of:
        names = " × ".join(form.column(field).heading(language) for field in form.total_of)
        hint = say("Optional: the sum over all rows of {columns}. We check that it is the same.")
        controls.append((TOTAL_LABELS, "#,##0.00", hint.format(columns=names)))
    for labels, look, hint in controls:
        label = sheet.cell(row, 1, labels.get(language, labels["en"])[0])
        label.font = Font(bold=True, color=_INK)
        value = sheet.cell(row, 2)
        value.fill = _INPUT
        value.border = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
        value.number_format = look
        value.alignment = Alignment(horizontal="right")
        sheet.cell(row, 3, hint).font = Font(color=_QUIET, italic=True)
        row += 1
    return row + 1


def _write_heading(
    sheet: Worksheet,
    row: int,
    number: int,
    column: Column,
    language: str,
    say: Callable[[str], str],
) -> None:
    heading = column.heading(language)
    cell = sheet.cell(row, number, f"{heading} *" if column.required else heading)
    cell.font = Font(bold=True, color="FFFFFFFF")
    cell.fill = _REQUIRED if column.required else _OPTIONAL
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    cell.border = Border(right=Side(style="thin", color="FFFFFFFF"))
    hint = column.hints.get(language) or column.hints.get("en", "")
    words = [hint, expected(column, language, say)]
    if column.required:
        words.append(say("Required."))
    comment = Comment("\n".join(word for word in words if word), "Paraplu")
    comment.width, comment.height = 320, 40 + 18 * (2 + sum(map(len, words)) // 45)
    cell.comment = comment
    style = sheet.column_dimensions[get_column_letter(number)]
    style.width = _width(column, heading, language)
    if number == 1:
        style.width = max(style.width, 20.0)  # the labels of the control cells stand here
    style.number_format = number_format(column, language)


def _width(column: Column, heading: str, language: str) -> float:
    width = _WIDTHS[column.kind]
    if column.width is not None:
        width = max(width, column.width + 3.0)
    labels = [choice.labels.get(language, choice.value) for choice in column.choices]
    longest_word = max(map(len, heading.split()), default=0) + 4
    return min(max([width, float(longest_word), *(len(label) + 5.0 for label in labels)]), 40.0)


def number_format(column: Column, language: str) -> str:
    """The format of a column's cells, so that Excel keeps what is typed as what it is."""
    match column.kind:
        case Kind.CODE | Kind.MONTH | Kind.CHOICE | Kind.YES_NO:
            return "@"
        case Kind.MONEY:
            return "#,##0" + ("." + "0" * column.decimals if column.decimals else "")
        case Kind.NUMBER:
            return "#,##0" + ("." + "#" * column.decimals if column.decimals else "")
        case Kind.INTEGER:
            return "0"
        case Kind.DATE:
            return "yyyy-mm-dd" if language == "en" else "dd-mm-yyyy"
        case _:
            return "General" if column.longest > 255 else "@"


def _validation(
    column: Column,
    language: str,
    say: Callable[[str], str],
    first_row: int,
    number: int,
    lists: dict[str, str],
) -> DataValidation | None:
    """What Excel refuses while somebody types; what is pasted is checked when it is read."""
    cell = f"{get_column_letter(number)}{first_row}"
    rule: dict[str, str]
    match column.kind:
        case Kind.CHOICE:
            if column.field not in lists:
                return None
            rule = {"type": "list", "formula1": lists[column.field]}
        case Kind.YES_NO:
            words = f"{YES.get(language, YES['en'])[0]},{NO.get(language, NO['en'])[0]}"
            rule = {"type": "list", "formula1": f'"{words}"'}
        case Kind.MONEY | Kind.NUMBER:
            exact = f"ROUND({cell},{column.decimals})={cell}"
            rule = {"type": "custom", "formula1": f"AND(ISNUMBER({cell}),{exact})"}
        case Kind.INTEGER:
            rule = {"type": "custom", "formula1": f"AND(ISNUMBER({cell}),INT({cell})={cell})"}
        case Kind.DATE:
            rule = {"type": "date", "operator": "greaterThanOrEqual", "formula1": "1"}
        case Kind.MONTH:
            rule = {"type": "textLength", "operator": "equal", "formula1": "7"}
        case Kind.CODE if column.width is not None:
            rule = {"type": "textLength", "operator": "equal", "formula1": str(column.width)}
        case _:
            limit = str(column.longest)
            rule = {"type": "textLength", "operator": "lessThanOrEqual", "formula1": limit}
    validation = DataValidation(**rule, allow_blank=True, showErrorMessage=True)  # type: ignore[arg-type]
    validation.errorTitle = column.heading(language)[:32]
    validation.error = expected(column, language, say)[:250]
    return validation


def _sheet_name(title: str, taken: str = "") -> str:
    name = _NOT_IN_A_SHEET_NAME.sub(" ", title)[:31].strip("' ") or "Paraplu"
    return f"{name[:29]} 2" if name.casefold() == taken.casefold() else name
