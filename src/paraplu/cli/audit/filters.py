"""The filters that the questions of an auditor share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from paraplu.assurance.questions.question import Question
    from paraplu.bootstrap import Centre
    from paraplu.engine.people import Known

F = TypeVar("F", bound=Callable[..., Any])

_DAY = click.DateTime(["%Y-%m-%d"])
_OPTIONS = (
    click.option("--client", help="Of this client."),
    click.option("--service", help="Of this service."),
    click.option("--case", "reference", help="Of this case: its reference, or its uid."),
    click.option("--person", help="About this person: the number by which the client knows them."),
    click.option("--bot", help="Done by this bot (payroll-correction)."),
    click.option("--version", help="By this version (payroll-correction@2), or code hash."),
    click.option("--by", "actor", help="Done by this person (user name) or robot account."),
    click.option("--run", help="In this run."),
    click.option("--kind", "kinds", multiple=True, help="Of this kind (may be given again)."),
    click.option("--phase", "phases", multiple=True, help="Of this phase (may be given again)."),
    click.option("--from", "since", type=_DAY, help="From this day on (2026-03-01)."),
    click.option("--to", "until", type=_DAY, help="Up to and with this day (2026-03-31)."),
    click.option("--above", help="Of cases with a larger effect, up or down (500)."),
    click.option(
        "--out-of-hours", is_flag=True, help="Outside 07:00 to 19:00 on Monday to Friday."
    ),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What was given on the command line; see the help of each option. Days are those of the client's zone,
    of UTC without --client.
    """

    client: str | None
    service: str | None
    reference: str | None
    person: str | None
    bot: str | None
    version: str | None
    actor: str | None
    run: str | None
    kinds: tuple[str, ...]
    phases: tuple[str, ...]
    since: datetime | None
    until: datetime | None
    above: str | None
    out_of_hours: bool

    @property
    def empty(self) -> bool:
        """Whether nothing was given: everything fits."""
        return not any(getattr(self, name) for name in self.__slots__)

    def question(self, centre: Centre, reader: Known) -> Question:
        """The question that they make. Raises `UsageError` or `NotFound` that says what to write."""
        from paraplu.assurance.questions.question import Hours, Question
        from paraplu.engine.clock import to_ms

        zone = self.zone(centre)
        question = Question(
            kinds=frozenset(_known(self.kinds, "kind", _kinds())),
            phases=frozenset(_known(self.phases, "phase", _phases())),
            actor=self._actor(centre),
            run=self.run,
            bot=self.bot,
            version=self._version(),
            client=self.client,
            service=self.service,
            since=None if self.since is None else to_ms(_midnight(self.since.date(), zone)),
            until=None
            if self.until is None
            else to_ms(_midnight(self.until.date() + timedelta(days=1), zone)),
            outside=Hours(zone) if self.out_of_hours else None,
        )
        return self._about(centre, reader, question)

    def zone(self, centre: Centre) -> ZoneInfo:
        """The zone in which days are meant. Raises `NotFound` for a client that nobody knows."""
        from zoneinfo import ZoneInfo

        if self.client is None:
            return ZoneInfo("UTC")
        with centre.parts.database.read() as connection:
            return centre.parts.clients.get(connection, self.client).zone

    def _about(self, centre: Centre, reader: Known, question: Question) -> Question:
        from decimal import Decimal, InvalidOperation

        with centre.parts.database.read() as connection:
            if self.reference is not None:
                row = centre.desks.find(connection, self.reference, self.client, self.service)
                question = question.with_cases((row.uid,))
            if self.person is not None:
                about = centre.search.cases_of(connection, reader, self.person, self.client)
                question = question.with_cases(about)
            if self.above is None:
                return question
            try:
                amount = Decimal(self.above.replace(",", "."))
            except InvalidOperation:
                raise click.UsageError(
                    f"'{self.above}' is no amount: write 500 or 500.50."
                ) from None
            cases = question.cases
            if cases is None:
                cases = centre.search.cases_in(connection, reader, question)
            return question.with_cases(tuple(centre.search.above(connection, cases, amount)))

    def _actor(self, centre: Centre) -> str | None:
        if self.actor is None:
            return None
        with centre.parts.database.read() as connection:
            known = centre.parts.people.by_handle(connection, self.actor)
        return self.actor if known is None else known.uid

    def _version(self) -> str | None:
        if self.version is not None and "@" not in self.version and len(self.version) < 8:
            raise click.UsageError(
                f"'{self.version}' is neither a version (payroll-correction@2) nor the first eight or more "
                "characters of a code hash."
            )
        return self.version


def filtered(function: F) -> F:
    """Give a command the filters; it gets them as its argument `filters`."""

    @functools.wraps(function)
    def with_filters(*args: Any, **given: Any) -> Any:
        names = Filters.__dataclass_fields__
        filters = Filters(**{name: given.pop(name) for name in names})
        return function(*args, filters=filters, **given)

    wrapped: Any = with_filters
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    found: F = wrapped
    return found


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _known(given: tuple[str, ...], what: str, known: list[str]) -> tuple[str, ...]:
    for one in given:
        if one not in known:
            raise click.UsageError(f"'{one}' is no {what}. They are: {', '.join(known)}.")
    return given


def _kinds() -> list[str]:
    from paraplu.audit.kinds import CATALOGUE

    return sorted(CATALOGUE)


def _phases() -> list[str]:
    from paraplu.audit.kind import Phase

    return [phase.value for phase in Phase]
