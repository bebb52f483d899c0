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

_BATCH = 4096


def prove_all(
    connection: Connection, places: Iterable[int], head: Checkpoint, note: bytes
) -> Iterator[tuple[int, Proof]]:
    """A proof for each of these places under `head`, whose signed form is `note`.

    They are not checked here: leaf hashes are taken as they stand beside the entries.
    """
    wanted = tuple(places)
    needed = _needed(wanted, head.size)
    found: dict[tuple[int, int], bytes] = {}

    def keep(level: int, first: int, hashes: Sequence[bytes]) -> None:
        row = needed.get(level, ())
        at = bisect_left(row, first)
        while at < len(row) and row[at] < first + len(hashes):
            found[level, row[at]] = hashes[row[at] - first]
            at += 1

    edge = Frontier()
    leaves = entries.leaves(connection, 0, head.size)
    while batch := list(islice(leaves, _BATCH)):
        edge.extend(batch, keep)
    for place in wanted:
        yield place, prove(place, head, note, lambda level, index: found[level, index])


def _needed(places: Sequence[int], size: int) -> dict[int, list[int]]:
    """The nodes of all these proofs, by level."""
    nodes: set[tuple[int, int]] = set()

    def note(level: int, index: int) -> bytes:
        nodes.add((level, index))
        return bytes(HASH_BYTES)

    for place in places:
        inclusion_proof(place, size, note)
    found: dict[int, list[int]] = {}
    for level, index in sorted(nodes):
        found.setdefault(level, []).append(index)
    return found
