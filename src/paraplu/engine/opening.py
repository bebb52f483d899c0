"""Decides what becomes of each request of a delivery: a case, a refusal or a duplicate."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from paraplu.domain.calendar import Calendar
from paraplu.domain.case import State
from paraplu.domain.finding import ToPerson
from paraplu.domain.message import Message
from paraplu.domain.receipt import Handled
from paraplu.domain.request import Request
from paraplu.engine.casefile import Content, Said
from paraplu.engine.clients import Terms
from paraplu.engine.clock import to_ms
from paraplu.engine.hands import guarded
from paraplu.engine.journal import OURSELVES, Hand, Personal, pack, words
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known
from paraplu.engine.reading import Delivered
from paraplu.engine.settling import finding_hash
from paraplu.store import cases
from paraplu.store.entries import NewEntry
from paraplu.store.keys import Scope

_DAY_ENDS = time(17)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery: the uid of its receipt, under which terms, by whom and by which way it came."""

    receipt: str
    terms: Terms
    submitter: Known
    channel: str
    key: str  # of files and rows that concern several persons, or nobody known
    file: str  # its name, for people

    @property
    def hand(self) -> Hand:
        """Who delivers, by which way."""
        return replace(self.submitter.hand, app=self.channel)

    @property
    def names(self) -> dict[str, Any]:
        """What every entry of this delivery says."""
        return {
            "client": self.terms.client.id,
            "service": self.terms.agreement.service,
            "receipt": self.receipt,
        }


@dataclass
class Batch:
    """What one transaction is going to write."""

    cases: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    aside: list[dict[str, Any]] = field(default_factory=list)
    entries: list[NewEntry] = field(default_factory=list)
    references: dict[str, str] = field(default_factory=dict)  # hash -> uid, of this delivery
    contents: dict[str, str] = field(default_factory=dict)  # hash -> reference, of this delivery


def owner_of(client: str, subject: str | None) -> str:
    """The owner of keys: a person of a client, by the number by which it knows them, or the client."""
    return f"client/{client}" + (f"/person/{subject}" if subject else "")


def scope_of(terms: Terms, request: Request, year: int) -> Scope:
    """Whose key a request is sealed under: the person it is about, else its client."""
    owner = owner_of(terms.client.id, request.subject())
    return Scope(owner, terms.agreement.retention, year)


class Opening:
    """Fills the batch of one delivery, request by request. `calendar` is that of its agreement."""

    def __init__(self, parts: Parts, delivery: Delivery, calendar: Calendar) -> None:
        self._parts = parts
        self._delivery = delivery
        self._client = delivery.terms.client.id
        self._service = delivery.terms.agreement.service
        self._due = _deadline(delivery.terms, calendar, parts.clock.now())
        self.batch = Batch()

    def place(self, connection: Connection, one: Delivered, key: str) -> None:
        """Decide about one request; `key` seals its case."""
        if one.request is None:
            self._answer(one, Handled.REFUSED, one.said)
            return
        reference = self._reference(one.request.reference)
        earlier = cases.by_reference(connection, reference, self._client, self._service)
        newest = earlier[0] if earlier else None
        twice = reference in self.batch.references
        if twice or (newest is not None and newest.state != State.RETURNED.value):
            uid = self.batch.references.get(reference) or (newest.uid if newest else None)
            message = _duplicate(None if twice else newest)
            self._answer(one, Handled.DUPLICATE, (Said("reference", message),), uid)
            return
        follows = newest.uid if newest is not None else None
        if one.request.follows is not None:
            followed = self._reference(one.request.follows)
            rows = cases.by_reference(connection, followed, self._client, self._service)
            follows = rows[0].uid if rows else self.batch.references.get(followed)
            if follows is None:
                unknown = Message(
                    "follows-unknown", "No earlier request with this reference is known here."
                )
                self._answer(one, Handled.REFUSED, (Said("follows", unknown),))
                return
        turn = 1 if newest is None else newest.turn + 1
        self._open(connection, one, one.request, key, reference, turn, follows)

    def _reference(self, reference: str) -> str:
        return self._parts.keys.hash(
            "reference", self._client, self._service, reference.strip().casefold()
        )

    def _add_request(
        self, one: Delivered, handled: Handled, case: str | None, sealed: bytes | None
    ) -> None:
        self.batch.requests.append(
            {
                "receipt": self._delivery.receipt,
                "first_row": one.rows[0],
                "rows": pack(list(one.rows)).decode(),
                "handled": handled.value,
                "case_uid": case,
                "sealed": sealed,
            }
        )

    def _answer(
        self, one: Delivered, handled: Handled, said: tuple[Said, ...], case: str | None = None
    ) -> None:
        """A row that becomes no case: it is answered in the workbook, and an entry tells of it."""
        about = f"{self._delivery.receipt}/{one.rows[0]}"
        key = self._delivery.key
        self._add_request(
            one, handled, case, self._parts.case_files.seal_messages(about, key, said)
        )
        self.batch.entries.append(
            self._parts.journal.entry(
                "row-refused" if handled is Handled.REFUSED else "row-duplicate",
                OURSELVES,
                case=case,
                detail={"row": one.rows[0], "codes": words(item.message.code for item in said)},
                personal=Personal(
                    key,
                    {
                        "reference": one.reference or "",
                        "said": [str(item.message) for item in said],
                    },
                ),
                **self._delivery.names,
            )
        )

    def _open(
        self,
        connection: Connection,
        one: Delivered,
        request: Request,
        key: str,
        reference: str,
        turn: int,
        follows: str | None,
    ) -> None:
        parts, terms, submitter = self._parts, self._delivery.terms, self._delivery.submitter
        agreement = terms.agreement
        bot = parts.bots[self._service]
        shared = guarded("shares", lambda: bot.shares(request, terms.client))
        uid, now = parts.clock.uid(), parts.clock.now()
        content_hash = parts.keys.hash("content", self._client, self._service, request.content())
        twin = self._twin(connection, content_hash)
        asker: Known | None = submitter
        if request.requested_by:
            asker = parts.people.by_handle(connection, request.requested_by)
        subject = request.subject()
        mark = f"{request.reference.strip()}/{uid[-8:]}"
        content = Content(request, mark, parts.clock.salt().hex())
        self.batch.references[reference] = uid
        self.batch.contents.setdefault(content_hash, request.reference)
        self.batch.cases.append(
            {
                "uid": uid,
                "client": self._client,
                "service": self._service,
                "reference_hash": reference,
                "turn": turn,
                "content_hash": content_hash,
                "subject_hash": subject and parts.keys.hash("subject", self._client, subject),
                "share_hash": shared and parts.keys.hash("share", agreement.target, shared),
                "receipt": self._delivery.receipt,
                "place": len(self.batch.cases),
                "follows": follows,
                "submitter": submitter.uid,
                "requester": asker.uid if asker else None,
                "state": (State.WITH_PERSON if twin else State.RECEIVED).value,
                "reason": "same-content" if twin else None,
                "deadline": self._due,
                "received_at": to_ms(now),
                "model": type(request).fingerprint(),
                "key": key,
                "sealed": parts.case_files.seal_content(uid, key, content),
                "sealed_story": None,
            }
        )
        self._add_request(one, Handled.RECEIVED, uid, None)
        self.batch.entries.append(
            parts.journal.entry(
                "case-received",
                self._delivery.hand,
                case=uid,
                requested_by=asker.uid if asker else None,
                submitted_by=submitter.uid,
                agreement=agreement.id,
                retention=agreement.retention,
                detail={"row": one.rows[0], **({"follows": follows} if follows else {})},
                personal=Personal(key, request.model_dump(mode="json", exclude_none=True)),
                **self._delivery.names,
            )
        )
        if twin:
            self._set_aside(uid, key, twin)

    def _twin(self, connection: Connection, content_hash: str) -> str | None:
        """The reference under which the same was asked already within the agreement's window."""
        if content_hash in self.batch.contents:
            return self.batch.contents[content_hash]
        days = self._delivery.terms.agreement.limits.same_content_days
        since = to_ms(self._parts.clock.now() - timedelta(days=days))
        same = cases.by_content(connection, self._client, self._service, content_hash, since)
        return (
            None if same is None else str(self._parts.case_files.request_values(same)["reference"])
        )

    def _set_aside(self, uid: str, key: str, twin: str) -> None:
        parts, row = self._parts, self.batch.cases[-1]
        message = Message(
            "same-content",
            "The same was asked under reference {reference} already: is this meant to be done twice?",
            {"reference": twin},
        )
        sealed = parts.case_files.seal_messages(uid, key, (Said(None, message),))
        row["sealed_story"] = sealed
        self.batch.aside.append(
            {
                "uid": parts.clock.uid(),
                "case_uid": uid,
                "code": message.code,
                "finding_hash": finding_hash(parts.keys, ToPerson(message)),
                "opened_at": parts.clock.ms(),
                "due": row["deadline"],
                "sealed": sealed,
            }
        )
        self.batch.entries.append(
            parts.journal.entry(
                "exception-opened",
                OURSELVES,
                case=uid,
                status_code=message.code,
                personal=Personal(key, {"message": str(message)}),
                **self._delivery.names,
            )
        )


def _deadline(terms: Terms, calendar: Calendar, now: datetime) -> int:
    """The end of the last working day on which a case that came in now must be finished."""
    day = calendar.shift(now.astimezone(terms.client.zone).date(), terms.agreement.days_to_finish)
    return to_ms(datetime.combine(day, _DAY_ENDS, terms.client.zone))


def _duplicate(newest: Any) -> Message:
    """What is said beside a reference that was handled before, or stands twice in one file."""
    if newest is None:
        return Message(
            "reference-twice", "This reference stands twice in this file; the first one counts."
        )
    return Message("reference-known", "This reference is known already: it is not done again.")
