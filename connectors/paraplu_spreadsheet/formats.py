"""Number formats of cells: which numbers are dates, and which are codes with leading zeros.

ECMA-376 part 1, 18.8.30 (numFmt and the built-in formats) and 18.8.31 (format codes).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from paraplu_spreadsheet.markup import Markup, local_names


class Look(Enum):
    """What a number with this format is to the person who sees it."""

    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A number format, as far as it changes what a number means.

    `zeros` is the pattern of a format that fills up with zeros (``00000``, ``000000-0000``), else empty.
    """

    look: Look = Look.NUMBER
    zeros: str = ""

    @property
    def width(self) -> int:
        """How many digits the pattern of zeros fills up to."""
        return self.zeros.count("0")


GENERAL = NumberFormat()
_BUILT_IN = {
    **dict.fromkeys([9, 10], NumberFormat(Look.PERCENT)),
    **dict.fromkeys([14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)], NumberFormat(Look.DATE)),
    **dict.fromkeys([18, 19, 20, 21, 45, 46, 47], NumberFormat(Look.TIME)),
}
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[([^\]]*)\]|(General)|(.)', re.IGNORECASE | re.DOTALL)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_ZEROS = re.compile(r"0[0 ./-]*0")
_NAMES = local_names("numFmt", "cellXfs", "cellStyleXfs", "xf")


def understood(code: str) -> NumberFormat:
    """The meaning of a format code, by its first section (numbers above zero)."""
    plain: list[str] = []  # what formats, with quoted and escaped characters left out
    pattern: list[str] = []  # the same with them kept, to see a pattern of zeros
    for quoted, escaped, bracket, general, other in _TOKEN.findall(code):
        if other == ";":
            break
        if bracket and _ELAPSED.fullmatch(bracket):
            return NumberFormat(Look.TIME)
        if quoted or escaped:
            pattern.append(quoted or escaped)
        elif general:
            return GENERAL
        elif other:
            plain.append(other.lower())
            pattern.append("decimal" if other in ".," else other)
    letters = "".join(plain)
    if "d" in letters or "y" in letters:
        return NumberFormat(Look.DATE)
    if "h" in letters or "s" in letters:
        return NumberFormat(Look.TIME)
    if "m" in letters:
        return NumberFormat(Look.DATE)
    if "%" in letters:
        return NumberFormat(Look.PERCENT)
    zeros = "".join(pattern)
    return NumberFormat(zeros=zeros) if _ZEROS.fullmatch(zeros) else GENERAL


def number_formats(markup: Markup) -> list[NumberFormat]:
    """The format of each cell style (`s` of a cell is an index into it)."""
    own: dict[int, NumberFormat] = {}
    used: list[int] = []
    inside = False
    parser = markup.reader()

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        match _NAMES.get(name):
            case "numFmt":
                # Differential formats further down repeat ids: the first is the workbook's own.
                own.setdefault(
                    int(attributes["numFmtId"]), understood(attributes.get("formatCode", ""))
                )
            case "cellXfs":
                inside = True
            case "xf" if inside:
                used.append(int(attributes.get("numFmtId", "0")))

    def end(name: str) -> None:
        nonlocal inside
        if _NAMES.get(name) == "cellXfs":
            inside = False

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    markup.read(parser)
    return [own.get(number) or _BUILT_IN.get(number, GENERAL) for number in used]
