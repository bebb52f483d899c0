"""Salted digests of personal values, as in SD-JWT (RFC 9901, sections 4.2 and 4.2.3).

The digest stands in the entry; the disclosure (salt, name, value) is kept encrypted elsewhere. An
auditor who is given one disclosure can check it against the signed log; without it, the digest tells
nothing, because the salt is 128 random bits. Destroying the disclosure leaves every proof whole.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from paraplu.audit import canonical
from paraplu.audit.canonical import Json
from paraplu.audit.errors import Malformed, NotRecordable

ALGORITHM = "sha-256"
SALT_BYTES = 16

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
# Canonical JSON without a personal value in clear: these cannot stand for anything else.
_SD = re.compile(rb'"_sd":\[([^\]]*)\]')

KEPT = "kept_digest"
"""Where the detail of an entry says which of its digests is of lines that nobody asked about: nothing opens
that one. None when it has no such digest; entries that cannot have one do not say it."""

_KEPT = re.compile(rb'"' + KEPT.encode() + rb'":"([A-Za-z0-9_-]{43})"')

# RFC 9901 section 4.2.1: these keys are the mechanism's own.
_RESERVED = frozenset(("_sd", "..."))


def digest_of(encoded: str) -> str:
    """Give the base64url digest of an encoded disclosure, over its ASCII characters (RFC 9901)."""
    return _to_base64url(hashlib.sha256(encoded.encode("ascii")).digest())


def disclosable(data: bytes) -> set[bytes]:
    """The digests in an entry (its bytes) of which there must be a disclosure: all but that of kept lines."""
    found = {text for part in _SD.findall(data) for text in part[1:-1].split(b'","') if text}
    kept = _KEPT.search(data)
    return found if kept is None else found - {kept[1]}


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One personal value with its name and salt.

    `salt` is at least 16 random bytes, fresh for every disclosure. `value` is JSON on the profile of
    `canonical` (money as a string). `encoded` is the text that is hashed; it is kept as it came when
    a disclosure was parsed, since RFC 9901 takes the digest over the text and not over the values.
    Raises `NotRecordable` for a short salt, a reserved name or a value outside the profile.
    """

    salt: bytes = field(repr=False)
    name: str
    value: Json = field(repr=False)
    encoded: str = field(default="", repr=False)
    plain: bytes = field(default=b"", repr=False, compare=False)
    """The JSON array that is encoded, one line: a quarter shorter."""

    def __post_init__(self) -> None:
        if len(self.salt) < SALT_BYTES:
            raise NotRecordable(f"the salt of a disclosure needs {SALT_BYTES} random bytes or more")
        if not self.name or self.name in _RESERVED:
            raise NotRecordable("a disclosure needs a name that is not '_sd' or '...'")
        if not self.encoded:
            plain = canonical.encode([_to_base64url(self.salt), self.name, self.value])
            object.__setattr__(self, "plain", plain)
            object.__setattr__(self, "encoded", _to_base64url(plain))

    @property
    def digest(self) -> str:
        """The base64url SHA-256 that stands in the entry (43 characters)."""
        return digest_of(self.encoded)

    def matches(self, digests: Iterable[str]) -> bool:
        """Say whether this value is one of those whose digests are given (an entry's `digests`)."""
        return self.digest in set(digests)

    @classmethod
    def of_plain(cls, plain: bytes) -> Disclosure:
        """The inverse of `plain`; raises `Malformed`."""
        return cls.parse(_to_base64url(plain))

    @classmethod
    def parse(cls, encoded: str) -> Disclosure:
        """Read an encoded disclosure back; raises `Malformed` if it is none."""
        raw = _from_base64url(encoded)
        try:
            array = orjson.loads(raw)
        except orjson.JSONDecodeError:
            raise Malformed("a disclosure that does not hold JSON") from None
        if not (isinstance(array, list) and len(array) == 3):
            raise Malformed("a disclosure that is not [salt, name, value]")
        salt, name, value = array
        if not (isinstance(salt, str) and isinstance(name, str)):
            raise Malformed("a disclosure whose salt or name is not text")
        try:
            canonical.encode(value)
            return cls(_from_base64url(salt), name, value, encoded, raw)
        except NotRecordable as error:
            raise Malformed(f"a disclosure outside the profile of the log: {error}") from None


def _to_base64url(data: bytes) -> str:
    standard = binascii.b2a_base64(data, newline=False)
    return standard.translate(_URL_SAFE).rstrip(b"=").decode("ascii")


def _from_base64url(text: str) -> bytes:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("text that is not base64url without padding (RFC 4648)") from None
    # Spare bits would give one disclosure two spellings, and so two digests.
    if _to_base64url(raw) != text:
        raise Malformed("text that is not base64url without padding (RFC 4648)")
    return raw
