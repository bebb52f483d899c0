"""Cells spliced into the bytes of a worksheet part; what is not spliced stays as it is, byte for byte.

Texts are written as inline strings (ECMA-376 part 1, 18.3.1.53): a text that begins with ``=`` is a text, and
the shared strings stay untouched.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from paraplu_spreadsheet.address import LAST_COLUMN, Area, address
from paraplu_spreadsheet.anatomy import Anatomy, RowSpan
from paraplu_spreadsheet.markup import Markup, drop_attribute, prefix_of, quoted, set_attribute
from paraplu_spreadsheet.strings import escaped

_Edit = tuple[int, int, bytes]


class NewCell(NamedTuple):
    """A text and the style that its cell gets; None leaves the style to Excel."""

    text: str
    style: int | None


def spliced(
    markup: Markup,
    anatomy: Anatomy,
    rows: Mapping[int, Mapping[int, NewCell]],
    widths: Mapping[int, float],
) -> bytes:
    """The part with the cells of `rows` (by row and column) written, and columns made as wide as
    `widths` says. `anatomy` must have been taken with these rows wanted and these columns noted.
    """
    prefix = prefix_of(markup.data[anatomy.data_start : anatomy.data_tag_end])
    edits: list[_Edit] = []
    missing: dict[int, list[bytes]] = {}
    starts = [number for number, _ in anatomy.row_starts]
    for number in sorted(rows):
        cells = {
            column: markup.fragment(_cell(prefix, address(number, column), cell))
            for column, cell in sorted(rows[number].items())
        }
        span = anatomy.rows.get(number)
        if span is not None:
            edits += _row_edits(markup, span, cells, prefix)
            continue
        row = f'<{prefix}row r="{number}">'.encode() + b"".join(cells.values())
        after = bisect_right(starts, number)
        at = anatomy.row_starts[after][1] if after < len(starts) else anatomy.data_end
        missing.setdefault(at, []).append(row + f"</{prefix}row>".encode())
    if anatomy.data_closed:
        tag = markup.data[anatomy.data_start : anatomy.data_tag_end]
        inside = b"".join(row for group in missing.values() for row in group)
        opened = tag[:-2].rstrip() + b">" + inside + f"</{prefix}sheetData>".encode()
        edits.append((anatomy.data_start, anatomy.data_tag_end, opened))
    else:
        edits += [(at, at, b"".join(group)) for at, group in missing.items()]
    edits += _dimension_edit(markup, anatomy, rows)
    edits += _width_edits(markup, anatomy, widths, prefix)
    return markup.restored(_applied(markup.data, edits))


def _applied(data: bytes, edits: Sequence[_Edit]) -> bytes:
    out: list[bytes] = []
    at = 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        out += (data[at:start], new)
        at = end
    out.append(data[at:])
    return b"".join(out)


def _cell(prefix: str, place: str, cell: NewCell) -> str:
    style = "" if cell.style is None else f' s="{cell.style}"'
    text = escaped(cell.text)
    if not text:
        return f'<{prefix}c r="{place}"{style}/>'
    space = ' xml:space="preserve"' if text != " ".join(text.split()) else ""
    return (
        f'<{prefix}c r="{place}"{style} t="inlineStr"><{prefix}is>'
        f"<{prefix}t{space}>{quoted(text)}</{prefix}t></{prefix}is></{prefix}c>"
    )


def _row_edits(
    markup: Markup, row: RowSpan, cells: Mapping[int, bytes], prefix: str
) -> list[_Edit]:
    tag = markup.data[row.start : row.tag_end]
    if row.spans:
        ends = [int(end) for span in row.spans.split() for end in span.split(":")]
        columns = [*ends, *cells]
        tag = set_attribute(tag, "spans", f"{min(columns)}:{max(columns)}")
    if row.closed:
        content = b"".join(cells.values())
        opened = tag[:-2].rstrip() + b">" + content + f"</{prefix}row>".encode()
        return [(row.start, row.tag_end, opened)]
    edits: list[_Edit] = [(row.start, row.tag_end, tag)] if row.spans else []
    present = {cell.column: cell for cell in row.cells}
    inserted: dict[int, bytes] = {}
    for column, new in cells.items():
        if column in present:
            edits.append((present[column].start, present[column].end, new))
            continue
        at = next((cell.start for cell in row.cells if cell.column > column), row.end)
        inserted[at] = inserted.get(at, b"") + new
    return edits + [(at, at, new) for at, new in inserted.items()]


def _dimension_edit(
    markup: Markup, anatomy: Anatomy, rows: Mapping[int, Mapping[int, NewCell]]
) -> list[_Edit]:
    if anatomy.dimension is None or not rows:
        return []
    start, end, old = anatomy.dimension
    if old is None:
        return []
    columns = [column for cells in rows.values() for column in cells]
    new = Area(
        min(old.top, *rows),
        min(old.left, *columns),
        max(old.bottom, *rows),
        max(old.right, *columns),
    )
    if new == old:
        return []
    return [(start, end, set_attribute(markup.data[start:end], "ref", str(new)))]


def _width_edits(
    markup: Markup, anatomy: Anatomy, widths: Mapping[int, float], prefix: str
) -> list[_Edit]:
    """Give columns a width and show them, cutting them out of a wider definition when they are in one."""
    edits: list[_Edit] = []
    left = dict(widths)
    for span in anatomy.columns:
        first, last = span.first, span.last
        inside = [column for column in sorted(widths) if first <= column <= last]
        if not inside:
            continue
        tag = markup.data[span.start : span.end]
        pieces: list[bytes] = []
        at = first
        for column in inside:
            if at < column:
                pieces.append(_col(tag, at, column - 1))
            own = _col(tag, column, column)
            own = set_attribute(
                set_attribute(own, "width", str(widths[column])), "customWidth", "1"
            )
            pieces.append(drop_attribute(drop_attribute(own, "hidden"), "collapsed"))
            left.pop(column, None)
            at = column + 1
        if at <= min(last, LAST_COLUMN):
            pieces.append(_col(tag, at, last))
        edits.append((span.start, span.end, b"".join(pieces)))
    new: dict[int, bytes] = {}
    for column, width in sorted(left.items()):
        tag = (
            f'<{prefix}col min="{column}" max="{column}" width="{width}" customWidth="1"/>'.encode()
        )
        at = next(
            (span.start for span in anatomy.columns if span.first > column),
            anatomy.columns_end,
        )
        new[at] = new.get(at, b"") + tag
    if not anatomy.columns:
        inside_cols = b"".join(new.values())
        whole = f"<{prefix}cols>".encode() + inside_cols + f"</{prefix}cols>".encode()
        return [(anatomy.data_start, anatomy.data_start, whole)] if new else []
    return edits + [(at, at, tags) for at, tags in new.items()]


def _col(tag: bytes, first: int, last: int) -> bytes:
    return set_attribute(set_attribute(tag, "min", str(first)), "max", str(last))
