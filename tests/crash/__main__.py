"""`python tests/crash`: the crash suite, see `crash.suite`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from crash.suite import main

    sys.exit(main())
