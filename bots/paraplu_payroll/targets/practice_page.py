"""A page of the practice office as it was read: its tables, its fields and its marks.

Pages that are only read are fetched within the browser's session and not drawn: the browser's cookies go
with the request and come back with the answer, so it is the same session that clicks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from paraplu import PageChanged, TargetDown, TargetRefused
from paraplu_payroll.targets.table import Row, by_heading

_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})


@dataclass(slots=True)
class _Text:
    """The text of an element, gathered while it is open."""

    text: str = ""

    @property
    def tidy(self) -> str:
        return " ".join(self.text.split())


@dataclass(slots=True)
class TableRow:
    """A row: its attributes, its cells from left to right, and those that are marked, by name."""

    attributes: Mapping[str, str]
    _cells: list[_Text] = field(default_factory=list)
    _fields: dict[str, _Text] = field(default_factory=dict)

    @property
    def cells(self) -> list[str]:
        """What stands in the cells."""
        return [one.tidy for one in self._cells]

    def attribute(self, name: str) -> str:
        """An attribute of the row. Raises `PageChanged` when it has none of this name."""
        if name not in self.attributes:
            raise PageChanged(f'A row has no mark "{name}" any more.')
        return self.attributes[name]

    def field(self, name: str) -> str:
        """What stands in a marked cell. Raises `PageChanged` when there is none of this name."""
        if name not in self._fields:
            raise PageChanged(f'A row has no field "{name}" any more.')
        return self._fields[name].tidy


class ReadPage(HTMLParser):
    """The content of a page (its `main`)."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self._fields: dict[str, _Text] = {}
        self._marks: list[_Text] = []
        self._tables: list[tuple[_Text, list[TableRow]]] = []
        self._open: list[tuple[str, list[_Text]]] = []
        self.feed(html)
        self.close()

    @property
    def marks(self) -> list[str]:
        """What the page calls attention to."""
        return [one.tidy for one in self._marks]

    def field(self, name: str) -> str:
        """The first field of this name. Raises `PageChanged` when there is none."""
        if name not in self._fields:
            raise PageChanged(f'The page has no field "{name}" any more.')
        return self._fields[name].tidy

    def table(self, name: str) -> list[Row]:
        """The rows of the table called `name`, see `by_heading`."""
        return by_heading(name, [row.cells for row in self._rows(name)])

    def marked_rows(self, name: str, mark: str) -> Sequence[TableRow]:
        """The rows of the table called `name` that have the attribute `mark`."""
        return [row for row in self._rows(name) if mark in row.attributes]

    def _rows(self, name: str) -> list[TableRow]:
        for caption, rows in self._tables:
            if caption.tidy == name and rows:
                return rows
        raise PageChanged(f'The table "{name}" is not on the page, or has no headings.')

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what begins here."""
        if tag in _VOID or (tag != "main" and not self._open):
            return
        attributes = {name: value or "" for name, value in attrs}
        text = _Text()
        heard: list[_Text] = []
        rows = self._tables[-1][1] if self._tables and self._within("table") else []
        if tag == "table":
            self._tables.append((_Text(), []))
        elif tag == "caption" and self._tables:
            heard.append(self._tables[-1][0])
        elif tag == "tr" and self._tables:
            rows.append(TableRow(attributes))
        elif tag in ("th", "td") and rows:
            rows[-1]._cells.append(text)
        if "data-field" in attributes:
            self._fields.setdefault(attributes["data-field"], text)
            if rows:
                rows[-1]._fields.setdefault(attributes["data-field"], text)
        if "data-mark" in attributes:
            self._marks.append(text)
        self._open.append((tag, [*heard, text]))

    def handle_endtag(self, tag: str) -> None:
        """Close what ends here, and what was left open inside of it."""
        if self._within(tag):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Give the text to everything that is open."""
        for _, texts in self._open:
            for one in texts:
                one.text += data

    def _within(self, tag: str) -> bool:
        return any(name == tag for name, _ in self._open)


def fetch(page: Any, path: str) -> ReadPage | None:
    """Read the page at `path` in the session of `page`; None when there is no such thing.

    Raises `TargetDown` when there is no answer, when the office is closed or when the session has ended,
    `TargetRefused` when the account may not read it.
    """
    try:
        response = page.request.get(path)
    except PageChanged as error:  # it was not answered, whatever the reason
        raise TargetDown("The practice office does not answer. Try later.") from error
    try:
        status = int(response.status)
        if urlsplit(str(response.url)).path == "/sign-in":
            raise TargetDown("The practice office ended the session: sign in again.")
        if status == 404:
            return None
        if status == 403:
            raise TargetRefused("The account has no right to this page of the practice office.")
        if status == 429 or status >= 500:
            asked = str(response.headers.get("retry-after", ""))
            wait = float(asked) if asked.isdecimal() else None
            raise TargetDown(f"The practice office answered {status}. Try later.", retry_after=wait)
        if status >= 400:
            raise PageChanged(f"The practice office answered {status}, which is not expected.")
        return ReadPage(response.text())
    finally:
        response.dispose()
