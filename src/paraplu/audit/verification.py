"""Check a whole log: every byte against the tree, the tree against every signed head.

Three things are compared: the bytes of each entry, the leaf hash that the store kept beside it when
it was written, and the signed heads. If a head fits the kept hashes, then an entry whose bytes give
another hash was altered, and can be named. If somebody changed bytes and kept hash alike, no head
after that place fits any more; the trouble then lies between the last head that fits and the first
that does not. Hashes before the first difference are taken once, so a whole log costs one pass.

What it cannot see: a tail cut off, or an old backup restored, together with the heads that covered
it. Give heads that were kept elsewhere among the `heads`, and it sees both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from paraplu.audit.checkpoint import open_checkpoint
from paraplu.audit.entry import time_in, uid_in
from paraplu.audit.errors import Malformed, NotProved
from paraplu.audit.note import Verifier
from paraplu.audit.stretch import Stretch
from paraplu.audit.tree import HASH_BYTES, Frontier, leaf_hash
from paraplu.audit.verdict import Finding, Trouble, Verdict

MAX_FINDINGS = 100
_BATCH = 1024


class Place(NamedTuple):
    """One row of the log: its place from 0, the bytes, and the leaf hash kept at writing time.

    `data` is None where the store has the hash but no longer the bytes. `uid` is the one the store
    keeps beside the bytes, if it does: it names an entry whose own uid was damaged.
    """

    place: int
    data: bytes | None
    leaf_hash: bytes
    uid: str | None = None


@dataclass(frozen=True, slots=True)
class _Odd:
    """A place whose bytes do not give the hash that was kept for it."""

    place: int
    uid: str | None
    now: bytes
    kept: bytes


def verify(
    places: Iterable[Place],
    heads: Iterable[bytes],
    verifiers: Iterable[Verifier],
    origin: str,
    start: Frontier | None = None,
) -> Verdict:
    """Check the log `origin`, given its places in order and its signed heads in any order.

    `heads` are signed notes: those of the store and, better, copies from elsewhere. `start` is the
    state of the tree at an earlier verified head, to check only what came after (heads of smaller
    size are then left alone). Needs memory for the heads, not for the entries. Never raises for what
    it finds: everything is in the verdict.
    """
    check = _Check(start)
    check.take_heads(heads, tuple(verifiers), origin)
    check.take(places)
    return check.finish()


def verify_stretches(
    stretches: Iterable[Stretch | None],
    heads: Iterable[bytes],
    verifiers: Iterable[Verifier],
    origin: str,
    start: Frontier | None = None,
) -> Verdict | None:
    """Check a log as `verify` does, from stretches in order; None as soon as anything is wrong with it.

    Then `verify` says what. Stretches are cut at the sizes of heads; the first begins where `start` ends.
    """
    check = _Check(start)
    check.take_heads(heads, tuple(verifiers), origin)
    if check.troubles or not all(one is not None and check.take_stretch(one) for one in stretches):
        return None
    verdict = check.finish()
    return verdict if verdict.intact else None


@dataclass(frozen=True, slots=True)
class _Heads:
    """What was signed over one size: one root, or several when the key signed two histories."""

    size: int
    roots: frozenset[bytes]


class _Check:
    """The state of one pass over the log."""

    def __init__(self, start: Frontier | None) -> None:
        self.kept = start.copy() if start else Frontier()
        # The tree over the bytes as they are now; the same as `kept` until the first difference.
        self.now: Frontier | None = None
        self.first = self.expected = self.kept.size
        self.read = 0
        self.broken = False
        self.buffer_kept: list[bytes] = []
        self.buffer_now: list[bytes] = []
        self.heads: list[_Heads] = []
        self.next_head = 0
        self.fitting = self.signed = self.differing = 0
        self.last_differs = False
        self.good = self.first
        self.odd: list[_Odd] = []
        self.odd_more = 0
        self.findings: list[Finding] = []
        self.troubles = 0
        self.last_time, self.backwards = b"", 0
        self.edge: Frontier | None = None
        self.backwards_at: int | None = None

    def take_heads(
        self, heads: Iterable[bytes], verifiers: tuple[Verifier, ...], origin: str
    ) -> None:
        roots: dict[int, set[bytes]] = {}
        for number, message in enumerate(heads, start=1):
            try:
                head = open_checkpoint(message, verifiers, origin)
            except (Malformed, NotProved) as error:
                self._tell(Trouble.HEAD_UNPROVED, f"head {number} cannot be trusted: {error}")
                continue
            if head.size >= self.first:
                roots.setdefault(head.size, set()).add(head.root)
        self.heads = [_Heads(size, frozenset(roots[size])) for size in sorted(roots)]
        for same in self.heads:
            if len(same.roots) > 1:
                self._tell(
                    Trouble.HEADS_CONTRADICT,
                    f"{len(same.roots)} heads over {same.size} entries were signed with different"
                    " roots: somebody with the key signed two histories",
                    until=same.size,
                )
        self._compare_heads()

    def take(self, places: Iterable[Place]) -> None:
        last_time = 0
        room = self._room()
        for number, data, kept, uid in places:
            if number != self.expected:
                self._gap(number)
                if number < self.expected:
                    continue
            self.expected = number + 1
            self.read += 1
            if len(kept) != HASH_BYTES:
                kept = bytes(HASH_BYTES)
            if data is None:
                now = kept
                self._tell(
                    Trouble.BYTES_MISSING,
                    f"the bytes of entry {number} are gone, though its hash is in the tree",
                    number,
                    number + 1,
                    uid,
                )
            else:
                now = leaf_hash(data)
                time = time_in(data) or last_time
                if time < last_time:
                    self._clock_set_back(number)
                last_time = time
                if now != kept:
                    self._differs(_Odd(number, uid or uid_in(data), now, kept))
                    room = self._room()
            if self.broken:
                continue
            self.buffer_kept.append(kept)
            if self.now is not None:
                self.buffer_now.append(now)
            if len(self.buffer_kept) >= room:
                self._flush()
                room = self._room()

    def take_stretch(self, one: Stretch) -> bool:
        """Go on with a stretch; False when it does not follow on, or a head in it does not fit."""
        if one.first != self.expected:
            return False
        for size, subtrees in one.cuts:
            tree = self.kept.copy()
            for subtree in subtrees:
                tree.graft(*subtree)
            if not self._head_fits(size, tree):
                return False
        for subtree in one.subtrees:
            self.kept.graft(*subtree)
        self.expected += one.count
        self.read += one.count
        if one.first_time < self.last_time:
            self._clock_set_back(one.first)
        if one.backwards_at is not None:
            self._clock_set_back(one.backwards_at, one.backwards)
        self.last_time = one.last_time
        return self._head_fits(self.expected, self.kept)

    def _head_fits(self, size: int, tree: Frontier) -> bool:
        if self.next_head == len(self.heads) or self.heads[self.next_head].size > size:
            return True
        head = self.heads[self.next_head]
        if head.size < size or tree.root() not in head.roots:
            return False
        self.next_head += 1
        self._fits(size, tree)
        return True

    def finish(self) -> Verdict:
        self._flush()
        size = self.expected
        last = self.heads[-1].size if self.heads else 0
        if last > size:
            self._tell(
                Trouble.TAIL_CUT,
                f"the tail was cut off: a head was signed over {last} entries, the log has {size};"
                f" the last {last - size} {'is' if last - size == 1 else 'are'} missing",
                size,
                last,
            )
        self._name_odd()
        remarks = []
        if self.backwards_at is not None:
            many = "1 entry is" if self.backwards == 1 else f"{self.backwards} entries are"
            remarks.append(
                f"{many} older than the one before, first at entry {self.backwards_at}: a clock was"
                " set back, or several machines wrote"
            )
        if self.differing > 1:
            remarks.append(f"{self.differing} heads do not fit; the first of them is named")
        if not self.heads:
            remarks.append("no signed head was given: nothing proves the log but its own hashes")
        return Verdict(
            entries=self.read,
            size=self.expected,
            root=None if self.broken else self.kept.root(),
            heads=self.fitting,
            signed=self.signed,
            unsigned=max(0, self.expected - max(self.signed, self.first)),
            troubles=self.troubles,
            findings=tuple(self.findings),
            remarks=tuple(remarks),
            edge=None if self.edge is None else self.edge.to_bytes(),
        )

    def _tell(
        self,
        code: Trouble,
        message: str,
        place: int | None = None,
        until: int | None = None,
        uid: str | None = None,
    ) -> None:
        self.troubles += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(code, message, place, until, uid))

    def _room(self) -> int:
        """How many leaves may be gathered before the tree must be looked at."""
        if self.next_head == len(self.heads):
            return _BATCH
        return min(_BATCH, self.heads[self.next_head].size - self.kept.size)

    def _flush(self) -> None:
        self.kept.extend(self.buffer_kept)
        self.buffer_kept.clear()
        if self.now is not None:
            self.now.extend(self.buffer_now)
            self.buffer_now.clear()
        self._compare_heads()

    def _compare_heads(self) -> None:
        while not self.broken and self.next_head < len(self.heads):
            head = self.heads[self.next_head]
            if head.size != self.kept.size:
                return
            self.next_head += 1
            # A head that fits tells which tree is the true one; the other is dropped.
            if self.kept.root() in head.roots:
                self._name_odd()
                self._fits(head.size, self.kept)
            elif self.now is not None and self.now.root() in head.roots:
                self.kept = self.now
                self._name_odd(hash_altered=True)
                self._fits(head.size, self.kept)
            else:
                self._name_odd(unclear=True)
                self._fits_not(head.size)

    def _fits(self, size: int, tree: Frontier) -> None:
        if self.last_differs:
            self._tell(
                Trouble.HEADS_CONTRADICT,
                f"the head over {size} entries fits though one over fewer entries does not: somebody"
                " with the key signed two histories",
                self.good,
                size,
            )
        self.now = None
        self.last_differs = False
        self.fitting += 1
        self.signed = self.good = size
        self.edge = tree.copy()

    def _fits_not(self, size: int) -> None:
        self.differing += 1
        # Every later head fails for the same reason; telling each would bury the first.
        if not self.last_differs:
            self._tell(
                Trouble.HEAD_DIFFERS,
                f"the head signed over {size} entries does not fit: between entry {self.good} and"
                f" entry {size - 1} something was changed, taken out, put in or put in another order"
                " since it was signed",
                self.good,
                size,
            )
        self.last_differs = True

    def _differs(self, odd: _Odd) -> None:
        if self.now is None and not self.broken:
            self._flush()
            self.now = self.kept.copy()
        if len(self.odd) < MAX_FINDINGS:
            self.odd.append(odd)
        else:
            self.odd_more += 1

    def _name_odd(self, *, hash_altered: bool = False, unclear: bool = False) -> None:
        """Say what is wrong with the places seen since the last head, now that a head has spoken."""
        by_kept = {odd.kept: odd for odd in self.odd}
        told: set[int] = set()
        for odd in self.odd:
            other = by_kept.get(odd.now)
            if other is not None and other.now == odd.kept and other.place not in told:
                told |= {odd.place, other.place}
                self._tell(
                    Trouble.SWAPPED,
                    f"entries {odd.place} and {other.place} have changed places",
                    odd.place,
                    other.place + 1,
                    odd.uid,
                )
            elif odd.place not in told:
                self._tell_odd(odd, hash_altered=hash_altered, unclear=unclear)
        self.troubles += self.odd_more
        self.odd, self.odd_more = [], 0

    def _tell_odd(self, odd: _Odd, *, hash_altered: bool, unclear: bool) -> None:
        name = f"entry {odd.place} (uid {odd.uid or 'unreadable'})"
        if hash_altered:
            code, text = (
                Trouble.HASH_ALTERED,
                f"the hash kept for {name} was altered; the entry itself is as it was signed",
            )
        elif unclear:
            code, text = (
                Trouble.UNCLEAR,
                f"{name} or the hash kept for it was altered: they no longer fit each other",
            )
        else:
            code, text = (
                Trouble.ALTERED,
                f"{name} was altered: its bytes no longer give the hash in the tree",
            )
        self._tell(code, text, odd.place, odd.place + 1, odd.uid)

    def _gap(self, place: int) -> None:
        self._flush()
        if place < self.expected:
            self._tell(
                Trouble.PLACE_TWICE, f"place {place} stands in the log more than once", place
            )
            return
        missing = place - self.expected
        what = (
            f"entry {self.expected} is missing"
            if missing == 1
            else f"entries {self.expected} to {place - 1} are missing"
        )
        self._tell(
            Trouble.PLACE_MISSING,
            f"{what}; heads from there on cannot be checked",
            self.expected,
            place,
        )
        self.broken = True

    def _clock_set_back(self, place: int, times: int = 1) -> None:
        self.backwards += times
        self.backwards_at = place if self.backwards_at is None else self.backwards_at
