"""A random sample that anybody can draw again: the same seed and the same cases give the same sample."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def draw(uids: Iterable[str], seed: str, size: int) -> list[str]:
    """Draw `size` of `uids` without replacement, in the order in which they are to be looked at.

    Each uid is ranked by SHA-256 over ``seed``, a line feed and the uid; the lowest ranks are the sample.
    So the sample can be drawn again with any tool, a larger one begins with the smaller one, and nobody
    who cannot choose the seed can keep a case out. Raises nothing: fewer than `size` are all of them.
    """
    ranked = sorted(
        set(uids), key=lambda uid: (hashlib.sha256(f"{seed}\n{uid}".encode()).digest(), uid)
    )
    return ranked[: max(0, size)]


def share(uid: str, percent: int) -> bool:
    """Whether a case belongs to the `percent` of a hundred that are looked at afterwards.

    By SHA-256 over the uid, which is random: nobody chooses it, everybody can tell it again.
    """
    number = int.from_bytes(hashlib.sha256(f"after-check\n{uid}".encode()).digest()[:8], "big")
    return number * 100 < percent * 2**64
