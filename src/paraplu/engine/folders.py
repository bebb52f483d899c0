"""Watched folders: looks into each of them, takes in what is complete, and brings the answers out.

`Folders.look` is called every few seconds by the clock. It needs no notification by the file system, so
that it works on network shares. What it remembers between two looks (since when a file did not change) may
be lost: then a file waits a little longer. Everything else stands in the database.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from paraplu.domain.folder import Pauses, Sighting, is_passed_over, shown
from paraplu.domain.message import Message
from paraplu.engine.answers import Answers
from paraplu.engine.drops import Drops, Elsewhere
from paraplu.engine.intake import HeldBack, Intake
from paraplu.engine.outages import Outages
from paraplu.engine.outfolders import OutFolders
from paraplu.engine.parts import Parts
from paraplu.engine.places import Place, Places
from paraplu.engine.share import Away, Changed, InUse, Lying
from paraplu.errors import IntegrityBroken, ParapluError
from paraplu.store import drops, receipts
from paraplu.store.database import StorageDown
from paraplu.store.keys import Erased
from paraplu.store.mutex import only_one

_MOST = 50
"""Files of one folder that are taken in at one look: the other folders have their turn, too."""
_ANSWERS_WITHIN = 15.0  # seconds, within which a share tells what lies in it
_MUTEX = 1

Tell = Callable[..., None]
"""Told an event of the operational log, with fields that are safe there."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that a look found or did.

    `what`: taken-in, stopped, known, refused, answered (put into the out-folder), waiting (a file), away
    and back (the folder), failed. `reason` is a code that says why for those that need one. `file` is for
    whoever may see the client, not for logs.
    """

    what: str
    client: str
    service: str
    file: str = ""
    receipt: str | None = None
    reason: str = ""
    why: Message | None = None


@dataclass
class Looked:
    """What one look came to. `busy`: another process is looking just now, so nothing was done.

    `more`: there were more files than one look takes in, so that another look is worth it at once.
    `settles_in`: seconds until files that were new are complete, if they do not change; 0: none were.
    """

    happened: list[Happened] = field(default_factory=list)
    busy: bool = False
    more: bool = False
    folders: int = 0
    settles_in: float = 0.0


@dataclass(frozen=True, slots=True)
class _Todo:
    """What the database says at the beginning of a look: folders that were in use before, by their hash,
    and rows of `drops`, by folder or by client and service."""

    known: set[str]
    lying: defaultdict[str, list[Any]]
    to_answer: defaultdict[tuple[str, str], list[Any]]
    undelivered: defaultdict[tuple[str, str], list[Any]]


class Folders:
    """All watched folders. `home` is the folder of the installation, below which relative paths lie.

    May be shared by threads; looks do not overlap. A look at a share that does not answer takes up to 15
    seconds once: whoever calls this beside other work does so in a thread.
    """

    def __init__(
        self, parts: Parts, intake: Intake, answers: Answers, home: Path, tell: Tell
    ) -> None:
        self._parts = parts
        self._answers = answers
        self._places = Places(parts, home / "folders")
        self._known: set[str] = set()
        self._lock_file = home / "locks" / "folders.lock"
        self._drops = Drops(parts, intake, home / "incoming")
        self._outfolders = OutFolders(parts)
        self._outages = Outages(parts)
        self._tell = tell
        self._sightings: dict[str, dict[str, Sighting]] = {}
        self._pauses = Pauses()
        self._said: set[tuple[str, ...]] = set()
        self._asking: dict[str, threading.Thread] = {}
        self._door = threading.Lock()

    def look(self, now: float | None = None) -> Looked:
        """Look once into every watched folder. `now` is of a clock that only goes forward, in seconds.

        Raises `StorageDown` when the database fails, and `IntegrityBroken`: what was not written then is
        done at a later look.
        """
        at = time.monotonic() if now is None else now
        looked = Looked()
        if not self._door.acquire(blocking=False):
            looked.busy = True
            return looked
        try:
            with only_one(self._parts.database, self._lock_file, _MUTEX) as alone:
                if not alone:
                    looked.busy = True
                    return looked
                self._drops.clear()
                with self._parts.database.read() as connection:
                    places = self._places.current(connection)
                    todo = self._todo(connection, places)
                looked.folders = len(places)
                for place in places:
                    self._look_into(place, todo, at, looked)
        finally:
            self._door.release()
        return looked

    def _todo(self, connection: Connection, places: list[Place]) -> _Todo:
        """What is to be done, read at once: most looks find nothing, and cost next to nothing."""
        unknown = {one.hash for one in places} - self._known
        self._known |= {one for one in unknown if drops.knows_folder(connection, one)}
        todo = _Todo(set(self._known), defaultdict(list), defaultdict(list), defaultdict(list))
        self._outages.begin(connection)
        for row in drops.lying(connection):
            todo.lying[row.folder_hash].append(row)
        for row in drops.to_answer(connection):
            todo.to_answer[row.client, row.service].append(row)
        for row in drops.undelivered(connection):
            todo.undelivered[row.client, row.service].append(row)
        return todo

    # One folder -----------------------------------------------------------------------------------

    def _look_into(self, place: Place, todo: _Todo, at: float, looked: Looked) -> None:
        known = place.hash in todo.known
        if place.shared:  # then it proves nothing
            self._away(place, "in", "folder-shared", at, looked)
            return
        if place.below and not known:
            with suppress(OSError):  # said below
                place.share.inbox.mkdir(parents=True, exist_ok=True)
        try:
            lying, out_away = self._ask(place, known)
        except Away as away:
            self._away(place, "in", away.code, at, looked)
            return
        self._back(place, "in", at, looked)
        left = self._finish(place, todo.lying[place.hash], lying, at, looked)
        to_answer, undelivered = todo.to_answer[place.key], todo.undelivered[place.key]
        if self._take_in(place, left, lying, at, looked):
            with self._parts.database.read() as connection:
                to_answer = drops.to_answer(connection, **place.names)
                undelivered = drops.undelivered(connection, **place.names)
        if self._answer(place, to_answer, at, looked):
            with self._parts.database.read() as connection:
                undelivered = drops.undelivered(connection, **place.names)
        if out_away:
            self._away(place, "out", out_away, at, looked)
        else:
            self._back(place, "out", at, looked)
            self._deliver(place, undelivered, at, looked)

    def _ask(self, place: Place, known: bool) -> tuple[Lying, str]:
        """What lies in the folder, and a code when the out-folder is away.

        Asked in a thread of its own: the system may hold whoever touches a share whose server is gone for
        as long as it likes. A thread that is held is waited for at later looks.
        """
        answer: list[tuple[Lying, str] | Away] = []

        def ask() -> None:
            try:
                lying, out = place.share.open(known=known), ""
            except Away as away:
                answer.append(away)
                return
            try:
                place.share.require_out()
            except Away as away:
                out = away.code
            answer.append((lying, out))

        held = self._asking.get(place.hash)
        if held is not None and held.is_alive():
            raise Away("folder-does-not-answer")
        thread = threading.Thread(target=ask, name="watched folder", daemon=True)
        self._asking[place.hash] = thread
        thread.start()
        thread.join(_ANSWERS_WITHIN)
        if not answer:
            raise Away("folder-does-not-answer")
        del self._asking[place.hash]
        if isinstance(answer[0], Away):
            raise answer[0]
        return answer[0]

    def _take_in(
        self, place: Place, handled: list[Any], lying: Lying, at: float, looked: Looked
    ) -> bool:
        """Look which files are complete and take them in, the oldest on the share first.

        Those that were `handled` only wait to be moved. Gives whether anything was taken in.
        """
        before, now = self._sightings.get(place.hash, {}), {}
        ready: list[str] = []
        for name, (size, changed) in lying.files.items():
            if is_passed_over(name) or any(self._drops.is_handled(row, name) for row in handled):
                continue
            earlier = before.get(name, Sighting(size, changed, at))
            now[name] = sighting = earlier.seen_again(size, changed, at)
            if sighting is not earlier:
                self._pauses.forget((place.hash, name))
            settle = place.folder.settle_seconds
            if not sighting.is_settled(at, settle):
                looked.settles_in = max(looked.settles_in, sighting.since + settle - at)
                self._note(looked, place, "waiting", shown(name), reason="settling")
            elif lying.is_open(name):
                self._note(looked, place, "waiting", shown(name), reason="open-in-program")
            elif self._pauses.is_due((place.hash, name), at):
                ready.append(name)
            else:
                self._note(looked, place, "waiting", shown(name), reason="put-off")
        for name in before.keys() - now.keys():
            self._pauses.forget((place.hash, name))
        self._sightings[place.hash] = now
        ready.sort(key=lambda name: (now[name].changed, name))
        looked.more = looked.more or len(ready) > _MOST
        taken = False
        for name in ready[:_MOST]:
            if self._take(place, name, at, looked):
                taken = True
                with self._parts.database.read() as connection:
                    rows = drops.lying(connection, place.hash)
                self._finish(place, rows, lying, at, looked)
        return taken

    def _take(self, place: Place, name: str, at: float, looked: Looked) -> bool:
        """Take one file in; whether anything was written about it."""
        sightings, key = self._sightings[place.hash], (place.hash, name)
        seen = sightings[name]
        judged_at = seen.judged_at(place.folder.settle_seconds)
        held_back = False
        with self._trying(place, key, "file-not-read", at, looked, shown(name)):
            try:
                became = self._drops.take(
                    place, name, (seen.size, seen.changed), patient=at < judged_at
                )
            except HeldBack:
                held_back = True
            except (Changed, Elsewhere):
                del sightings[name]
                self._note(looked, place, "waiting", shown(name), reason="changed")
            else:
                del sightings[name]
                what, receipt = became.outcome, became.receipt
                self._note(looked, place, what, became.file, receipt=receipt, why=became.why)
                self._tell("file_found", **place.names, kind=what, receipt=receipt)
                return True
        if held_back:
            self._pauses.wait_until(key, judged_at)
            self._note(looked, place, "waiting", shown(name), reason="not-whole")
        return False

    def _finish(
        self, place: Place, rows: list[Any], lying: Lying, at: float, looked: Looked
    ) -> list[Any]:
        """Move away what was handled, now or before a crash. Gives the rows of which that failed."""
        left = []
        for row in rows:
            key = ("move", row.uid)
            moved = False
            if self._pauses.is_due(key, at):
                with self._trying(place, key, "file-not-moved", at, looked):
                    self._drops.finish(place, row, lying)
                    moved = True
            if not moved:
                left.append(row)
        return left

    def _answer(self, place: Place, rows: list[Any], at: float, looked: Looked) -> bool:
        """Answer receipts that nobody has answered since they came in, or since their last case closed."""
        answered = False
        for row in rows:
            key = ("answer", row.uid)
            if self._pauses.is_due(key, at):
                with self._trying(place, key, "answer-not-written", at, looked):
                    with self._parts.database.read() as connection:
                        receipt = receipts.get(connection, row.receipt)
                    self._answers.answer(receipt)
                    answered = True
        return answered

    def _deliver(self, place: Place, rows: list[Any], at: float, looked: Looked) -> None:
        """Put into the out-folder what is to lie there."""
        for row in rows:
            key = ("deliver", row.uid)
            if not self._pauses.is_due(key, at):
                continue
            with self._trying(place, key, "answer-not-put", at, looked):
                try:
                    name = self._outfolders.deliver(place, row)
                except InUse:  # somebody reads the one before: it is replaced when they close it
                    self._note(looked, place, "waiting", reason="answer-open")
                    continue
                if name is not None:
                    self._note(looked, place, "answered", name, receipt=row.receipt)

    # Saying so ------------------------------------------------------------------------------------

    @contextmanager
    def _trying(
        self,
        place: Place,
        key: tuple[str, str],
        code: str,
        at: float,
        looked: Looked,
        file: str = "",
    ) -> Iterator[None]:
        """What cannot be done is tried again, less and less often, and said once; the rest goes on.

        Only a database that is away, and a broken one, end the look.
        """
        mark = ("failed", code, *key)
        try:
            yield
        except Exception as error:
            if isinstance(error, StorageDown | IntegrityBroken) and not isinstance(error, Erased):
                raise
            self._pauses.put_off(key, at, place.folder.settle_seconds)
            self._note(looked, place, "failed", file, reason=code)
            if mark not in self._said:
                self._said.add(mark)
                # Our own sentences name the file; where a library failed is told without its words.
                whole = None if isinstance(error, ParapluError) else error
                kind = type(error).__name__
                self._tell("folder_failed", **place.names, code=code, error=kind, exc_info=whole)
        else:
            self._pauses.forget(key)
            self._said.discard(mark)

    def _note(
        self,
        looked: Looked,
        place: Place,
        what: str,
        file: str = "",
        *,
        reason: str = "",
        receipt: str | None = None,
        why: Message | None = None,
    ) -> None:
        client, service = place.client.id, place.agreement.service
        looked.happened.append(Happened(what, client, service, file, receipt, reason, why))

    def _away(self, place: Place, which: str, code: str, at: float, looked: Looked) -> None:
        self._note(looked, place, "away", reason=code)
        self._outages.away(place, which, code, at)
        mark = ("away", which, place.hash, code)
        if mark not in self._said:
            self._said.add(mark)
            self._tell("folder_away", **place.names, code=code, kind=which)

    def _back(self, place: Place, which: str, at: float, looked: Looked) -> None:
        self._outages.back(place, which, at)
        marks = {one for one in self._said if one[:3] == ("away", which, place.hash)}
        if marks:
            self._said -= marks
            self._note(looked, place, "back")
            self._tell("folder_back", **place.names, kind=which)
