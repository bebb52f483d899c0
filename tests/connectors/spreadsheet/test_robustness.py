"""Whatever is done to a file, it is read, answered or refused by name: no traceback, no hang."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from paraplu import Form, RowAnswer, WorkbookRefused
from paraplu_spreadsheet import connector
from paraplu_spreadsheet.answering import answered_parts
from paraplu_spreadsheet.package import Package
from paraplu_spreadsheet.reading import read_sheet

HEADINGS = ("Status", "Result", "Note")
ANSWER = RowAnswer("Done", "", "note", "good")
PIECES = [
    b"", b"<", b">", b"&", b'"', b"'", b"\0", b"\xff", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<!DOCTYPE a>",
    b"-1", b"99999999999999999999", b"1e999", b"NaN", b"XFE1", b"A0", b"A1:", b"<row/>", b"<c/>", b"<v/>",
    b"<c r='A1'><v>1</v></c>", b"</row>", b"<f/>", b"<is><t>x</t></is>", b" r='9'", b" t='s'", b" s='-7'",
    b"<sheetData/>", b"<cols/>", b"<col min='1' max='0'/>", b"<mergeCell ref='A1:XFD1048576'/>", b"<fills/>",
]  # fmt: skip


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = (
    f'<worksheet xmlns="{MAIN}"><dimension ref="A1:G4"/><sheetViews><sheetView workbookViewId="0"/>'
    '</sheetViews><cols><col min="1" max="3" width="20" customWidth="1"/></cols><sheetData>'
    '<row r="1" spans="1:4"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>'
    '<c r="C1" t="s"><v>2</v></c><c r="D1" t="inlineStr"><is><t>Start date</t></is></c></row>'
    '<row r="2"><c r="A2" t="s"><v>3</v></c><c r="B2" s="2"><v>42</v></c><c r="C2"><v>12.5</v></c>'
    '<c r="D2" s="1"><v>46053</v></c></row><row><c t="s"><v>3</v></c><c><v>43</v></c>'
    '<c t="str"><f>TEXT(C2,"0")</f><v>12,5</v></c><c t="e"><v>#N/A</v></c></row></sheetData>'
    '<mergeCells count="1"><mergeCell ref="F1:G2"/></mergeCells></worksheet>'
)
STRINGS = (
    "<si><t>Reference</t></si><si><t>Employee number</t></si>"
    "<si><r><t>Amount </t></r><r><t>wanted</t></r></si><si><t>A-1</t></si>"
)
Parts = dict[str, bytes]


@pytest.fixture
def whole(make_parts: Callable[..., Parts]) -> Parts:
    """The parts of a workbook that is right."""
    return make_parts(SHEET, strings=STRINGS)


READ_PARTS = [
    *("xl/worksheets/sheet1.xml",) * 3,
    *("xl/styles.xml", "xl/sharedStrings.xml", "xl/workbook.xml"),
    *("xl/_rels/workbook.xml.rels", "_rels/.rels"),
]


def try_everything(data: bytes, form: Form) -> None:
    try:
        package = Package(data)
        sheet = read_sheet(package, form, "en")
        part = next(s.part for s in package.sheets if s.name == sheet.name)
        answers = {row.number: ANSWER for row in sheet.rows}
        parts = answered_parts(package, part, sheet.header_row, answers, HEADINGS).parts
        Package(package.container.rewritten(parts))
    except WorkbookRefused as refused:
        assert str(refused)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(READ_PARTS),
    st.floats(0, 1),
    st.integers(0, 12),
    st.one_of(st.sampled_from(PIECES), st.binary(max_size=6)),
)
def test_any_change_in_any_part_is_read_or_refused(
    form: Form,
    whole: Parts,
    make_zip: Callable[..., bytes],
    part: str,
    where: float,
    length: int,
    piece: bytes,
) -> None:
    data = whole[part]
    at = int(where * len(data))
    changed = data[:at] + piece + data[at + length :]
    try_everything(make_zip(whole | {part: changed}), form)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 255)), min_size=1, max_size=4))
def test_any_flipped_bytes_of_the_file_are_read_or_refused(
    form: Form, whole: Parts, make_zip: Callable[..., bytes], flips: list[tuple[float, int]]
) -> None:
    data = bytearray(make_zip(whole))
    for where, value in flips:
        data[int(where * len(data))] = value
    try_everything(bytes(data), form)


def test_a_missing_part_is_read_around_or_refused(
    form: Form, whole: Parts, make_zip: Callable[..., bytes]
) -> None:
    for part in whole:
        rest = {name: data for name, data in whole.items() if name != part}
        try_everything(make_zip(rest), form)


def test_the_workbook_of_these_tests_is_right(
    form: Form, whole: Parts, make_zip: Callable[..., bytes]
) -> None:
    sheet = read_sheet(Package(make_zip(whole)), form, "nl")
    assert [row.number for row in sheet.rows] == [2, 3]
    assert str(sheet.total) == "25.00"


def test_the_connector_is_cheap_to_import() -> None:
    code = (
        "import sys, paraplu_spreadsheet\n"
        "assert paraplu_spreadsheet.connector\n"
        "heavy = {'openpyxl', 'babel', 'zipfile', 'xml', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-S", "-c", _with_path(code)], check=True)


def _with_path(code: str) -> str:
    roots = [
        str(Path(sys.modules[name].__file__ or "").parents[1])
        for name in ("paraplu_spreadsheet", "paraplu")
    ]
    return f"import sys; sys.path[:0] = {roots!r}\n{code}"


def test_the_connector_keeps_its_promise(form: Form) -> None:
    from paraplu import WorkbookConnector

    kept: WorkbookConnector = connector
    assert {"template", "read", "answer"} <= set(dir(kept))
