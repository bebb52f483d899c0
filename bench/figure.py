"""One line of the table: what was measured, what was to be reached, what others do; and the table."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import psutil


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


def measure(parts: Mapping[str, Callable[[], list[Figure]]], arguments: list[str]) -> int:
    """Measure everything, or the parts that are named, and print the table. Gives the exit code."""
    wanted = [one for one in arguments if not one.startswith("-")] or list(parts)
    unknown = [one for one in wanted if one not in parts]
    if unknown:
        print(f"Unknown: {', '.join(unknown)}. There are: {', '.join(parts)}.", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    for name in wanted:
        print(f"Measuring {name} ...", file=sys.stderr, flush=True)
        figures += parts[name]()
    print(table(figures))
    load = psutil.getloadavg()[0]
    print(f"\n{os.cpu_count()} cores, load average at the end {load:.1f}.")
    if "--json" in arguments:
        print(json.dumps({"figures": [one.to_json() for one in figures]}))
    return 0
