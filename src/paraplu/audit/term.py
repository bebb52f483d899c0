"""A term: a value that may stand in clear in an entry.

Clear text in the log can never be erased, so nothing personal may get in by mistake. A term is a
code, an opaque uid, a version, a digest, a date or an instant: no capitals (but in digests), no
spaces, no at-sign for mail addresses, never digits alone, and no run of digits that looks like a
national identity number. Names, amounts and remarks do not fit and belong in a disclosure.

The shapes cannot tell a code from a first name in lower case: uids of persons must be random.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

from paraplu.audit.errors import NotRecordable

MAX_COUNT = 10**8 - 1
MAX_LIST = 1_000

_WORD = re.compile(r"[a-z](?:[a-z0-9._:/+-]{0,126}[a-z0-9])?(?:@[0-9][a-z0-9.+_-]{0,31})?")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_DIGEST = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
_HEX = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z)?")
_VERSION = re.compile(r"\d{1,5}(?:\.\d{1,5}){1,3}(?:[a-z+-][a-z0-9.+-]{0,31})?")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,100}")
# Dutch, Danish, Swedish, Norwegian and Finnish numbers of persons, with their separators.
_IDENTITY = re.compile(r"\d{9}|\d{6}[-+]\d{4}|\d{8}-\d{4}|\d{6}[-+a-f]\d{3}[0-9a-z]")

# Slicing a text makes a member of an enumeration a plain string, which is what canonical JSON takes.
_ADVICE = "a personal value goes in as the digest of a disclosure"


def word(value: str, where: str) -> str:
    """Give `value` back if it is a code or an opaque uid, with or without `@version`.

    Raises `NotRecordable`, naming `where` and not the value.
    """
    if isinstance(value, str) and (_is_uuid(value) or _is_word(value[:])):
        return value[:]
    raise NotRecordable(
        f"{where}: only a code such as 'payroll-correction@3' or an opaque uid may stand here; {_ADVICE}"
    )


def digest(value: str, where: str) -> str:
    """Give `value` back if it is the digest of a disclosure (base64url SHA-256)."""
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return value[:]
    raise NotRecordable(f"{where}: only the digest of a disclosure may stand here")


def hash_(value: str, where: str) -> str:
    """Give `value` back if it is a SHA-256 in hexadecimal or base64url."""
    if isinstance(value, str) and (_HEX.fullmatch(value) or _DIGEST.fullmatch(value)):
        return value[:]
    raise NotRecordable(f"{where}: only a SHA-256 in hexadecimal or base64url may stand here")


def media_type(value: str, where: str) -> str:
    """Give `value` back if it is a media type in lower case (RFC 6838), without parameters."""
    if isinstance(value, str) and _MEDIA_TYPE.fullmatch(value):
        return value[:]
    raise NotRecordable(f"{where}: only a media type such as 'image/png' may stand here")


def field(value: str, where: str) -> str:
    """Give `value` back if it can name a field: lower case, digits and underscores."""
    if isinstance(value, str) and _FIELD.fullmatch(value) and not is_identity(value):
        return value[:]
    raise NotRecordable(f"{where}: names of fields are lower-case words with underscores")


def count(value: int, where: str, most: int = MAX_COUNT) -> int:
    """Give `value` back if it is a whole number from 0 to `most`."""
    if type(value) is int and 0 <= value <= most:
        return value
    raise NotRecordable(f"{where}: only a whole number from 0 to {most} may stand here")


def detail(value: object, where: str) -> object:
    """Give `value` back if it is a term of any shape, a count, a truth value, None or a list of these.

    Counts are below 100,000,000 so that identity numbers written as integers do not fit.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return count(value, where)
    if isinstance(value, (list, tuple)):
        if len(value) > MAX_LIST:
            raise NotRecordable(f"{where}: more than {MAX_LIST} items; attach an evidence file")
        return [_single(item, f"{where}[{index}]") for index, item in enumerate(value)]
    return _single(value, where)


def is_identity(value: str) -> bool:
    """Say whether a text holds something that looks like the identity number of a person."""
    return _IDENTITY.search(value) is not None


def _single(value: object, where: str) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return count(value, where)
    if isinstance(value, str) and (
        _is_uuid(value)
        or _is_word(value[:])
        or any(shape.fullmatch(value) for shape in (_DIGEST, _HEX, _VERSION))
        or _is_instant(value)
    ):
        return value[:]
    raise NotRecordable(
        f"{where}: only codes, uids, digests, versions, dates (2026-12-24), instants in UTC"
        f" (2026-12-24T16:00:00Z) and counts may stand here; {_ADVICE}"
    )


def _is_uuid(value: str) -> bool:
    return len(value) == 36 and _UUID.fullmatch(value) is not None


# The same few codes come in every entry.
@lru_cache(maxsize=4096)
def _is_word(value: str) -> bool:
    return _WORD.fullmatch(value) is not None and not is_identity(value)


def _is_instant(value: str) -> bool:
    if _INSTANT.fullmatch(value) is None:
        return False
    try:
        if len(value) == 10:
            date.fromisoformat(value)
        else:
            datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
