"""Watched folders that are away for some time: people are told once an outage, and when it is over.

A folder is away when it is not mounted, may not be read or does not answer. What lasts for less than a few
minutes is told of in the operational log only, and a folder that comes and goes is one outage until it stays.
Which outages are open is known from the notices themselves, so that a restart tells nobody anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from paraplu.domain.notice import Fact, NoticeKind, unpacked
from paraplu.engine.journal import unpack
from paraplu.engine.parts import Parts
from paraplu.engine.places import Place
from paraplu.store import notices

PATIENCE = 300.0
"""Seconds for which a folder must be away, or there again, before people are told."""


class Outages:
    """Tells of the outages of all watched folders; remembers since when each is as it is. For one thread."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._away: dict[str, tuple[float, datetime]] = {}
        self._there: dict[str, float] = {}
        self._open: Mapping[str, str] = {}

    def begin(self, connection: Connection) -> None:
        """Read which outages people were told of and that are not over, at the beginning of a look."""
        self._open = notices.unanswered(
            connection, NoticeKind.FOLDER_AWAY.value, NoticeKind.FOLDER_BACK.value
        )

    def away(self, place: Place, which: str, code: str, at: float) -> None:
        """A folder is away, by the look at `at` (seconds of a clock that only goes forward)."""
        key = _prefix(place, which)
        self._there.pop(key, None)
        since, moment = self._away.setdefault(key, (at, self._parts.clock.now()))
        if at - since >= PATIENCE and self._told(key) is None:
            about = f"{key}{moment:%Y-%m-%dT%H:%M:%SZ}"
            self._tell(NoticeKind.FOLDER_AWAY, place, about, moment, code)

    def back(self, place: Place, which: str, at: float) -> None:
        """A folder is there."""
        key = _prefix(place, which)
        self._away.pop(key, None)
        about = self._told(key)
        if about is None:
            self._there.pop(key, None)
            return
        if at - self._there.setdefault(key, at) >= PATIENCE:
            del self._there[key]
            facts = unpacked(NoticeKind.FOLDER_AWAY, unpack(self._open[about].encode()))
            since = facts.get("since")
            self._tell(
                NoticeKind.FOLDER_BACK, place, about, since if isinstance(since, datetime) else None
            )

    def _told(self, prefix: str) -> str | None:
        """The outage of a folder that people know of."""
        return next((about for about in self._open if about.startswith(prefix)), None)

    def _tell(
        self,
        kind: NoticeKind,
        place: Place,
        about: str,
        since: datetime | None,
        why: str | None = None,
    ) -> None:
        facts: dict[str, Fact | None] = {"service": place.agreement.service, "since": since}
        if why is not None:
            facts["why"] = why
        with self._parts.database.write() as connection:
            self._parts.notices.tell(connection, kind, about, place.client.id, facts)


def _prefix(place: Place, which: str) -> str:
    """How what notices of a folder, or of its out-folder, are about begins."""
    return f"{place.client.id}/{place.agreement.service}/{which}/{place.hash[:16]}/"
