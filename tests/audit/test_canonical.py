"""Canonical JSON: the bytes of RFC 8785, and a plain no to what is off the profile."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from paraplu.audit import canonical
from paraplu.audit.errors import Malformed, NotRecordable

KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-canonical.MAX_INTEGER, canonical.MAX_INTEGER)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
)
DOCUMENTS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5)
)

SHORT = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


def by_the_book(value: Any) -> str:
    """RFC 8785 section 3.2, written out from the text for this profile."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        marks = (
            SHORT.get(ord(ch)) or (f"\\u{ord(ch):04x}" if ord(ch) < 32 else ch) for ch in value
        )
        return '"' + "".join(marks) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(by_the_book, value)) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be"))
    return "{" + ",".join(f"{by_the_book(name)}:{by_the_book(value[name])}" for name in names) + "}"


@given(DOCUMENTS)
def test_the_bytes_are_those_of_rfc_8785(document: object) -> None:
    assert canonical.encode(document) == by_the_book(document).encode()


@given(DOCUMENTS)
def test_what_was_encoded_is_read_back_unchanged(document: object) -> None:
    assert canonical.decode(canonical.encode(document)) == document


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"rpa": {"detail": [1, 2.5]}}, "$.rpa.detail[1]"),
        ({"a": {"é": 1}}, "$.a"),
        ({"a": {1: 1}}, "$.a"),
        ({"n": 2**53}, "$.n"),
        ({"n": -(2**53)}, "$.n"),
        ({"t": "half \ud800"}, "$.t"),
        ({"t": (1, 2)}, "$.t"),
        ({"b": b"x"}, "$.b"),
        (float("nan"), "$"),
    ],
)
def test_a_value_off_the_profile_is_refused_with_its_path(document: object, path: str) -> None:
    with pytest.raises(NotRecordable) as refused:
        canonical.encode(document)
    assert str(refused.value).startswith(path + ":")


def test_a_document_that_contains_itself_is_refused() -> None:
    document: list[object] = []
    document.append(document)
    with pytest.raises(NotRecordable, match="deeper"):
        canonical.encode(document)


@pytest.mark.parametrize(
    "data",
    [
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'"\\u0041"',
        b'{"a":9007199254740992}',
        b'{"a":1}\n',
        b"{",
        b"\xff",
        b"[" * 100 + b"]" * 100,
    ],
)
def test_bytes_that_are_not_canonical_are_not_read(data: bytes) -> None:
    with pytest.raises(Malformed):
        canonical.decode(data)
