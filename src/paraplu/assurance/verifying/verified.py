"""How far the log was verified, kept beside it: the head that fitted last, and the edge of the tree there.

Nothing in it is trusted: the head must be signed by the log's key, and the edge must give its root. Whoever
alters the file can only make a check begin at another signed head, or not at all.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from paraplu.assurance.keeping.kept import origin_of
from paraplu.audit.checkpoint import open_checkpoint
from paraplu.audit.errors import AuditError
from paraplu.audit.note import Verifier
from paraplu.audit.tree import Frontier
from paraplu.errors import Refused

_FIRST = "paraplu-verified@v1"


@dataclass(frozen=True, slots=True)
class Verified:
    """A log, and all before it, held together up to a signed head at `time_ms` (ms since 1970, UTC)."""

    head: bytes
    edge: Frontier
    time_ms: int
    log: str

    def save(self, path: Path) -> None:
        """Write it down, in one step."""
        edge = base64.b64encode(self.edge.to_bytes()).decode("ascii")
        draft = path.with_name(f"{path.name}.part")
        draft.write_bytes(f"{_FIRST}\n{self.time_ms}\n{edge}\n".encode() + self.head)
        draft.replace(path)

    @classmethod
    def load(cls, path: Path, verifiers: Callable[[str], Sequence[Verifier]]) -> Verified:
        """Read it; `verifiers` gives the keys that are trusted for a log.

        Raises `Refused`, with what to do, when it is not there or not to be believed.
        """
        advice = "Check the whole log: paraplu audit verify"
        try:
            first, time, edge, head = path.read_bytes().split(b"\n", 3)
            tree = Frontier.from_bytes(base64.b64decode(edge, validate=True))
            log = origin_of(head) or ""
            signed = open_checkpoint(head, verifiers(log), log)
            if first.decode() != _FIRST or (signed.size, signed.root) != (tree.size, tree.root()):
                raise ValueError(first)
            return cls(head, tree, int(time), log)
        except FileNotFoundError:
            raise Refused(f"How far the log was verified is not known. {advice}") from None
        except (AuditError, ValueError, binascii.Error, OSError):
            raise Refused(
                f"{path.name} does not prove how far the log was verified. {advice}"
            ) from None
