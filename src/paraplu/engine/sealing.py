"""The disclosures of an entry, sealed together under one key: one row beside the entry.

They are bound to the entry by its uid, and none can be taken out of the row. Until schema 5 each was sealed
by itself; those of an entry lie in one row since, as they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from paraplu.audit.disclosure import Disclosure
from paraplu.audit.errors import Malformed
from paraplu.errors import IntegrityBroken
from paraplu.store.disclosed import ONE_BY_ONE, pieces
from paraplu.store.keys import KeyStore


def seal_together(keys: KeyStore, key: str, entry: str, disclosures: Sequence[Disclosure]) -> bytes:
    """Seal what belongs to an entry (its uid) under a key (its uid). Raises `Erased` when that is gone."""
    plain = b"\n".join(one.plain for one in disclosures)  # JSON of ours has no line break in it
    return keys.seal(key, plain, _about(entry))


def open_together(keys: KeyStore, entry: str, sealed: bytes) -> list[Disclosure]:
    """The inverse of `seal_together`.

    Raises `Erased` when the key is gone, `IntegrityBroken` when the bytes were altered or are another
    entry's.
    """
    try:
        return list(_opened(keys, entry, sealed))
    except (Malformed, UnicodeDecodeError) as error:
        raise IntegrityBroken(f"Sealed values of an entry cannot be read: {error}.") from None


def _opened(keys: KeyStore, entry: str, sealed: bytes) -> Iterator[Disclosure]:
    if sealed[:1] != ONE_BY_ONE:
        for plain in keys.open(sealed, _about(entry)).split(b"\n"):
            yield Disclosure.of_plain(plain)
        return
    for digest, body in pieces(sealed):
        yield Disclosure.parse(keys.open(body, f"disclosure:{digest}").decode())


def _about(entry: str) -> str:
    return f"disclosures:{entry}"
