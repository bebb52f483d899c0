"""Words of the connector in the client's language: catalogues, and labels that are also recognised."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date
from importlib import resources

LANGUAGES = ("en", "nl", "da")

ROW_COUNT_LABELS: dict[str, tuple[str, ...]] = {
    "en": ("Number of rows", "Rows", "Row count"),
    "nl": ("Aantal rijen", "Aantal regels", "Rijen", "Regels"),
    "da": ("Antal rækker", "Antal linjer", "Rækker"),
}
TOTAL_LABELS: dict[str, tuple[str, ...]] = {
    "en": ("Control total", "Total", "Total amount"),
    "nl": ("Controletotaal", "Totaal", "Totaalbedrag"),
    "da": ("Kontrolsum", "I alt", "Total"),
}
"""Control cells: the first label of each is what a template of ours says."""

YES = {"en": ("yes", "true", "y"), "nl": ("ja", "waar", "j"), "da": ("ja", "sand", "j")}
NO = {"en": ("no", "false", "n"), "nl": ("nee", "onwaar", "n"), "da": ("nej", "falsk", "n")}


def plain(text: str) -> str:
    """`text` for comparison: no case, spaces, punctuation, width or invisible characters."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def plain_set(words: Iterable[tuple[str, ...]]) -> frozenset[str]:
    """All of several languages' words, for comparison."""
    return frozenset(plain(word) for group in words for word in group)


@functools.lru_cache(maxsize=8)
def translator(language: str) -> Callable[[str], str]:
    """The translation of this package's sentences into `language`; English where there is none."""
    texts: dict[str, str] = {}
    catalogue = resources.files(__package__).joinpath("locale", f"{language}.po")
    if re.fullmatch("[a-z]{2}", language) and catalogue.is_file():
        from babel.messages.pofile import read_po

        with catalogue.open("rb") as file:
            for message in read_po(file):
                if isinstance(message.id, str) and isinstance(message.string, str):
                    texts[message.id] = message.string

    def translate(text: str) -> str:
        return texts.get(text) or text

    return translate


def written_number(digits: str, language: str) -> str:
    """Plain decimal `digits` with the decimal separator of `language`."""
    return digits if language == "en" else digits.replace(".", ",")


def written_date(day: date, language: str) -> str:
    """A day as people with `language` write it in a sheet; four digits for the year."""
    return day.isoformat() if language == "en" else f"{day:%d-%m}-{day.year:04d}"
