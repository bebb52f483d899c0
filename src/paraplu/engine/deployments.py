"""A person writes down that they put code there, and where it was reviewed.

What ran is in the log by its hash anyhow; this says on whose word it ran.
"""

from __future__ import annotations

from dataclasses import dataclass

from paraplu.domain.person import Role
from paraplu.engine.journal import Personal
from paraplu.engine.parts import Parts
from paraplu.engine.people import RETENTION, Known, require
from paraplu.store.keys import Scope


@dataclass(frozen=True, slots=True)
class Deployed:
    """The code of one bot on one target, as it is installed now: SHA-256 in hexadecimal."""

    service: str
    target: str
    code: str


class Deployments:
    """Writes deployments into the log."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def installed(self) -> list[Deployed]:
        """The code of every bot on every target that an agreement in force names."""
        parts = self._parts
        with parts.database.read() as connection:
            pairs = {
                (agreement.service, agreement.target)
                for client in parts.clients.every(connection)
                for agreement in parts.clients.agreements(connection, client.id)
            }
        return [
            Deployed(service, target, parts.code_hash(service, target))
            for service, target in sorted(pairs)
            if service in parts.bots
        ]

    def record(self, by: Known, reviewed: str) -> list[Deployed]:
        """Write down that `by` put the installed code there; `reviewed` says where it was reviewed.

        One entry for each bot and target. Raises `NotAllowed` unless `by` is an administrator.
        """
        require(by, None, Role.ADMINISTRATOR)
        parts = self._parts
        found = self.installed()
        year = parts.clock.now().year
        key = parts.keys.key_for(Scope(f"person/{by.uid}", RETENTION, year))
        with parts.database.write() as connection:
            parts.journal.write(
                connection,
                *(
                    parts.journal.entry(
                        "code-deployed",
                        by.hand,
                        service=one.service,
                        target=one.target,
                        code=one.code,
                        personal=Personal(key, {"reviewed": reviewed}, thing="code"),
                    )
                    for one in found
                ),
            )
        return found
