"""Where clients deliver: the watched folders of the agreements that have begun."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from paraplu.domain.agreement import Agreement, Client
from paraplu.domain.folder import WatchedFolder, is_absolute, parts_of, shared_paths
from paraplu.engine.parts import Parts
from paraplu.engine.share import Share
from paraplu.store import clients

_QUARTER_MS = 15 * 60 * 1000  # in every time zone a day begins with one


@dataclass(frozen=True, slots=True)
class Place:
    """A watched folder: whose it is, under which agreement, and whether that is in force today.

    `shared` says that another agreement has the same folder, so that it proves nothing. `below` says that it
    lies below the home, where we make it.
    """

    client: Client
    agreement: Agreement
    folder: WatchedFolder
    share: Share
    hash: str
    in_force: bool
    shared: bool
    below: bool

    @property
    def key(self) -> tuple[str, str]:
        """Client and service."""
        return self.client.id, self.agreement.service

    @property
    def names(self) -> dict[str, str]:
        """The same, by name."""
        return {"client": self.client.id, "service": self.agreement.service}


class Places:
    """The watched folders; relative paths lie below `below`. Read again only when settings changed."""

    def __init__(self, parts: Parts, below: Path) -> None:
        self._parts = parts
        self._below = below
        self._as_of: tuple[int, ...] = ()
        self._places: list[Place] = []

    def current(self, connection: Connection) -> list[Place]:
        """The folders of the agreements that have begun, each in its newest version."""
        as_of = (*clients.as_of(connection), self._parts.clock.ms() // _QUARTER_MS)
        if as_of != self._as_of:
            self._places = self._read(connection)
            self._as_of = as_of
        return self._places

    def _read(self, connection: Connection) -> list[Place]:
        parts, found = self._parts, dict[str, tuple[Client, Agreement, WatchedFolder, bool]]()
        for client in parts.clients.every(connection):
            today = parts.clock.now().astimezone(client.zone).date()
            newest: dict[str, Agreement] = {}
            for one in parts.clients.agreements(connection, client.id):
                if one.valid_from <= today:
                    newest[one.service] = one
            for one in newest.values():
                if one.folder is not None:
                    found[one.id] = (client, one, one.folder, one.valid_on(today))
        pairs = shared_paths({name: folder for name, (_c, _a, folder, _f) in found.items()})
        shared = {name for pair in pairs for name in pair}
        return [
            self._place(client, one, folder, in_force, one.id in shared)
            for client, one, folder, in_force in found.values()
        ]

    def _place(
        self, client: Client, one: Agreement, folder: WatchedFolder, in_force: bool, shared: bool
    ) -> Place:
        below = not is_absolute(folder.path)
        inbox = self._below.joinpath(*parts_of(folder.path)) if below else Path(folder.path)
        share = Share(inbox, folder.answered, folder.refused)
        mark = self._parts.keys.hash("folder", str(inbox))
        return Place(client, one, folder, share, mark, in_force, shared, below)
