"""Who else vouches for the log: reads back what is kept elsewhere, asks witnesses, compares it all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from paraplu.assurance.keeping.custody import Custody, kind_of
from paraplu.assurance.keeping.filecopy import FileCopy
from paraplu.assurance.keeping.kept import (
    Contradicted,
    Fits,
    Unkept,
    hold_against,
    hold_names,
    origin_of,
)
from paraplu.assurance.keeping.witnessing import Witnessing
from paraplu.audit import notefile
from paraplu.audit.cosignature import read_lines, verified
from paraplu.audit.errors import Malformed, NotProved
from paraplu.audit.note import Note
from paraplu.domain.custody import Copy, Witness
from paraplu.engine.clock import from_ms
from paraplu.errors import Refused
from paraplu.store import custody, heads, logs
from paraplu.store.database import Connection
from paraplu.store.heads import Cosigned
from paraplu.store.logs import Log

_MOST_LINES = 500  # of one witness and log, the newest; each stands for all before it


@dataclass(frozen=True, slots=True)
class Vouch:
    """Somebody else's word for the first `size` entries of a log, given at `at`.

    `checked` is when that was last found to fit the log, None when it never was.
    """

    name: str
    kind: str
    log: str
    size: int
    at: datetime | None
    checked: datetime | None


@dataclass
class Vouched:
    """All words, the heads that were read, what is wrong, and what could not be looked at."""

    vouches: list[Vouch] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class Vouching:
    """Gathers the words of others. It changes nothing but what is known of the places."""

    def __init__(self, custody: Custody) -> None:
        self._custody = custody
        self._database = custody.database
        self._journal = custody.journal
        self._clock = custody.clock

    def gather(self, given: Mapping[str, bytes], *, ask: bool = True) -> Vouched:
        """Read the copies in files, those that are `given` (name to content), and ask the witnesses if `ask`.

        Raises `Refused` for a given file that holds no signed head.
        """
        found = Vouched()
        with self._database.read() as connection:
            known = logs.every(connection)
            rows = {(row.name, row.log): row for row in custody.every(connection)}
        for name, data in given.items():
            self._given(found, known, name, data)
        for place in self._custody.places:
            mine = {log.log: rows.get((place.name, log.log)) for log in known}
            if isinstance(place, Witness):
                self._witness(found, known, place, mine, ask=ask)
            elif place.kind == "file":
                self._file(found, known, place, mine)
            else:
                self._sent(found, place, mine)
        return found

    def _given(self, found: Vouched, known: Sequence[Log], name: str, data: bytes) -> None:
        read = notefile.read(data)
        if not read.notes:
            raise Refused(f"{name} holds no signed head: give a file with heads of this log.")
        ours = {log.log for log in known}
        others = sorted({str(origin_of(note)) for note in read.notes} - ours)
        if others:
            found.remarks.append(f"{name} holds heads of other logs: {', '.join(others)}")
        for log, fits in self._hold(found, known, read, f"The file {name}"):
            found.vouches.append(
                Vouch(Path(name).name, "given", log.log, fits.size, None, self._clock.now())
            )

    def _file(
        self, found: Vouched, known: Sequence[Log], place: Copy, rows: Mapping[str, Any]
    ) -> None:
        copy = FileCopy(place.name, Path(place.path))
        had = max((row.extent for row in rows.values() if row is not None), default=0)
        try:
            if had:
                copy.read(had)
            read = copy.read()
        except Contradicted as error:
            found.troubles.append(str(error))
            return
        except Unkept as error:
            found.remarks.append(f"{error} Nothing was checked against it.")
            self._sent(found, place, rows)
            return
        wrong_before = len(found.troubles)
        fitting = {log.log: fits for log, fits in self._hold(found, known, read, copy.where)}
        now = self._clock.now()
        for name, row in rows.items():
            fits = fitting.get(name, Fits())
            if row is not None and fits.size < row.size and len(found.troubles) == wrong_before:
                found.troubles.append(
                    f"{copy.where} holds heads of {name} up to entry {fits.size}, and held them up to entry "
                    f"{row.size}: somebody put an old copy in its place."
                )
            elif fits.number:
                at = None if row is None or row.kept_at is None else from_ms(row.kept_at)
                found.vouches.append(Vouch(place.name, "file", name, fits.size, at, now))
                self._note_checked(place.name, name, fits.size)

    def _sent(self, found: Vouched, place: Copy, rows: Mapping[str, Any]) -> None:
        for name, row in rows.items():
            if row is not None and row.size:
                checked = None if row.checked_at is None else from_ms(row.checked_at)
                found.vouches.append(
                    Vouch(place.name, kind_of(place), name, row.size, from_ms(row.kept_at), checked)
                )

    def _witness(
        self,
        found: Vouched,
        known: Sequence[Log],
        place: Witness,
        rows: Mapping[str, Any],
        *,
        ask: bool,
    ) -> None:
        witnessing = Witnessing(self._database, self._clock, self._journal, place)
        for log in known:
            best = self._countersigned(found, log, witnessing)
            size, at = best
            row = rows.get(log.log)
            checked = None if row is None or row.checked_at is None else from_ms(row.checked_at)
            if ask:
                try:
                    note = witnessing.latest(log.log)
                    if note is not None:
                        found.heads.append(note)
                        shown = witnessing.hold_latest(note)
                        size, checked = max(size, shown), self._clock.now()
                        self._note_checked(place.name, log.log, shown)
                except Unkept as error:
                    found.remarks.append(f"{error} It was not asked what it has seen last.")
                except Contradicted as error:
                    found.troubles.append(str(error))
            if size:
                found.vouches.append(Vouch(place.name, "witness", log.log, size, at, checked))

    def _countersigned(
        self, found: Vouched, log: Log, witnessing: Witnessing
    ) -> tuple[int, datetime | None]:
        """The largest head that the witness has countersigned, by the lines that are kept here."""
        name, key = witnessing.witness.name, witnessing.verifier
        with self._database.read() as connection:
            lines = [one for one in heads.cosigned(connection, log.log) if one.witness == name]
            for one in reversed(lines[-_MOST_LINES:]):
                try:
                    note, time = _checked_line(connection, one, key)
                except (Malformed, NotProved) as error:
                    found.troubles.append(
                        f"The countersignature of the witness '{name}' for the head over {one.size} entries "
                        f"of {log.log} does not hold: {error}."
                    )
                    continue
                found.heads.append(note)
                return one.size, from_ms(time * 1000)
        return 0, None

    def _hold(
        self, found: Vouched, known: Sequence[Log], read: notefile.Read, where: str
    ) -> list[tuple[Log, Fits]]:
        fitting: list[tuple[Log, Fits]] = []
        if read.pieces:
            many = "a piece that is" if read.pieces == 1 else f"{read.pieces} pieces that are"
            found.remarks.append(f"{where} holds {many} no signed head (cut short when written?)")
        names = {log.log for log in known}
        found.heads += [note for note in read.notes if origin_of(note) in names]
        try:
            hold_names(read.notes, names, self._journal.verifiers, where)
        except Contradicted as error:
            found.troubles.append(str(error))
        with self._database.read() as connection:
            for log in logs.every(connection):
                verifiers = self._journal.verifiers(log.log)
                try:
                    fits = hold_against(connection, log, read.notes, verifiers, where)
                except Contradicted as error:
                    found.troubles.append(str(error))
                    continue
                if fits.number:
                    fitting.append((log, fits))
        return fitting

    def _note_checked(self, name: str, log: str, size: int) -> None:
        with self._database.write() as connection:
            custody.checked(connection, name, log, size=size, at=self._clock.ms())


def _checked_line(connection: Connection, one: Cosigned, key: Any) -> tuple[bytes, int]:
    """The head with the witness's line checked, and its time (seconds since 1970).

    Raises `Malformed` or `NotProved`.
    """
    note = heads.at(connection, one.log, one.size)
    if note is None:
        raise NotProved("the head that it was given for is gone")
    text = Note.parse(note).text
    signed = verified(text, read_lines(one.line.encode(), note), key)
    if signed is None:
        raise NotProved("it is not of the key in the settings")
    return note, signed[1]
