"""Answers stand beside their rows, and everything else of the client's file is what it was."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from openpyxl.styles import Border, PatternFill, Side
from openpyxl.worksheet.table import Table

from paraplu import Form, RowAnswer, Sheet, WorkbookRefused
from paraplu_spreadsheet import connector
from paraplu_spreadsheet.answering import answered_parts
from paraplu_spreadsheet.grid import Grid, read_grid
from paraplu_spreadsheet.package import Package
from paraplu_spreadsheet.stylesheet import FILLS

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
HEADINGS = ("Status", "Result", "Note")
GOOD = RowAnswer("Done", "Slip 2026-02", "Changed as asked", "good")
WRONG = RowAnswer("Returned", "", "Amount wanted: “twelve” is not a number", "attention")
LATER = RowAnswer("Waiting", "", "Waits for approval", "pending")
Authored = Callable[..., Path]
Handmade = Callable[..., Path]
Rows = list[list[Any]]


def answered(source: Path, form: Form, answers: dict[int, RowAnswer], language: str = "en") -> Path:
    destination = source.with_name("answered.xlsx")
    sheet = connector.read(source, form, language)
    connector.answer(source, destination, sheet, answers, HEADINGS)
    return destination


def shown(path: Path) -> list[list[Any]]:
    book = openpyxl.load_workbook(path)
    return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def spliced(path: Path, header: int, answers: dict[int, RowAnswer]) -> tuple[str, Grid]:
    """The answered worksheet part of a handmade workbook as text, and its cells."""
    package = Package.open(path)
    part = package.sheets[0].part
    parts = answered_parts(package, part, header, answers, HEADINGS).parts
    again = Package(package.container.rewritten(parts))
    return parts[part].decode(), read_grid(again.markup(part), again.strings)


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


def test_a_changed_source_is_refused(form: Form, authored: Authored, filled: Rows) -> None:
    source = authored(filled)
    sheet = connector.read(source, form, "en")
    filled[1], filled[2] = filled[2], filled[1]
    authored(filled)
    destination = source.with_name("answered.xlsx")
    with pytest.raises(WorkbookRefused) as refused:
        connector.answer(source, destination, sheet, {2: GOOD}, HEADINGS)
    assert refused.value.message.code == "changed-meanwhile"
    assert not destination.exists()


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


def test_a_workbook_without_styles_is_answered_without_colours(handmade: Handmade) -> None:
    path = handmade("<row r='1'><c r='A1'><v>1</v></c></row>", styles=None)
    xml, grid = spliced(path, 1, {2: GOOD})
    assert [cell.text for cell in grid.rows[2].values()] == [GOOD.status, GOOD.result, GOOD.note]
    assert ' s="' not in xml


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


@pytest.mark.parametrize(
    ("after", "inside", "code"),
    [
        ('<mergeCells><mergeCell ref="B2:C2"/></mergeCells>', "", "answer-in-merged"),
        ("", '<c r="C2"><f>A2</f><v>1</v></c>', "answer-in-formula"),
        ("", '<c r="E2"><f t="array" ref="B1:E4">A2</f><v>1</v></c>', "answer-in-formula"),
    ],
)
def test_an_earlier_answers_column_that_was_put_to_other_use_is_refused_by_name(
    handmade: Handmade, text: Callable[[str, str], str], after: str, inside: str, code: str
) -> None:
    heads = "".join(text(f"{c}1", h) for c, h in zip("BCD", HEADINGS, strict=True))
    path = handmade(
        sheet=f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1"><v>1</v></c>{heads}</row>'
        f'<row r="2"><c r="A2"><v>1</v></c>{inside}</row></sheetData>{after}</worksheet>'
    )
    with pytest.raises(WorkbookRefused) as refused:
        spliced(path, 1, {2: GOOD})
    assert refused.value.message.code == code
    assert "2" in str(refused.value)


def test_a_pivot_table_in_the_way_is_refused_by_name(
    handmade: Handmade, text: Callable[[str, str], str]
) -> None:
    heads = "".join(text(f"{c}1", h) for c, h in zip("BCD", HEADINGS, strict=True))
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    path = handmade(
        f"<row r='1'><c r='A1'><v>1</v></c>{heads}</row>",
        more={
            "xl/worksheets/_rels/sheet1.xml.rels": b'<Relationships xmlns="http://schemas.openxml'
            b'formats.org/package/2006/relationships"><Relationship Id="rId1" Type="'
            + office.encode()
            + b'/pivotTable" Target="../pivotTables/pivotTable1.xml"/></Relationships>',
            "xl/pivotTables/pivotTable1.xml": f'<pivotTableDefinition xmlns="{MAIN}">'
            '<location ref="C2:D9"/></pivotTableDefinition>'.encode(),
        },
    )
    with pytest.raises(WorkbookRefused) as refused:
        spliced(path, 1, {3: GOOD})
    assert refused.value.message.code == "answer-in-pivot"
    assert "C3" in str(refused.value)


def test_a_signed_workbook_is_read_but_not_answered(
    form: Form, authored: Authored, filled: Rows
) -> None:
    source = authored(filled)
    with zipfile.ZipFile(source, "a") as archive:
        archive.writestr("_xmlsignatures/sig1.xml", "<Signature/>")
    sheet = connector.read(source, form, "en")
    with pytest.raises(WorkbookRefused) as refused:
        connector.answer(source, source.with_name("out.xlsx"), sheet, {2: GOOD}, HEADINGS)
    assert refused.value.message.code == "signed"


def test_no_room_on_the_right_is_refused_by_name(handmade: Handmade) -> None:
    path = handmade("<row r='1'><c r='XFB1'><v>1</v></c></row>")
    with pytest.raises(WorkbookRefused) as refused:
        spliced(path, 1, {2: GOOD})
    assert refused.value.message.code == "no-room"


def test_formulas_are_calculated_anew_only_when_they_may_count_an_earlier_answer(
    handmade: Handmade, text: Callable[[str, str], str]
) -> None:
    heads = "".join(text(f"{c}1", h) for c, h in zip("BCD", HEADINGS, strict=True))
    workbook = (
        '<sheets><sheet name="Sheet" sheetId="1" r:id="rId1"/></sheets><calcPr calcId="191029"/>'
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    more = {
        "xl/calcChain.xml": f'<calcChain xmlns="{MAIN}"/>'.encode(),
        "xl/_rels/workbook.xml.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/'
        b'package/2006/relationships">'
        + "".join(
            f'<Relationship Id="rId{n}" Type="{office}/{kind}" Target="{target}"/>'
            for n, kind, target in (
                (1, "worksheet", "worksheets/sheet1.xml"),
                (2, "styles", "styles.xml"),
                (3, "calcChain", "calcChain.xml"),
            )
        ).encode()
        + b"</Relationships>",
    }
    old = handmade(f"<row r='1'><c r='A1'><v>1</v></c>{heads}</row>", workbook=workbook, more=more)
    package = Package.open(old)
    parts = answered_parts(package, package.sheets[0].part, 1, {2: GOOD}, HEADINGS).parts
    assert b'<calcPr calcId="191029" fullCalcOnLoad="1"/>' in parts["xl/workbook.xml"]
    new = handmade("<row r='1'><c r='A1'><v>1</v></c></row>", workbook=workbook, more=more)
    package = Package.open(new)
    parts = answered_parts(package, package.sheets[0].part, 1, {2: GOOD}, HEADINGS).parts
    assert set(parts) == {"xl/worksheets/sheet1.xml", "xl/styles.xml"}


def test_rows_are_spliced_whatever_form_they_have(handmade: Handmade) -> None:
    path = handmade(
        "<row r='1' spans='1:2'><c r='A1'><v>1</v></c><c><v>2</v></c></row>"
        "<row r='2'/><row r='4' spans=\"1:1\"><c r='A4'><v>1</v></c><c r='C4' s='1'/><c r='G4' s='1'/>"
        "</row><row><c><v>5</v></c></row>"
    )
    xml, grid = spliced(path, 1, dict.fromkeys((2, 3, 4, 5, 9), GOOD))
    for number in (2, 3, 4, 5, 9):
        assert [grid.rows[number][c].text for c in (3, 4, 5)] == [
            GOOD.status,
            GOOD.result,
            GOOD.note,
        ]
    assert "<row r='1' spans=\"1:5\">" in xml
    assert "<row r='4' spans=\"1:5\">" in xml
    assert xml.index('r="E4"') < xml.index("r='G4'")
    assert "<c r='C4' s='1'/>" not in xml


def test_prefixes_encodings_and_empty_sheets_are_spliced(handmade: Handmade) -> None:
    prefixed = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData/></x:worksheet>'
    xml, grid = spliced(handmade(sheet=prefixed), 1, {2: GOOD})
    assert '<x:cols><x:col min="1" max="1" width="16.0" customWidth="1"/>' in xml
    assert xml.endswith("</x:row></x:sheetData></x:worksheet>")
    assert grid.rows[1][1].text == "Status"
    wide = (
        f'<?xml version="1.0" encoding="utf-16"?><worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
    )
    path = handmade(sheet=wide.encode("utf-16"))
    package = Package.open(path)
    part = package.sheets[0].part
    answer = RowAnswer("Udført", "één", "€", "good")
    parts = answered_parts(package, part, 1, {2: answer}, HEADINGS).parts
    assert "Udført" in parts[part].decode("utf-16")
    latin = wide.replace("utf-16", "iso-8859-1").encode("iso-8859-1")
    path = handmade(sheet=latin)
    package = Package.open(path)
    parts = answered_parts(package, part, 1, {2: answer}, HEADINGS).parts
    again = Package(package.container.rewritten(parts))
    assert read_grid(again.markup(part), []).rows[2][3].text == "€"


def test_a_strict_workbook_is_answered(handmade: Handmade) -> None:
    path = handmade(
        sheet=f'<worksheet xmlns="{STRICT}"><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        "</sheetData></worksheet>",
        namespace=STRICT,
        office=STRICT_OFFICE,
    )
    _, grid = spliced(path, 1, {2: GOOD})
    assert grid.rows[2][2].text == GOOD.status


def test_the_dimension_grows_and_a_strange_one_stays(handmade: Handmade) -> None:
    body = '<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData></worksheet>'
    xml, _ = spliced(
        handmade(sheet=f'<worksheet xmlns="{MAIN}"><dimension ref="A1"/>{body}'), 1, {7: GOOD}
    )
    assert '<dimension ref="A1:D7"/>' in xml
    xml, _ = spliced(
        handmade(sheet=f'<worksheet xmlns="{MAIN}"><dimension ref="all"/>{body}'), 1, {7: GOOD}
    )
    assert '<dimension ref="all"/>' in xml


@pytest.mark.parametrize(
    ("cols", "expected"),
    [
        (
            '<cols><col min="1" max="1" width="5"/></cols>',
            '<cols><col min="1" max="1" width="5"/>NEW</cols>',
        ),
        (
            '<cols><col min="2" max="16384" width="9" style="1" hidden="1" customWidth="1"/></cols>',
            '<cols><col min="2" max="2" width="16.0" style="1" customWidth="1"/>'
            '<col min="3" max="3" width="24.0" style="1" customWidth="1"/>'
            '<col min="4" max="4" width="60.0" style="1" customWidth="1"/>'
            '<col min="5" max="16384" width="9" style="1" hidden="1" customWidth="1"/></cols>',
        ),
        (
            '<cols><col min="9" max="9" width="5"/></cols>',
            '<cols>NEW<col min="9" max="9" width="5"/></cols>',
        ),
        ("", "<cols>NEW</cols>"),
    ],
)
def test_new_columns_get_a_width_and_others_keep_theirs(
    handmade: Handmade, cols: str, expected: str
) -> None:
    new = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>'
        for n, width in ((2, 16.0), (3, 24.0), (4, 60.0))
    )
    xml, _ = spliced(
        handmade(
            sheet=f'<worksheet xmlns="{MAIN}">{cols}<sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
            "</sheetData></worksheet>"
        ),
        1,
        {2: GOOD},
    )
    assert expected.replace("NEW", new) in xml


def test_only_what_is_new_is_appended_to_the_styles(handmade: Handmade) -> None:
    path = handmade("<row r='1'><c r='A1' s='6'><v>1</v></c></row>")
    package = Package.open(path)
    before = package.container.read("xl/styles.xml").decode()
    parts = answered_parts(package, package.sheets[0].part, 1, {2: GOOD, 3: GOOD}, HEADINGS).parts
    after = parts["xl/styles.xml"].decode()
    assert '<fills count="3">' in after
    assert '<cellXfs count="10">' in after
    kept = after.replace('<fills count="3">', '<fills count="2">')
    kept = kept.replace('<cellXfs count="10">', '<cellXfs count="7">')
    head, tail = before.split("</fills>")
    assert kept.startswith(head)
    assert kept.endswith(tail.split("</cellXfs>")[1])


def test_an_answer_above_the_headings_is_a_mistake_of_the_caller(
    form: Form, authored: Authored, filled: Rows
) -> None:
    source = authored(filled)
    sheet = connector.read(source, form, "en")
    with pytest.raises(ValueError, match="below the heading"):
        connector.answer(source, source, sheet, {1: GOOD}, HEADINGS)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.integers(1, 40), unique=True, max_size=12).map(sorted),
    st.dictionaries(st.integers(2, 45), st.text(max_size=20), min_size=1, max_size=10),
    st.booleans(),
)
def test_any_answers_to_any_rows_are_read_back_and_other_cells_stay(
    handmade: Handmade, rows: list[int], notes: dict[int, str], places: bool
) -> None:
    data = "".join(
        f"<row r='{n}'>"
        + "".join(
            f"<c r='{c}{n}' s='2'><v>{n}</v></c>" if places else "<c><v>1</v></c>" for c in "AB"
        )
        + "</row>"
        for n in rows
    )
    path = handmade(data)
    package = Package.open(path)
    part = package.sheets[0].part
    before = read_grid(package.markup(part), []).rows
    answers = {number: RowAnswer("s", "r", note, "good") for number, note in notes.items()}
    result = answered_parts(package, part, 1, answers, HEADINGS)
    again = Package(package.container.rewritten(result.parts))
    after = read_grid(again.markup(part), []).rows
    assert {n: row for n, row in after.items() if n in before}.keys() == before.keys()
    for number, cells in before.items():
        assert {c: cell for c, cell in after[number].items() if c in cells} == cells
    for number in notes:
        assert after[number][result.columns[0]].text == "s"
    assert package.strings == again.strings


def test_a_fixed_sheet_is_read_with_the_same_hash_that_answering_asks_for(
    form: Form, authored: Authored, filled: Rows
) -> None:
    source = authored(filled)
    sheet = connector.read(source, form, "en")
    assert isinstance(sheet, Sheet)
    assert Package.open(source).sha256 == sheet.sha256
