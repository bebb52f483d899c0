"""`python3 dev bench engine`: the figures of the engine, as a table; with ``--json`` one line at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable

from claiming import claims
from doubling import doublings
from figure import Figure, measure
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


if __name__ == "__main__":
    sys.exit(measure(PARTS, sys.argv[1:]))
