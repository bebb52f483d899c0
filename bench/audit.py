"""`python3 dev bench audit`: the figures of the audit log, as a table; ``--json`` ends with one line."""

from __future__ import annotations

import sys
from collections.abc import Callable

from figure import Figure, measure
from many_entries import many_entries
from writing_entries import writing
from writing_together import together

PARTS: dict[str, Callable[[], list[Figure]]] = {
    "entry": writing,
    "writers": together,
    "million": many_entries,
}


if __name__ == "__main__":
    sys.exit(measure(PARTS, sys.argv[1:]))
