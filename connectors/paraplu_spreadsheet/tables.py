"""Tables for reading: text in every cell, so that nothing can be a formula; the same bytes each time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from paraplu import Table

_HEADING = PatternFill("solid", fgColor="FF1F4E5F")
_NEVER = datetime(2000, 1, 1)  # noqa: DTZ001 - openpyxl wants it without a zone; it only must not move
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_CHANGES = re.compile(r"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]")
_LONGEST = 32_767  # characters that Excel takes in a cell
_WIDEST = 60.0


def tables_for_reading(tables: Sequence[Table]) -> bytes:
    """An .xlsx file with a sheet for each table, headings frozen and filtered."""
    book = Workbook(write_only=True)
    for table in tables:
        sheet: Any = book.create_sheet(_NOT_IN_A_NAME.sub(" ", table.title)[:31])
        widths = [_width(column) for column in _columns(table)]
        for number, width in enumerate(widths, 1):
            sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.freeze_panes = "A2"
        last = get_column_letter(max(1, len(table.headings)))
        sheet.auto_filter.ref = f"A1:{last}{len(table.rows) + 1}"
        sheet.append([_heading(sheet, text) for text in table.headings])
        for row in table.rows:
            sheet.append([_text(sheet, text) for text in row])
    book.properties.creator = "Paraplu"
    book.properties.created = _NEVER
    out = io.BytesIO()
    book.save(out)
    return _without_time(out.getvalue())


def _columns(table: Table) -> Iterable[list[str]]:
    for number, heading in enumerate(table.headings):
        yield [heading, *(row[number] for row in table.rows[:500])]


def _width(texts: Sequence[str]) -> float:
    longest = max(len(line) for text in texts for line in text.split("\n"))
    return min(_WIDEST, max(8.0, longest + 2.0))


def _heading(sheet: Any, text: str) -> Cell:
    cell = _text(sheet, text)
    cell.font = Font(bold=True, color="FFFFFFFF")
    cell.fill = _HEADING
    return cell


def _text(sheet: Any, text: str) -> Cell:
    cell: Cell = WriteOnlyCell(sheet, _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)[:_LONGEST])
    cell.data_type = "s"  # what begins with "=" would be a formula
    cell.number_format = "@"
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    return cell


def _without_time(data: bytes) -> bytes:
    """The same workbook as if it had been written at no particular time."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for one in old.infolist():
            content = old.read(one)
            if one.filename == "docProps/core.xml":
                text = content.decode("utf-8")
                content = _CHANGES.sub(rf"\g<1>{_NEVER:%Y-%m-%dT%H:%M:%SZ}", text).encode()
            info = zipfile.ZipInfo(one.filename, _EARLIEST)
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3
            new.writestr(info, content)
    return out.getvalue()
