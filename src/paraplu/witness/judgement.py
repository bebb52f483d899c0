"""The judgement over a head: is it of a log we trust, and does it extend what we have seen?

The order of the checks and the codes are those of C2SP tlog-witness, `add-checkpoint`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from paraplu.audit import tree
from paraplu.audit.checkpoint import Checkpoint, open_checkpoint
from paraplu.audit.errors import Malformed, NotProved
from paraplu.audit.note import Note, Verifier, from_base64
from paraplu.witness.memory import Memory, Seen

MOST_BYTES = 65_536
_MOST_STEPS = 63

OK, BAD, FORBIDDEN, UNKNOWN, CONFLICT, UNPROVED = 200, 400, 403, 404, 409, 422


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer: an HTTP status and its body; `said` is for the operator, of which log and why."""

    status: int
    body: str
    said: str


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: the size seen last as the log believes, the proof, the signed head."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    @classmethod
    def parse(cls, body: bytes) -> Request:
        """Read the body of a request. Raises `Malformed`."""
        head, gap, note = body.partition(b"\n\n")
        if not gap:
            raise Malformed("no empty line before the head")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Malformed("characters outside ASCII before the head") from None
        word, _, number = lines.pop(0).partition(" ")
        if (
            word != "old"
            or not number.isdecimal()
            or len(number) > 19
            or str(int(number)) != number
        ):
            raise Malformed("the first line is not 'old' and a size")
        if len(lines) > _MOST_STEPS:
            raise Malformed("a proof with more than 63 lines")
        proof = tuple(from_base64(line) for line in lines)
        if any(len(step) != tree.HASH_BYTES for step in proof):
            raise Malformed("a line of the proof is not a hash")
        return cls(int(number), proof, note)


def judge(memory: Memory, body: bytes, now: Callable[[], float] = time.time) -> Judged:
    """Judge a request of `add-checkpoint`, remember the head if it is good, countersign it."""
    try:
        request = Request.parse(body)
        note = Note.parse(request.note)
        head = Checkpoint.parse(note.text)
    except Malformed as error:
        return Judged(BAD, f"{error}\n", f"malformed request: {error}")
    verifiers = memory.verifiers(head.origin)
    if not verifiers:
        return Judged(UNKNOWN, "unknown log\n", "a log that is not known here")
    try:
        open_checkpoint(request.note, verifiers, head.origin)
    except (Malformed, NotProved):
        return Judged(FORBIDDEN, "no signature by a known key\n", f"{head.origin}: unknown key")
    if request.old > head.size:
        return Judged(BAD, "old size is above the head's\n", f"{head.origin}: old size too large")
    with memory.alone() as db:
        seen = memory.seen(head.origin, db)
        known = 0 if seen is None else seen.size
        if request.old != known:
            judged = Judged(
                CONFLICT, f"{known}\n", f"{head.origin}: asked from {request.old}, seen {known}"
            )
        elif why := _inconsistent(head, request, seen):
            judged = Judged(UNPROVED, f"{why}\n", f"{head.origin} at {head.size}: REFUSED, {why}")
        else:
            at = int(now())
            line = memory.cosigner.sign(head.body, at).line()
            # The signature leaves this process only when the commit below has come through.
            kept = _with_line(note, verifiers, line)
            memory.remember(db, head.origin, Seen(head.size, head.root, kept, at))
            judged = Judged(OK, line, f"{head.origin}: countersigned {head.size}")
    if judged.status == UNPROVED:
        memory.keep_refused(head.origin, judged.body.strip(), request.note, int(now()))
    return judged


def _inconsistent(head: Checkpoint, request: Request, seen: Seen | None) -> str | None:
    """Why the head does not extend what was seen; None when it does."""
    if head.size == 0 and head.root != tree.EMPTY_ROOT:
        return "the root of the empty tree is wrong"
    root = tree.EMPTY_ROOT if seen is None else seen.root
    try:
        tree.verify_consistency(request.old, head.size, request.proof, root, head.root)
    except NotProved as error:
        return str(error)
    return None


def _with_line(note: Note, verifiers: Sequence[Verifier], line: str) -> bytes:
    """The head as it is shown to others: with the log's lines that were verified, and ours."""
    keys = {(one.name, one.key_id) for one in verifiers}
    lines = [one.line() for one in note.signatures if (one.name, one.key_id) in keys]
    return (note.text + "\n" + "".join([*lines, line])).encode()
