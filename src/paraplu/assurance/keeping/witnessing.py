"""Asks a witness to countersign a head: C2SP tlog-witness (https://c2sp.org/tlog-witness), as a client."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from paraplu.assurance.keeping import web
from paraplu.assurance.keeping.kept import Contradicted, Unkept, hold_against
from paraplu.audit import tree
from paraplu.audit.cosignature import CosignatureVerifier, read_lines, verified
from paraplu.audit.errors import Malformed, NotProved
from paraplu.audit.note import Note
from paraplu.domain.custody import Witness
from paraplu.engine.clock import Clock
from paraplu.engine.journal import Journal
from paraplu.store import entries, heads, logs
from paraplu.store.database import Connection, Database
from paraplu.store.heads import Cosigned, Head
from paraplu.store.logs import Log

_ROUNDS = 3  # times that a witness may say that it knows another size


@dataclass(frozen=True, slots=True)
class Witnessing:
    """One witness, asked on behalf of the logs of this installation."""

    database: Database
    clock: Clock
    journal: Journal
    witness: Witness

    @property
    def where(self) -> str:
        """The witness, in a sentence."""
        return f"The witness '{self.witness.name}' ({self.witness.url})"

    @property
    def verifier(self) -> CosignatureVerifier:
        """Its key."""
        return CosignatureVerifier.from_vkey(self.witness.vkey)

    def ask(self, head: Head, known: int, *, seconds: float = 10.0) -> int:
        """Have a head countersigned, and keep the witness's line with it. Gives the size it covers.

        `known` is the size that the witness is believed to have seen last. Raises `Unkept` when it cannot be
        reached or will not, `Contradicted` when it has seen another history.
        """
        for _round in range(_ROUNDS):
            if known > head.size:
                head, known = self._newer(head, known)
            body = _request(head, known, self._proof(head, known))
            answer = web.ask(
                "POST",
                f"{self.witness.url.rstrip('/')}/add-checkpoint",
                body,
                ca_file=self.witness.ca_file,
                seconds=seconds,
            )
            if answer.status == 409:
                known = _size_in(answer.body, self.where)
                continue
            if answer.status == 200:
                self._keep(head, answer.body)
                return head.size
            raise self._refusal(head, answer.status)
        raise Unkept(f"{self.where} says another size each time it is asked.", "busy")

    def latest(self, log: str) -> bytes | None:
        """The last head of a log that the witness has countersigned, as a note, from itself.

        None when it has none, or does not show them. Raises `Unkept`.
        """
        name = hashlib.sha256(log.encode()).hexdigest()
        url = f"{self.witness.url.rstrip('/')}/{name}/checkpoint"
        answer = web.ask("GET", url, ca_file=self.witness.ca_file)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise Unkept(f"{self.where} answers {answer.status}.", "refused")
        return answer.body

    def _newer(self, head: Head, known: int) -> tuple[Head, int]:
        """The newest head, where the witness has seen more than the one in hand.

        Raises `Contradicted` when it has seen more than there is.
        """
        with self.database.read() as connection:
            newest = heads.newest(connection, head.log)
            size = _log(connection, head.log).size
        if known > size:
            raise Contradicted(
                f"{self.where} has countersigned {known} entries of {head.log}, which has only {size}: the "
                "tail was cut off, or an old backup was put back. Run: paraplu audit verify"
            )
        if newest is None or newest.size < known:
            raise Unkept(
                f"{self.where} is ahead of the heads signed here; it is asked again.", "busy"
            )
        return newest, known

    def _proof(self, head: Head, known: int) -> list[bytes]:
        """The proof that the tree at `known` is a beginning of the head's."""
        if known in (0, head.size):
            return []
        with self.database.read() as connection:
            log = _log(connection, head.log)
            try:
                start = heads.frontier_at(connection, log, known)
            except ValueError:
                raise Contradicted(
                    f"Entries of {head.log} are missing that {self.where} has seen. "
                    "Run: paraplu audit verify"
                ) from None
            leaves = list(entries.leaves(connection, log.first + known, log.first + head.size))
        return consistency(start, leaves)

    def _keep(self, head: Head, body: bytes) -> None:
        text = Note.parse(head.note).text
        try:
            found = verified(text, read_lines(body, head.note), self.verifier)
        except (Malformed, NotProved) as error:
            raise Unkept(
                f"{self.where} answered with something that is no countersignature: {error}.",
                "answer",
            ) from None
        if found is None:
            raise Unkept(
                f"{self.where} signs with another key than the vkey in the settings.", "other-key"
            )
        line, time = found
        with self.database.write() as connection:
            cosigned = Cosigned(head.log, head.size, self.witness.name, time * 1000, line.line())
            heads.keep_cosigned(connection, cosigned)

    def _refusal(self, head: Head, status: int) -> Unkept | Contradicted:
        match status:
            case 404:
                return Unkept(
                    f"{self.where} does not know the log {head.log}: ask its owner to add it "
                    "(paraplu witness log add VKEY).",
                    "unknown-log",
                )
            case 403:
                return Unkept(
                    f"{self.where} does not know the key that signs {head.log}: give its owner the vkey.",
                    "unknown-key",
                )
            case 422:
                return Contradicted(
                    f"{self.where} refuses the head over {head.size} entries of {head.log}: it does not "
                    "extend what it has seen before. Entries were changed since. Run: paraplu audit verify"
                )
            case _:
                return Unkept(f"{self.where} answers {status}.", "refused")

    def hold_latest(self, note: bytes) -> int:
        """Hold the last head that the witness shows against the log; gives the size that it covers.

        Raises `Contradicted` when it does not fit, or when the witness has not signed it.
        """
        try:
            parsed = Note.parse(note)
            signed = verified(parsed.text, parsed.signatures, self.verifier)
        except (Malformed, NotProved):
            signed = None
        if signed is None:
            raise Contradicted(f"{self.where} shows a head that it has not signed itself.")
        with self.database.read() as connection:
            size = 0
            for log in logs.every(connection):
                verifiers = self.journal.verifiers(log.log)
                size = max(size, hold_against(connection, log, [note], verifiers, self.where).size)
        return size


def consistency(start: tree.Frontier, leaves: list[bytes]) -> list[bytes]:
    """The consistency proof from the tree at `start` (its edge) to that with `leaves` more (RFC 6962, 2.1.2).

    Only the edge and the leaves since are needed: every node of the proof is one of the edge's, or covers
    new leaves only.
    """
    known: dict[tuple[int, int], bytes] = {}
    for level, index, peak in start.peaks():
        known[level, index] = peak

    def take(level: int, first: int, hashes: object) -> None:
        for offset, node in enumerate(hashes):  # type: ignore[var-annotated,arg-type]
            known.setdefault((level, first + offset), node)

    grown = start.copy()
    grown.extend(leaves, take)
    return tree.consistency_proof(start.size, grown.size, lambda level, index: known[level, index])


def _log(connection: Connection, name: str) -> Log:
    (found,) = [one for one in logs.every(connection) if one.log == name]
    return found


def _request(head: Head, known: int, proof: list[bytes]) -> bytes:
    lines = [f"old {known}", *(base64.b64encode(step).decode() for step in proof), "", ""]
    return "\n".join(lines).encode() + head.note


def _size_in(body: bytes, where: str) -> int:
    text = body.decode("ascii", "replace").strip()
    if not text.isdecimal() or len(text) > 18:
        raise Unkept(f"{where} answers 409 without the size that it knows.", "answer")
    return int(text)
