"""`python3 dev bench engine`: the figures of the engine, as a table; with ``--json`` one line at the end."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable

import psutil
from claiming import claims
from doubling import doublings
from figure import Figure, table
from overhead import overheads
from starts import starts
from takeover import takeovers

PARTS: dict[str, Callable[[], list[Figure]]] = {
    "takeover": takeovers,
    "doubling": doublings,
    "starts": starts,
    "claims": claims,
    "overhead": overheads,
}


def main(arguments: list[str]) -> int:
    """Measure everything, or the parts that are named."""
    wanted = [one for one in arguments if not one.startswith("-")] or list(PARTS)
    unknown = [one for one in wanted if one not in PARTS]
    if unknown:
        print(f"Unknown: {', '.join(unknown)}. There are: {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    for name in wanted:
        print(f"Measuring {name} ...", file=sys.stderr, flush=True)
        figures += PARTS[name]()
    print(table(figures))
    load = psutil.getloadavg()[0]
    print(f"\n{os.cpu_count()} cores, load average at the end {load:.1f}.")
    if "--json" in arguments:
        print(json.dumps({"figures": [one.to_json() for one in figures]}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
