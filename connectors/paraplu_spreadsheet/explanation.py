"""The second sheet of a template: what each column means, and which values are permitted."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.worksheet import Worksheet

from paraplu import Column, Form, Kind
from paraplu_spreadsheet.numerals import example
from paraplu_spreadsheet.wording import NO, YES, written_date

_INK = "FF16323F"
_HEAD = PatternFill("solid", fgColor="FF1F4E5F")
_LINE = Border(bottom=Side(style="thin", color="FFD5DDE1"))
_WIDTHS = (30, 12, 60, 48)  # characters
_LINE_HEIGHT = 15  # points
_TOP = Alignment(vertical="top", wrap_text=True)


def expected(column: Column, language: str, say: Callable[[str], str]) -> str:
    """One sentence on what a column takes, with an example."""
    match column.kind:
        case Kind.CODE if column.width is not None:
            text = say("A code of {width} characters; leading zeros count.")
            return text.format(width=column.width)
        case Kind.CODE:
            return say("A code; leading zeros count.")
        case Kind.MONEY | Kind.NUMBER:
            text = say("A number with at most {decimals} decimals, such as {example}.")
            return text.format(decimals=column.decimals, example=example(language, column.decimals))
        case Kind.INTEGER:
            return say("A whole number.")
        case Kind.DATE:
            text = say("A date, such as {example}.")
            return text.format(example=written_date(date(2026, 12, 31), language))
        case Kind.MONTH:
            return say("A month as year and month, such as {example}.").format(example="2026-11")
        case Kind.YES_NO:
            code = language if language in YES else "en"
            return say("{yes} or {no}.").format(yes=YES[code][0], no=NO[code][0])
        case Kind.CHOICE:
            return say("One of the permitted values.")
        case _:
            return say("Text of at most {limit} characters.").format(limit=column.longest)


def explain(
    sheet: Worksheet, form: Form, language: str, say: Callable[[str], str]
) -> dict[str, str]:
    """Fill `sheet`. Returns for each choice column the range that lists its values."""
    sheet["A1"] = sheet.title
    sheet["A1"].font = Font(size=16, bold=True, color=_INK)
    sheet.row_dimensions[1].height = 26
    for column, width in zip("ABCD", _WIDTHS, strict=True):
        sheet.column_dimensions[column].width = width
    _head(sheet, 3, (say("Column"), say("Required"), say("Meaning"), say("How to write it")))
    row = 4
    for column_of_form in form.columns:
        code = language if language in YES else "en"
        required = (YES if column_of_form.required else NO)[code][0]
        hint = column_of_form.hints.get(language) or column_of_form.hints.get("en", "")
        words = (
            column_of_form.heading(language),
            required,
            hint,
            expected(column_of_form, language, say),
        )
        for number, word in enumerate(words, 1):
            cell = sheet.cell(row, number, word)
            cell.alignment = _TOP
            cell.border = _LINE
        sheet.cell(row, 1).font = Font(bold=True, color=_INK)
        pairs = zip(words, _WIDTHS, strict=True)
        lines = max(math.ceil(len(word) / width) for word, width in pairs)
        sheet.row_dimensions[row].height = _LINE_HEIGHT * max(
            1, lines
        )  # not every program works it out
        row += 1
    sheet.freeze_panes = "A4"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    return _write_choices(sheet, form, language, say, row + 1)


def _write_choices(
    sheet: Worksheet, form: Form, language: str, say: Callable[[str], str], row: int
) -> dict[str, str]:
    name = sheet.title.replace("'", "''")
    lists: dict[str, str] = {}
    for column in form.columns:
        if column.kind is not Kind.CHOICE or not column.choices:
            continue
        title = say("Permitted values of {column}").format(column=column.heading(language))
        _head(sheet, row, (title, say("Code"), say("Permitted value")))
        first = row + 1
        for number, choice in enumerate(column.choices, first):
            label = choice.labels.get(language) or choice.labels.get("en") or choice.value
            sheet.cell(number, 2, choice.value).number_format = "@"
            sheet.cell(number, 3, label)
            row = number
        lists[column.field] = f"'{name}'!$C${first}:$C${row}"
        row += 2
    return lists


def _head(sheet: Worksheet, row: int, words: tuple[str, ...]) -> None:
    for number, word in enumerate(words, 1):
        cell = sheet.cell(row, number, word)
        cell.font = Font(bold=True, color="FFFFFFFF")
        cell.fill = _HEAD
        cell.alignment = _TOP
