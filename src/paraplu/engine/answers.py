"""Answers a delivery in the client's own workbook: what became of each row, in the client's language."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection

from paraplu.audit.part import Evidence
from paraplu.domain.case import CLOSED, State
from paraplu.domain.form import Form, Kind
from paraplu.domain.receipt import Handled, ReceiptState
from paraplu.domain.workbook import RowAnswer
from paraplu.engine.casefile import Said
from paraplu.engine.cases import Desks
from paraplu.engine.intake import MEDIA_TYPE
from paraplu.engine.journal import OURSELVES, Personal, unpack
from paraplu.engine.parts import Parts
from paraplu.engine.wording import Wording
from paraplu.store import cases, drops, evidence, receipts
from paraplu.store.keys import Erased

_STATUS = {
    State.RECEIVED: "Received",
    State.PLANNED: "In progress",
    State.WAITING: "Waiting for approval",
    State.READY: "In progress",
    State.WORKING: "In progress",
    State.WITH_PERSON: "Being looked at by a person",
    State.DONE: "Done",
    State.ALREADY: "Already so",
    State.RETURNED: "Returned to you",
    State.DECLINED: "Declined",
    State.WITHDRAWN: "Withdrawn",
    State.BY_HAND: "Done by hand",
}
_GOOD = frozenset({State.DONE, State.ALREADY, State.BY_HAND})
_ATTENTION = frozenset({State.RETURNED, State.DECLINED, State.WITHDRAWN})
# The client is told that a person looks at it, and why in general; not what went wrong in the target.
_OURS = frozenset(
    {
        "collateral",
        "unresolved",
        "not-done",
        "crashed-often",
        "stuck-at-stage",
        "record-under-alarm",
    }
)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answered workbook: where it lies, and whether all its cases are closed."""

    receipt: str
    client: str
    service: str
    path: Path
    final: bool


class Answers:
    """Writes answered workbooks into ``<folder>/<client>/``."""

    def __init__(self, parts: Parts, desks: Desks, folder: Path) -> None:
        self._parts = parts
        self._desks = desks
        self._folder = folder

    def answer_all(self, client: str | None = None, service: str | None = None) -> list[Answered]:
        """Answer every receipt that was taken in, of a client and service if given."""
        with self._parts.database.read() as connection:
            rows = receipts.listed(connection, client, service)
        keys = self._parts.keys
        there = keys.there(keys.key_of(row.sealed) for row in rows)
        return [
            self.answer(row)
            for row in rows
            if row.state != ReceiptState.STOPPED.value and keys.key_of(row.sealed) in there
        ]

    def answer(self, receipt: Any) -> Answered:
        """Answer one receipt (a row of `receipts`). The file is replaced in one step.

        Raises `WorkbookRefused` when the client's workbook cannot be answered without harm.
        """
        parts = self._parts
        bot = parts.bots[receipt.service]
        form = bot.request.form(receipt.service)
        about = unpack(parts.keys.open(receipt.sealed, f"receipt:{receipt.uid}"))
        with parts.database.read() as connection:
            client = parts.clients.get(connection, receipt.client)
            wording = parts.wording(client.language)
            answers, final, erased = self._rows(connection, receipt, form, wording)
        path = self._folder / receipt.client / answer_name(about["file"], receipt.uid, wording)
        if final and erased and receipt.answer_hash is not None:
            # Nothing new can be said, and what was said is not to be said with less in it.
            return Answered(receipt.uid, receipt.client, receipt.service, path, final)
        path.parent.mkdir(parents=True, exist_ok=True)
        headings = (wording.text("Status"), wording.text("Result"), wording.text("Note"))
        with tempfile.TemporaryDirectory(prefix="paraplu-") as folder:
            source = Path(folder) / Path(about["file"]).name
            source.write_bytes(parts.files.open(receipt.evidence, MEDIA_TYPE))
            workbooks = parts.workbooks()
            sheet = workbooks.read(source, form, client.language)
            workbooks.answer(source, path, sheet, answers, headings)
        self._keep(receipt, path, final)
        return Answered(receipt.uid, receipt.client, receipt.service, path, final)

    def _rows(
        self, connection: Connection, receipt: Any, form: Form, wording: Wording
    ) -> tuple[dict[int, RowAnswer], bool, bool]:
        """The answer beside each row; whether all cases are closed; whether one of them was erased."""
        answers: dict[int, RowAnswer] = {}
        final, erased = True, False
        for request in receipts.requests_of(connection, receipt.uid):
            if request.handled == Handled.RECEIVED.value:
                row = cases.get(connection, request.case_uid)
                try:
                    answer = self._of_case(connection, row, form, wording)
                except Erased:
                    erased, state = True, State(row.state)
                    gone = wording.text("What was said here has been erased.")
                    answer = RowAnswer(wording.text(_STATUS[state]), "", gone, _tone(state))
                final = final and State(row.state) in CLOSED
            else:
                about = f"{receipt.uid}/{request.first_row}"
                said = self._parts.case_files.messages(about, request.sealed)
                known = request.handled == Handled.DUPLICATE.value and request.case_uid
                became = ""
                if known:  # what became of the case that this is a duplicate of
                    state = State(cases.get(connection, request.case_uid).state)
                    became = wording.text(_STATUS[state])
                answer = RowAnswer(
                    wording.text("Known already") if known else wording.text("Not accepted"),
                    became,
                    _note(said, form, wording),
                    "pending" if known else "attention",
                )
            for number in unpack(request.rows.encode()):
                answers[number] = answer
        return answers, final, erased

    def _of_case(self, connection: Connection, row: Any, form: Form, wording: Wording) -> RowAnswer:
        state = State(row.state)
        story = self._parts.case_files.story(row)
        said = [one for one in story.said if one.message.code not in _OURS]
        notes = [_note(said, form, wording)] if said and state is not State.DONE else []
        notes += [
            f"{wording.text('From the service centre')}: {text}"
            for text in self._desks.replies(connection, row.uid)
        ]
        result = "; ".join(
            f"{_heading(name, form, wording.language) or wording.text(name)}: "
            f"{_written(name, value, form, wording)}"
            for name, value in story.result.items()
        )
        return RowAnswer(
            wording.text(_STATUS[state]), result, "\n".join(filter(None, notes)), _tone(state)
        )

    def _keep(self, receipt: Any, path: Path, final: bool) -> None:
        """Keep the answered workbook as evidence and say so in the log; a folder it came by gets it, too.

        One that says what the last one said is neither kept nor told of again.
        """
        parts = self._parts
        key, data = parts.keys.key_of(receipt.sealed), path.read_bytes()
        says = parts.keys.hash("answer", hashlib.sha256(data).hexdigest())
        if receipt.answer_hash == says:
            return
        name, size = parts.files.keep(data, key, MEDIA_TYPE)
        with parts.database.write() as connection:
            if not receipts.answered(connection, receipt.uid, says):
                return
            evidence.add(
                connection,
                hash=name,
                media_type=MEDIA_TYPE,
                size=size,
                kept_at=parts.clock.ms(),
                client=receipt.client,
                case_uid=None,
                what="workbook-answered",
            )
            drops.answered(connection, receipt.uid, name, says, final=final)
            parts.journal.write(
                connection,
                parts.journal.entry(
                    "answer-written",
                    OURSELVES,
                    client=receipt.client,
                    service=receipt.service,
                    receipt=receipt.uid,
                    evidence=[Evidence(name, size, MEDIA_TYPE)],
                    detail={"final": final},
                    personal=Personal(key, {"file": path.name}),
                ),
            )


def _tone(state: State) -> Literal["good", "pending", "attention"]:
    if state in _GOOD:
        return "good"
    return "attention" if state in _ATTENTION else "pending"


def _note(said: list[Said] | tuple[Said, ...], form: Form, wording: Wording) -> str:
    """One line a message, with the heading of the column it is about in front."""
    lines = []
    for one in said:
        text = wording.say(one.message)
        heading = _heading(one.field, form, wording.language)
        lines.append(f"{heading}: {text}" if heading else text)
    return "\n".join(lines)


def _heading(field: str | None, form: Form, language: str) -> str | None:
    columns: Mapping[str, str] = {column.field: column.heading(language) for column in form.columns}
    return None if field is None else columns.get(field)


def _written(field: str, value: str, form: Form, wording: Wording) -> str:
    """A result as the client writes it: amounts and dates by locale, everything else as it is."""
    kind = next((column.kind for column in form.columns if column.field == field), None)
    if kind in (Kind.MONEY, Kind.NUMBER):
        return wording.value(Decimal(value))
    return wording.value(date.fromisoformat(value)) if kind is Kind.DATE else value


def answer_name(file: str, receipt: str, wording: Wording) -> str:
    """``corrections.xlsx`` becomes ``corrections - answered 1a2b3c4d.xlsx``, one name for one receipt."""
    stem, dot, ending = file.rpartition(".")
    return f"{stem} - {wording.text('answered')} {receipt[-8:]}{dot}{ending}"
