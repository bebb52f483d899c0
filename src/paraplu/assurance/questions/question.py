"""What an auditor asks the log for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from paraplu.audit.entry import Entry
from paraplu.audit.kinds import CATALOGUE


@dataclass(frozen=True, slots=True)
class Hours:
    """Working hours of one zone; outside them is Saturday, Sunday, or before or after these."""

    zone: ZoneInfo
    begin: time = time(7)
    end: time = time(19)

    def outside(self, milliseconds: int) -> bool:
        """Whether an instant (ms since 1970, UTC) lies outside working hours. Holidays count as days."""
        local = datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(self.zone)
        return local.weekday() >= 5 or not self.begin <= local.time() < self.end


@dataclass(frozen=True, slots=True)
class Question:
    """Entries are asked for; whatever is given must hold. Times are milliseconds since 1970, UTC.

    `since` is included, `until` is not. `cases` are uids, None means any entry; `bot` is the name of a bot
    (``payroll-correction``) or of a part of Paraplu (``command-line``); `version` the version of a bot
    (``payroll-correction@2``) or the beginning of a code hash; `phases` are those of the catalogue.
    `outside` keeps what was written outside these hours only.
    """

    cases: tuple[str, ...] | None = None
    kinds: frozenset[str] = frozenset()
    phases: frozenset[str] = frozenset()
    actor: str | None = None
    run: str | None = None
    bot: str | None = None
    version: str | None = None
    client: str | None = None
    service: str | None = None
    target: str | None = None
    since: int | None = None
    until: int | None = None
    outside: Hours | None = field(default=None)

    def with_cases(self, cases: tuple[str, ...]) -> Question:
        """The same about these cases only; narrowed when some were named already."""
        kept = cases if self.cases is None else tuple(set(cases) & set(self.cases))
        return replace(self, cases=kept)

    def wanted_kinds(self) -> frozenset[str]:
        """The kinds that can fit, none when any can."""
        if not self.phases:
            return self.kinds
        of_phase = {code for code, kind in CATALOGUE.items() if kind.phase.value in self.phases}
        # A phase without kinds must not turn into "any kind".
        return frozenset(of_phase & self.kinds if self.kinds else of_phase) or frozenset({"none"})

    def fits(self, entry: Entry) -> bool:
        """Whether an entry is asked for."""
        rpa, actor = entry.rpa, entry.document["actor"]
        kinds = self.wanted_kinds()
        return (
            (self.cases is None or entry.case in self.cases)
            and (not kinds or entry.kind in kinds)
            and (self.actor is None or entry.actor == self.actor)
            and (self.run is None or entry.run == self.run)
            and (self.bot is None or actor.get("app_name") == self.bot)
            and (self.version is None or self._of_version(rpa, actor.get("app_uid", "")))
            and (self.client is None or rpa.get("client") == self.client)
            and (self.service is None or rpa.get("service") == self.service)
            and (self.target is None or rpa.get("target") == self.target)
            and (self.since is None or entry.time_ms >= self.since)
            and (self.until is None or entry.time_ms < self.until)
            and (self.outside is None or self.outside.outside(entry.time_ms))
        )

    def _of_version(self, rpa: dict[str, object], app: str) -> bool:
        wanted = self.version or ""
        if "@" in wanted:
            return app == wanted
        return len(wanted) >= 8 and str(rpa.get("code", "")).startswith(wanted)
