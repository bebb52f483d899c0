"""What checking a log came to: a verdict with findings, in words for an auditor and in codes.

The text is English; `code`, `place`, `until` and `uid` of a finding let others say it in another
language.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    """What can be wrong with a log."""

    ALTERED = "altered"
    HASH_ALTERED = "hash-altered"
    UNCLEAR = "unclear"
    SWAPPED = "swapped"
    BYTES_MISSING = "bytes-missing"
    PLACE_MISSING = "place-missing"
    PLACE_TWICE = "place-twice"
    HEAD_DIFFERS = "head-differs"
    HEADS_CONTRADICT = "heads-contradict"
    HEAD_UNPROVED = "head-unproved"
    TAIL_CUT = "tail-cut"
    LINK_BROKEN = "link-broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. Places count from 0; `until` is the place after the last one meant."""

    code: Trouble
    message: str
    place: int | None = None
    until: int | None = None
    uid: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of checking a whole log.

    `entries` were read, the log goes up to `size`; `root` is the root hash of the tree as it was kept
    (None when a place was missing). Heads of `heads` sizes fit, the last of them covers `signed`
    entries; `unsigned` came after it, which is allowed.
    `findings` are at most `verification.MAX_FINDINGS` in order of discovery out of `troubles`, and
    `remarks` are oddities that break nothing. `edge` is the state of the tree at the last head that fits
    (`Frontier.to_bytes`): a later check can go on from there.
    """

    entries: int
    size: int
    root: bytes | None
    heads: int
    signed: int
    unsigned: int
    troubles: int
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]
    edge: bytes | None = None

    @property
    def intact(self) -> bool:
        """True when nothing was found to be wrong."""
        return self.troubles == 0

    @property
    def first(self) -> Finding | None:
        """The finding that stands first in the log: the one to look at."""
        return min(
            self.findings,
            key=lambda finding: self.size if finding.place is None else finding.place,
            default=None,
        )

    @property
    def summary(self) -> str:
        """Give the verdict in one or two plain sentences."""
        entries = _count(self.entries, "entry", "entries")
        heads = _count(self.heads, "signed head", "signed heads")
        if self.first is not None:
            more = self.troubles - 1
            rest = (
                f" Besides this, {_count(more, 'more thing', 'more things')} found." if more else ""
            )
            return f"The log is NOT intact ({entries} read): {self.first.message}.{rest}"
        if not self.heads:
            return (
                f"The log is intact in itself: {entries}. No signed head was given to prove it by."
            )
        tail = f" The last {self.unsigned} are not signed yet." if self.unsigned else ""
        return f"The log is intact: {entries}, {heads} fit.{tail}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
