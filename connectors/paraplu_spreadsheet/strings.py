"""Texts of cells: the shared string table, and the escapes in which Excel keeps odd characters.

ECMA-376 part 1, 18.4 (shared strings) and 22.9.2.19 (ST_Xstring: ``_x000D_`` for a character that XML
cannot hold, ``_x005F_`` for an underscore that would read as such an escape).
"""

from __future__ import annotations

import re

from paraplu_spreadsheet.markup import Markup, local_names

LONGEST_CELL = 32_767
"""The most UTF-16 code units that Excel keeps in one cell."""

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_NAMES = local_names("si", "t", "rPh")


def unescaped(text: str) -> str:
    """`text` of a cell with Excel's escapes resolved."""
    if "_x" not in text:
        return text
    text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    # Two escaped halves of one character join here; a lone half is shown as unknown.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def escaped(text: str) -> str:
    """`text` such that Excel shows it as it is: no control characters, line ends as Excel keeps
    them, nothing that reads as an escape. Too long a text ends in a visible ellipsis.
    """
    text = _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _LOOKS_ESCAPED.sub("_x005F_", text)
    if len(text.encode("utf-16-le")) // 2 > LONGEST_CELL:
        units = text.encode("utf-16-le")[: (LONGEST_CELL - 1) * 2]
        text = units.decode("utf-16-le", "ignore") + "…"
    return text


def shared_strings(markup: Markup) -> list[str]:
    """All shared strings, rich text joined, phonetic guides left out."""
    strings: list[str] = []
    parts: list[str] = []
    phonetic = False
    parser = markup.reader()

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal phonetic
        match _NAMES.get(name):
            case "t" if not phonetic:
                parser.CharacterDataHandler = parts.append
            case "rPh":
                phonetic = True
            case "si":
                parts.clear()

    def end(name: str) -> None:
        nonlocal phonetic
        match _NAMES.get(name):
            case "t":
                parser.CharacterDataHandler = None
            case "rPh":
                phonetic = False
            case "si":
                strings.append(unescaped("".join(parts)))

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    markup.read(parser)
    return strings
