"""What people do with cases: take, hand back, reply, withdraw, close by hand, approve, decline."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Connection

from paraplu.audit.part import Approval
from paraplu.domain.case import CLOSED, State, in_words
from paraplu.domain.message import Message
from paraplu.domain.person import Role
from paraplu.domain.plan import Plan
from paraplu.domain.receipt import ReceiptState
from paraplu.engine.askings import Askings
from paraplu.engine.casefile import Said, Story
from paraplu.engine.journal import Personal, pack, unpack
from paraplu.engine.mandates import Held as HeldMandate, may_decide
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known, require
from paraplu.errors import NotAllowed, NotFound, Refused
from paraplu.store import cases, exceptions, plans, receipts

_SSC = (Role.OPERATOR, Role.LEAD, Role.ADMINISTRATOR)


class Desks:
    """The work of people on cases. The rules of four eyes are judged here, whoever asks."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.askings = Askings(parts)

    def find(
        self, connection: Connection, named: str, client: str | None, service: str | None
    ) -> Any:
        """The case that is named by its reference or by its uid (eight characters of it at least).

        Raises `NotFound`, or `Refused` when the name fits several cases.
        """
        parts = self._parts
        found: list[Any] = []
        for one in parts.clients.every(connection):
            if client is not None and one.id != client:
                continue
            for offered in parts.bots if service is None else [service]:
                hashed = parts.keys.hash("reference", one.id, offered, named.strip().casefold())
                found += cases.by_reference(connection, hashed, one.id, offered)[:1]
        if not found and len(named) >= 8:
            found = cases.by_prefix(connection, named.strip().lower())
        if not found:
            raise NotFound(f"No case is known by the name '{named}'.")
        if len(found) > 1:
            where = "; ".join(f"{row.client} {row.service}" for row in found)
            raise Refused(f"'{named}' fits several cases ({where}): add --client or --service.")
        return found[0]

    def take(self, uid: str, by: Known) -> None:
        """Take a case that needs a person in hand."""

        def change(connection: Connection, row: Any) -> None:
            require(by, row.client, *_SSC)
            if row.state != State.WITH_PERSON.value and not self._open_exceptions(
                connection, row.uid
            ):
                raise Refused(
                    "Only a case that is with a person, or has an open exception, can be taken."
                )
            cases.write(connection, row.uid, fence=None, owner=by.uid)
            self._entry(connection, "case-taken", by, row)

        self._change(uid, change)

    def hand_back(self, uid: str, by: Known, reason: str) -> None:
        """Give a case back to the bot: what was read is not stopped for again, all else is checked anew."""

        def change(connection: Connection, row: Any) -> None:
            require(by, row.client, *_SSC)
            now = self._parts.clock.ms()
            closed = exceptions.close_all(
                connection, row.uid, by=by.uid, resolution="handed-back", now=now
            )
            if row.state == State.WITH_PERSON.value:
                cases.write(
                    connection,
                    row.uid,
                    fence=None,
                    state=State.RECEIVED,
                    owner=None,
                    attempts=0,
                    crashes=0,
                    reason="handed-back",
                )
            elif not closed:
                raise Refused(
                    f"This case is {in_words(State(row.state))}: there is nothing to hand back."
                )
            self._entry(connection, "case-handed-back", by, row, reason=reason)

        self._change(uid, change)

    def reply(self, uid: str, by: Known, text: str) -> None:
        """Tell the client something about a case; it stands in the answered workbook."""

        def change(connection: Connection, row: Any) -> None:
            require(by, row.client, *_SSC, Role.APPROVER, Role.CLIENT_CONTACT)
            reply = self._parts.clock.uid()
            exceptions.reply(
                connection,
                uid=reply,
                case_uid=row.uid,
                person=by.uid,
                said_at=self._parts.clock.ms(),
                sealed=self._parts.keys.seal(row.key, pack(text), f"reply:{reply}"),
            )
            self._entry(connection, "case-replied", by, row, reason=text)

        self._change(uid, change)

    def replies(self, connection: Connection, uid: str) -> list[str]:
        """What people told the client about a case, oldest first."""
        return [
            str(unpack(self._parts.keys.open(one.sealed, f"reply:{one.uid}")))
            for one in exceptions.replies_of(connection, uid)
        ]

    def withdraw(self, uid: str, by: Known, reason: str) -> None:
        """Stop a case for the client before anything is done."""
        self._end(
            uid,
            by,
            reason,
            State.WITHDRAWN,
            "case-withdrawn",
            (*_SSC, Role.CLIENT_CONTACT),
            "withdrawn",
        )

    def close_by_hand(self, uid: str, by: Known, reason: str) -> None:
        """Close a case that a person finished in the target."""
        self._end(uid, by, reason, State.BY_HAND, "closed-by-hand", _SSC, "closed-by-hand")

    def approve(self, uid: str, by: Known, reason: str = "") -> Plan:
        """Say yes to the plan that a case waits with. Gives the plan."""
        return self._decide(uid, by, reason, "approved")

    def decline(self, uid: str, by: Known, reason: str) -> Plan:
        """Say no to the plan that a case waits with. Gives the plan."""
        return self._decide(uid, by, reason, "declined")

    def plan(self, connection: Connection, row: Any) -> Plan | None:
        """The plan that a case stands on, if any."""
        if row.digest is None:
            return None
        sealed = plans.sealed(connection, row.uid, row.digest)
        return None if sealed is None else self._parts.case_files.plan(row.uid, sealed)

    def release(self, receipt: str, by: Known) -> None:
        """Let a large receipt go on after its first cases were looked at."""
        with self._parts.database.write() as connection:
            row = receipts.get(connection, receipt)
            if row is None:
                raise NotFound(f"There is no receipt {receipt}.")
            require(by, row.client, *_SSC)
            if row.state != ReceiptState.HELD.value:
                raise Refused("This receipt does not wait for a word.")
            receipts.set_state(connection, receipt, ReceiptState.TAKEN_IN, by.uid)
            self._parts.journal.write(
                connection,
                self._parts.journal.entry(
                    "receipt-released",
                    by.hand,
                    client=row.client,
                    service=row.service,
                    receipt=receipt,
                ),
            )

    def _change(self, uid: str, change: Callable[[Connection, Any], None]) -> None:
        with self._parts.database.write() as connection:
            row = cases.get(connection, uid)
            if not self._parts.keys.there([row.key]):
                raise Refused("What this case was about was erased: nothing of it can be changed.")
            change(connection, row)

    def _open_exceptions(self, connection: Connection, uid: str) -> list[Any]:
        return [one for one in exceptions.of_case(connection, uid) if one.closed_at is None]

    def _end(
        self,
        uid: str,
        by: Known,
        reason: str,
        state: State,
        kind: str,
        roles: tuple[Role, ...],
        code: str,
    ) -> None:
        def change(connection: Connection, row: Any) -> None:
            require(by, row.client, *roles)
            if State(row.state) in CLOSED:
                raise Refused(f"This case is {in_words(State(row.state))} already.")
            if row.state == State.WORKING.value:
                raise Refused(
                    "A run is working on this case, or broke off while it did: run again first."
                )
            now = self._parts.clock.ms()
            exceptions.close_all(connection, row.uid, by=by.uid, resolution=code, now=now)
            text = (
                "Withdrawn: {reason}" if state is State.WITHDRAWN else "Finished by hand: {reason}"
            )
            story = Story((Said(None, Message(code, text, {"reason": reason})),))
            cases.write(
                connection,
                row.uid,
                fence=None,
                state=state,
                reason=code,
                owner=None,
                closed_at=now,
                sealed_story=self._parts.case_files.seal_story(row.uid, row.key, story),
            )
            plans.slim_intents(connection, row.uid)
            self._entry(connection, kind, by, row, reason=reason)

        self._change(uid, change)

    def _decide(self, uid: str, by: Known, reason: str, decision: str) -> Plan:
        parts = self._parts
        with parts.database.write() as connection:
            row = cases.get(connection, uid)
            require(by, row.client)
            if row.state != State.WAITING.value:
                raise Refused(
                    f"This case is {in_words(State(row.state))}: there is nothing to decide."
                )
            plan = self.plan(connection, row)
            if plan is None or row.digest is None:
                raise Refused(
                    "The plan of this case is not kept any more: run again, it is planned anew."
                )
            held = self._mandate(connection, row, plan, by)
            approval = Approval(by.uid, held.uid, "approved", parts.clock.ms())
            if decision == "declined":
                approval = Approval(by.uid, held.uid, "declined", approval.time_ms)
            plans.decide(
                connection,
                uid=parts.clock.uid(),
                case_uid=uid,
                digest=row.digest,
                person=by.uid,
                mandate=held.uid,
                decision=decision,
                decided_at=approval.time_ms,
                sealed=parts.keys.seal(row.key, pack(reason), f"approval:{uid}")
                if reason
                else None,
            )
            self.askings.settled(connection, uid)
            if decision == "approved":
                cases.write(connection, uid, fence=None, state=State.READY, reason="approved")
            else:
                story = Story(
                    (Said(None, Message("declined", "Declined: {reason}", {"reason": reason})),)
                )
                cases.write(
                    connection,
                    uid,
                    fence=None,
                    state=State.DECLINED,
                    reason="declined",
                    closed_at=parts.clock.ms(),
                    sealed_story=parts.case_files.seal_story(uid, row.key, story),
                )
                plans.slim_intents(connection, uid)
            self._entry(
                connection,
                decision,
                by,
                row,
                reason=reason,
                plan=row.digest,
                approved_by=[approval],
                mandate=held.uid,
                agreement=plan.agreement,
            )
            return plan

    def _mandate(self, connection: Connection, row: Any, plan: Plan, by: Known) -> HeldMandate:
        """The mandate to decide. Raises `NotAllowed` in words, for one's own case as well."""
        parts = self._parts
        today = self._today(connection, row.client)
        terms = parts.clients.terms(connection, row.client, row.service, today)
        request = parts.case_files.content(row, parts.bots[row.service].request).request
        held, why = may_decide(connection, terms, row, request, plan.effect, by, today)
        if why is not None or held is None:
            raise NotAllowed(str(why))
        return held

    def _today(self, connection: Connection, client: str) -> date:
        zone = self._parts.clients.get(connection, client).zone
        return self._parts.clock.now().astimezone(zone).date()

    def _entry(
        self,
        connection: Connection,
        kind: str,
        by: Known,
        row: Any,
        *,
        reason: str = "",
        **terms: Any,
    ) -> None:
        self._parts.journal.write(
            connection,
            self._parts.journal.entry(
                kind,
                by.hand,
                case=row.uid,
                client=row.client,
                service=row.service,
                personal=Personal(row.key, {"reason": reason}) if reason else None,
                **terms,
            ),
        )
