"""Entries that follow each other, hashed in one go: the fast way over a log in which nothing is wrong.

A stretch can be hashed anywhere, by another process for instance: what comes of it is small. Where anything
is odd there is no stretch, and `paraplu.audit.verification.verify` looks at each entry and says what it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import lt

from paraplu.audit.tree import Frontier

LONGEST = 512
"""Entries in one stretch, so that they stay in the processor's cache; best begun at a multiple of it."""

_LEAF = hashlib.sha256(b"\x00")
# The time of an entry is the last one in it, and has 13 digits until the year 2286.
_TIME, _DIGITS = b'"time":', 13

Subtrees = tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """What hashing the entries from place `first` on gave.

    `subtrees` are whole subtrees (level, hash) from the left that cover it; `cuts` the same up to each size
    asked for within it. `backwards` entries are older than the one before, the first at `backwards_at`.
    """

    first: int
    count: int
    subtrees: Subtrees
    cuts: tuple[tuple[int, Subtrees], ...]
    first_time: bytes
    last_time: bytes
    backwards: int = 0
    backwards_at: int | None = None


def hash_stretch(
    first: int, rows: Sequence[tuple[int, bytes, bytes | None]], cuts: Iterable[int]
) -> Stretch | None:
    """Hash entries (place, leaf hash kept, bytes) from place `first` on; at most `LONGEST`, at least one.

    None unless they follow each other and give the hashes kept. `cuts` are sizes of the log at which there is
    a head; those that do not lie within are left alone.
    """
    places, kept, datas = zip(*rows, strict=True)
    end = first + len(rows)
    if places != tuple(range(first, end)):
        return None
    if set(map(type, datas)) != {bytes}:
        return None
    leaves: list[bytes] = []
    begun, take = _LEAF.copy, leaves.append
    for data in datas:
        digest = begun()  # cheaper than to begin anew with one more byte
        digest.update(data)
        take(digest.digest())
    skip = len(_TIME)
    times = [data[(at := data.rfind(_TIME) + skip) : at + _DIGITS] for data in datas]
    if tuple(leaves) != kept:
        return None
    backwards, backwards_at = 0, None
    if times != sorted(times):
        earlier = [at for at in range(1, len(times)) if lt(times[at], times[at - 1])]
        backwards, backwards_at = len(earlier), first + earlier[0]
    return Stretch(
        first,
        len(rows),
        _subtrees(first, leaves),
        tuple((cut, _subtrees(first, leaves[: cut - first])) for cut in cuts if first < cut < end),
        times[0],
        times[-1],
        backwards,
        backwards_at,
    )


def head_sizes(heads: Iterable[bytes]) -> list[int]:
    """Give the sizes that notes say to be heads of, unproved: where stretches are to be cut."""
    lines = (message.split(b"\n", 2)[1:2] for message in heads)
    return sorted({int(line[0]) for line in lines if line and line[0].isdigit()})


def _subtrees(first: int, leaves: list[bytes]) -> Subtrees:
    """The whole subtrees over leaves from place `first` on."""
    found: list[tuple[int, bytes]] = []
    begin = 0
    while begin < len(leaves) and (first + begin) % LONGEST:
        found.append((0, leaves[begin]))
        begin += 1
    edge = Frontier()
    edge.extend(leaves[begin:])
    return (*found, *((level, peak) for level, _index, peak in edge.peaks()))
