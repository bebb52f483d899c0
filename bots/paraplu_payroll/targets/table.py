"""A table on a page, read the way a person reads it: by its column headings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paraplu import PageChanged

Row = dict[str, str]


def rows_of(table: Any, name: str) -> list[Row]:
    """The rows of `table`, see `by_heading`; `name` is what errors call it."""
    texts: list[str] = table.get_by_role("row").all_inner_texts()
    return by_heading(name, [[part.strip() for part in text.split("\t")] for text in texts])


def by_heading(name: str, rows: Sequence[Sequence[str]]) -> list[Row]:
    """The cells of the table called `name`, whose first row are the headings, by heading in lower case.

    A row of one cell only says that there is nothing, and is left out. Raises `PageChanged` when there
    is no such table, or a row has other cells than the headings say.
    """
    if not rows:
        raise PageChanged(f'The table "{name}" is not on the page, or has no headings.')
    headings = [heading.casefold() for heading in rows[0]]
    found: list[Row] = []
    for cells in rows[1:]:
        if len(cells) == 1 < len(headings):
            continue
        if len(cells) != len(headings):
            raise PageChanged(
                f'The table "{name}" has {len(headings)} headings and a row of {len(cells)} cells.'
            )
        found.append(dict(zip(headings, cells, strict=True)))
    return found


def cell(row: Row, heading: str) -> str:
    """The cell under `heading`. Raises `PageChanged` when there is no such column."""
    if heading.casefold() not in row:
        raise PageChanged(f'The column "{heading}" is not in the table any more.')
    return row[heading.casefold()]
