"""Workbooks for the tests: authored by openpyxl, or put together from XML by hand."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from paraplu import Choice, Column, Form, Kind

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = (
    f'<styleSheet xmlns="{MAIN}">'
    '<numFmts count="3"><numFmt numFmtId="164" formatCode="00000"/>'
    '<numFmt numFmtId="165" formatCode="000000\\-0000"/>'
    '<numFmt numFmtId="166" formatCode="[$-413]d\\ mmmm\\ yyyy;@"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    "<borders count='2'><border/><border><left style='thin'/></border></borders>"
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="7">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="1" xfId="0"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="166" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="20" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="1" xfId="0"/>'
    "</cellXfs></styleSheet>"
)


@pytest.fixture
def form() -> Form:
    """A form with a column of every kind."""
    return Form(
        service="practice",
        titles={"en": "Corrections", "nl": "Correcties", "da": "Rettelser"},
        columns=(
            Column(
                "reference",
                Kind.CODE,
                {"en": "Reference", "nl": "Kenmerk", "da": "Reference"},
                hints={"en": "Your own number.", "nl": "Uw eigen nummer."},
                aliases=("Your ref.",),
                required=True,
            ),
            Column(
                "employee",
                Kind.CODE,
                {"en": "Employee number", "nl": "Personeelsnummer", "da": "Medarbejdernummer"},
                aliases=("Pers.nr",),
                required=True,
                width=5,
            ),
            Column(
                "amount",
                Kind.MONEY,
                {"en": "Amount wanted", "nl": "Gewenst bedrag", "da": "Ønsket beløb"},
                required=True,
            ),
            Column("hours", Kind.NUMBER, {"en": "Hours", "nl": "Uren", "da": "Timer"}, decimals=3),
            Column("count", Kind.INTEGER, {"en": "Count", "nl": "Aantal stuks", "da": "Stk."}),
            Column("day", Kind.DATE, {"en": "Start date", "nl": "Ingangsdatum", "da": "Startdato"}),
            Column("period", Kind.MONTH, {"en": "Period", "nl": "Periode", "da": "Måned"}),
            Column("urgent", Kind.YES_NO, {"en": "Urgent", "nl": "Spoed", "da": "Haster"}),
            Column(
                "kind",
                Kind.CHOICE,
                {"en": "Kind", "nl": "Soort", "da": "Art"},
                choices=(
                    Choice("add", {"en": "Add", "nl": "Toevoegen", "da": "Tilføj"}),
                    Choice("end", {"en": "End", "nl": "Beëindigen", "da": "Afslut"}),
                ),
            ),
            Column("remark", Kind.TEXT, {"en": "Remark", "nl": "Opmerking"}, longest=40),
        ),
        total_of=("amount",),
    )


Authored = Callable[..., Path]


@pytest.fixture
def authored(tmp_path: Path) -> Authored:
    """A workbook that openpyxl saved: `authored(rows)` with None for an empty cell."""

    def make(rows: Sequence[Sequence[Any]], name: str = "in.xlsx", title: str = "Sheet") -> Path:
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = title
        for row in rows:
            sheet.append(list(row))
        path = tmp_path / name
        book.save(path)
        return path

    return make


def zipped(parts: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, compression)
    return out.getvalue()


def parts_of(
    sheet: str | bytes,
    *,
    strings: str | None = None,
    styles: str | None = STYLES,
    workbook: str = '<workbookPr/><sheets><sheet name="Sheet" sheetId="1" r:id="rId1"/></sheets>',
    more: dict[str, bytes] | None = None,
    namespace: str = MAIN,
    office: str = OFFICE,
) -> dict[str, bytes]:
    """The parts of a workbook around one worksheet part."""
    kinds = {"rId1": ("worksheet", "worksheets/sheet1.xml")}
    parts = {
        "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        b'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
        b'package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        b'<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
        b'officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/'
        b'sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.'
        b'worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.'
        b'openxmlformats-officedocument.spreadsheetml.styles+xml"/><Override PartName="/xl/'
        b'sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        b'spreadsheetml.sharedStrings+xml"/></Types>',
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}, office),
        "xl/workbook.xml": f'<workbook xmlns="{namespace}" xmlns:r="{office}">{workbook}'
        f"</workbook>".encode(),
        "xl/worksheets/sheet1.xml": sheet.encode() if isinstance(sheet, str) else sheet,
    }
    if styles is not None:
        parts["xl/styles.xml"] = styles.replace(MAIN, namespace).encode()
        kinds["rId2"] = ("styles", "styles.xml")
    if strings is not None:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{namespace}">{strings}</sst>'.encode()
        kinds["rId3"] = ("sharedStrings", "sharedStrings.xml")
    parts["xl/_rels/workbook.xml.rels"] = _relations(kinds, office)
    return parts | (more or {})


def _relations(kinds: dict[str, tuple[str, str]], office: str) -> bytes:
    inside = "".join(
        f'<Relationship Id="{key}" Type="{office}/{kind}" Target="{target}"/>'
        for key, (kind, target) in kinds.items()
    )
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{inside}</Relationships>"
    ).encode()


Handmade = Callable[..., Path]


@pytest.fixture
def handmade(tmp_path: Path) -> Handmade:
    """A workbook from XML: `handmade(sheet_data)`, or a whole worksheet part as `sheet=`."""

    def make(
        data: str = "", *, name: str = "in.xlsx", sheet: str | bytes = "", **parts: Any
    ) -> Path:
        if not sheet:
            sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{data}</sheetData></worksheet>'
        path = tmp_path / name
        path.write_bytes(zipped(parts_of(sheet, **parts)))
        return path

    return make


@pytest.fixture
def make_zip() -> Callable[..., bytes]:
    return zipped


@pytest.fixture
def make_parts() -> Callable[..., dict[str, bytes]]:
    return parts_of


def text_cell(address: str, text: str) -> str:
    return f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>'


@pytest.fixture
def text() -> Callable[[str, str], str]:
    """An inline string cell."""
    return text_cell


@pytest.fixture
def filled() -> list[list[Any]]:
    """A heading row and two right rows of `form`, in English."""
    return [
        [
            *("Reference", "Employee number", "Amount wanted", "Hours", "Count", "Start date"),
            *("Period", "Urgent", "Kind", "Remark"),
        ],
        [
            "A-1",
            "00042",
            1250.5,
            7.5,
            3,
            datetime.date(2026, 1, 31),
            "2026-02",
            True,
            "add",
            "note",
        ],
        ["A-2", 43, 99.95, None, None, None, None, "no", "Beëindigen", None],
    ]
