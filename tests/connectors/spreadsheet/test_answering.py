"""Answers stand beside their rows, and everything else of the client's file is what it was."""

from __future__ import annotations

import openpyxl
from openpyxl.styles import Border, PatternFill, Side
from openpyxl.worksheet.table import Table

from connectors.spreadsheet.answers import (
    GOOD,
    HEADINGS,
    LATER,
    WRONG,
    Authored,
    Rows,
    answered,
    contents,
    shown,
)
from paraplu import Form, RowAnswer, Sheet
from paraplu_spreadsheet import connector
from paraplu_spreadsheet.grid import read_grid
from paraplu_spreadsheet.package import Package
from paraplu_spreadsheet.stylesheet import FILLS


def test_three_columns_are_added_behind_the_last_heading(
    form: Form, authored: Authored, filled: Rows
) -> None:
    source = authored(filled)
    path = answered(source, form, {2: GOOD, 3: WRONG})
    rows = shown(path)
    assert [row[:10] for row in rows] == [row[:10] for row in shown(source)]
    assert [row[10:] for row in rows] == [
        list(HEADINGS),
        [GOOD.status, GOOD.result, GOOD.note],
        [WRONG.status, None, WRONG.note],
    ]
    before, after = contents(source), contents(path)
    assert list(before) == list(after)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"xl/worksheets/sheet1.xml", "xl/styles.xml"}


def test_an_earlier_answer_is_filled_in_place(form: Form, authored: Authored, filled: Rows) -> None:
    first = answered(authored(filled), form, {2: LATER, 3: WRONG})
    second = first.with_name("second.xlsx")
    sheet = connector.read(first, form, "en")
    connector.answer(first, second, sheet, {2: GOOD}, HEADINGS)
    rows = shown(second)
    assert [len(row) for row in rows] == [13, 13, 13]
    assert rows[1][10:] == [GOOD.status, GOOD.result, GOOD.note]
    assert rows[2][10:] == [WRONG.status, None, WRONG.note]
    again = second.with_name("third.xlsx")
    connector.answer(second, again, connector.read(second, form, "en"), {2: GOOD}, HEADINGS)
    assert contents(again) == contents(second)  # nothing is appended twice


def test_answering_in_place_of_the_source_is_possible(
    form: Form, authored: Authored, filled: Rows
) -> None:
    path = authored(filled)
    connector.answer(path, path, connector.read(path, form, "en"), {2: GOOD}, HEADINGS)
    assert shown(path)[1][10] == "Done"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_clients_own_column_of_the_same_name_is_left_alone(
    form: Form, authored: Authored, filled: Rows
) -> None:
    for row, word in zip(filled, ["Note", "mine", "mine too"], strict=True):
        row.append(word)
    rows = shown(answered(authored(filled), form, {2: GOOD, 3: GOOD}))
    assert [row[10] for row in rows] == ["Note", "mine", "mine too"]
    assert rows[0][11:] == list(HEADINGS)


def test_cells_beside_the_headings_are_never_written_over(
    form: Form, authored: Authored, filled: Rows
) -> None:
    source = authored(filled)
    book = openpyxl.load_workbook(source)
    book.active["L3"] = "a note that somebody left"
    book.active["P9"] = "legend"
    book.save(source)
    rows = shown(answered(source, form, {2: GOOD, 3: GOOD}))
    assert rows[2][11] == "a note that somebody left"
    assert rows[8][15] == "legend"
    assert rows[0][12:15] == list(HEADINGS)


def test_a_formula_stays_a_text_when_an_answer_begins_like_one(
    form: Form, authored: Authored, filled: Rows
) -> None:
    nasty = RowAnswer("=1+1", "+cmd|' /C calc'!A0", "@SUM(1)\n-1 <b>&\"'", "good")
    path = answered(authored(filled), form, {2: nasty})
    book = openpyxl.load_workbook(path)
    cells = book.worksheets[0][2][10:]
    assert [cell.value for cell in cells] == [nasty.status, nasty.result, nasty.note]
    assert b"<f>" not in contents(path)["xl/worksheets/sheet1.xml"]


def test_odd_characters_are_written_so_that_excel_shows_what_was_meant(
    form: Form, authored: Authored, filled: Rows
) -> None:
    odd = RowAnswer("a\x00\x07b", "_x0041_ and _x005F_", "one\r\ntwo 😀\ud800", "good")
    path = answered(authored(filled), form, {2: odd})
    package = Package.open(path)
    grid = read_grid(package.markup(package.sheets[0].part), package.strings)
    assert [grid.rows[2][column].text for column in (11, 12, 13)] == [
        "ab",
        "_x0041_ and _x005F_",
        "one\ntwo 😀",
    ]
    assert b"_x005F_x0041_ and _x005F_x005F_" in contents(path)["xl/worksheets/sheet1.xml"]


def test_a_note_beyond_what_excel_holds_ends_in_an_ellipsis(
    form: Form, authored: Authored, filled: Rows
) -> None:
    path = answered(authored(filled), form, {2: RowAnswer("", "", "x" * 40_000, "good")})
    note = shown(path)[1][12]
    assert len(note) == 32_767
    assert note.endswith("x…")


def test_tones_have_a_calm_fill_notes_wrap_and_headings_look_like_their_neighbour(
    form: Form, authored: Authored, filled: Rows
) -> None:
    source = authored(filled)
    book = openpyxl.load_workbook(source)
    for cell in book.active[1]:
        cell.fill = PatternFill("solid", fgColor="FF123456")
    for cell in book.active[2]:
        cell.border = Border(bottom=Side(style="thin"))
    book.save(source)
    sheet = openpyxl.load_workbook(answered(source, form, {2: GOOD, 3: WRONG})).worksheets[0]
    assert sheet["K1"].fill.fgColor.rgb == "FF123456"
    assert sheet["K2"].fill.fgColor.rgb == FILLS["good"]
    assert sheet["K3"].fill.fgColor.rgb == FILLS["attention"]
    assert sheet["K2"].border.bottom.style == "thin"
    assert sheet["K3"].border.bottom.style is None
    assert sheet["M2"].alignment.wrap_text
    assert not sheet["L2"].alignment.wrap_text
    assert [sheet.column_dimensions[c].width for c in "KLM"] == [16, 24, 60]


def test_answers_stand_beside_a_table_and_never_in_it(
    form: Form, authored: Authored, filled: Rows
) -> None:
    source = authored(filled)
    book = openpyxl.load_workbook(source)
    book.active.add_table(Table(displayName="Requests", ref="A1:J3"))
    book.save(source)
    path = answered(source, form, {2: GOOD})
    assert shown(path)[0][10:] == list(HEADINGS)
    assert contents(path)["xl/tables/table1.xml"] == contents(source)["xl/tables/table1.xml"]
    # A second table further to the right: no room in between is found, so behind it.
    book = openpyxl.load_workbook(source)
    for column, word in zip("LM", ["Key", "Value"], strict=True):
        book.active[f"{column}5"] = word
        book.active[f"{column}6"] = 1
    book.active.add_table(Table(displayName="Other", ref="L5:M6"))
    book.save(source)
    assert shown(answered(source, form, {2: GOOD}))[0][13:16] == list(HEADINGS)


def test_a_fixed_sheet_is_read_with_the_same_hash_that_answering_asks_for(
    form: Form, authored: Authored, filled: Rows
) -> None:
    source = authored(filled)
    sheet = connector.read(source, form, "en")
    assert isinstance(sheet, Sheet)
    assert Package.open(source).sha256 == sheet.sha256
