"""The hands of a run: everything that runs an author's code or touches an outside system.

The engine decides and writes down; hands look and do. They know neither the database nor a key, so they
can be a process of their own that is killed when it hangs (`paraplu.dispatch.child`). `OwnHands` work in
the process of the engine: the same code, without a limit on time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from paraplu.domain.bot import Bot, CaseInHand, Desk
from paraplu.domain.calendar import Calendar
from paraplu.domain.change import Change, Watch
from paraplu.domain.connector import Action, Recorder, Session, SessionConnector, SessionTerms
from paraplu.domain.credential import Credential
from paraplu.domain.finding import Finding, ToPerson, to_person
from paraplu.domain.look import Comparison, Fields, canonical, compare, flatten
from paraplu.domain.plan import Intent, Plan, planned_bounds, planned_fields, stray_fields
from paraplu.domain.target import Target
from paraplu.errors import IntegrityBroken, NothingDone, OutcomeUnknown, ParapluError, PluginWrong

T = TypeVar("T")


class HandsLost(OutcomeUnknown):
    """The process of the hands hung or died. What it was doing is looked at by new hands."""


@dataclass(frozen=True, slots=True)
class HandsTerms:
    """For which run hands are opened. Limits are seconds: of one act, and of one case as a whole."""

    run: str
    service: str
    target: str
    credential: str
    rehearsal: bool
    act_limit: float
    case_limit: float


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """What can be said of a change before anything is looked at."""

    record: str
    look_tells: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look after the act shows, judged by the intent's own before and wanted.

    `result` and `watch` are filled when the change is confirmed; `mistake` is what a person must see when
    the bot fails at telling them.
    """

    comparison: Comparison
    after: Fields
    result: Mapping[str, str]
    watch: Watch | None
    mistake: ToPerson | None


class Hands(Protocol):
    """What the engine asks of hands.

    Errors are those of `paraplu.errors`; what an author's code should not raise becomes `PluginWrong`,
    named by its type only, but for `MemoryError`: that is nobody's mistake, and nothing goes on after it in
    the process where it was raised. `HandsLost` may come out of every method; `sign_in` takes new hands
    when the old ones are gone and brings them to where the others were.
    """

    def sign_in(self) -> None:
        """Sign in to the target. Raises what the target raises."""

    def sign_out(self) -> None:
        """Sign out of the target."""

    def take_up(self, case: CaseInHand[Any], now: datetime, calendar: Calendar) -> None:
        """Take up a case; `now` is aware, `calendar` its agreement's. What is read from here on is live."""

    def check(self) -> list[Finding]:
        """What the bot finds against the case. Each finding can be said in words."""

    def change(self) -> ChangeFacts:
        """Make the change anew."""

    def look(self) -> Intent:
        """Make the change anew, look, and plan."""

    def preconditions(self) -> Mapping[str, str]:
        """What must still be so, read live."""

    def act(self, reached: str | None) -> ParapluError | None:
        """Act. What it raised is given back: only the look afterwards says what was done."""

    def look_again(self, intent: Intent) -> Seen:
        """Look live, and judge by `intent`."""

    def watched(self, code: str) -> Finding | bool:
        """What the bot sees of a watch of the case."""

    def picture(self, *, show: bool) -> bytes | None:
        """A PNG of the page, of what the change shows if `show`; secrets and bystanders are covered."""

    def close(self) -> None:
        """Let go of everything. Raises what no call has heard of: a request that was cut or stopped."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What hands are made of. Plugins are fetched by name when they are needed.

    `targets` and `connectors` give a class or connector by its name, `address` where a target lies,
    `credential` a robot account by name; all raise `SettingsWrong` for a name that nobody knows.
    """

    bots: Mapping[str, Bot[Any]]
    targets: Callable[[str], type[Target]]
    connectors: Callable[[str], SessionConnector]
    address: Callable[[str], str]
    credential: Callable[[str], Credential]


class OwnHands:
    """Hands in this process."""

    def __init__(self, tools: Tools, terms: HandsTerms, record: Recorder) -> None:
        kind = tools.targets(terms.target)
        self._bot = tools.bots[terms.service]
        self._credential = tools.credential(terms.credential)
        self._opened: AbstractContextManager[Session] = tools.connectors(kind.connector).open(
            SessionTerms(
                address=tools.address(terms.target),
                secrets=(self._credential.password,),
                writes=kind.writes if terms.rehearsal else None,
            ),
            record,
        )
        self._session = self._opened.__enter__()
        self._target = kind(self._session)
        self._case: CaseInHand[Any] | None = None
        self._desk: Desk | None = None
        self._change: Change[Any] | None = None

    @property
    def broken(self) -> bool:
        """Whether nothing that is asked of this session can succeed any more: its browser died, say."""
        return bool(getattr(self._session, "broken", False))

    def sign_in(self) -> None:
        """See `Hands`."""
        guarded("sign-in", lambda: self._target.sign_in(self._credential))

    def sign_out(self) -> None:
        """See `Hands`."""
        guarded("sign-out", self._target.sign_out)

    def take_up(self, case: CaseInHand[Any], now: datetime, calendar: Calendar) -> None:
        """See `Hands`."""
        self._case, self._change = case, None
        targets = dict.fromkeys(self._bot.needs, self._target)
        self._desk = Desk(targets, now, calendar)
        self._refresh()

    def check(self) -> list[Finding]:
        """See `Hands`."""
        case, desk = self._taken_up()
        return guarded("check", lambda: _told(self._bot.check(case, desk)))

    def change(self) -> ChangeFacts:
        """See `Hands`."""
        case, desk = self._taken_up()
        change = guarded("change", lambda: self._bot.change(case, desk))
        self._change = change
        return ChangeFacts(change.record, change.look_tells)

    def look(self) -> Intent:
        """See `Hands`."""
        self.change()
        change = self._made()
        before = guarded("look", change.look)
        return guarded("plan", lambda: self._plan(change, before))

    def preconditions(self) -> Mapping[str, str]:
        """See `Hands`."""
        change = self._made()
        self._refresh()
        return guarded("preconditions", lambda: dict(change.preconditions()))

    def act(self, reached: str | None) -> ParapluError | None:
        """See `Hands`."""
        change = self._made()
        try:
            self._refresh()
            guarded("act", lambda: change.act(reached))
        except IntegrityBroken:
            raise
        except ParapluError as error:
            return error
        return None

    def look_again(self, intent: Intent) -> Seen:
        """See `Hands`."""
        change = self._made()
        self._refresh()
        after = guarded("look", change.look)
        flat = guarded("look", lambda: flatten(after))
        comparison = compare(intent.before, intent.wanted, flat, intent.roles, intent.stages)
        if comparison.verdict != "confirmed":
            return Seen(comparison, flat, {}, None, None)
        return Seen(comparison, flat, *_aftermath(change, after))

    def watched(self, code: str) -> Finding | bool:
        """See `Hands`."""
        case, desk = self._taken_up()
        return guarded("watched", lambda: self._bot.watched(case, desk, code))

    def picture(self, *, show: bool) -> bytes | None:
        """See `Hands`."""
        if show and self._change is not None:
            guarded("show", self._change.show)
        mask: Sequence[Any] = guarded("bystanders", self._target.bystanders)
        return guarded("picture", lambda: self._session.picture(mask))

    def close(self) -> None:
        """See `Hands`."""
        self._opened.__exit__(None, None, None)

    def _refresh(self) -> None:
        guarded("refresh", self._target.refresh)

    def _taken_up(self) -> tuple[CaseInHand[Any], Desk]:
        if self._case is None or self._desk is None:
            raise PluginWrong("No case has been taken up.")
        return self._case, self._desk

    def _made(self) -> Change[Any]:
        if self._change is None:
            raise PluginWrong("No change has been made of this case.")
        return self._change

    def _plan(self, change: Change[Any], before: Any) -> Intent:
        agreement = self._taken_up()[0].agreement
        wanted, roles = change.wanted(before), change.roles(before)
        flat_before, flat_wanted = flatten(before), flatten(wanted)
        stray = stray_fields(flat_before, flat_wanted, roles)
        if stray:
            raise PluginWrong(f"The bot's change alters {len(stray)} fields that nobody asked for.")
        plan = Plan(
            target=agreement.target,
            record=change.record,
            asked=planned_fields(flat_before, flat_wanted, roles),
            bounds=planned_bounds(flat_before, flat_wanted, roles),
            preconditions=dict(change.preconditions()),
            agreement=agreement.id,
            effect=change.effect(before),
            latest=change.latest,
        )
        stages = {name: flatten(stage) for name, stage in change.stages(wanted).items()}
        return Intent(plan, flat_before, flat_wanted, stages, roles)


def guarded(step: str, work: Callable[[], T]) -> T:
    """Run the author's code: what it should not raise becomes `PluginWrong`, named by type only.

    `MemoryError` passes: whose code meets it first says nothing about whose mistake it is.
    """
    try:
        return work()
    except (NothingDone, OutcomeUnknown, IntegrityBroken, PluginWrong, MemoryError):
        raise
    except Exception as error:
        raise PluginWrong(f"The bot failed in '{step}' with {type(error).__name__}.") from error


def unseen(what: str, error: Exception) -> Action:
    """The action that tells of a picture which could not be taken."""
    return Action("picture", what, failed=type(error).__name__)


def _told(findings: Iterable[Finding]) -> list[Finding]:
    """The findings of a check, each of which can be said in words."""
    told = list(findings)
    for finding in told:
        str(finding.message)
    return told


def _aftermath(
    change: Change[Any], after: Any
) -> tuple[dict[str, str], Watch | None, ToPerson | None]:
    """The result, the watch, and what a person must see when the bot fails at telling them.

    The change is confirmed by then: a bot's mistake must not keep that from being recorded.
    """
    try:
        result = {
            name: canonical(value)
            for name, value in change.result(after).items()
            if value is not None
        }
        return result, change.watch(after), None
    except MemoryError:
        raise
    except Exception:
        text = "This is done, but the bot failed to tell its result: look what must be watched."
        return {}, None, to_person("result-untold", text)
