"""Who is asked to decide about a plan: one holder of a mandate after the other, each step an entry.

Being asked is no privilege: whoever holds a mandate and is not barred may decide at any time, also somebody
who was never asked, or who is away. It is asked for so that a case does not wait for an empty desk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from paraplu.domain.absence import Holder, after_working_hours, next_to_ask
from paraplu.domain.case import State
from paraplu.domain.finding import ToPerson, to_person
from paraplu.domain.notice import NoticeKind
from paraplu.domain.plan import Plan
from paraplu.domain.request import Request
from paraplu.engine.casefile import Said
from paraplu.engine.clients import Terms
from paraplu.engine.clock import from_ms, to_ms
from paraplu.engine.journal import OURSELVES, Personal
from paraplu.engine.mandates import away_at, may_decide
from paraplu.engine.parts import Parts
from paraplu.engine.settling import finding_hash
from paraplu.errors import IntegrityBroken, NotFound, Refused
from paraplu.store import absences, cases, exceptions, plans
from paraplu.store.entries import NewEntry
from paraplu.store.keys import Erased

NOBODY = ("nobody-there", "nobody-may-decide", "nobody-decided")
"""Codes of the exceptions for the operator when there is nobody to ask."""

_LATER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Matter:
    """What is to be decided about: the plan of a case, under the terms that hold now."""

    row: Any
    digest: str
    terms: Terms
    request: Request
    plan: Plan


@dataclass(frozen=True, slots=True)
class Outlook:
    """Who is asked about a case and since when, until when an answer is waited for, and who comes then.

    `then` None means that there is nobody else: the service centre is told. `until` is None when nobody
    waits, or when that cannot be said because the bot or the agreement is gone.
    """

    asked: tuple[tuple[str, datetime], ...]
    until: datetime | None
    then: str | None
    latest: datetime | None


class Askings:
    """Asks, and passes on."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def begin(
        self, connection: Connection, matter: Matter
    ) -> tuple[dict[str, Any] | None, list[NewEntry]]:
        """Ask the first person about a plan, in the transaction in which its case begins to wait.

        Gives what the entry says of whom was asked (None: nobody), and entries that are to follow it. A plan
        about which somebody was asked before goes on where it stood.
        """
        asked = absences.asked(connection, matter.row.uid, matter.digest)
        step, entries = self._step(connection, matter, asked, self._parts.clock.now())
        if step is None:
            return None, entries
        return step, [one for one in entries if one.kind != "approval-passed-on"]

    def look(self, now: datetime | None = None) -> int:
        """Pass on what has waited long enough, or waits for somebody who is away. Gives the steps made.

        For the clock, every minute or so.
        """
        parts, now = self._parts, now or self._parts.clock.now()
        with parts.database.read() as connection:
            gone = away_at(connection, now)
            uids = absences.to_pass_on(connection, to_ms(now), gone)
        made = 0
        for uid in uids:
            with parts.database.write() as connection:
                row = cases.get(connection, uid)
                if row.state != State.WAITING.value or row.digest is None:
                    continue
                asked = absences.asked(connection, uid, row.digest)
                matter = self._matter(connection, row)
                if matter is None:
                    self._look_later(connection, uid, row.digest, asked, now)
                    continue
                step, entries = self._step(connection, matter, asked, now)
                parts.journal.write(connection, *entries)
                made += step is not None
        return made

    def settled(self, connection: Connection, case: str) -> None:
        """Somebody was found or has decided: nobody need look for a decider any more."""
        exceptions.close_codes(connection, case, NOBODY, "decider-found", self._parts.clock.ms())

    def outlook(self, connection: Connection, row: Any) -> Outlook | None:
        """What becomes of a waiting case (a row) if nobody decides. None when it does not wait."""
        if row.state != State.WAITING.value or row.digest is None:
            return None
        asked = absences.asked(connection, row.uid, row.digest)
        then, matter = None, self._matter(connection, row)
        until = asked[-1].next_at if asked and matter is not None else None
        if matter is not None:
            gone = away_at(connection, self._parts.clock.now())
            follows = next_to_ask(self._holders(connection, matter), gone, _asked(asked))
            then = None if follows is None else follows.person
        return Outlook(
            tuple((one.person, from_ms(one.asked_at)) for one in asked if one.person is not None),
            None if until is None else from_ms(until),
            then,
            None if row.latest is None else from_ms(row.latest),
        )

    def _step(
        self, connection: Connection, matter: Matter, asked: Sequence[Any], now: datetime
    ) -> tuple[dict[str, Any] | None, list[NewEntry]]:
        """One step: what it says of whom is asked (None: no step was made), and its entries."""
        gone = away_at(connection, now)
        last = asked[-1] if asked else None
        waits = last is not None and (last.next_at is None or last.next_at > to_ms(now))
        if last is not None and waits and last.person not in gone:
            return None, []
        holders = self._holders(connection, matter)
        chosen = next_to_ask(holders, gone, _asked(asked))
        until = self._until(connection, matter.terms, now)
        if chosen is None:
            return None, self._nobody(connection, matter, asked, holders, gone, now)
        made = absences.ask(
            connection,
            uid=self._parts.clock.uid(),
            case_uid=matter.row.uid,
            digest=matter.digest,
            person=chosen.person,
            mandate=chosen.mandate,
            step=1 if last is None else last.step + 1,
            asked_at=to_ms(now),
            next_at=None if until is None else to_ms(until),
        )
        if not made:  # by somebody else, just now
            return None, []
        self.settled(connection, matter.row.uid)
        follows = next_to_ask(holders, gone, {*_asked(asked), chosen.person})
        step = 1 if last is None else last.step + 1
        self._tell(connection, matter, chosen, until, follows, step)
        says: dict[str, Any] = {"person": chosen.person, "step": step}
        instead = sorted(one for one in chosen.stands_in_for if one in gone)
        if instead:
            says["instead_of"] = instead[0]
        absent = bool(instead) or (last is not None and last.person in gone)
        return says, [self._passed_on(matter, chosen, says, "absent" if absent else "no-answer")]

    def _passed_on(
        self, matter: Matter, chosen: Holder, says: Mapping[str, Any], why: str
    ) -> NewEntry:
        return self._parts.journal.entry(
            "approval-passed-on",
            OURSELVES,
            case=matter.row.uid,
            plan=matter.digest,
            mandate=chosen.mandate,
            client=matter.row.client,
            service=matter.row.service,
            status_code=why,
            detail=says,
        )

    def _nobody(
        self,
        connection: Connection,
        matter: Matter,
        asked: Sequence[Any],
        holders: Sequence[Holder],
        gone: Mapping[str, datetime],
        now: datetime,
    ) -> list[NewEntry]:
        """There is nobody (else) to ask: tell the operator in words, once, and look again later."""
        zone = matter.terms.client.zone
        again = self._until(connection, matter.terms, now)
        until: datetime | None = None
        if not holders:
            why, finding = "no-holder", _finding(1, matter.digest)
        elif all(one.person in gone for one in holders):
            again = min(gone[one.person] for one in holders)
            until = again.astimezone(zone)
            why, finding = "away", _finding(0, matter.digest, until=until)
        else:
            why, finding = "silent", _finding(2, matter.digest)
        self._look_later(connection, matter.row.uid, matter.digest, asked, now, again)
        about = f"{matter.row.uid}/{matter.digest[:16]}/{why}"
        about += "" if until is None else f"/{until:%Y-%m-%dT%H:%M}"
        facts = {"service": matter.row.service, "why": why, "until": until}
        self._parts.notices.tell(
            connection, NoticeKind.NOBODY_DECIDES, about, matter.row.client, facts
        )
        return self._except(connection, matter.row, finding)

    def _except(self, connection: Connection, row: Any, finding: ToPerson) -> list[NewEntry]:
        parts = self._parts
        hashed = finding_hash(parts.keys, finding)
        known = [one for one in exceptions.of_case(connection, row.uid) if one.code in NOBODY]
        if any(
            one.finding_hash == hashed
            and (one.closed_at is None or one.resolution == "handed-back")
            for one in known
        ):
            return []
        self.settled(connection, row.uid)
        said = Said(None, finding.message)
        exceptions.open_one(
            connection,
            uid=parts.clock.uid(),
            case_uid=row.uid,
            code=finding.message.code,
            finding_hash=hashed,
            opened_at=parts.clock.ms(),
            due=row.deadline,
            sealed=parts.case_files.seal_messages(row.uid, row.key, (said,)),
        )
        return [
            parts.journal.entry(
                "exception-opened",
                OURSELVES,
                case=row.uid,
                client=row.client,
                service=row.service,
                status_code=finding.message.code,
                personal=Personal(row.key, {"said": [str(finding.message)]}),
            )
        ]

    def _look_later(
        self,
        connection: Connection,
        case: str,
        digest: str,
        asked: Sequence[Any],
        now: datetime,
        again: datetime | None = None,
    ) -> None:
        """Write down that nobody could be asked, and when it is looked at again."""
        again = max(again or now + _LATER, now + timedelta(minutes=1))
        if asked and asked[-1].person is None:
            absences.look_again(connection, asked[-1].uid, to_ms(again))
            return
        absences.ask(
            connection,
            uid=self._parts.clock.uid(),
            case_uid=case,
            digest=digest,
            person=None,
            mandate=None,
            step=asked[-1].step + 1 if asked else 1,
            asked_at=to_ms(now),
            next_at=to_ms(again),
        )

    def _holders(self, connection: Connection, matter: Matter) -> list[Holder]:
        """Everybody who may decide about this."""
        terms, effect = matter.terms, matter.plan.effect
        day = self._parts.clock.now().astimezone(terms.client.zone).date()
        centres = matter.request.cost_centres()
        fitting = [
            one
            for one in terms.mandates.values()
            if one.may == "approve"
            and one.valid_on(day)
            and one.covers(centres)
            and one.reaches(effect)
        ]
        persons = {one.person for one in fitting}
        found = []
        for known in self._parts.people.every(connection):
            if known.uid not in persons:
                continue
            held, why = may_decide(
                connection, terms, matter.row, matter.request, effect, known, day
            )
            if held is None or why is not None:
                continue
            theirs = [one for one in fitting if one.person == known.uid]
            stands_in = frozenset(one.deputy_of for one in theirs if one.deputy_of is not None)
            own = any(one.deputy_of is None for one in theirs)
            found.append(Holder(known.uid, held.uid, held.mandate.limit, stands_in, own))
        return found

    def _matter(self, connection: Connection, row: Any) -> Matter | None:
        """What a waiting case is about. None when that cannot be said: agreement, bot or keys are gone."""
        parts = self._parts
        bot, sealed = parts.bots.get(row.service), plans.sealed(connection, row.uid, row.digest)
        if bot is None or sealed is None:
            return None
        try:
            zone = parts.clients.get(connection, row.client).zone
            today = parts.clock.now().astimezone(zone).date()
            terms = parts.clients.terms(connection, row.client, row.service, today)
            request = parts.case_files.content(row, bot.request).request
            plan = parts.case_files.plan(row.uid, sealed)
        except (Refused, NotFound, Erased, IntegrityBroken, ValueError):
            return None
        return Matter(row, row.digest, terms, request, plan)

    def _until(self, connection: Connection, terms: Terms, now: datetime) -> datetime | None:
        agreement = terms.agreement
        calendar = self._parts.calendars.under(connection, agreement)
        return after_working_hours(
            calendar, terms.client.zone, now, agreement.limits.approval_hours
        )

    def _tell(
        self,
        connection: Connection,
        matter: Matter,
        chosen: Holder,
        until: datetime | None,
        follows: Holder | None,
        step: int,
    ) -> None:
        known = self._parts.people.by_uid(connection, chosen.person)
        facts = {
            "service": matter.row.service,
            "until": until,
            "then": "operator" if follows is None else "next-holder",
            "latest": matter.plan.latest,
        }
        about = f"{matter.row.uid}/{matter.digest[:16]}/{step}"
        self._parts.notices.tell(
            connection,
            NoticeKind.WAITING,
            about,
            matter.row.client,
            facts,
            [] if known is None else [known],
        )


def _asked(steps: Sequence[Any]) -> set[str]:
    """Who need not be asked again: everybody who was, unless that was cut short because they were away."""
    found = set()
    for number, step in enumerate(steps):
        follows = steps[number + 1] if number + 1 < len(steps) else None
        cut_short = (
            follows is not None and step.next_at is not None and follows.asked_at < step.next_at
        )
        if step.person is not None and not cut_short:
            found.add(step.person)
    return found


def _finding(which: int, digest: str, **values: Any) -> ToPerson:
    text = (
        "Nobody who may decide about this is there until {until}.",
        "Nobody has a mandate by which this could be decided: somebody must be given one, or find another "
        "way.",
        "Everybody who may decide about this was asked, and nobody has decided.",
    )[which]
    key = "/".join((digest, *(f"{value:%Y-%m-%dT%H:%M}" for value in values.values())))
    return to_person(NOBODY[which], text, key=key, **values)
