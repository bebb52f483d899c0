"""Takes a delivery in: a workbook becomes a receipt, its right rows cases, its wrong rows answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from paraplu.audit.part import Evidence
from paraplu.domain.bot import Bot
from paraplu.domain.message import Message
from paraplu.domain.notice import Fact, NoticeKind
from paraplu.domain.receipt import ReceiptState, Totals
from paraplu.domain.workbook import Sheet, WorkbookRefused
from paraplu.engine.clock import from_ms
from paraplu.engine.journal import Personal, pack
from paraplu.engine.opening import Delivery, Opening, scope_of
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known, require
from paraplu.engine.reading import Delivered, read_requests
from paraplu.errors import NotFound, Refused
from paraplu.store import cases, erasures, evidence, exceptions, receipts
from paraplu.store.database import StorageDown
from paraplu.store.keys import Scope

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST = 64 * 1024 * 1024
"""Bytes: a larger file is refused unread and not kept."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a delivery; `stopped` says why nothing of it goes on, None when it does."""

    receipt: str
    totals: Totals
    stopped: Message | None = None
    remarks: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Dropped:
    """A delivery that was found in a folder and lies here as a copy: `name` is the file's own, for people.

    `within` is called first in the transaction of the receipt, with the delivery and why it is stopped, if
    it is; when it raises something, nothing is written. A refusal with a code of `held_back` raises
    `HeldBack` and writes nothing: it may be the fault of a copy that is not finished.
    """

    name: str
    within: Callable[[Connection, Delivery, Message | None], None]
    held_back: frozenset[str] = frozenset()


class _ErasedMeanwhile(Exception):
    """A key was destroyed between being asked for and being used: nothing was written."""


class HeldBack(Refused):
    """The workbook cannot be read, which may change by itself: nothing was written."""


class Intake:
    """The way in for workbooks."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def receive(
        self,
        path: Path,
        client: str,
        service: str,
        submitter: Known,
        *,
        channel: str = "command-line",
        dropped: Dropped | None = None,
    ) -> TakenIn:
        """Take in the workbook at `path`. Everything is kept, whatever is wrong with it.

        Raises `Refused` when there is no agreement in force, and for a file that is not there; a
        workbook that cannot be read becomes a stopped receipt that says why. Raises `NotAllowed` for a
        person who has nothing to do with the client, and `HeldBack` and whatever else `dropped` asks for.
        """
        parts = self._parts
        require(submitter, client)
        if not path.is_file():
            raise NotFound(f"There is no file {path}.")
        bot: Bot[Any] | None = parts.bots.get(service)
        if bot is None:
            raise NotFound(
                f"No bot offers the service '{service}'. Offered are: {', '.join(parts.bots)}."
            )
        with parts.database.read() as connection:
            local = parts.clock.now().astimezone(parts.clients.get(connection, client).zone)
            terms = parts.clients.terms(connection, client, service, local.date())
        scope = Scope(f"client/{client}", terms.agreement.retention, parts.clock.now().year)
        key, name = parts.keys.key_for(scope), dropped.name if dropped else path.name
        delivery = Delivery(parts.clock.uid(), terms, submitter, channel, key, name)
        form = bot.request.form(service)
        try:
            sheet = parts.workbooks().read(path, form, terms.client.language)
        except WorkbookRefused as error:
            if dropped is not None and error.message.code in dropped.held_back:
                raise HeldBack(str(error)) from None
            return self._stop(delivery, path, error.message, None, dropped)
        mismatch = _control(sheet)
        if mismatch is not None:
            return self._stop(delivery, path, mismatch, sheet, dropped)
        delivered = read_requests(bot.request, form, sheet.rows)
        return self._take_in(delivery, path, sheet, delivered, dropped)

    def _stop(
        self,
        delivery: Delivery,
        path: Path,
        why: Message,
        sheet: Sheet | None,
        dropped: Dropped | None,
    ) -> TakenIn:
        """Keep a delivery of which nothing can go on, and say why."""
        parts = self._parts
        kept = self._keep(path, delivery)
        with parts.database.write() as connection:
            if dropped is not None:
                dropped.within(connection, delivery, why)
            self._add_receipt(connection, delivery, path, ReceiptState.STOPPED, kept, sheet, 0, why)
            parts.journal.write(
                connection,
                parts.journal.entry(
                    "receipt-stopped",
                    delivery.hand,
                    submitted_by=delivery.submitter.uid,
                    agreement=delivery.terms.agreement.id,
                    evidence=[kept] if kept else [],
                    status_code=why.code,
                    personal=Personal(delivery.key, {"file": delivery.file, "why": str(why)}),
                    **delivery.names,
                ),
            )
            client = delivery.terms.client.id
            facts: dict[str, Fact] = {"service": delivery.terms.agreement.service, "why": why.code}
            about = (NoticeKind.RECEIPT_STOPPED, delivery.receipt, client, facts)
            parts.notices.tell(connection, *about)
            parts.notices.tell(connection, *about, parts.notices.contact(delivery.submitter))
        return TakenIn(delivery.receipt, Totals(), why)

    def _take_in(
        self,
        delivery: Delivery,
        path: Path,
        sheet: Sheet,
        delivered: list[Delivered],
        dropped: Dropped | None,
    ) -> TakenIn:
        for _chance in range(3):
            try:
                return self._take_in_once(delivery, path, sheet, delivered, dropped)
            except _ErasedMeanwhile:
                continue  # its key is made anew
        raise StorageDown(
            "Keys were erased again and again while this was taken in: try again later."
        )

    def _take_in_once(
        self,
        delivery: Delivery,
        path: Path,
        sheet: Sheet,
        delivered: list[Delivered],
        dropped: Dropped | None,
    ) -> TakenIn:
        parts, year = self._parts, self._parts.clock.now().year
        scopes = [
            scope_of(delivery.terms, one.request, year) if one.request else None
            for one in delivered
        ]
        # Keys are durable before anything is sealed under them.
        keys = parts.keys.keys_for(scope for scope in scopes if scope is not None)
        kept = self._keep(path, delivery)
        with parts.database.write() as connection:
            erasures.apart(connection)
            if parts.keys.there([delivery.key, *keys.values()]) != {delivery.key, *keys.values()}:
                raise _ErasedMeanwhile
            calendar = parts.calendars.under(connection, delivery.terms.agreement)
            opening = Opening(parts, delivery, calendar)
            if dropped is not None:
                dropped.within(connection, delivery, None)
            for one, scope in zip(delivered, scopes, strict=True):
                opening.place(connection, one, delivery.key if scope is None else keys[scope])
            batch = opening.batch
            self._add_receipt(
                connection, delivery, path, ReceiptState.TAKEN_IN, kept, sheet, len(batch.cases)
            )
            cases.add(connection, batch.cases)
            receipts.add_requests(connection, batch.requests)
            for values in batch.aside:
                exceptions.open_one(connection, **values)
            totals = receipts.totals(connection, delivery.terms.client.id, receipt=delivery.receipt)
            last = parts.journal.entry(
                "receipt-taken-in",
                delivery.hand,
                submitted_by=delivery.submitter.uid,
                agreement=delivery.terms.agreement.id,
                evidence=[kept] if kept else [],
                detail={
                    "channel": delivery.channel,
                    "rows": totals.rows,
                    "received": totals.received,
                    "refused": totals.refused,
                    "duplicates": totals.duplicates,
                },
                personal=Personal(delivery.key, {"file": delivery.file}),
                **delivery.names,
            )
            parts.journal.write(connection, *batch.entries, last)
            self._confirm(connection, delivery, totals, batch.cases)
        return TakenIn(delivery.receipt, totals, None, sheet.remarks)

    def _confirm(
        self,
        connection: Connection,
        delivery: Delivery,
        totals: Totals,
        opened: Sequence[Mapping[str, Any]],
    ) -> None:
        """Tell the client's contact who delivered this what was taken in, and when it should be done."""
        zone = delivery.terms.client.zone
        last = max((one["deadline"] for one in opened), default=None)
        self._parts.notices.tell(
            connection,
            NoticeKind.RECEIPT_TAKEN_IN,
            delivery.receipt,
            delivery.terms.client.id,
            {
                "service": delivery.terms.agreement.service,
                "rows": totals.rows,
                "received": totals.received,
                "refused": totals.refused,
                "duplicates": totals.duplicates,
                "expected": None if last is None else from_ms(last).astimezone(zone).date(),
            },
            self._parts.notices.contact(delivery.submitter),
        )

    def _keep(self, path: Path, delivery: Delivery) -> Evidence | None:
        if path.stat().st_size > LARGEST:
            return None
        name, size = self._parts.files.keep(path.read_bytes(), delivery.key, MEDIA_TYPE)
        return Evidence(name, size, MEDIA_TYPE)

    def _add_receipt(
        self,
        connection: Connection,
        delivery: Delivery,
        path: Path,
        state: ReceiptState,
        kept: Evidence | None,
        sheet: Sheet | None,
        number: int,
        why: Message | None = None,
    ) -> None:
        keys, now = self._parts.keys, self._parts.clock.ms()
        about = {
            "file": delivery.file,
            "sheet": None if sheet is None else sheet.name,
            "why": None if why is None else why.to_json(),
        }
        receipts.add(
            connection,
            uid=delivery.receipt,
            client=delivery.terms.client.id,
            service=delivery.terms.agreement.service,
            submitter=delivery.submitter.uid,
            channel=delivery.channel,
            received_at=now,
            file_hash=keys.hash("file", _sha256(path) if sheet is None else sheet.sha256),
            evidence=kept.hash if kept else "",
            state=state.value,
            cases=number,
            sealed=keys.seal(delivery.key, pack(about), f"receipt:{delivery.receipt}"),
        )
        if kept is not None:
            evidence.add(
                connection,
                hash=kept.hash,
                media_type=kept.media_type,
                size=kept.size,
                kept_at=now,
                client=delivery.terms.client.id,
                case_uid=None,
                what="workbook-received",
            )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _control(sheet: Sheet) -> Message | None:
    """Why the figures that the client wrote on top do not fit the sheet, None when they do."""
    if sheet.expected_rows is not None and sheet.expected_rows != len(sheet.rows):
        return Message(
            "row-count-differs",
            "The sheet says that it has {expected} rows, but it has {found}. Nothing was taken in.",
            {"expected": sheet.expected_rows, "found": len(sheet.rows)},
        )
    if sheet.expected_total is not None and sheet.total != sheet.expected_total:
        return Message(
            "total-differs",
            "The sheet says that its total is {expected}, but its rows add up to {found}. "
            "Nothing was taken in.",
            {"expected": sheet.expected_total, "found": 0 if sheet.total is None else sheet.total},
        )
    return None
