"""The logs of this installation: one for each year, the last of them open."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from paraplu.audit.tree import Frontier
from paraplu.errors import IntegrityBroken
from paraplu.store.tables import tree


@dataclass(frozen=True, slots=True)
class Log:
    """A log: its name (origin), the place of its first entry, its edge, and when it was opened and closed."""

    log: str
    first: int
    frontier: Frontier
    opened_at: int
    closed_at: int | None

    @property
    def size(self) -> int:
        """How many entries it has."""
        return self.frontier.size

    @property
    def until(self) -> int:
        """The place after its last entry."""
        return self.first + self.size


def every(connection: Connection) -> list[Log]:
    """All logs, the oldest first."""
    query = select(
        tree.c.log, tree.c.first, tree.c.frontier, tree.c.opened_at, tree.c.closed_at
    ).order_by(tree.c.first)
    return [
        Log(row.log, row.first, Frontier.from_bytes(row.frontier), row.opened_at, row.closed_at)
        for row in connection.execute(query)
    ]


def current(connection: Connection) -> Log:
    """The log that is open. Raises `IntegrityBroken` when there is none."""
    found = [one for one in every(connection) if one.closed_at is None]
    if len(found) != 1:
        raise IntegrityBroken(
            f"{len(found)} audit logs are open, there must be one: the table 'tree' was changed, or the "
            "database was not made by paraplu init."
        )
    return found[0]


def close(connection: Connection, log: str, at: int) -> None:
    """Close a log: nothing is added to it any more."""
    connection.execute(tree.update().where(tree.c.log == log).values(closed_at=at))
