"""Takes one file of a watched folder in, exactly once, and moves it away.

The row of the file is written in the transaction of its receipt, and the file is moved after that. So at
every moment one of two things holds: nothing is written and the file lies where it was put, or all is
written, and what is left is to move the file. Whichever was going on when a process died, the next look
goes on from there: it knows a file that it was done with by its hash, not by its name.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from paraplu.domain.folder import cut, same_name, shown
from paraplu.domain.message import Message
from paraplu.engine.clock import from_ms
from paraplu.engine.intake import LARGEST, Dropped, Intake
from paraplu.engine.journal import OURSELVES, Personal, pack, unpack
from paraplu.engine.opening import Delivery
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known
from paraplu.engine.places import Place
from paraplu.engine.share import Changed, Lying, Share, seen_at
from paraplu.store import drops, receipts
from paraplu.store.keys import Scope

CHANNEL = "folder"
UNFINISHED = frozenset({"damaged", "file-empty", "not-a-workbook"})
"""Refusals that may be the fault of a copy that is not finished: cut off, empty, or still all zeros."""

Seen = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Became:
    """What became of a file: a code of `store.drops`, its name for people, its receipt, what is wrong."""

    outcome: str
    file: str
    receipt: str | None = None
    why: Message | None = None


class Elsewhere(Exception):
    """Another process has written what becomes of this file in the meantime."""


class _Known(Exception):
    """This file was taken in before; `receipt` is the row of its receipt."""

    def __init__(self, receipt: Any) -> None:
        super().__init__(receipt.uid)
        self.receipt = receipt


class Drops:
    """Files in watched folders, one by one. `private` is a folder of ours for the copy in hand."""

    def __init__(self, parts: Parts, intake: Intake, private: Path) -> None:
        self._parts = parts
        self._intake = intake
        self._private = private

    def clear(self) -> None:
        """Take away copies that a process left behind when it died."""
        shutil.rmtree(self._private, ignore_errors=True)

    # Taking in ------------------------------------------------------------------------------------

    def take(self, place: Place, name: str, seen: Seen, *, patient: bool) -> Became:
        """Take in the file `name`, seen with this size and time. It is not moved yet.

        Raises `Changed` when it is another one by now, `HeldBack` when it may not be whole yet and we are
        `patient`, `Elsewhere` when another process was faster, and what `Intake.receive` raises.
        """
        why = _not_agreed(place, name, seen[0])
        by: Known | None = None
        if why is None:
            by, why = self._sender(place)
        if by is None or why is not None:
            mark = self._unread(name, seen)
            return self._refuse(place, name, mark, why)
        file = shown(name)
        self._private.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy = self._private / file
        copy.unlink(missing_ok=True)
        try:
            sha256 = place.share.copy(name, seen, copy)
            return self._take_copy(place, name, copy, sha256, by, patient)
        except _Known as known:
            return self._known(place, name, self._parts.keys.hash("file", sha256), known.receipt)
        finally:
            copy.unlink(missing_ok=True)

    def _take_copy(
        self, place: Place, name: str, copy: Path, sha256: str, by: Known, patient: bool
    ) -> Became:
        file_hash = self._parts.keys.hash("file", sha256)

        def within(connection: Connection, delivery: Delivery, why: Message | None) -> None:
            self._require_new(connection, place, file_hash)
            outcome = drops.TAKEN_IN if why is None else drops.STOPPED
            self._add(
                connection, place, name, file_hash, outcome, delivery.key, why, delivery.receipt
            )

        with self._parts.database.read() as connection:
            self._require_new(connection, place, file_hash)
        taken = self._intake.receive(
            copy,
            place.client.id,
            place.agreement.service,
            by,
            channel=CHANNEL,
            dropped=Dropped(copy.name, within, UNFINISHED if patient else frozenset()),
        )
        outcome = drops.TAKEN_IN if taken.stopped is None else drops.STOPPED
        return Became(outcome, copy.name, taken.receipt, taken.stopped)

    def _require_new(self, connection: Connection, place: Place, file_hash: str) -> None:
        known = receipts.same_file(connection, **place.names, file_hash=file_hash)
        if known is not None:
            raise _Known(known)

    def _sender(self, place: Place) -> tuple[Known | None, Message | None]:
        """Who delivers by this folder, or why nobody can."""
        parts, today = self._parts, self._now(place).date()
        with parts.database.read() as connection:
            known = parts.people.by_handle(connection, place.folder.submitter)
            terms = parts.clients.terms(connection, **place.names, day=today)
        may_ask = known is not None and any(
            one.person == known.uid and one.may == "ask" and one.valid_on(today)
            for one in terms.mandates.values()
        )
        if known is None or not known.person.sees(place.client.id) or not may_ask:
            return None, Message(
                "sender-may-not-ask",
                "Nobody who delivers by this folder may ask for this now: there is no mandate in force. "
                "Have your contact at the service centre put that right, then put the file here again.",
            )
        return known, None

    def _refuse(self, place: Place, name: str, mark: str, why: Message | None) -> Became:
        """Answer a file that is not read at all."""
        file, key = shown(name), self._key(place)
        with self._parts.database.write() as connection:
            self._add(connection, place, name, mark, drops.REFUSED, key, why)
            self._tell(connection, place, "file-refused", key, file, why)
        return Became(drops.REFUSED, file, None, why)

    def _known(self, place: Place, name: str, file_hash: str, receipt: Any) -> Became:
        """Answer a file whose bytes were taken in before."""
        file, key = shown(name), self._key(place)
        why = Message(
            "file-known",
            "Exactly this file was taken in on {when} as receipt {receipt}. Nothing is done twice. For "
            "something new, fill in a new workbook and put it here.",
            {
                "when": from_ms(receipt.received_at).astimezone(place.client.zone),
                "receipt": receipt.uid,
            },
        )
        with self._parts.database.write() as connection:
            self._add(connection, place, name, file_hash, drops.KNOWN, key, why, receipt.uid)
            self._tell(connection, place, "file-known", key, file, why, receipt=receipt.uid)
        return Became(drops.KNOWN, file, receipt.uid, why)

    def _add(
        self,
        connection: Connection,
        place: Place,
        name: str,
        file_hash: str,
        outcome: str,
        key: str,
        why: Message | None,
        receipt: str | None = None,
    ) -> None:
        keys, uid = self._parts.keys, self._parts.clock.uid()
        about = {
            "file": shown(name),
            "name": os.fsencode(name).hex(),
            "unread": outcome == drops.REFUSED,
            "why": None if why is None else why.to_json(),
        }
        added = drops.add(
            connection,
            uid=uid,
            **place.names,
            folder_hash=place.hash,
            name_hash=keys.hash("file-name", same_name(name)),
            file_hash=file_hash,
            seen_at=self._parts.clock.ms(),
            outcome=outcome,
            receipt=receipt,
            answer_hash=None if outcome == drops.TAKEN_IN else keys.hash("answer", uid),
            final=int(outcome != drops.TAKEN_IN),
            sealed=keys.seal(key, pack(about), f"drop:{uid}"),
        )
        if not added:
            raise Elsewhere

    def _tell(
        self,
        connection: Connection,
        place: Place,
        kind: str,
        key: str,
        file: str,
        why: Message | None,
        **terms: Any,
    ) -> None:
        journal = self._parts.journal
        entry = journal.entry(
            kind,
            OURSELVES,
            **place.names,
            agreement=place.agreement.id,
            status_code=None if why is None else why.code,
            detail={"channel": CHANNEL},
            personal=Personal(key, {"file": file}),
            **terms,
        )
        journal.write(connection, entry)

    # Moving away ----------------------------------------------------------------------------------

    def is_handled(self, row: Any, name: str) -> bool:
        """Whether a row is about a file of this name."""
        return bool(row.name_hash == self._parts.keys.hash("file-name", same_name(name)))

    def finish(self, place: Place, row: Any, lying: Lying) -> None:
        """Move the file of a row away, unless that is done or the client did it. Nothing else is moved.

        Raises `OSError` when it cannot be moved now.
        """
        share, about = place.share, unpack(self._parts.keys.open(row.sealed, f"drop:{row.uid}"))
        bad = row.outcome in (drops.STOPPED, drops.REFUSED)
        to = (share.refused if bad else share.taken_in) / _moved_name(about["file"], row)
        name = os.fsdecode(bytes.fromhex(about["name"]))
        if name not in lying.files:  # some systems give a name back in another spelling
            name = next((one for one in lying.files if same_name(one) == same_name(name)), name)
        if seen_at(to) is None and self._is_it(share.inbox / name, row, about["unread"]):
            share.move(name, to)
        if seen_at(to) is not None and not self._is_it(to, row, about["unread"], name):
            share.put_back(to, name)  # it was replaced at the last moment: that file is a new one
        with self._parts.database.write() as connection:
            drops.moved(connection, row.uid, self._parts.clock.ms())

    def _is_it(self, path: Path, row: Any, unread: bool, name: str | None = None) -> bool:
        seen = seen_at(path)
        if seen is None:
            return False
        if unread:
            return bool(self._unread(name or path.name, seen) == row.file_hash)
        return bool(self._parts.keys.hash("file", self._sha256_of(path)) == row.file_hash)

    def _sha256_of(self, path: Path) -> str:
        try:
            return Share.sha256(path)
        except Changed:
            return ""

    def _unread(self, name: str, seen: Seen) -> str:
        """What a file that nobody reads is known by."""
        return self._parts.keys.hash("unread", same_name(name), str(seen[0]), str(seen[1]))

    def _key(self, place: Place) -> str:
        scope = Scope(
            f"client/{place.client.id}",
            place.agreement.retention,
            self._parts.clock.now().year,
        )
        return self._parts.keys.key_for(scope)

    def _now(self, place: Place) -> datetime:
        return self._parts.clock.now().astimezone(place.client.zone)


def _not_agreed(place: Place, name: str, size: int) -> Message | None:
    """Why a file is not accepted whatever is in it."""
    if not place.in_force:
        return Message(
            "agreement-not-in-force",
            "The agreement about this service is not in force: nothing is taken in. Please call your "
            "contact at the service centre.",
        )
    if not place.folder.takes(name):
        return Message(
            "name-not-agreed",
            "The name of the file is not one that was agreed for this folder: {names} (* stands for any "
            "letters). Give it such a name and put it here again.",
            {"names": place.folder.names},
        )
    if size > LARGEST:
        return Message(
            "file-too-large",
            "The file is larger than {limit} MB. Divide its rows over several workbooks and put them here.",
            {"limit": LARGEST // (1024 * 1024)},
        )
    return None


def _moved_name(file: str, row: Any) -> str:
    """``corrections.xlsx`` becomes ``corrections - 019e....xlsx``: of a receipt, else of the row itself."""
    stem, dot, ending = file.rpartition(".")
    if not dot:
        stem, ending = file, ""
    own = row.outcome in (drops.TAKEN_IN, drops.STOPPED)
    return f"{cut(stem, 160)} - {row.receipt if own else row.uid}{dot}{ending}"
