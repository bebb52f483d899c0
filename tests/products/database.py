"""Questions put straight to a product's own SQLite file, past its pages and past our own code.

This is the independent truth of the tests: what the product stored, not what it said.
"""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Database:
    """A SQLite file, opened read-only and afresh for each question."""

    file: Path

    def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """The rows that `query` (SQL with `:named` values) finds, each by column name."""
        address = f"{self.file.resolve().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]
