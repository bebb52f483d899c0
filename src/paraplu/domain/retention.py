"""Retention classes: how long data is kept, and the day on which that is over.

A class is a text such as ``nl.payroll.7y``: the country whose law asks for it, what it is about if that
matters, and whole calendar years after the year in which the data came in. ``staff.10y`` is our own class,
of people who work here and of settings of record. `SOURCES` says where a period comes from, for declarations
and extracts; it decides nothing, an agreement may name any class.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

OF_AGREEMENTS = r"^[a-z]{2}(\.[a-z]+)?\.\d{1,2}y$"
"""What an agreement may name: always a country, so that no client's data is in our own class."""

STAFF = "staff.10y"
"""People who work with Paraplu, and settings of record."""

_CLASS = re.compile(r"(?P<area>[a-z]{2}|staff)(?:\.(?P<about>[a-z]+))?\.(?P<years>\d{1,2})y")

# Country (and what it is about) -> the law. These were not checked in the laws themselves: an archivist or a
# controller decides which class an agreement names.
SOURCES: dict[str, str] = {
    "nl": "Algemene wet inzake rijksbelastingen, art. 52(4): 7 years",
    "nl.payroll": "Algemene wet inzake rijksbelastingen, art. 52(4): 7 years",
    "nl.procurement": "Algemene wet inzake rijksbelastingen, art. 52(4): 7 years",
    "dk": "Bogføringsloven: 5 years (state bodies and municipalities have rules of their own)",
    "no": "Bokføringsloven: 5 years for primary documentation",
    "se": "Bokföringslagen: 7 years",
    "staff": "Our own rule: as long as what these people decided is kept, and some years more",
}


@dataclass(frozen=True, slots=True)
class Retention:
    """A class that was understood. `area` is a country in lower case or ``staff``."""

    code: str
    area: str
    about: str | None
    years: int

    def last_day(self, year: int) -> date:
        """The last day on which data that came in in `year` is kept: 31 December, `years` later."""
        return date(year + self.years, 12, 31)

    def over(self, year: int, day: date) -> bool:
        """Whether the time of data that came in in `year` is over on `day`."""
        return day > self.last_day(year)

    @property
    def source(self) -> str | None:
        """The law that such a period comes from, as far as that is known here."""
        named = f"{self.area}.{self.about}" if self.about else self.area
        return SOURCES.get(named, SOURCES.get(self.area))


@lru_cache(maxsize=256)
def parse(code: str) -> Retention:
    """The class with this code. Raises ValueError for a text that is none."""
    found = _CLASS.fullmatch(code)
    if found is None:
        raise ValueError(f"'{code}' is no retention class: write one like nl.payroll.7y or nl.7y")
    return Retention(code, found["area"], found["about"], int(found["years"]))
