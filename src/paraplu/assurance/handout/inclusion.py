"""Inclusion proofs for chosen entries, from one pass over the log that keeps only the nodes they need."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from sqlalchemy import Connection

from paraplu.audit.checkpoint import Checkpoint
from paraplu.audit.proof import Proof, prove
from paraplu.audit.tree import HASH_BYTES, Frontier, inclusion_proof
from paraplu.store import entries
from paraplu.store.logs import Log

_BATCH = 4096


def prove_all(
    connection: Connection, log: Log, numbers: Iterable[int], head: Checkpoint, note: bytes
) -> Iterator[tuple[int, Proof]]:
    """A proof for each of these entries of a log, by number (from 0), under `head`, signed as `note`.

    They are not checked here: leaf hashes are taken as they stand beside the entries.
    """
    wanted = tuple(numbers)
    needed = _needed(wanted, head.size)
    found: dict[tuple[int, int], bytes] = {}

    def keep(level: int, first: int, hashes: Sequence[bytes]) -> None:
        row = needed.get(level, ())
        at = bisect_left(row, first)
        while at < len(row) and row[at] < first + len(hashes):
            found[level, row[at]] = hashes[row[at] - first]
            at += 1

    edge = Frontier()
    leaves = entries.leaves(connection, log.first, log.first + head.size)
    while batch := list(islice(leaves, _BATCH)):
        edge.extend(batch, keep)
    for number in wanted:
        yield number, prove(number, head, note, lambda level, index: found[level, index])


def _needed(numbers: Sequence[int], size: int) -> dict[int, list[int]]:
    """The nodes of all these proofs, by level."""
    nodes: set[tuple[int, int]] = set()

    def note(level: int, index: int) -> bytes:
        nodes.add((level, index))
        return bytes(HASH_BYTES)

    for number in numbers:
        inclusion_proof(number, size, note)
    found: dict[int, list[int]] = {}
    for level, index in sorted(nodes):
        found.setdefault(level, []).append(index)
    return found
