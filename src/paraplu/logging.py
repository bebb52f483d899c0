"""The operational log: for those who run the machines. It may be lost and holds no case content.

One event name and fields (case and run by uid), as JSON lines in a file of the home.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TextIO

import structlog


def log_to(path: Path) -> Any:
    """A logger that appends JSON lines to `path`; to nowhere when the folder cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream: TextIO = path.open("a", encoding="utf-8")
    except OSError:
        return structlog.wrap_logger(None, processors=[_drop])
    return structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
    )


def _drop(_logger: Any, _name: str, _event: Any) -> Any:
    raise structlog.DropEvent
