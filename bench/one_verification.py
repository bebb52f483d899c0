"""Verify the log of a home in this process, and say what that took: CPU of it and its children, memory.

With ``--new`` what came after the last time only.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path


def _cpu() -> float:
    own, below = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + below.ru_utime + below.ru_stime


def _peak() -> float:
    """MiB: the largest this process has been, and the largest that one of its children was."""
    return sum(
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )


def main(home: Path, *, new_only: bool) -> None:
    from paraplu.bootstrap import open_centre

    centre = open_centre(home)
    begun, wall = _cpu(), time.perf_counter()
    checked = centre.proof.check(kept=home / "bench-verified", new_only=new_only)
    took = {
        "cpu": _cpu() - begun,
        "wall": time.perf_counter() - wall,
        "mib": _peak(),
        "entries": checked.verdict.entries,
    }
    if not checked.intact:
        raise SystemExit(f"The log of the bench is not intact: {checked.verdict.findings}")
    print(json.dumps(took))
    centre.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), new_only="--new" in sys.argv[2:])
