"""One line of the table: what was measured, what was to be reached, and what others do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """`reached` is None where there is nothing to compare with; `note` says how, or why not."""

    name: str
    others: str
    reach: str
    measured: str
    reached: bool | None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def table(figures: list[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = ["| figure | others | reach | measured | reached |", "| --- | --- | --- | --- | --- |"]
    for one in figures:
        said = {True: "yes", False: "**no**", None: ""}[one.reached]
        note = f" ({one.note})" if one.note else ""
        lines.append(f"| {one.name} | {one.others} | {one.reach} | {one.measured}{note} | {said} |")
    return "\n".join(lines)
