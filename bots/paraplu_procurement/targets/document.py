"""A server-rendered page, read once as a whole: its named fields and the rows of its tables.

One reading instead of one per cell: a page is seen at one moment, and the log stays short.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from paraplu import PageChanged

_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})
_NAME = "data-field"


@dataclass(slots=True)
class Part:
    """One marked element: its text with single spaces, and its attributes."""

    attributes: Mapping[str, str]
    text: str = ""


@dataclass(slots=True)
class Row:
    """One row of a table, or the page around the tables: parts by their `data-field`."""

    attributes: Mapping[str, str]
    parts: dict[str, Part] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The text of a field. Raises `PageChanged` when it is not there."""
        return self.part(name).text

    def part(self, name: str) -> Part:
        """A field. Raises `PageChanged` when it is not there."""
        try:
            return self.parts[name]
        except KeyError:
            raise PageChanged(
                f"The page lacks the field '{name}': compare it with the target."
            ) from None

    def attribute(self, name: str) -> str:
        """An attribute of the row itself. Raises `PageChanged` when it is not there."""
        try:
            return self.attributes[name]
        except KeyError:
            raise PageChanged(
                f"A row lacks the mark '{name}': compare it with the target."
            ) from None


class Document(HTMLParser):
    """The fields of a page outside of tables (`facts`) and its tables by caption."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.facts = Row({})
        self.tables: dict[str, list[Row]] = {}
        self._title = Part({})
        self._open: list[tuple[str, Part | None]] = []
        self._table: list[Row] | None = None
        self._row: Row | None = None
        self._caption: Part | None = None
        self.feed(html)
        self.close()

    @property
    def title(self) -> str:
        """The page's title."""
        return self._title.text

    def table(self, caption: str) -> list[Row]:
        """The marked rows of a table. Raises `PageChanged` when it is not there."""
        try:
            return self.tables[caption]
        except KeyError:
            raise PageChanged(
                f"The page has no table '{caption}': compare it with the target."
            ) from None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what begins here."""
        if tag in _VOID:
            return
        attributes = {name: value or "" for name, value in attrs}
        part: Part | None = None
        if tag == "title":
            part = self._title
        elif tag == "caption":
            part = self._caption = Part(attributes)
        elif tag == "tr":
            self._row = Row(attributes)
            marks = [name for name in attributes if name.startswith("data-")]
            if marks and self._table is not None:
                self._table.append(self._row)
        elif _NAME in attributes:
            part = Part(attributes)
            row = self._row if self._row is not None else self.facts
            row.parts.setdefault(attributes[_NAME], part)
        self._open.append((tag, part))

    def handle_endtag(self, tag: str) -> None:
        """Close what ends here, and what was left open inside of it."""
        if tag not in [name for name, _ in self._open]:
            return
        while self._open:
            name, part = self._open.pop()
            if part is not None:
                part.text = " ".join(part.text.split())
            if name == "caption" and self._caption is not None:
                self._table = self.tables.setdefault(self._caption.text, [])
                self._caption = None
            elif name == "tr":
                self._row = None
            elif name == "table":
                self._table = None
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        """Give the text to everything that is open."""
        for part in self._parts():
            part.text += data

    def _parts(self) -> Iterator[Part]:
        return (part for _, part in self._open if part is not None)
