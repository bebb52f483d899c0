"""The Merkle tree over the entries: RFC 6962 section 2.1, with proofs checked as in RFC 9162.

A leaf is SHA-256(0x00 || bytes of the entry), a node SHA-256(0x01 || left || right). `Frontier` is
what a writer keeps in one row: enough to append and to give the root, never more than 64 hashes.
Nodes are named (level, index): level 0 are the leaf hashes, node (level, index) covers the leaves
from `index << level` on; only nodes whose leaves are all there exist.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from paraplu.audit.errors import Malformed, NotProved

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
MAX_SIZE = 2**63 - 1

NodeSource: TypeAlias = Callable[[int, int], bytes]
"""Gives the hash of node (level, index)."""

NodeSink: TypeAlias = Callable[[int, int, Sequence[bytes]], None]
"""Takes new nodes: level, index of the first, hashes."""


def leaf_hash(data: bytes) -> bytes:
    """Give the leaf hash of the bytes of an entry."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Give the hash of the node over two hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: one hash for every one in the binary form of its size."""

    __slots__ = ("_peaks", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._peaks: list[bytes | None] = []

    @property
    def size(self) -> int:
        """How many leaves have been appended."""
        return self._size

    def append(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes], sink: NodeSink | None = None) -> None:
        """Append leaf hashes in order; `sink` is told of every node that becomes complete by it."""
        sha256 = hashlib.sha256
        row = list(leaves)
        if row and set(map(len, row)) != {HASH_BYTES}:
            raise ValueError("a leaf hash has 32 bytes")
        first, level = self._size, 0
        self._size += len(row)
        while row:
            if sink is not None:
                sink(level, first, row)
            if level == len(self._peaks):
                self._peaks.append(None)
            kept = self._peaks[level]
            if kept is not None:
                row = [kept, *row]
            self._peaks[level] = row[-1] if len(row) % 2 else None
            pairs = zip(row[::2], row[1::2], strict=False)
            row = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
            first, level = first // 2, level + 1

    def graft(self, level: int, hash_: bytes) -> None:
        """Append a whole subtree of 2**level leaves; `ValueError` unless the size is a multiple of that."""
        if self._size & (1 << level) - 1 or len(hash_) != HASH_BYTES:
            raise ValueError("a whole subtree does not fit at this place")
        self._size += 1 << level
        while level < len(self._peaks) and (kept := self._peaks[level]) is not None:
            self._peaks[level], hash_ = None, node_hash(kept, hash_)
            level += 1
        self._peaks += [None] * (level + 1 - len(self._peaks))
        self._peaks[level] = hash_

    def root(self) -> bytes:
        """Give the root hash of the tree so far."""
        found: bytes | None = None
        for peak in self._peaks:
            if peak is not None:
                found = peak if found is None else node_hash(peak, found)
        return EMPTY_ROOT if found is None else found

    def peaks(self) -> list[tuple[int, int, bytes]]:
        """The nodes that make up the edge, from the left: level, index and hash of each."""
        found = []
        for level in reversed(range(len(self._peaks))):
            peak = self._peaks[level]
            if peak is not None:
                found.append((level, (self._size >> level) - 1, peak))
        return found

    def copy(self) -> Frontier:
        """Give another frontier of the same tree, to grow on its own."""
        other = Frontier()
        other._size, other._peaks = self._size, list(self._peaks)
        return other

    def to_bytes(self) -> bytes:
        """Give the form to keep: the size in 8 bytes, big-endian, then the hashes from the left."""
        peaks = [peak for peak in reversed(self._peaks) if peak is not None]
        return self._size.to_bytes(8, "big") + b"".join(peaks)

    @classmethod
    def from_bytes(cls, data: bytes) -> Frontier:
        """Read what `to_bytes` gave; raises `Malformed` if its length does not fit its size."""
        size = int.from_bytes(data[:8], "big")
        if len(data) < 8 or size > MAX_SIZE or len(data) != 8 + size.bit_count() * HASH_BYTES:
            raise Malformed(
                "the kept state of the tree has the wrong length; rebuild it from the log"
            )
        found = cls()
        found._size = size
        found._peaks = [None] * size.bit_length()
        at = 8
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                found._peaks[level] = data[at : at + HASH_BYTES]
                at += HASH_BYTES
        return found


class Tree:
    """A whole tree in memory, for proofs over a moderate log and for tests."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = []
        self._frontier = Frontier()
        self.extend(leaves)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._frontier.size

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Append leaf hashes in order."""
        self._frontier.extend(leaves, self._keep)

    def node(self, level: int, index: int) -> bytes:
        """Give the hash of node (level, index); raises `IndexError` where there is none."""
        if index < 0:
            raise IndexError("no node has a negative index")
        return self._levels[level][index]

    def root(self, size: int | None = None) -> bytes:
        """Give the root hash of the first `size` leaves, of all without."""
        return self._frontier.root() if size is None else root(size, self.node)

    def _keep(self, level: int, first: int, hashes: Sequence[bytes]) -> None:
        if level == len(self._levels):
            self._levels.append([])
        self._levels[level].extend(hashes)


def root(size: int, node: NodeSource) -> bytes:
    """Give the root hash of the first `size` leaves."""
    return _range_hash(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: NodeSource) -> list[bytes]:
    """Give the audit path of leaf `index` in the tree of the first `size` leaves (RFC 6962, 2.1.1).

    The hashes go from the leaf's sibling up to the root's child. Raises `ValueError` for an index
    outside the tree.
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf in a tree of that size")
    found: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            found.append(_range_hash(middle, high, node))
            high = middle
        else:
            found.append(_range_hash(low, middle, node))
            low = middle
    return found[::-1]


def consistency_proof(first: int, second: int, node: NodeSource) -> list[bytes]:
    """Give the proof that the tree of `first` leaves is a beginning of that of `second` (2.1.2).

    Empty when the sizes are equal or `first` is 0. Raises `ValueError` if `first` is the larger one.
    """
    if not 0 <= first <= second:
        raise ValueError("the first size must not be larger than the second")
    if first in (0, second):
        return []
    found: list[bytes] = []
    low, high, whole = 0, second, True
    while first != high:
        middle = low + _split(high - low)
        if first <= middle:
            found.append(_range_hash(middle, high, node))
            high = middle
        else:
            found.append(_range_hash(low, middle, node))
            low, whole = middle, False
    if not whole:
        found.append(_range_hash(low, high, node))
    return found[::-1]


def verify_inclusion(
    index: int, size: int, leaf: bytes, path: Sequence[bytes], root_hash: bytes
) -> None:
    """Check an inclusion proof (RFC 9162, 2.1.3.2); raises `NotProved` unless it holds."""
    if not 0 <= index < size:
        raise NotProved("the proof is for a place outside the tree")
    place, last = index, size - 1
    found = leaf
    for step in path:
        if last == 0:
            raise NotProved("the inclusion proof is too long for a tree of that size")
        if place & 1 or place == last:
            found = node_hash(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    if last:
        raise NotProved("the inclusion proof is too short for a tree of that size")
    if found != root_hash:
        raise NotProved("the inclusion proof does not lead to the root of the tree")


def verify_consistency(
    first: int, second: int, path: Sequence[bytes], first_root: bytes, second_root: bytes
) -> None:
    """Check a consistency proof (RFC 9162, 2.1.4.2); raises `NotProved` unless it holds."""
    if not 0 <= first <= second:
        raise NotProved("the older tree is larger than the newer one")
    if first in (0, second):
        if path:
            raise NotProved("no hashes are needed for this consistency proof, but there are some")
        if first == 0 and first_root != EMPTY_ROOT:
            raise NotProved("the root of the empty tree is wrong")
        if first == second and first_root != second_root:
            raise NotProved("two trees of the same size have different roots")
        return
    steps = list(path)
    if first & (first - 1) == 0:
        steps.insert(0, first_root)
    if not steps:
        raise NotProved("the consistency proof is empty")
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise NotProved("the consistency proof is too long for trees of these sizes")
        if place & 1 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    if last:
        raise NotProved("the consistency proof is too short for trees of these sizes")
    if old != first_root:
        raise NotProved("the consistency proof does not lead to the root of the older tree")
    if new != second_root:
        raise NotProved("the consistency proof does not lead to the root of the newer tree")


def _split(width: int) -> int:
    """Give the largest power of two below `width` (2 or more)."""
    return 1 << (width - 1).bit_length() - 1


def _range_hash(low: int, high: int, node: NodeSource) -> bytes:
    """Give the hash over the leaves from `low` up to `high`, as the recursion of RFC 6962 cuts them."""
    parts: list[bytes] = []
    while low < high:
        width = high - low
        step = 1 << width.bit_length() - 1
        parts.append(node(step.bit_length() - 1, low // step))
        low += step
    found = parts.pop()
    while parts:
        found = node_hash(parts.pop(), found)
    return found
