"""New cells are spliced into a worksheet however it is written; every other byte of it stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from connectors.spreadsheet.answers import GOOD, HEADINGS, MAIN, Handmade, spliced
from paraplu import RowAnswer
from paraplu_spreadsheet.answering import answered_parts
from paraplu_spreadsheet.grid import read_grid
from paraplu_spreadsheet.package import Package

STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"


def test_a_workbook_without_styles_is_answered_without_colours(handmade: Handmade) -> None:
    path = handmade("<row r='1'><c r='A1'><v>1</v></c></row>", styles=None)
    xml, grid = spliced(path, 1, {2: GOOD})
    assert [cell.text for cell in grid.rows[2].values()] == [GOOD.status, GOOD.result, GOOD.note]
    assert ' s="' not in xml


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
