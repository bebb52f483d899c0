"""Salted digests of personal values, against the examples that RFC 9901 publishes."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, strategies as st

from paraplu.audit.disclosure import Disclosure, digest_of
from paraplu.audit.errors import Malformed, NotRecordable

SALT = bytes(range(16))

# RFC 9901: section 4.2.1 to 4.2.3 and the example of section 5.1: encoded form and digest.
PUBLISHED = {
    "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0": (
        "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
    ),
    "WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd": (
        "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4"
    ),
    "WyJlbHVWNU9nM2dTTklJOEVZbnN4QV9BIiwgImZhbWlseV9uYW1lIiwgIkRvZSJd": (
        "TGf4oLbgwd5JQaHyKVQZU9UdGE0w5rtDsrZzfUaomLo"
    ),
    "WyI2SWo3dE0tYTVpVlBHYm9TNXRtdlZBIiwgImVtYWlsIiwgImpvaG5kb2VAZXhhbXBsZS5jb20iXQ": (
        "JzYjH4svliH0R3PyEMfeZu6Jt69u5qehZo7F7EPYlSE"
    ),
    "WyJRZ19PNjR6cUF4ZTQxMmExMDhpcm9BIiwgInBob25lX251bWJlcl92ZXJpZmllZCIsIHRydWVd": (
        "XQ_3kPKt1XyX7KANkqVR6yZ2Va5NrPIvPYbyMvRKBMM"
    ),
    "WyJBSngtMDk1VlBycFR0TjRRTU9xUk9BIiwgImFkZHJlc3MiLCB7InN0cmVldF9hZGRyZXNzIjogIjEyMyBNYWluIFN0"
    "IiwgImxvY2FsaXR5IjogIkFueXRvd24iLCAicmVnaW9uIjogIkFueXN0YXRlIiwgImNvdW50cnkiOiAiVVMifV0": (
        "XzFrzwscM6Gn6CJDc6vVK8BkMnfG8vOSKfpPIZdAfdE"
    ),
}


@pytest.mark.parametrize(("encoded", "digest"), PUBLISHED.items())
def test_the_published_disclosures_give_the_published_digests(encoded: str, digest: str) -> None:
    assert Disclosure.parse(encoded).digest == digest


def test_the_published_digest_of_an_array_element_comes_out() -> None:
    encoded = "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0"
    assert digest_of(encoded) == "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"


def test_the_published_example_is_read_as_salt_name_and_value() -> None:
    found = Disclosure.parse(next(iter(PUBLISHED)))
    salt = base64.urlsafe_b64encode(found.salt).rstrip(b"=").decode()
    assert (salt, found.name, found.value) == ("_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3),
).filter(lambda value: "\\ud" not in ascii(value))


@given(st.binary(min_size=16, max_size=32), st.text("abc_", min_size=1).filter(bool), VALUES)
def test_a_disclosure_is_read_back_with_the_same_digest(
    salt: bytes, name: str, value: object
) -> None:
    if name == "_sd":
        return
    one = Disclosure(salt, name, value)  # type: ignore[arg-type]
    again = Disclosure.parse(one.encoded)
    assert again == one
    assert again.matches([one.digest])


def test_another_salt_name_or_value_gives_another_digest() -> None:
    one = Disclosure(SALT, "amount", "3250.00")
    others = [
        Disclosure(SALT[::-1], "amount", "3250.00"),
        Disclosure(SALT, "amounts", "3250.00"),
        Disclosure(SALT, "amount", "3250.01"),
        Disclosure(SALT, "amount", 3250),
    ]
    assert not one.matches(other.digest for other in others)
    assert len({one.digest, *(other.digest for other in others)}) == 5


@pytest.mark.parametrize(
    ("salt", "name", "value"),
    [(b"short", "amount", 1), (SALT, "_sd", 1), (SALT, "...", 1), (SALT, "", 1), (SALT, "n", 1.5)],
)
def test_a_short_salt_a_reserved_name_or_a_float_is_refused(
    salt: bytes, name: str, value: object
) -> None:
    with pytest.raises(NotRecordable):
        Disclosure(salt, name, value)  # type: ignore[arg-type]


def test_neither_salt_nor_value_shows_in_the_representation() -> None:
    assert "Jansen" not in repr(Disclosure(SALT, "name", "Jansen"))


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "text",
    [
        "not base64!",
        "WyJh=",
        encoded("no json"),
        encoded('["AAAAAAAAAAAAAAAAAAAAAA","FR"]'),
        encoded('[1,"name","value"]'),
        encoded('["AAAA","name","value"]'),
        encoded('["AAAAAAAAAAAAAAAAAAAAAA","name",1.5]'),
    ],
)
def test_what_is_no_disclosure_is_not_read(text: str) -> None:
    with pytest.raises(Malformed):
        Disclosure.parse(text)


def test_a_second_spelling_of_the_same_disclosure_is_not_read() -> None:
    one = Disclosure(SALT, "n", 1).encoded
    assert len(one) % 4 == 3  # the last character carries two bits that stand for nothing
    other = one[:-1] + chr(ord(one[-1]) + 1)
    assert base64.urlsafe_b64decode(other + "=") == base64.urlsafe_b64decode(one + "=")
    with pytest.raises(Malformed):
        Disclosure.parse(other)
