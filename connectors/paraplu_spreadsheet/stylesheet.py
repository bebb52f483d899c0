"""The styles of answered cells: found in the workbook's styles part, appended to it when they are not there.

ECMA-376 part 1, 18.8. Nothing that is there changes: new fills and formats go behind the last one, so that
every index of the workbook keeps its meaning.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from paraplu_spreadsheet.markup import Markup, local_names, prefix_of, set_attribute

Tone = Literal["good", "pending", "attention"]

FILLS: dict[Tone, str] = {"good": "FFE3F1E4", "pending": "FFFFF3D6", "attention": "FFFBE3DF"}
"""Light enough for black text (contrast above 15:1)."""

_MOST_FORMATS = 65_000  # Excel stops at 65,490
_NAMES = local_names("fills", "cellXfs", "fill", "xf")
_TEXT_FORMAT = 49


@dataclass(slots=True)
class _List:
    """One list of the styles part: its start tag, and its children's bytes and attributes."""

    start: int = 0
    tag_end: int = 0
    end: int = 0
    children: list[bytes] = field(default_factory=list)
    attributes: list[dict[str, str]] = field(default_factory=list)
    added: list[bytes] = field(default_factory=list)
    places: dict[bytes, int] = field(default_factory=dict)

    def index(self, child: bytes) -> int:
        """The place of `child`, which is appended when it is not there."""
        if not self.places:
            self.places.update((c, i) for i, c in reversed(list(enumerate(self.children))))
        if child not in self.places:
            self.places[child] = len(self.children) + len(self.added)
            self.added.append(child)
        return self.places[child]

    def edited(self, data: bytes) -> list[tuple[int, int, bytes]]:
        if not self.added:
            return []
        count = str(len(self.children) + len(self.added))
        tag = set_attribute(data[self.start : self.tag_end], "count", count)
        return [(self.start, self.tag_end, tag), (self.end, self.end, b"".join(self.added))]


class Stylesheet:
    """A workbook's styles part, for the styles of answers.

    A workbook without styles, or with styles of an unusual build, is answered without colours: then
    every style asked for is None.
    """

    def __init__(self, markup: Markup | None) -> None:
        self._markup = markup
        self._lists: dict[str, _List] = {}
        if markup is not None:
            self._find(markup)
        formats = self._lists.get("cellXfs")
        self._usable = (
            {"fills", "cellXfs"} <= self._lists.keys()
            and formats is not None
            and 0 < len(formats.children) < _MOST_FORMATS
        )

    def _find(self, markup: Markup) -> None:
        parser = markup.reader()
        current: _List | None = None
        at = 0

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal current, at
            local = _NAMES.get(name)
            if local in ("fills", "cellXfs"):
                index = parser.CurrentByteIndex
                tag_end = markup.tag_end(index)
                if markup.data[tag_end - 2 : tag_end] != b"/>" and local not in self._lists:
                    current = self._lists[local] = _List(index, tag_end)
            elif local in ("fill", "xf") and current is not None:
                at = parser.CurrentByteIndex
                current.attributes.append(attributes)

        def end(name: str) -> None:
            nonlocal current
            local = _NAMES.get(name)
            if current is None:
                return
            if local in ("fill", "xf"):
                tag_end = markup.tag_end(at)
                stop = tag_end
                if markup.data[tag_end - 2 : tag_end] != b"/>":
                    stop = markup.data.index(b">", parser.CurrentByteIndex) + 1
                current.children.append(markup.data[at:stop])
            elif local in ("fills", "cellXfs"):
                current.end = parser.CurrentByteIndex
                current = None

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        markup.read(parser)

    def status(self, tone: Tone, beside: int) -> int | None:
        """The style of a status cell next to a cell of style `beside`, whose borders it takes."""
        if not self._usable or self._markup is None:
            return None
        fills = self._lists["fills"]
        p = prefix_of(self._markup.data[fills.start : fills.tag_end])
        fill = (
            f'<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="{FILLS[tone]}"/>'
            f'<{p}bgColor indexed="64"/></{p}patternFill></{p}fill>'
        )
        return self._format(fills.index(fill.encode()), beside, wrap=False)

    def words(self, beside: int, *, wrap: bool) -> int | None:
        """The style of a result or note cell next to a cell of style `beside`."""
        return self._format(0, beside, wrap=wrap) if self._usable else None

    def _format(self, fill: int, beside: int, *, wrap: bool) -> int:
        formats = self._lists["cellXfs"]
        assert self._markup is not None  # noqa: S101 - told by _usable
        p = prefix_of(self._markup.data[formats.start : formats.tag_end])
        normal = formats.attributes[0]
        border = "0"
        if 0 <= beside < len(formats.attributes):
            border = formats.attributes[beside].get("borderId", "0")
        wrapped = ' wrapText="1"' if wrap else ""
        return formats.index(
            (
                f'<{p}xf numFmtId="{_TEXT_FORMAT}" fontId="{normal.get("fontId", "0")}" '
                f'fillId="{fill}" borderId="{border}" xfId="{normal.get("xfId", "0")}" '
                f'applyNumberFormat="1" applyFill="1" applyBorder="1" applyAlignment="1">'
                f'<{p}alignment vertical="top"{wrapped}/></{p}xf>'
            ).encode()
        )

    def changed(self) -> bytes | None:
        """The styles part with what was appended, None when nothing was."""
        if self._markup is None or not any(part.added for part in self._lists.values()):
            return None
        data = self._markup.data
        edits = [edit for part in self._lists.values() for edit in part.edited(data)]
        for start, end, new in sorted(edits, reverse=True):
            data = data[:start] + new + data[end:]
        return self._markup.restored(data)
