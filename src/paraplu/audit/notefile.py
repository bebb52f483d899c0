"""A file of signed notes, one after the other, as copies of heads are kept.

After each note comes an empty line. A note is found by its signature lines, so that a piece that was cut
short (a disk that filled up, a share that went away) spoils itself only.
"""

from __future__ import annotations

from dataclasses import dataclass

from paraplu.audit.errors import Malformed
from paraplu.audit.note import MAX_BYTES, Note

END = b"\n"
_MARK = "\N{EM DASH} "
_SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Read:
    """What a file holds: whole notes in order, nothing verified, and how many pieces are none."""

    notes: tuple[bytes, ...]
    pieces: int


def record(note: bytes, before: bytes = b"") -> bytes:
    """The bytes by which a note is added to a file that ends in `before` (its last two bytes).

    A piece that was cut short is closed first.
    """
    return (b"" if before in (b"", b"\n\n") else b"\n\n") + note + END


def read(data: bytes) -> Read:
    """Take the notes out of a file; never raises."""
    notes: list[bytes] = []
    pieces = 0
    body: str | None = None
    for block in data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n\n"):
        block = block.strip("\n")
        if not block:
            continue
        if not block.startswith(_MARK):
            pieces += body is not None
            body = block
            continue
        note = None if body is None else _note(body, block)
        body = None
        if note is None:
            pieces += 1
        else:
            notes.append(note)
    return Read(tuple(notes), pieces + (body is not None))


def _note(body: str, signatures: str) -> bytes | None:
    """The note, None when it is cut short or none at all."""
    message = f"{body}\n\n{signatures}\n".encode()
    try:
        found = Note.parse(message) if len(message) <= MAX_BYTES else None
    except Malformed:
        return None
    if found is None or any(len(one.signature) < _SIGNATURE_BYTES for one in found.signatures):
        return None
    return message
