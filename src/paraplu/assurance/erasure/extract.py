"""A person's own extract out of log and cases, for themselves (GDPR art. 15), as a page to print.

Those who handled or read the data are named by their role and not by name: they are employees of others,
whose names the person can ask the controller for (CJEU C-579/21). What is about other people is left out:
paths under `bystanders`, and sentences that tell of an alarm. What people wrote freely stays, marked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from paraplu.assurance.erasure.extract_page import page
from paraplu.assurance.questions.question import Question
from paraplu.assurance.questions.search import Search
from paraplu.assurance.questions.shown import Shown
from paraplu.audit.part import UserType
from paraplu.domain.agreement import Client
from paraplu.domain.person import Role
from paraplu.domain.retention import parse
from paraplu.engine.clock import from_ms
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known, require
from paraplu.engine.wording import Wording
from paraplu.errors import NotFound
from paraplu.store import entries, erasures

MAY = (Role.AUDITOR, Role.LEAD, Role.ADMINISTRATOR)
_OTHERS = "bystanders"
_FREE = frozenset({"remark", "reason"})
_MOST_CASES = 1_000  # that one entry can name

# What happened, in words for the person it is about. Other kinds of entries are counted only.
HAPPENED = {
    "case-received": "We received a request about you.",
    "case-planned": "It was worked out what would change.",
    "approval-asked": "Somebody was asked to decide about it.",
    "approved": "Somebody approved it.",
    "declined": "Somebody declined it.",
    "outcome-confirmed": "It was carried out and checked.",
    "outcome-nothing": "It was tried, and nothing had changed.",
    "outcome-collateral": "Something else than what was asked had changed; a person looked at it.",
    "intent-resolved": "After an interruption it was found out what had been done.",
    "already-so": "It was so already: nothing was changed.",
    "returned": "It went back to the organisation that asked for it.",
    "exception-opened": "It was set aside for a person to look at.",
    "case-taken": "A person took it in hand.",
    "case-handed-back": "A person had looked at it.",
    "case-replied": "A person answered the organisation about it.",
    "case-withdrawn": "It was withdrawn.",
    "closed-by-hand": "A person finished it by hand.",
    "watch-opened": "Something was still to come, and was watched.",
    "watch-fulfilled": "What was watched came true.",
    "watch-missed": "What was watched did not come true in time.",
}
_ROLES = {
    Role.CLIENT_CONTACT: "a contact person of the organisation",
    Role.APPROVER: "somebody who may approve",
    Role.OPERATOR: "an employee of the service centre",
    Role.LEAD: "a lead of the service centre",
    Role.ADMINISTRATOR: "an administrator of the service centre",
    Role.AUDITOR: "an auditor",
}
_SOMEBODY, _ROBOT = "somebody", "a software robot"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: when, what, by whom (a role), the changes and values (name, text, free)."""

    at: datetime
    what: str
    who: str
    changes: tuple[tuple[str, str, str], ...] = ()
    values: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """One case of the person."""

    purpose: str
    agreement: str
    systems: tuple[str, ...]
    received: datetime
    kept_until: date | None
    source: str | None
    lines: tuple[Line, ...]
    further: int


@dataclass(frozen=True, slots=True)
class Read:
    """Somebody (a role) read data about the person."""

    at: datetime
    who: str


@dataclass(frozen=True, slots=True)
class Made:
    """The page, and what is in it. `free_texts` were written freely by people."""

    page: str
    cases: int
    readings: int
    free_texts: int


class Extracts:
    """Writes extracts."""

    def __init__(self, parts: Parts, search: Search) -> None:
        self._parts = parts
        self._search = search

    def make(self, client: str, person: str, by: Known, language: str | None = None) -> Made:
        """All that is kept about a person of a client. That it was written is an entry.

        Raises `NotAllowed`, and `NotFound` when no case is about them.
        """
        require(by, client, *MAY)
        parts = self._parts
        with parts.database.read() as connection:
            of = parts.clients.get(connection, client)
            uids = self._search.cases_of(connection, by, person, client)
            if not uids:
                raise NotFound(f"No case is about a person {person} of '{client}'.")
            people = _People.read(connection, self._search, parts, language or of.language)
            keys = erasures.keys_of(connection, uids)
        held = {one.uid: (one.retention, one.year) for one in parts.keys.held()}
        wording, cases = parts.wording(language or of.language), []
        for uid in uids:
            shown = self._search.look(by, Question(cases=(uid,)), most=100_000)
            if shown:
                cases.append(self._about(of, shown, held.get(keys[uid]), people, wording))
        readings = [
            Read(one.time.astimezone(of.zone), people.role(one.actor))
            for one in self._search.readers(by, Question(cases=uids))
        ]
        for start in range(0, len(uids), _MOST_CASES):
            named = list(uids[start : start + _MOST_CASES])
            detail = {"cases": named, "count": len(uids), "language": wording.language}
            parts.journal.write_alone("extract-written", by.hand, client=client, detail=detail)
        now = parts.clock.now().astimezone(of.zone)
        text = page(of, person.strip(), now, cases, readings, wording)
        free = sum(one[2] for case in cases for line in case.lines for one in line.values)
        return Made(text, len(cases), len(readings), free)

    def _about(
        self,
        client: Client,
        shown: Sequence[Shown],
        kept: tuple[str, int] | None,
        people: _People,
        wording: Wording,
    ) -> About:
        first = next((one for one in shown if one.kind == "case-received"), shown[0])
        service = str(first.rpa.get("service", ""))
        bot = self._parts.bots.get(service)
        form = None if bot is None else bot.request.form(service)
        headings = (
            {}
            if form is None
            else {column.field: column.heading(wording.language) for column in form.columns}
        )
        lines = [
            _line(one, headings, people, wording, client.zone)
            for one in shown
            if one.kind in HAPPENED
        ]
        retention = None if kept is None else parse(kept[0])
        return About(
            purpose=service if form is None else form.title(wording.language),
            agreement=str(first.rpa.get("agreement", "")),
            systems=tuple(sorted({one.rpa["target"] for one in shown if "target" in one.rpa})),
            received=first.time.astimezone(client.zone),
            kept_until=None if retention is None or kept is None else retention.last_day(kept[1]),
            source=None if retention is None else retention.source,
            lines=tuple(lines),
            further=len(shown) - len(lines),
        )


@dataclass(frozen=True, slots=True)
class _People:
    """The roles of our own people, and the texts by which they are named."""

    roles: Mapping[str, str]
    named: re.Pattern[str] | None
    by_text: Mapping[str, str]
    wording: Wording

    @classmethod
    def read(cls, connection: Connection, search: Search, parts: Parts, language: str) -> _People:
        wording = parts.wording(language)
        roles: dict[str, str] = {}
        texts: dict[str, str] = {}
        added = list(entries.chosen(connection, kinds=["person-added"]))[::-1]
        for one in search.shown(connection, added):
            detail = one.rpa.get("detail", {})
            role = _role(detail.get("roles", ()), wording)
            roles[detail.get("person", "")] = role
            said = one.values.get("person", {})
            for name in ("name", "handle", "email"):
                if said.get(name):
                    texts[str(said[name]).casefold()] = role
        every = sorted(map(re.escape, texts), key=len, reverse=True)
        named = re.compile("|".join(every), re.IGNORECASE) if every else None
        return cls(roles, named, texts, wording)

    def role(self, uid: str) -> str:
        """Who somebody is, without a name."""
        return self.roles.get(uid) or self.wording.text(_SOMEBODY)

    def masked(self, text: str) -> str:
        """A text with the names of our own people replaced by what they are."""
        if self.named is None:
            return text
        return self.named.sub(lambda found: self.by_text[found[0].casefold()], text)


def _role(codes: Sequence[str], wording: Wording) -> str:
    for role, words in _ROLES.items():
        if role.value in codes:
            return wording.text(words)
    return wording.text(_SOMEBODY)


def _line(
    one: Shown, headings: Mapping[str, str], people: _People, wording: Wording, zone: ZoneInfo
) -> Line:
    actor = one.entry.document["actor"]["user"]
    robot = actor.get("type_id") in (UserType.SERVICE.value, UserType.SYSTEM.value)
    who = wording.text(_ROBOT) if robot else people.role(one.actor)
    changes = tuple(
        (_named(path, headings, wording), _text(before, people), _text(after, people))
        for path, before, after in one.differences()
        if path.split(".", 1)[0] != _OTHERS
    )
    values: list[tuple[str, str, bool]] = []
    for name, value in one.others().items():
        if one.kind == "case-received" or name in _FREE:
            text = people.masked(_text(value, people))
            values.append((_named(name, headings, wording), text, name in _FREE))
    return Line(
        from_ms(one.entry.time_ms).astimezone(zone),
        wording.text(HAPPENED[one.kind]),
        who,
        changes,
        tuple(values),
    )


def _named(path: str, headings: Mapping[str, str], wording: Wording) -> str:
    if path == "reason":
        return wording.text("Explanation")
    return headings.get(path) or path.replace("_", " ").replace(".", " ")


def _text(value: Any, people: _People) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "; ".join(_text(one, people) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_text(one, people)}" for name, one in value.items())
    return people.masked(str(value))
