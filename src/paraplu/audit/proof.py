"""A proof that an entry is in the log: C2SP tlog-proof (https://c2sp.org/tlog-proof).

One small text file (`.tlog-proof`) that can be checked without the log, without us and offline: the
place of the entry, the path through the tree, and the signed head.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass

from paraplu.audit import tree
from paraplu.audit.checkpoint import Checkpoint, open_checkpoint
from paraplu.audit.errors import Malformed
from paraplu.audit.note import Note, Verifier

_HEADING = "c2sp.org/tlog-proof@v1"
_MAX_PATH = 64


@dataclass(frozen=True, slots=True)
class Proof:
    """The place of an entry (from 0), its inclusion path and the signed head, as they came.

    `extra` are bytes for the application; nothing signs them, so they must not be trusted.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """Give the file."""
        lines = [_HEADING]
        if self.extra is not None:
            lines.append(f"extra {_to_base64(self.extra)}")
        lines.append(f"index {self.index}")
        lines += (_to_base64(step) for step in self.path)
        return "\n".join([*lines, "", ""]).encode("ascii") + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> Proof:
        """Read the file; raises `Malformed` if it is none. Checks neither path nor signatures."""
        head, gap, checkpoint = data.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Malformed("a proof with characters outside ASCII before the head") from None
        if not gap or lines.pop(0) != _HEADING:
            raise Malformed(f"a proof begins with {_HEADING}")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = _from_base64(lines.pop(0).removeprefix("extra "))
        word, _, number = lines.pop(0).partition(" ") if lines else ("", "", "")
        if word != "index" or not number.isdigit() or str(int(number[:20])) != number:
            raise Malformed("a proof without the line 'index' and a number")
        if len(lines) > _MAX_PATH:
            raise Malformed("a proof with a path longer than any tree is high")
        path = tuple(_from_base64(line) for line in lines)
        if any(len(step) != tree.HASH_BYTES for step in path):
            raise Malformed("a proof with a hash that has not 32 bytes")
        Note.parse(checkpoint)
        return cls(int(number), path, checkpoint, extra)

    def verify(self, entry: bytes, verifiers: Iterable[Verifier], origin: str) -> Checkpoint:
        """Check that the log `origin` holds these bytes at this place; gives the head it was signed in.

        Raises `Malformed` or `NotProved`.
        """
        head = open_checkpoint(self.checkpoint, verifiers, origin)
        leaf = tree.leaf_hash(entry)
        tree.verify_inclusion(self.index, head.size, leaf, self.path, head.root)
        return head


def prove(index: int, head: Checkpoint, signed_head: bytes, node: tree.NodeSource) -> Proof:
    """Make the proof for the entry at `index` (from 0) under a head of the log."""
    return Proof(index, tuple(tree.inclusion_proof(index, head.size, node)), signed_head)


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _from_base64(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("a line of a proof that is not base64") from None
    if _to_base64(raw) != text:
        raise Malformed("a line of a proof that is not base64")
    return raw
