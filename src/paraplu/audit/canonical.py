"""The canonical bytes of a JSON document: RFC 8785 on a profile where every writer agrees.

The profile: object keys in ASCII, no floats (money is written as a string), integers of at most
2**53 - 1 in size, strings of any valid Unicode, lists, objects, true, false and null. On it, `orjson`
with sorted keys gives the bytes of RFC 8785; outside it the two differ, so other values are refused.
"""

from __future__ import annotations

from typing import TypeAlias

import orjson

from paraplu.audit.errors import Malformed, NotRecordable

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64

_PLAIN = frozenset((bool, type(None)))


class _OffProfile(Exception):
    """Carries the path back up; it is built while unwinding so that good documents pay nothing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: list[str] = []


def encode(document: object) -> bytes:
    """Give the canonical UTF-8 bytes of `document` (RFC 8785).

    Raises `NotRecordable`, naming the path (`$.rpa.detail[2]`), for anything outside the profile.
    """
    try:
        _check(document, 0)
    except _OffProfile as off:
        where = "$" + "".join(reversed(off.path))
        raise NotRecordable(f"{where}: {off.reason}") from None
    return write(document)


def write(document: object) -> bytes:
    """Give the canonical bytes of a document that is known to be on the profile.

    Only for documents built of parts that were each checked; `encode` is for all others.
    """
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def decode(data: bytes) -> Json:
    """Read canonical bytes back; raises `Malformed` unless they are exactly what `encode` gives."""
    try:
        document: Json = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error.msg} at byte {error.pos}") from None
    try:
        again = encode(document)
    except NotRecordable as error:
        raise Malformed(f"JSON outside the profile of the log: {error}") from None
    if again != data:
        raise Malformed("JSON that is not in its canonical form (RFC 8785)")
    return document


def _check(value: object, depth: int) -> None:
    kind = type(value)
    if kind is str:
        _check_text(value)  # type: ignore[arg-type]
    elif kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:  # type: ignore[operator]
            raise _OffProfile("an integer of 2**53 or more; write it as a string")
    elif kind is dict:
        _check_object(value, depth + 1)  # type: ignore[arg-type]
    elif kind is list:
        _check_list(value, depth + 1)  # type: ignore[arg-type]
    elif kind not in _PLAIN:
        advice = "; write it as a string" if kind is float else ""
        raise _OffProfile(f"a value of type {kind.__name__} has no place in JSON here{advice}")


def _check_text(value: str) -> None:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _OffProfile("text with half a surrogate pair, which is not Unicode") from None


def _check_object(value: dict[object, object], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _OffProfile(f"nested deeper than {MAX_DEPTH} levels")
    for key, item in value.items():
        if type(key) is not str or not key.isascii():
            raise _OffProfile("an object key that is not ASCII text")
        # Most items are ASCII text: not calling for them halves the cost of an entry.
        if type(item) is str and item.isascii():
            continue
        try:
            _check(item, depth)
        except _OffProfile as off:
            off.path.append(f".{key}")
            raise


def _check_list(value: list[object], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _OffProfile(f"nested deeper than {MAX_DEPTH} levels")
    for index, item in enumerate(value):
        if type(item) is str and item.isascii():
            continue
        try:
            _check(item, depth)
        except _OffProfile as off:
            off.path.append(f"[{index}]")
            raise
