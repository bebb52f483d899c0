"""A clock and a worker of the home that is named, in one process."""

from __future__ import annotations

import sys
from pathlib import Path

from paraplu.bootstrap import open_centre

if __name__ == "__main__":
    centre = open_centre(Path(sys.argv[1]))
    with centre.clock().going():
        centre.worker(2).work()
