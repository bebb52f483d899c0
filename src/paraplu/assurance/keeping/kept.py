"""A head that was kept elsewhere, held against the log: it must be of a beginning of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from paraplu.audit.checkpoint import Checkpoint, open_checkpoint
from paraplu.audit.errors import Malformed, NotProved
from paraplu.audit.note import Note, Verifier
from paraplu.errors import IntegrityBroken, ParapluError
from paraplu.store import heads
from paraplu.store.logs import Log

Verifiers = Sequence[Verifier]


class Unkept(ParapluError):
    """A head could not be kept there. `code` says why, as a code; nothing is wrong with the log."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


class Contradicted(IntegrityBroken):
    """What is kept elsewhere does not fit the log: one of the two was changed, cut or put back."""


@dataclass(frozen=True, slots=True)
class Fits:
    """Heads of this log that fit it: how many, and the size of the largest."""

    number: int = 0
    size: int = 0


def origin_of(note: bytes) -> str | None:
    """Which log a note claims to be a head of; None when it is no head. Nothing is verified."""
    try:
        return Checkpoint.parse(Note.parse(note).text).origin
    except Malformed:
        return None


def hold_against(
    connection: Connection, log: Log, notes: Iterable[bytes], verifiers: Verifiers, where: str
) -> Fits:
    """Hold the heads of `log` among `notes` against it; those of other logs are left alone.

    Raises `Contradicted`, naming `where` they were kept, for one that does not fit.
    """
    number = largest = 0
    for note in notes:
        if origin_of(note) != log.log:
            continue
        try:
            head = open_checkpoint(note, verifiers, log.log)
        except (Malformed, NotProved) as error:
            raise Contradicted(
                f"{where} holds something that claims to be a head of {log.log}, and is not: {error}."
            ) from None
        fits(connection, log, head, where)
        number, largest = number + 1, max(largest, head.size)
    return Fits(number, largest)


def hold_names(
    notes: Iterable[bytes],
    names: Collection[str],
    verifiers: Callable[[str], Verifiers],
    where: str,
) -> None:
    """Raise `Contradicted` when our own key signed heads of a log whose name is not among `names`.

    Logs of others may be kept in the same place: their keys are not ours.
    """
    strange: list[Checkpoint] = []
    for note in notes:
        name = origin_of(note)
        if name is not None and name not in names:
            with contextlib.suppress(Malformed, NotProved):
                strange.append(open_checkpoint(note, verifiers(name), name))
    if strange:
        head = max(strange, key=lambda one: one.size)
        raise Contradicted(
            f"{where} holds a head over {head.size} entries of {head.origin}, signed by the key of this "
            "home, which has no log of that name: it was taken away or given another name, or an old backup "
            "was put back. Run: paraplu audit verify"
        )


def fits(connection: Connection, log: Log, head: Checkpoint, where: str) -> None:
    """Raise `Contradicted` unless the log begins with what `head` was signed over."""
    if head.size > log.size:
        raise Contradicted(
            f"{where} holds a head over {head.size} entries of {log.log}, which has only {log.size}: the "
            "tail was cut off, or an old backup was put back. Run: paraplu audit verify"
        )
    known = heads.at(connection, log.log, head.size)
    if known is not None and Note.parse(known).text == head.body:
        return
    try:
        root = heads.frontier_at(connection, log, head.size).root()
    except ValueError:
        root = b""
    if root != head.root:
        raise Contradicted(
            f"{where} holds a head over {head.size} entries of {log.log} that does not fit what stands in "
            "the log now: entries were changed since. Run: paraplu audit verify"
        )
