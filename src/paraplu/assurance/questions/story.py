"""A case as a readable story, told from the log alone: who, when, what was before and what after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from paraplu.assurance.questions.names import Names
from paraplu.assurance.questions.question import Question
from paraplu.assurance.questions.search import Search
from paraplu.assurance.questions.shown import Shown
from paraplu.audit.kind import Phase
from paraplu.domain.mandate import Mandate
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known
from paraplu.store import clients

_OUTCOMES = frozenset(
    {"outcome-confirmed", "outcome-nothing", "outcome-collateral", "already-so", "returned"}
    | {"declined", "case-withdrawn", "closed-by-hand"}
)


@dataclass(frozen=True, slots=True)
class Decision:
    """One person's word on the plan: their name then, the mandate, yes or no, when."""

    name: str
    mandate: str
    decision: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. `actions` counts the single actions of a bot that stand between two others.

    `differences` are (field, before, after); `values` what else it says; `evidence` the hashes of files,
    `pictures` those among them that are screenshots. `mandate` is a uid.
    """

    place: int
    time: datetime
    kind: str
    meaning: str
    who: str
    bot: str | None
    code: str | None
    mandate: str | None
    decisions: tuple[Decision, ...]
    differences: tuple[tuple[str, Any, Any], ...]
    values: Mapping[str, Any]
    evidence: tuple[str, ...]
    closed: int
    actions: int = 0
    pictures: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Story:
    """What became of one case. `requested_by` and `submitted_by` are names as they were then.

    `decisions` are all words of people on its plans, `mandates` says in words which mandates (by uid) its
    steps name: whose, for what, granted by whom.
    """

    case: str
    client: str
    service: str
    reference: str | None
    requested_by: str | None
    submitted_by: str | None
    outcome: str | None
    steps: tuple[Step, ...] = field(default_factory=tuple)
    decisions: tuple[Decision, ...] = ()
    mandates: Mapping[str, str] = field(default_factory=dict)


class Stories:
    """Tells stories out of the log."""

    def __init__(self, parts: Parts, search: Search) -> None:
        self._parts = parts
        self._search = search

    def tell(self, reader: Known, cases: Sequence[str], *, actions: bool = False) -> list[Story]:
        """The stories of these cases, as far as the reader may see them; the reading is an entry.

        With `actions` every single action of the bot is a step of its own.
        """
        told = []
        with self._parts.database.read() as connection:
            names = self.names(connection)
        for case in dict.fromkeys(cases):
            shown = self._search.look(reader, Question(cases=(case,)), most=100_000)
            if shown:
                story = _story(case, shown, names, actions=actions)
                told.append(replace(story, mandates=self._mandates(story, names)))
        self._search.readings.tell(reader, "stories", len(told), [one.case for one in told])
        return told

    def _mandates(self, story: Story, names: Names) -> dict[str, str]:
        uids = {one.mandate for one in story.steps if one.mandate is not None}
        uids |= {one.mandate for step in story.steps for one in step.decisions}
        with self._parts.database.read() as connection:
            rows = clients.mandates_named(connection, sorted(uids))
        said = {}
        for row in rows:
            one = Mandate.model_validate_json(row.settings)
            person, granted = (
                names.at(uid, row.applied_at) for uid in (one.person, one.granted_by)
            )
            said[row.uid] = f"of {person} to {one.may}, granted by {granted}"
        return said

    def names(self, connection: Connection) -> Names:
        """The names of everybody, then and now."""
        from paraplu.store import entries

        added = list(entries.chosen(connection, kinds=["person-added"]))[::-1]
        return Names.read(
            self._search.shown(connection, added), self._parts.people.names(connection)
        )


def _story(case: str, shown: Sequence[Shown], names: Names, *, actions: bool) -> Story:
    steps: list[Step] = []
    waiting = 0
    for one in shown:
        if one.rpa["phase"] == Phase.ACTION.value and not actions:
            waiting += 1
            continue
        steps.append(_step(one, names, waiting))
        waiting = 0
    first = next((one for one in shown if one.kind == "case-received"), shown[0])
    last = next((one.kind for one in reversed(shown) if one.kind in _OUTCOMES), None)
    return Story(
        case=case,
        client=first.rpa.get("client", ""),
        service=first.rpa.get("service", ""),
        reference=first.values.get("reference"),
        requested_by=_person(first, "requested_by", names),
        submitted_by=_person(first, "submitted_by", names),
        outcome=last,
        steps=tuple(steps),
        decisions=tuple(
            Decision(one.who, one.mandate or "", one.kind, one.time)
            for one in steps
            if one.kind in ("approved", "declined")
        ),
    )


def _step(one: Shown, names: Names, actions: int) -> Step:
    rpa, actor = one.rpa, one.entry.document["actor"]
    decisions = tuple(
        Decision(
            names.at(said["user"]["uid"], said["time"]),
            said["mandate"],
            said["decision"],
            _moment(said["time"]),
        )
        for said in rpa.get("approved_by", ())
    )
    return Step(
        place=one.place,
        time=one.time,
        kind=one.kind,
        meaning=one.meaning,
        who=names.at(one.actor, one.entry.time_ms),
        bot=actor.get("app_uid"),
        code=rpa.get("code"),
        mandate=rpa.get("mandate"),
        decisions=decisions,
        differences=tuple(one.differences()),
        values=one.others(),
        evidence=tuple(file["hash"] for file in rpa.get("evidence", ())),
        closed=one.closed,
        actions=actions,
        pictures=frozenset(
            file["hash"]
            for file in rpa.get("evidence", ())
            if str(file.get("media_type", "")).startswith("image/")
        ),
    )


def _person(one: Shown, role: str, names: Names) -> str | None:
    said = one.rpa.get(role)
    return None if said is None else names.at(said["user"]["uid"], one.entry.time_ms)


def _moment(milliseconds: int) -> datetime:
    from paraplu.engine.clock import from_ms

    return from_ms(milliseconds)
