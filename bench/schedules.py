"""`python3 dev bench schedules`: the figures of schedules; with ``--json`` one line at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable

from agreement_of_rules import agreement_of_rules
from due_together import due_together
from figure import Figure, measure
from looking_ahead import idle, looking_ahead
from planned_year import planned_year

PARTS: dict[str, Callable[[], list[Figure]]] = {
    "year": planned_year,
    "rules": agreement_of_rules,
    "due": due_together,
    "next": looking_ahead,
    "idle": idle,
}

if __name__ == "__main__":
    sys.exit(measure(PARTS, sys.argv[1:]))
