"""Cells are read as they stand, however the XML around them is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from paraplu import WorkbookRefused
from paraplu_spreadsheet.grid import Grid, RawCell, read_grid
from paraplu_spreadsheet.package import Package

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
Handmade = Callable[..., Path]


def grid(path: Path) -> Grid:
    package = Package.open(path)
    return read_grid(package.markup(package.sheets[0].part), package.strings)


def texts(path: Path) -> dict[int, dict[int, str]]:
    rows = grid(path).rows
    return {
        row: {column: cell.text for column, cell in cells.items()} for row, cells in rows.items()
    }


def test_rows_and_cells_without_a_place_follow_the_one_before(handmade: Handmade) -> None:
    path = handmade(
        "<row><c><v>1</v></c><c r='D1'><v>2</v></c><c><v>3</v></c></row>"
        "<row r='5'><c><v>4</v></c></row><row><c><v>5</v></c></row>"
    )
    assert texts(path) == {1: {1: "1", 4: "2", 5: "3"}, 5: {1: "4"}, 6: {1: "5"}}


def test_comments_cdata_quotes_and_entities_do_not_mislead(handmade: Handmade) -> None:
    path = handmade(
        "<!-- <row r='1'><c r='A1'><v>9</v></c></row> --><row r='1' x=\"a > b\">"
        "<c r='A1' t='str'><v><![CDATA[</v></c>]]></v></c>"
        "<c r='B1' t=\"inlineStr\"><is><t>a &lt; b &#38; c</t></is></c></row>"
    )
    assert texts(path) == {1: {1: "</v></c>", 2: "a < b & c"}}


def test_any_prefix_is_understood(handmade: Handmade) -> None:
    path = handmade(
        sheet=f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row r="2"><x:c r="B2"><x:v>7</x:v>'
        "</x:c></x:row></x:sheetData></x:worksheet>"
    )
    assert texts(path) == {2: {2: "7"}}


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "iso-8859-1"])
def test_any_encoding_is_understood(handmade: Handmade, codec: str) -> None:
    declared = "utf-16" if "16" in codec else "utf-8" if "8-s" in codec else codec
    sheet = (
        f'<?xml version="1.0" encoding="{declared}"?><worksheet xmlns="{MAIN}"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Ærø één</t></is></c></row></sheetData></worksheet>'
    )
    assert texts(handmade(sheet=sheet.encode(codec))) == {1: {1: "Ærø één"}}


def test_an_empty_sheet_has_no_rows(handmade: Handmade) -> None:
    assert texts(handmade(sheet=f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>')) == {}


def test_shared_strings_join_rich_text_and_leave_phonetic_guides_out(handmade: Handmade) -> None:
    path = handmade(
        "<row r='1'><c r='A1' t='s'><v>0</v></c><c r='B1' t='s'><v>1</v></c>"
        "<c r='C1' t='s'><v>2</v></c></row>",
        strings="<si><t>plain</t></si>"
        "<si><r><t>rich </t></r><r><rPr><b/></rPr><t>text</t></r></si>"
        "<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>",
    )
    assert texts(path) == {1: {1: "plain", 2: "rich text", 3: "東京"}}


def test_escapes_of_odd_characters_are_resolved_once(handmade: Handmade) -> None:
    path = handmade(
        "<row r='1'><c r='A1' t='inlineStr'><is><t>a_x000D_b _x005F_x0041_ _xD83D__xDE00_</t></is>"
        "</c></row>"
    )
    assert texts(path) == {1: {1: "a\rb _x0041_ 😀"}}


def test_formulas_give_their_kept_result_and_say_when_there_is_none(handmade: Handmade) -> None:
    path = handmade(
        "<row r='1'><c r='A1'><f>1+1</f><v>2</v></c><c r='B1'><f>1+1</f></c><c r='C1'><f>1</f><v/></c>"
        "<c r='D1' t='str'><f>\"\"</f><v></v></c><c r='E1' t='e'><f>NA()</f><v>#N/A</v></c></row>"
    )
    assert grid(path).rows[1] == {
        1: RawCell("n", "2", 0),
        2: RawCell("f", "", 0),
        3: RawCell("f", "", 0),
        5: RawCell("e", "#N/A", 0),
    }


def test_hidden_rows_are_read_and_known(handmade: Handmade) -> None:
    found = grid(
        handmade(
            "<row r='1' hidden='1'><c r='A1'><v>1</v></c></row>"
            "<row r='2' ht='0' customHeight='1'><c r='A2'><v>1</v></c></row>"
            "<row r='3'><c r='A3'><v>1</v></c></row>"
        )
    )
    assert sorted(found.rows) == [1, 2, 3]
    assert found.hidden == {1, 2}


def test_of_merged_cells_only_the_first_is_data(handmade: Handmade) -> None:
    path = handmade(
        sheet=f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v>'
        '</c></row><row r="2"><c r="A2"><v>3</v></c><c r="C2"><v>4</v></c></row></sheetData>'
        '<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells></worksheet>'
    )
    assert texts(path) == {1: {1: "1"}, 2: {3: "4"}}


def test_a_dimension_that_is_too_small_is_not_believed(handmade: Handmade) -> None:
    path = handmade(
        sheet=f'<worksheet xmlns="{MAIN}"><dimension ref="A1"/><sheetData>'
        '<row r="9"><c r="J9"><v>1</v></c></row></sheetData></worksheet>'
    )
    assert texts(path) == {9: {10: "1"}}


def test_formatted_empty_cells_are_no_rows(handmade: Handmade) -> None:
    path = handmade(
        "<row r='1'><c r='A1'><v>1</v></c></row>"
        + "".join(
            f"<row r='{n}' s='1' customFormat='1'><c r='A{n}' s='2'/></row>" for n in range(2, 500)
        )
    )
    assert texts(path) == {1: {1: "1"}}


def test_a_strict_workbook_is_read(handmade: Handmade) -> None:
    path = handmade(
        sheet=f'<worksheet xmlns="{STRICT}"><sheetData><row r="1"><c r="A1" t="d"><v>2026-01-31</v></c>'
        "<c r='B1' t='s'><v>0</v></c></row></sheetData></worksheet>",
        namespace=STRICT,
        office=STRICT_OFFICE,
        strings="<si><t>strict</t></si>",
    )
    assert grid(path).rows[1] == {1: RawCell("d", "2026-01-31", 0), 2: RawCell("s", "strict", 0)}


@pytest.mark.parametrize(
    "data",
    [
        "<row r='2'/><row r='2'/>",
        "<row r='3'/><row r='2'/>",
        "<row r='1'><c r='B1'><v>1</v></c><c r='A1'><v>1</v></c></row>",
        "<row r='1'><c r='B1'><v>1</v></c><c r='B1'><v>2</v></c></row>",
        "<row r='1'><c r='A1'><v>one</v></c></row>",
        "<row r='1'><c r='A1'><v>1_0</v></c></row>",
        "<row r='1'><c r='A1'><v>inf</v></c></row>",
        "<row r='1'><c r='A1' t='s'><v>99</v></c></row>",
        "<row r='1'><c r='A1' t='what'><v>99</v></c></row>",
        "<row r='1'><c r='ZZZ1'><v>1</v></c></row>",
        "<row r='1048577'/>",
        "<row r='first'/>",
        "<row r='1'><c r='A1'><v>1</v></row>",
        "<row r='1'><c r='A1'><v>&undeclared;</v></c></row>",
    ],
)
def test_what_no_program_would_write_is_refused_as_damaged(handmade: Handmade, data: str) -> None:
    with pytest.raises(WorkbookRefused) as refused:
        grid(handmade(data))
    assert refused.value.message.code == "damaged"


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE w SYSTEM "http://127.0.0.1/w.dtd">',
    ],
)
@pytest.mark.parametrize(
    "part",
    [
        "xl/worksheets/sheet1.xml",
        "xl/workbook.xml",
        "xl/styles.xml",
        "xl/sharedStrings.xml",
        "_rels/.rels",
        "xl/_rels/workbook.xml.rels",
    ],
)
def test_a_document_type_is_refused_in_every_part(
    tmp_path: Path,
    make_parts: Callable[..., dict[str, bytes]],
    make_zip: Callable[..., bytes],
    head: str,
    part: str,
) -> None:
    parts = make_parts(
        f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>', strings="<si><t>a</t></si>"
    )
    parts[part] = head.encode() + parts[part]
    path = tmp_path / "in.xlsx"
    path.write_bytes(make_zip(parts))
    with pytest.raises(WorkbookRefused) as refused:
        package = Package.open(path)
        read_grid(package.markup(package.sheets[0].part), package.strings)
        assert package.formats
    assert refused.value.message.code == "document-type"
    assert part in str(refused.value)
