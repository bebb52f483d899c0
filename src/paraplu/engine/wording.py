"""Messages in the reader's language: catalogues read straight from .po files, figures by locale."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from importlib.resources.abc import Traversable

from paraplu.domain.message import Message, Value


class Wording:
    """One language. `places` are folders that hold ``<language>.po``: ours and those of plugins."""

    def __init__(self, language: str, places: Iterable[Traversable]) -> None:
        self.language = language
        self._places = tuple(places)

    @cached_property
    def _catalogue(self) -> dict[str, str]:
        found: dict[str, str] = {}
        if self.language == "en":
            return found
        from babel.messages.pofile import read_po

        for place in self._places:
            file = place / f"{self.language}.po"
            if file.is_file():
                with file.open("rb") as stream:
                    for message in read_po(stream):
                        english, translated = message.id, message.string
                        if isinstance(english, str) and isinstance(translated, str) and translated:
                            found[english] = translated
        return found

    def text(self, english: str) -> str:
        """A fixed text; in English where the catalogues have no translation."""
        return self._catalogue.get(english, english)

    def say(self, message: Message) -> str:
        """A message with its values written as the language writes them."""
        return message.in_words(self.text, self.value)

    def value(self, value: Value) -> str:
        """One value: numbers and dates by locale, lists with commas, text as it is."""
        match value:
            case Decimal() | int():
                from babel.numbers import format_decimal

                pattern = "#,##0.00" if _is_money(value) else "#,##0.######"
                return format_decimal(value, format=pattern, locale=self.language)
            case datetime():
                return f"{self.value(value.date())} {value:%H:%M}"
            case date():
                return value.isoformat() if self.language == "en" else f"{value:%d-%m-%Y}"
            case tuple():
                return ", ".join(value)
            case _:
                return value


def _is_money(value: Decimal | int) -> bool:
    """Decimals with two places or fewer are written with two; whole counts are not."""
    if isinstance(value, int):
        return False
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -2
