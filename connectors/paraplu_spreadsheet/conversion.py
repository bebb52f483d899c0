"""From what stands in a cell to the value of the declared kind: one function a kind, never a guess.

Numbers in a workbook are binary doubles of which 15 digits count; an amount is read through those 15 digits
and refused, never rounded, when it has more decimals than the column takes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from paraplu import Cell, Column, Kind, Message
from paraplu_spreadsheet import dates
from paraplu_spreadsheet.display import (
    Display,
    cleaned,
    double,
    fifteen_digits,
    in_pattern,
    plain_digits,
    without_invisible,
)
from paraplu_spreadsheet.formats import Look
from paraplu_spreadsheet.grid import RawCell
from paraplu_spreadsheet.numerals import MOST_DIGITS, Unreadable, example, number_from
from paraplu_spreadsheet.wording import NO, YES, plain, plain_set, written_number

_YES = plain_set(YES.values())
_NO = plain_set(NO.values())
_MOST_SHOWN = 120
_MOST_CHOICES = 30


class Conversion(Display):
    """How the cells of one workbook are read by their declared kinds."""

    def cell(self, raw: RawCell | None, column: Column, address: str) -> Cell:
        """The cell at `address` as the declared kind of `column` reads it."""
        if raw is None:
            return Cell(address, "")
        shown = self.shown(raw)
        try:
            self._refuse_no_value(raw, shown)
            return Cell(address, shown, _CONVERTERS[column.kind](self, raw, column))
        except Unreadable as unreadable:
            return Cell(address, shown, None, unreadable.problem)

    def _refuse_no_value(self, raw: RawCell, shown: str) -> None:
        if raw.kind == "e":
            raise Unreadable(
                Message(
                    "cell-error",
                    "The cell holds the error {found} instead of a value. Mend its formula or type "
                    "the value.",
                    {"found": shown},
                )
            )
        if raw.kind == "f":
            raise Unreadable(
                Message(
                    "formula-without-value",
                    "The cell holds a formula whose result is not kept in the file. Open the workbook "
                    "in Excel and save it, or type the value.",
                )
            )

    def number(self, raw: RawCell, decimals: int) -> Decimal:
        """A number or a text that says one, as it stands. Raises `Unreadable`."""
        if raw.kind == "s":
            return number_from(cleaned(raw.text), self.language, decimals)
        if raw.kind != "n":
            raise Unreadable(
                Message(
                    "not-a-number",
                    "“{found}” is not a number. Write it like {expected}.",
                    {"found": self.shown(raw), "expected": example(self.language, decimals)},
                )
            )
        if self.format(raw).look in (Look.DATE, Look.TIME):
            raise Unreadable(
                Message(
                    "date-for-number",
                    "Excel made a date or a time of this: “{found}”. Give the cell the format Number "
                    "and type the number again.",
                    {"found": self.shown(raw)},
                )
            )
        value = fifteen_digits(raw)
        if value.adjusted() >= MOST_DIGITS:
            raise Unreadable(_too_many_digits(self.shown(raw)))
        return value


def _money(how: Conversion, raw: RawCell, column: Column) -> Decimal:
    value = _limited(how, raw, column.decimals)
    return value.quantize(Decimal(1).scaleb(-column.decimals)) + 0


def _number(how: Conversion, raw: RawCell, column: Column) -> Decimal:
    value = _limited(how, raw, column.decimals)
    return Decimal(plain_digits(value))


def _integer(how: Conversion, raw: RawCell, column: Column) -> int:
    value = how.number(raw, 0)
    if value != value.to_integral_value():
        raise Unreadable(
            Message(
                "not-whole",
                "“{found}” is not a whole number. Write it without decimals.",
                {"found": how.shown(raw)},
            )
        )
    return int(value)


def _limited(how: Conversion, raw: RawCell, decimals: int) -> Decimal:
    value = how.number(raw, decimals)
    digits = plain_digits(value)
    if len(digits.partition(".")[2]) > decimals:
        # A percentage is named by its value, whose decimals count; a text as it was written.
        found = how.shown(raw) if raw.kind == "s" else written_number(digits, how.language)
        raise Unreadable(
            Message(
                "too-many-decimals",
                "“{found}” has more than {limit} decimals. Write the exact value with no more: "
                "nothing is rounded here.",
                {"found": found, "limit": decimals},
            )
        )
    return value


def _text(how: Conversion, raw: RawCell, column: Column) -> str | None:
    text = _words(how, raw)
    if len(text) > column.longest:
        raise Unreadable(
            Message(
                "text-too-long",
                "The text has {length} characters; at most {limit} are possible. It begins “{found}”.",
                {"length": len(text), "limit": column.longest, "found": text[:40]},
            )
        )
    return text or None


def _code(how: Conversion, raw: RawCell, column: Column) -> str | None:
    if raw.kind == "n" and how.format(raw).look not in (Look.DATE, Look.TIME):
        text = _numeric_code(how, raw, column)
    elif raw.kind in ("n", "d", "b"):
        raise Unreadable(
            Message(
                "code-changed",
                "Excel made “{found}” of a code. Give the cell the format Text and type the code again.",
                {"found": how.shown(raw)},
            )
        )
    else:
        text = " ".join(without_invisible(raw.text).split())
        if not text.isprintable():
            raise Unreadable(
                Message(
                    "control-characters",
                    "“{found}” holds invisible characters. Type the code again instead of pasting it.",
                    {"found": cleaned(text)[:_MOST_SHOWN]},
                )
            )
    limit = column.width or column.longest
    if text and (len(text) > limit or (column.width and len(text) < limit)):
        if column.width is None:
            raise Unreadable(
                Message(
                    "text-too-long",
                    "The text has {length} characters; at most {limit} are possible. It begins "
                    "“{found}”.",
                    {"length": len(text), "limit": limit, "found": text[:40]},
                )
            )
        raise Unreadable(
            Message(
                "code-length",
                "“{found}” has {length} characters; this code has {expected}.",
                {"found": text[:_MOST_SHOWN], "length": len(text), "expected": column.width},
            )
        )
    return text or None


def _numeric_code(how: Conversion, raw: RawCell, column: Column) -> str:
    """A code that Excel took for a number: its leading zeros come from the format or the width."""
    value = fifteen_digits(raw)
    if value.adjusted() >= MOST_DIGITS:
        raise Unreadable(_too_many_digits(how.shown(raw)))
    digits = f"{value:f}"
    if not digits.isdigit():
        raise Unreadable(
            Message(
                "code-changed",
                "Excel made “{found}” of a code. Give the cell the format Text and type the code again.",
                {"found": how.shown(raw)},
            )
        )
    zeros = how.format(raw).zeros
    if column.width is None:
        return in_pattern(digits, zeros)
    if len(zeros) == column.width:
        return in_pattern(digits, zeros)
    return digits.zfill(column.width)


def _date(how: Conversion, raw: RawCell, column: Column) -> date:
    match raw.kind:
        case "s":
            return dates.date_from(cleaned(raw.text), how.language)
        case "d":
            return dates.date_from(raw.text.partition("T")[0], how.language)
        case "n" if how.format(raw).look is Look.DATE:
            return dates.from_serial(double(raw), how.shown(raw), date1904=how.date1904)
        case _:
            raise Unreadable(dates.not_a_date(how.shown(raw), how.language))


def _month(how: Conversion, raw: RawCell, column: Column) -> str:
    match raw.kind:
        case "s":
            return dates.month_from(cleaned(raw.text), how.language)
        case "d":
            return dates.month_from(raw.text.partition("T")[0], how.language)
        case "n" if how.format(raw).look is Look.DATE:
            day = dates.from_serial(double(raw), how.shown(raw), date1904=how.date1904)
            return f"{day.year:04d}-{day.month:02d}"
        case _:
            raise Unreadable(dates.not_a_month(how.shown(raw)))


def _yes_no(how: Conversion, raw: RawCell, column: Column) -> bool:
    word = plain(raw.text)
    if raw.kind == "b" or (raw.kind == "n" and raw.text in ("0", "1")):
        return word in ("1", "true")
    if raw.kind == "s" and word in _YES:
        return True
    if raw.kind == "s" and word in _NO:
        return False
    language = how.language if how.language in YES else "en"
    raise Unreadable(
        Message(
            "not-yes-or-no",
            "“{found}” is neither yes nor no. Write {yes} or {no}.",
            {"found": how.shown(raw), "yes": YES[language][0], "no": NO[language][0]},
        )
    )


def _choice(how: Conversion, raw: RawCell, column: Column) -> str:
    shown = how.shown(raw)
    word = _name(shown)
    meanings: dict[str, set[str]] = {}
    for choice in column.choices:
        if choice.value == shown:
            return choice.value
        names = [choice.value, *choice.labels.values()]
        if raw.kind == "n" and choice.value.isdigit():
            names.append(choice.value.lstrip("0"))  # Excel makes 1 of the code 01
        for name in names:
            meanings.setdefault(_name(name), set()).add(choice.value)
    meant = meanings.get(word, set())
    if (
        len(meant) > 1
    ):  # a word that is one thing here and another there: the client's language says
        meant = {c.value for c in column.choices if _name(c.labels.get(how.language, "")) == word}
    if len(meant) == 1:
        return next(iter(meant))
    labels = [c.labels.get(how.language) or c.labels.get("en") or c.value for c in column.choices]
    if len(labels) > _MOST_CHOICES:
        labels[_MOST_CHOICES:] = ["…"]
    raise Unreadable(
        Message(
            "not-a-choice",
            "“{found}” is not one of the permitted values: {permitted}.",
            {"found": shown[:_MOST_SHOWN], "permitted": ", ".join(labels)},
        )
    )


def _name(text: str) -> str:
    return plain(text) or text.strip()


_CONVERTERS: dict[
    Kind, Callable[[Conversion, RawCell, Column], str | int | Decimal | date | bool | None]
] = {
    Kind.TEXT: _text,
    Kind.CODE: _code,
    Kind.MONEY: _money,
    Kind.NUMBER: _number,
    Kind.INTEGER: _integer,
    Kind.DATE: _date,
    Kind.MONTH: _month,
    Kind.YES_NO: _yes_no,
    Kind.CHOICE: _choice,
}


def _words(how: Conversion, raw: RawCell) -> str:
    if raw.kind == "n" and how.format(raw).look is Look.NUMBER:
        value = fifteen_digits(raw)
        if value.adjusted() >= MOST_DIGITS:
            raise Unreadable(_too_many_digits(how.shown(raw)))
    return how.shown(raw)


def _too_many_digits(found: str) -> Message:
    return Message(
        "deliver-as-text",
        "“{found}” has more than {limit} digits, of which Excel has lost the last. Give the cell the "
        "format Text and type it again.",
        {"found": found, "limit": MOST_DIGITS},
    )
