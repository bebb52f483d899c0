"""A table on a page, read the way a person reads it: by its column headings."""

from __future__ import annotations

from typing import Any

from paraplu import PageChanged

Row = dict[str, str]


def read_table(page: Any, name: str) -> list[Row]:
    """The rows of the table called `name`, see `rows_of`."""
    return rows_of(page.get_by_role("table", name=name, exact=True), name)


def rows_of(table: Any, name: str) -> list[Row]:
    """The rows of `table` by heading in lower case; `name` is what errors call it.

    A row of one cell only says that there is nothing, and is left out. Raises `PageChanged` when there
    is no such table, or a row has other cells than the headings say.
    """
    texts: list[str] = table.get_by_role("row").all_inner_texts()
    if not texts:
        raise PageChanged(f'The table "{name}" is not on the page, or has no headings.')
    headings = [part.strip().casefold() for part in texts[0].split("\t")]
    rows: list[Row] = []
    for text in texts[1:]:
        cells = [part.strip() for part in text.split("\t")]
        if len(cells) == 1 < len(headings):
            continue
        if len(cells) != len(headings):
            raise PageChanged(
                f'The table "{name}" has {len(headings)} headings and a row of {len(cells)} cells.'
            )
        rows.append(dict(zip(headings, cells, strict=True)))
    return rows


def cell(row: Row, heading: str) -> str:
    """The cell under `heading`. Raises `PageChanged` when there is no such column."""
    if heading.casefold() not in row:
        raise PageChanged(f'The column "{heading}" is not in the table any more.')
    return row[heading.casefold()]
