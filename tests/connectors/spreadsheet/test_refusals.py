"""Workbooks that cannot be answered are refused, and the refusal says by what and where."""

from __future__ import annotations

import zipfile
from collections.abc import Callable

import pytest

from connectors.spreadsheet.answers import (
    GOOD,
    HEADINGS,
    MAIN,
    Authored,
    Handmade,
    Rows,
    spliced,
)
from paraplu import Form, WorkbookRefused
from paraplu_spreadsheet import connector


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


def test_an_answer_above_the_headings_is_a_mistake_of_the_caller(
    form: Form, authored: Authored, filled: Rows
) -> None:
    source = authored(filled)
    sheet = connector.read(source, form, "en")
    with pytest.raises(ValueError, match="below the heading"):
        connector.answer(source, source, sheet, {1: GOOD}, HEADINGS)
