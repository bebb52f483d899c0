"""What a person sees in a cell, and the digits that count in a number.

Not a full rendering of number formats: thousands, colours and currency signs are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from paraplu_spreadsheet import dates
from paraplu_spreadsheet.formats import GENERAL, Look, NumberFormat
from paraplu_spreadsheet.grid import RawCell
from paraplu_spreadsheet.numerals import Unreadable
from paraplu_spreadsheet.wording import written_date, written_number

_LONGEST_TIME = 2_958_466  # days, as far as Excel's calendar goes
_TRUTH = {"en": ("TRUE", "FALSE"), "nl": ("WAAR", "ONWAAR"), "da": ("SAND", "FALSK")}
_INVISIBLE = dict.fromkeys(
    [0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
)
_CONTROL = {code: None for code in [*range(32), *range(127, 160)] if code not in (9, 10, 13)}


@dataclass(frozen=True, slots=True)
class Display:
    """How one workbook shows its cells: its language, the format of each style, its calendar."""

    language: str
    formats: list[NumberFormat]
    date1904: bool = False

    def format(self, raw: RawCell) -> NumberFormat:
        """The number format of a cell."""
        return self.formats[raw.style] if 0 <= raw.style < len(self.formats) else GENERAL

    def shown(self, raw: RawCell) -> str:
        """What a person sees in the cell."""
        match raw.kind:
            case "s":
                return cleaned(raw.text)
            case "n":
                return self._shown_number(raw)
            case "b":
                truth = _TRUTH.get(self.language, _TRUTH["en"])
                return truth[0 if raw.text in ("1", "true") else 1]
            case "d":
                day = dates.shown_date(raw.text)
                return written_date(day, self.language) if day else cleaned(raw.text)
            case _:
                return cleaned(raw.text)

    def _shown_number(self, raw: RawCell) -> str:
        look = self.format(raw)
        if look.look is Look.DATE:
            try:
                day = dates.from_serial(double(raw), "", date1904=self.date1904)
            except Unreadable:
                return "########"  # as Excel shows a number that is no day
            return written_date(day, self.language)
        if look.look is Look.TIME:
            if not 0 <= double(raw) <= _LONGEST_TIME:
                return "########"
            minutes = round(double(raw) * 24 * 60)
            return f"{minutes // 60}:{minutes % 60:02d}"
        if look.look is Look.PERCENT:
            return written_number(plain_digits(fifteen_digits(raw) * 100), self.language) + "%"
        digits = plain_digits(fifteen_digits(raw))
        if look.zeros and digits.isdigit():
            return in_pattern(digits, look.zeros)
        return written_number(digits, self.language)


def cleaned(text: str) -> str:
    """`text` without control characters and without blanks around it; its line ends stay."""
    if text.isprintable():
        return text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return without_invisible(text.translate(_CONTROL)).strip()


def without_invisible(text: str) -> str:
    """`text` without soft hyphens, joiners, marks of direction and of byte order."""
    return text.translate(_INVISIBLE)


def double(raw: RawCell) -> float:
    """The number of a numeric cell (the grid made sure that it is one)."""
    return float(raw.text)


def fifteen_digits(raw: RawCell) -> Decimal:
    """The number that Excel shows: the double at 15 significant digits, no negative nought."""
    value = Decimal(f"{float(raw.text):.15g}")
    return value or Decimal(0)


def plain_digits(value: Decimal) -> str:
    """`value` without exponent or trailing zeros."""
    digits = f"{value:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def in_pattern(digits: str, zeros: str) -> str:
    """`digits` filled into a pattern such as ``000000-0000``, from the right."""
    out: list[str] = []
    rest = list(digits)
    for sign in reversed(zeros):
        if sign == "0":
            out.append(rest.pop() if rest else "0")
        else:
            out.append(sign)
    return "".join(rest) + "".join(reversed(out))
