"""Two histories of one log that part after ten entries, and requests to a witness about them."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from paraplu.audit.checkpoint import Checkpoint, sign_checkpoint
from paraplu.audit.note import Signer
from paraplu.audit.tree import Tree, consistency_proof, leaf_hash

COMMON = 10


@dataclass(frozen=True)
class History:
    """What one log could say of itself: a tree under the name and key of a signer."""

    signer: Signer
    tree: Tree

    def head(self, size: int) -> bytes:
        return sign_checkpoint(
            Checkpoint(self.signer.name, size, self.tree.root(size)), [self.signer]
        )

    def request(self, old: int, size: int, head: bytes | None = None) -> bytes:
        """The body of a request; the proof is that of this history."""
        proof = consistency_proof(min(old, size), size, self.tree.node)
        lines = [f"old {old}", *(base64.b64encode(step).decode() for step in proof), "", ""]
        return "\n".join(lines).encode() + (self.head(size) if head is None else head)


def two_histories(name: str = "ssc.example/audit/2026") -> tuple[History, History]:
    """The true one and the other one, signed by the same key."""
    signer = Signer(name, b"L" * 32)
    return tuple(  # type: ignore[return-value]
        History(
            signer,
            Tree(
                leaf_hash(f"{'' if place < COMMON else which}{place}".encode())
                for place in range(40)
            ),
        )
        for which in "ab"
    )
