"""How the office writes and reads numbers and dates: 1.234,56 and dd-mm-jjjj, made on the server."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def cents(value: Decimal) -> Decimal:
    """Rounded to two decimals, half away from zero."""
    return value.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Notation:
    """A way to write numbers: the decimal sign and the sign between groups of three digits."""

    decimal: str
    group: str

    def amount(self, value: Decimal | str | None, places: int = 2) -> str:
        """`1234.5` as `1.234,50`; text that is empty stays empty."""
        if value is None or value == "":
            return ""
        text = f"{Decimal(value):,.{places}f}"
        return text.translate(str.maketrans(",.", self.group + self.decimal))

    def price(self, value: Decimal | str | None) -> str:
        """A unit price with two to ten decimals: `0.185` as `0,1850`, `2.50` as `2,50`."""
        if value is None or value == "":
            return ""
        digits = -int(Decimal(value).normalize().as_tuple().exponent)
        return self.amount(value, 2 if digits <= 2 else max(4, min(digits, 10)))

    def quantity(self, value: Decimal | str | None) -> str:
        """A quantity without trailing zeros: `12`, `2,5`."""
        if value is None or value == "":
            return ""
        digits = -int(Decimal(value).normalize().as_tuple().exponent)
        return self.amount(value, max(0, digits))

    def parse(self, text: str) -> Decimal:
        """Read a number as it is written here; raises ValueError saying how to write it."""
        group, point = re.escape(self.group), re.escape(self.decimal)
        plain = text.replace("\N{NO-BREAK SPACE}", " ").strip()
        shape = rf"[-+]?(\d{{1,3}}({group}\d{{3}})+|\d{{1,12}})({point}\d{{1,10}})?"
        if not re.fullmatch(shape, plain, re.ASCII):
            raise ValueError(f"“{text}” is not a number. Write it as {self.amount('1234.56')}.")
        return Decimal(plain.replace(self.group, "").replace(self.decimal, "."))


DUTCH = Notation(",", ".")
SWAPPED = Notation(".", ",")


def written_date(iso: str) -> str:
    """`2026-11-21` as `21-11-2026`; empty stays empty."""
    return date.fromisoformat(iso).strftime("%d-%m-%Y") if iso else ""


def written_moment(iso: str) -> str:
    """A moment as `21-11-2026 14:05:09` in the office's own time zone; empty stays empty."""
    return datetime.fromisoformat(iso).strftime("%d-%m-%Y %H:%M:%S") if iso else ""


def read_date(text: str) -> date:
    """Read dd-mm-jjjj; raises ValueError saying how to write it."""
    found = re.fullmatch(r"(\d{1,2})-(\d{1,2})-(\d{4})", text.strip(), re.ASCII)
    if found:
        day, month, year = (int(part) for part in found.groups())
        try:
            return date(year, month, day)
        except ValueError:
            raise ValueError(f"“{text}” is a day that does not exist.") from None
    raise ValueError(f"“{text}” is not a date. Write it as dd-mm-jjjj, for instance 21-12-2026.")


def filters(notation: Notation) -> dict[str, Callable[..., str]]:
    """The writing functions that templates use, for one notation."""
    return {
        "amount": notation.amount,
        "price": notation.price,
        "quantity": notation.quantity,
        "date": written_date,
        "moment": written_moment,
    }
