"""Sends signed heads to where they are kept elsewhere, and tells when that does not work.

A head goes to a place after it was signed, at most as often as the settings say; what fails is tried again
after a minute, two, four ... A place that could not be reached for a day is a notice, one that contradicts
the log an alarm. Any number of processes may do this at once: each place is in one hand at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from paraplu.assurance.keeping import web
from paraplu.assurance.keeping.filecopy import FileCopy
from paraplu.assurance.keeping.kept import Contradicted, Unkept, hold_against, hold_names
from paraplu.assurance.keeping.witnessing import Witnessing
from paraplu.domain.credential import Credential
from paraplu.domain.custody import FAILS_TOO_LONG, AuditSettings, Copy, Witness
from paraplu.domain.mail import Letter
from paraplu.domain.notice import NoticeKind, wait_after
from paraplu.engine.clock import Clock, from_ms, to_ms
from paraplu.engine.journal import OURSELVES, Journal
from paraplu.engine.notices import Notices
from paraplu.errors import MailFailed, SettingsWrong
from paraplu.store import custody, heads, logs
from paraplu.store.database import Database
from paraplu.store.heads import Head

Post = Callable[[Letter], None]
"""Hands one letter to the mail server. Raises `MailFailed`."""

_HELD_MS = 120_000  # longer than a server may take
_ALWAYS = 2**62
_CONTRADICTS = "contradicts"


@dataclass(frozen=True, slots=True)
class Given:
    """What became of one head at one place: the size it covers, and why it is not kept there, if so."""

    name: str
    kind: str
    log: str
    size: int
    why: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """How one place stands for one log; `kind` is ``copy`` kinds or ``witness``.

    `size` entries are covered by what is kept there since `kept_at`; `checked_at` is when that was last read
    back, or countersigned, and found to fit. `known` says whether the settings still name the place.
    """

    name: str
    kind: str
    log: str
    size: int
    kept_at: datetime | None
    checked_at: datetime | None
    checked_size: int | None
    failing_since: datetime | None
    why: str | None
    known: bool


@dataclass(frozen=True, slots=True)
class Custody:
    """The places where heads are kept elsewhere. `post` hands letters to the mail server, None for none."""

    database: Database
    clock: Clock
    journal: Journal
    notices: Notices
    settings: AuditSettings
    post: Post | None = field(repr=False)
    credential: Callable[[str], Credential] = field(repr=False)

    @property
    def places(self) -> Sequence[Copy | Witness]:
        """Copies and witnesses, as the settings name them."""
        return (*self.settings.copies, *self.settings.witnesses)

    def send(
        self, *, at_once: bool = False, kinds: Collection[str] = (), names: Collection[str] = ()
    ) -> list[Given]:
        """Send heads to every place that is due, to all of them `at_once`. Gives what was tried.

        `kinds` and `names` leave the others out. Raises `StorageDown`.
        """
        found: list[Given] = []
        if not self.places:
            return found
        with self.database.read() as connection:
            newest = [heads.newest(connection, one.log) for one in logs.every(connection)]
            rows = {(row.name, row.log): row for row in custody.every(connection)}
        for place in self.places:
            if (kinds and kind_of(place) not in kinds) or (names and place.name not in names):
                continue
            for head in newest:
                if head is None:
                    continue
                row = rows.get((place.name, head.log))
                if row is not None and row.size >= head.size:
                    continue
                if at_once or row is None or row.try_at <= self.clock.ms():
                    found += self._one(place, head, at_once)
        return found

    def states(self) -> list[State]:
        """How every place stands, for each log that something was tried for."""
        with self.database.read() as connection:
            rows = custody.every(connection)
            current = logs.current(connection).log
        known = {place.name for place in self.places}
        found = [_state(row, row.name in known) for row in rows]
        tried = {(row.name, row.log) for row in rows}
        found += [
            State(place.name, kind_of(place), current, 0, None, None, None, None, None, known=True)
            for place in self.places
            if (place.name, current) not in tried
        ]
        return found

    def give(self, place: Copy | Witness, head: Head) -> list[Given]:
        """Give one head to one place now, whatever was tried before."""
        return self._one(place, head, at_once=True)

    def _one(self, place: Copy | Witness, head: Head, at_once: bool) -> list[Given]:
        now = self.clock.ms()
        with self.database.write() as connection:
            row = custody.claim(
                connection,
                place.name,
                head.log,
                kind_of(place),
                due=_ALWAYS if at_once else now,
                until=now + _HELD_MS,
            )
        if row is None:
            return []  # another process is at it
        try:
            size, extent, checked = self._give(place, head, row)
        except (Unkept, Contradicted) as error:
            return [self._failed(place, head, row, error)]
        at = self.clock.ms()
        with self.database.write() as connection:
            custody.kept(
                connection,
                place.name,
                head.log,
                size=size,
                at=at,
                try_at=at + int(place.every.total_seconds() * 1000),
                extent=extent,
                checked=checked,
            )
        return [Given(place.name, kind_of(place), head.log, size)]

    def _give(self, place: Copy | Witness, head: Head, row: Any) -> tuple[int, int, bool]:
        """Give a head to a place: the size it has now, the length of its file, whether it checked."""
        if isinstance(place, Witness):
            witnessing = Witnessing(self.database, self.clock, self.journal, place)
            return witnessing.ask(head, row.size), 0, True
        match place.kind:
            case "file":
                return head.size, self._append(place, head, row.extent), True
            case "mail":
                self._mail(place, head)
            case "http":
                self._upload(place, head)
        return head.size, 0, False

    def _append(self, place: Copy, head: Head, extent: int) -> int:
        copy = FileCopy(place.name, Path(place.path))
        read = copy.read(extent)
        with self.database.read() as connection:
            every = logs.every(connection)
            hold_names(read.notes, {one.log for one in every}, self.journal.verifiers, copy.where)
            (log,) = [one for one in every if one.log == head.log]
            found = hold_against(
                connection, log, read.notes, self.journal.verifiers(head.log), copy.where
            )
        if found.size >= head.size:  # we died after writing it, or another machine was quicker
            return copy.length()
        return copy.append(head.note)

    def _mail(self, place: Copy, head: Head) -> None:
        if self.post is None:
            raise Unkept(
                f"The copy '{place.name}' goes by mail, and this home sends none: add [mail] to its "
                "settings.toml.",
                "settings",
            )
        subject = f"Paraplu: signed head of {head.log}, {head.size} entries"
        text = head.note.decode() + _LETTER
        try:
            self.post(Letter(self.clock.uid(), place.to, subject, text, self.clock.now()))
        except MailFailed as error:
            raise Unkept(f"The copy '{place.name}': {error}", error.code) from None

    def _upload(self, place: Copy, head: Head) -> None:
        token = ""
        if place.credential:
            try:
                token = self.credential(place.credential).password.reveal()
            except SettingsWrong as error:
                raise Unkept(f"The copy '{place.name}': {error}", "settings") from None
        answer = web.ask("POST", place.url, head.note, token=token, ca_file=place.ca_file)
        if not 200 <= answer.status < 300:
            raise Unkept(
                f"The copy '{place.name}': the server at {place.url} does not take it "
                f"({answer.status}).",
                "refused",
            )

    def _failed(
        self, place: Copy | Witness, head: Head, row: Any, error: Unkept | Contradicted
    ) -> Given:
        now, tries = self.clock.now(), row.tries + 1
        since = row.failing_since if row.failing_since is not None else to_ms(now)
        alarm = isinstance(error, Contradicted)
        code = error.code if isinstance(error, Unkept) else _CONTRADICTS
        with self.database.write() as connection:
            custody.failed(
                connection,
                place.name,
                head.log,
                why=code,
                since=since,
                try_at=to_ms(now + wait_after(tries)),
                tries=tries,
            )
            if alarm:
                if row.why != _CONTRADICTS:
                    detail = {"place": place.name, "log": head.log, "size": head.size}
                    entry = self.journal.entry("copy-contradicts", OURSELVES, detail=detail)
                    self.journal.write(connection, entry)
                self.notices.tell(
                    connection,
                    NoticeKind.AUDIT_BROKEN,
                    f"audit/{place.name}/{now.date()}",
                    None,
                    {"findings": 1, "files": 0},
                )
            elif now - from_ms(since) >= FAILS_TOO_LONG:
                self.notices.tell(
                    connection,
                    NoticeKind.HEADS_NOT_KEPT,
                    f"{place.name}/{now.date()}",
                    None,
                    {"place": place.name, "since": from_ms(since).date()},
                )
        return Given(place.name, kind_of(place), head.log, head.size, str(error), code)


_LETTER = (
    "\n-- \nKeep this mail: the lines above are a signed head of the audit log. Whoever checks the log\n"
    "saves them in a file: paraplu audit verify --heads FILE\n"
)


def kind_of(place: Copy | Witness) -> str:
    """``file``, ``mail``, ``http`` or ``witness``."""
    return "witness" if isinstance(place, Witness) else place.kind


def _state(row: Any, known: bool) -> State:
    def at(moment: int | None) -> datetime | None:
        return None if moment is None else from_ms(moment)

    return State(
        name=row.name,
        kind=row.kind,
        log=row.log,
        size=row.size,
        kept_at=at(row.kept_at),
        checked_at=at(row.checked_at),
        checked_size=row.checked_size,
        failing_since=at(row.failing_since),
        why=row.why,
        known=known,
    )
