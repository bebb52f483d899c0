"""Writes down where a case comes to rest: the state, what the client is told, and the entry, as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paraplu.audit.part import Evidence
from paraplu.domain.case import State
from paraplu.domain.finding import ToClient, ToPerson
from paraplu.domain.message import Message
from paraplu.domain.notice import NoticeKind
from paraplu.engine.casefile import Said, Story
from paraplu.engine.clock import to_ms
from paraplu.engine.journal import Personal, pack, words
from paraplu.engine.parts import Parts
from paraplu.engine.turn import Turn
from paraplu.store import cases, exceptions, plans
from paraplu.store.keys import KeyStore

NOT_TAKEN_UP = "not-taken-up"
"""The code of the exception on a case that no run took up in time; it is over when one has."""


@dataclass(frozen=True, slots=True)
class Held:
    """A case that a run holds: its row as it was claimed, and the fencing token."""

    row: Any
    fence: int

    @property
    def uid(self) -> str:
        """The uid of the case."""
        return str(self.row.uid)

    @property
    def key(self) -> str:
        """The uid of the key that the case is sealed under."""
        return str(self.row.key)


class Settling:
    """The ways in which a run lets go of a case."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._parts: Parts = turn.parts

    def returned(self, case: Held, findings: Sequence[ToClient]) -> State:
        """Give the request back to the client with everything that is wrong with it."""
        said = tuple(Said(finding.field, finding.message) for finding in findings)
        with self._parts.database.write() as connection:
            self._close(connection, case, State.RETURNED, Story(said), findings[0].message.code)
            self._entry(connection, "returned", case, said=said)
        return State.RETURNED

    def already(self, case: Held, fields: Mapping[str, str], pictures: Sequence[Evidence]) -> State:
        """Close a case that asks for what is so already."""
        message = Message("already-so", "This is so already: nothing had to be changed.")
        with self._parts.database.write() as connection:
            self._close(
                connection, case, State.ALREADY, Story((Said(None, message),)), message.code
            )
            self._entry(connection, "already-so", case, values=dict(fields), evidence=pictures)
        return State.ALREADY

    def aside(
        self,
        case: Held,
        findings: Sequence[ToPerson],
        *,
        kind: str = "exception-opened",
        **terms: Any,
    ) -> State:
        """Set a case aside for a person, with what it is about and by when."""
        with self._parts.database.write() as connection:
            self.aside_within(connection, case, findings, kind=kind, **terms)
        return State.WITH_PERSON

    def aside_within(
        self,
        connection: Connection,
        case: Held,
        findings: Sequence[ToPerson],
        *,
        kind: str = "exception-opened",
        **terms: Any,
    ) -> None:
        """`aside` inside a transaction that writes more."""
        said = tuple(Said(None, finding.message) for finding in findings)
        self.taken_up(connection, case)
        for finding in findings:
            self.open_exception(connection, case, finding)
        cases.write(
            connection,
            case.uid,
            fence=case.fence,
            state=State.WITH_PERSON,
            reason=findings[0].message.code,
            run=None,
            sealed_story=self._parts.case_files.seal_story(case.uid, case.key, Story(said)),
        )
        self._entry(connection, kind, case, said=said, **terms)
        if kind == "outcome-collateral":
            client, service = self._turn.terms.client.id, self._turn.terms.agreement.service
            facts = {"service": service, "run": self._turn.uid}
            self._parts.notices.tell(connection, NoticeKind.COLLATERAL, case.uid, client, facts)

    def taken_up(self, connection: Connection, case: Held) -> None:
        """A run has taken the case as far as it goes: nobody need see to that any more."""
        now = self._parts.clock.ms()
        exceptions.close_codes(connection, case.uid, (NOT_TAKEN_UP,), "taken-up", now)

    def add_exception(self, connection: Connection, case: Held, finding: ToPerson) -> None:
        """Open an exception on a case that comes to rest as it is, with its entry."""
        self.open_exception(connection, case, finding)
        self._entry(connection, "exception-opened", case, said=(Said(None, finding.message),))

    def open_exception(self, connection: Connection, case: Held, finding: ToPerson) -> None:
        """Add an exception to a case; its state is the caller's."""
        uid = self._parts.clock.uid()
        moments = [case.row.deadline] + ([to_ms(finding.before)] if finding.before else [])
        exceptions.open_one(
            connection,
            uid=uid,
            case_uid=case.uid,
            code=finding.message.code,
            finding_hash=finding_hash(self._parts.keys, finding),
            opened_at=self._parts.clock.ms(),
            due=min(moments),
            sealed=self._parts.case_files.seal_messages(
                case.uid, case.key, (Said(None, finding.message),)
            ),
        )

    def done(
        self,
        connection: Connection,
        case: Held,
        result: Mapping[str, str],
        evidence: Sequence[Evidence],
        *,
        intent: str,
        personal: Personal,
        approvals: Sequence[Any] = (),
    ) -> None:
        """Close a case whose change is confirmed."""
        message = Message("done", "Done as asked.")
        self._close(
            connection, case, State.DONE, Story((Said(None, message),), result), message.code
        )
        self._parts.journal.write(
            connection,
            self._parts.journal.entry(
                "outcome-confirmed",
                self._turn.hand,
                case=case.uid,
                fence=case.fence,
                intent=intent,
                evidence=evidence,
                approved_by=approvals,
                requested_by=case.row.requester,
                submitted_by=case.row.submitter,
                personal=personal,
                **self._turn.names,
            ),
        )

    def let_go(
        self,
        case: Held,
        *,
        later_ms: int | None = None,
        attempts: int | None = None,
        crashes: int | None = None,
    ) -> None:
        """Leave a case as it is for a later run, not before `later_ms` if given."""
        values: dict[str, Any] = {"run": None, "not_before": later_ms}
        if attempts is not None:
            values["attempts"] = attempts
        if crashes is not None:
            values["crashes"] = crashes
        with self._parts.database.write() as connection:
            cases.write(connection, case.uid, fence=case.fence, **values)

    def _close(
        self, connection: Connection, case: Held, state: State, story: Story, reason: str
    ) -> None:
        self.taken_up(connection, case)
        cases.write(
            connection,
            case.uid,
            fence=case.fence,
            state=state,
            reason=reason,
            run=None,
            closed_at=self._parts.clock.ms(),
            sealed_story=self._parts.case_files.seal_story(case.uid, case.key, story),
        )
        plans.slim_intents(connection, case.uid)

    def _entry(
        self,
        connection: Connection,
        kind: str,
        case: Held,
        *,
        said: Sequence[Said] = (),
        values: Mapping[str, Any] | None = None,
        evidence: Sequence[Evidence] = (),
        **terms: Any,
    ) -> None:
        personal = terms.pop("personal", None)
        spoken = {"said": [str(one.message) for one in said]} if said else {}
        if personal is None:
            personal = Personal(case.key, {**(values or {}), **spoken})
        else:
            personal = Personal(
                personal.key,
                {**personal.values, **spoken},
                personal.before,
                personal.after,
                personal.kept,
                personal.thing,
            )
        self._parts.journal.write(
            connection,
            self._parts.journal.entry(
                kind,
                self._turn.hand,
                case=case.uid,
                fence=case.fence,
                evidence=evidence,
                status_code=said[0].message.code if said else None,
                detail={"codes": words(one.message.code for one in said)} if said else None,
                personal=personal,
                **{**self._turn.names, **terms},
            ),
        )


def finding_hash(keys: KeyStore, finding: ToPerson) -> str:
    """By which the same finding is known again after a person has read it."""
    if finding.key is not None:
        return keys.hash("finding", finding.message.code, finding.key)
    return keys.hash("finding", pack(finding.message.to_json()).decode())
