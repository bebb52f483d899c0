"""The two pages for authors, as a person reads them: files to write, commands to type, rows to fill in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```([a-z]+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ATTRIBUTE = re.compile(r'([a-z-]+)=(?:"([^"]*)"|(\S+))')
_SHELL = "sh"


@dataclass(frozen=True)
class Fence:
    """A fenced block: its language, its attributes (title, exit-code) and its text."""

    language: str
    attributes: Mapping[str, str]
    text: str

    @property
    def title(self) -> str:
        return self.attributes.get("title", "")

    @property
    def exit_code(self) -> int:
        """How the last command of the block ends."""
        return int(self.attributes.get("exit-code", "0"))

    @property
    def is_shell(self) -> bool:
        return self.language == _SHELL


@dataclass(frozen=True)
class HowTo:
    """One page of docs/how-to."""

    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def fences(self) -> list[Fence]:
        """All blocks in order."""
        return [
            Fence(
                found[1],
                {one[1]: one[2] or one[3] or "" for one in _ATTRIBUTE.finditer(found[2])},
                found[3],
            )
            for found in _FENCE.finditer(self.text)
        ]

    @property
    def files(self) -> dict[str, str]:
        """What the page has one write, by path."""
        return {one.title: one.text for one in self.fences if one.title and not one.is_shell}

    @property
    def shell(self) -> list[Fence]:
        """What the page has one type, in order."""
        return [one for one in self.fences if one.is_shell]

    @property
    def rows(self) -> list[dict[str, str]]:
        """The rows that the page has one fill into a workbook, by heading."""
        lines = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in self.text.splitlines()
            if line.startswith("| ")
        ]
        start = next(place for place, cells in enumerate(lines) if cells[0] == "Kenmerk")
        return [dict(zip(lines[start], cells, strict=True)) for cells in lines[start + 2 :]]
