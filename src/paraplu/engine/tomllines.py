"""The line on which each place of a TOML file stands, which `tomllib` does not tell.

A place is the path of keys and indexes by which its value is reached (`("schedule", 2, "when")`). Only
for what is said to people: what a file means is read by `tomllib` alone, and this expects a text that it
has read without complaint (TOML 1.0, https://toml.io/en/v1.0.0).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

Place = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
# The closing quotes of a string of several lines may have up to two more before them.
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""(?:""?(?!"))?'
    r"|'''(?:[^']|'(?!''))*'''(?:''?(?!'))?"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_OTHER = re.compile(r"[^,\]}#\n]*")


def lines_of(text: str) -> dict[Place, int]:
    """The line (from 1) of every table, key and element of an array.

    Of a key that is written in parts (`[a.b]`, `a.b = 1`) each part counts, from where it is first seen.
    """
    return _Scan(text).lines


def line_at(lines: Mapping[Place, int], place: Place) -> int:
    """The line of `place` or, when nothing stands there, of what is around it; 1 when nothing is."""
    for end in range(len(place), 0, -1):
        if place[:end] in lines:
            return lines[place[:end]]
    return 1


class _Scan:
    """One pass over a text, left to right."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {}
        self._text = text
        self._at = 0
        self._line, self._counted = 1, 0
        self._elements: dict[Place, int] = {}  # of arrays of tables, how many were begun
        table: Place = ()
        while self._skip(_GAP):
            if self._take("[["):
                table = self._table(self._key(), element=True)
                self._skip_over("]]")
            elif self._take("["):
                table = self._table(self._key(), element=False)
                self._skip_over("]")
            else:
                self._pair(table)

    def _pair(self, table: Place) -> None:
        line = self._now()
        place = table
        for part in self._key():
            place = (*place, part)
            self.lines.setdefault(place, line)
        self._skip_over("=")
        self._value(place)

    def _value(self, place: Place) -> None:
        self._skip(_SPACE)
        if self._take("["):
            number = 0
            while self._skip(_GAP) and not self._take("]"):
                element = (*place, number)
                self.lines[element] = self._now()
                self._value(element)
                number += 1
                self._skip(_GAP)
                self._take(",")
        elif self._take("{"):
            while self._skip(_GAP) and not self._take("}"):
                self._pair(place)
                self._skip(_GAP)
                self._take(",")
        else:
            self._match(_STRING) or self._match(_OTHER)

    def _table(self, key: list[str], *, element: bool) -> Place:
        """The place of a header; on the way to it an array of tables means its last element."""
        line = self._now()
        place: Place = ()
        for number, part in enumerate(key):
            place = (*place, part)
            self.lines.setdefault(place, line)
            if element and number == len(key) - 1:
                self._elements[place] = self._elements.get(place, 0) + 1
            if place in self._elements:
                place = (*place, self._elements[place] - 1)
                self.lines.setdefault(place, line)
        return place

    def _key(self) -> list[str]:
        parts = []
        while True:
            self._skip(_SPACE)
            quoted = self._match(_STRING)
            parts.append(_unquoted(quoted) if quoted else self._match(_BARE_KEY))
            self._skip(_SPACE)
            if not self._take("."):
                return parts

    def _now(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        """Pass over it; whether anything is left."""
        self._match(pattern)
        return self._at < len(self._text)

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[0]

    def _take(self, text: str) -> bool:
        if not self._text.startswith(text, self._at):
            return False
        self._at += len(text)
        return True

    def _skip_over(self, text: str) -> None:
        self._skip(_SPACE)
        if not self._take(text):
            raise ValueError(f"line {self._now()}: {text} was expected; is this TOML?")


def _unquoted(text: str) -> str:
    return str(tomllib.loads(f"x = {text}")["x"])
