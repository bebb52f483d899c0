"""A paged list: ten rows a page, a search field, and the total."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from paraplu.practice.visit import Visit

PAGE_SIZE = 10


@dataclass(frozen=True)
class Listing:
    """One page of a list; `q` is what was searched for, `path` the address without its query."""

    rows: list[sqlite3.Row]
    page: int
    pages: int
    total: int
    q: str
    path: str

    def address(self, page: int) -> str:
        """The address of another page of the same list."""
        query = {"q": self.q} if self.q else {}
        return f"{self.path}?{urlencode({**query, 'page': page})}"


def listing(
    visit: Visit,
    select: str,
    order: str,
    parameters: Sequence[Any] = (),
    search: Sequence[str] = (),
) -> Listing:
    """The asked page of a query (`SELECT ... FROM ... WHERE ...`), searched in the given columns."""
    q = visit.asked("q")[:100]
    values = list(parameters)
    if q and search:
        select += " AND (" + " OR ".join(f"{column} LIKE ? ESCAPE '!'" for column in search) + ")"
        escaped = q.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        values += [f"%{escaped}%"] * len(search)
    total = visit.database.execute(f"SELECT count(*) FROM ({select})", values).fetchone()[0]  # noqa: S608
    pages = max(1, -(-total // PAGE_SIZE))
    asked = visit.asked("page")
    page = min(max(int(asked), 1), pages) if asked.isdecimal() and len(asked) < 7 else 1
    rows = visit.database.execute(
        f"{select} ORDER BY {order} LIMIT {PAGE_SIZE} OFFSET {(page - 1) * PAGE_SIZE}", values
    ).fetchall()
    return Listing(rows, page, pages, total, q, visit.path)
