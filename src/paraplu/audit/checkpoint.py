"""The head of the log: C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint).

Three lines - origin, size, root hash - signed as a note. Whoever keeps a copy of one can later see
whether anything before it was changed, and whether the tail was cut.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from paraplu.audit.errors import Malformed, NotProved
from paraplu.audit.note import Signature, Signs, Verifier, open_note, sign
from paraplu.audit.tree import HASH_BYTES, MAX_SIZE


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The origin of the log, the number of entries and the root hash over them.

    `extensions` are further lines that others may have added; ours have none.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or any(character < " " for character in line):
                raise Malformed("a head with an empty line or a control character")
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_BYTES:
            raise Malformed("a head needs a size from 0 on and a root hash of 32 bytes")

    @property
    def body(self) -> str:
        """The text that is signed."""
        root = base64.b64encode(self.root).decode("ascii")
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))

    @classmethod
    def parse(cls, body: str) -> Checkpoint:
        """Read the text of a head; raises `Malformed` unless it is written in the one right way."""
        lines = body.split("\n")
        if len(lines) < 4 or lines[-1]:
            raise Malformed("a head has three lines at least: origin, size, root hash")
        if not (lines[1].isascii() and lines[1].isdigit() and len(lines[1]) < 20):
            raise Malformed("the size of a head is not a number")
        try:
            root = base64.b64decode(lines[2], validate=True)
        except (binascii.Error, ValueError):
            raise Malformed("the root hash of a head is not base64") from None
        found = cls(lines[0], int(lines[1]), root, tuple(lines[3:-1]))
        if found.body != body:
            raise Malformed("a head that is not written in its one right way")
        return found


def sign_checkpoint(
    head: Checkpoint, signers: Iterable[Signs], others: Sequence[Signature] = ()
) -> bytes:
    """Give the signed head. One signer must carry the name of the log (its origin).

    Raises `Malformed` if none does. Nothing here remembers earlier heads: the caller must only sign
    a tree that contains the last one it signed.
    """
    keys = tuple(signers)
    if all(signer.name != head.origin for signer in keys):
        raise Malformed(f"a head of {head.origin} must be signed by a key of that name")
    return sign(head.body, keys, others)


def open_checkpoint(message: bytes, verifiers: Iterable[Verifier], origin: str) -> Checkpoint:
    """Read a signed head of the log `origin`, signed by a known key of that name.

    Raises `Malformed` if it is none, `NotProved` if it is of another log or not signed by this one.
    """
    opened = open_note(message, verifiers)
    found = Checkpoint.parse(opened.text)
    if found.origin != origin:
        raise NotProved(f"a head of another log: {found.origin}")
    if all(line.name != origin for line in opened.verified):
        raise NotProved("a head that the log itself has not signed")
    return found
