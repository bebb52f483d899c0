"""Bureaus whose record is proved, questioned, exported."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
for _folder in (HERE, HERE.parent / "engine"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from bureaus import bureau, founded  # noqa: E402

__all__ = ["bureau", "founded"]
