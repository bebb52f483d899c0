"""Signed notes with Ed25519: C2SP signed-note (https://c2sp.org/signed-note).

A note is text with signature lines. Verification needs keys that the reader already trusts; lines
by other keys are ignored, so that keys can be changed and witnesses can add their own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from paraplu.audit.errors import Malformed, NotProved

MAX_BYTES = 1_000_000
MAX_SIGNATURES = 100

_ED25519 = b"\x01"
_KEY_BYTES = 32
_KEY_ID_BYTES = 4
_SKEY_PREFIX = "PRIVATE+KEY+"
_DASH = "\N{EM DASH} "


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the name and id of the key, and the bytes of the signature."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """Give the line as it stands in the note, with its newline."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note as read, nothing verified: the text (with its last newline) and the signatures."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, message: bytes) -> Note:
        """Read a signed note; raises `Malformed` if it is none. Checks no signature."""
        if len(message) > MAX_BYTES:
            raise Malformed(f"a signed note of more than {MAX_BYTES} bytes")
        try:
            whole = message.decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("a signed note that is not UTF-8") from None
        _check_characters(whole)
        cut = whole.rfind("\n\n")
        if cut < 0 or not whole.endswith("\n"):
            raise Malformed("a signed note without an empty line before its signatures")
        lines = whole[cut + 2 : -1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise Malformed(f"a signed note with more than {MAX_SIGNATURES} signatures")
        return cls(whole[: cut + 1], tuple(_read_line(line) for line in lines))


class Verifies(Protocol):
    """A key that is trusted to sign notes under `name`: a `Verifier`, or a witness's."""

    @property
    def name(self) -> str:
        """The name in the signature line."""

    @property
    def key_id(self) -> bytes:
        """The four bytes in front of the signature."""

    def verify(self, text: str, signature: bytes) -> None:
        """Check a signature over the text of a note; raises `NotProved` unless it holds."""


class Signs(Protocol):
    """A key that signs notes under `name`: a `Signer` with its bytes, or something that is asked to sign."""

    @property
    def name(self) -> str:
        """The name in the signature line."""

    def sign(self, text: str) -> Signature:
        """Sign the text of a note."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key that is trusted to sign notes under `name`."""

    name: str
    public_key: bytes
    key_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public_key) != _KEY_BYTES:
            raise Malformed("an Ed25519 public key has 32 bytes")
        hashed = hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public_key).digest()
        object.__setattr__(self, "key_id", hashed[:_KEY_ID_BYTES])

    @property
    def vkey(self) -> str:
        """The key as text, `name+id+base64`, to hand to those who verify."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(_ED25519 + self.public_key)}"

    @classmethod
    def from_vkey(cls, vkey: str) -> Verifier:
        """Read a verifier key; raises `Malformed` if it is none, or not of Ed25519."""
        parts = vkey.split("+", 2)
        if len(parts) != 3:
            raise Malformed("a verifier key has the form name+id+key")
        found = cls(parts[0], _read_key(parts[2]))
        if parts[1] != found.key_id.hex():
            raise Malformed("a verifier key whose id does not fit its name and key")
        return found

    def verify(self, text: str, signature: bytes) -> None:
        """Check a signature over the text of a note; raises `NotProved` unless it holds."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            raise NotProved(f"the signature of {self.name} does not fit the text") from None


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key that signs notes under `name`. `seed` are the 32 secret bytes of RFC 8032."""

    name: str
    seed: bytes = field(repr=False)
    verifier: Verifier = field(init=False)

    def __post_init__(self) -> None:
        if len(self.seed) != _KEY_BYTES:
            raise Malformed("an Ed25519 private key has 32 bytes")
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        object.__setattr__(self, "verifier", Verifier(self.name, public))

    @property
    def skey(self) -> str:
        """The private key as text. A secret: for the key file and nowhere else."""
        secret = to_base64(_ED25519 + self.seed)
        return f"{_SKEY_PREFIX}{self.name}+{self.verifier.key_id.hex()}+{secret}"

    @classmethod
    def from_skey(cls, skey: str) -> Signer:
        """Read a private key; raises `Malformed` if it is none. The message never shows the key."""
        parts = skey.removeprefix(_SKEY_PREFIX).split("+", 2)
        if not skey.startswith(_SKEY_PREFIX) or len(parts) != 3:
            raise Malformed("a private key has the form PRIVATE+KEY+name+id+key")
        found = cls(parts[0], _read_key(parts[2]))
        if parts[1] != found.verifier.key_id.hex():
            raise Malformed("a private key whose id does not fit its name and key")
        return found

    def sign(self, text: str) -> Signature:
        """Sign the text of a note."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        return Signature(self.name, self.verifier.key_id, key.sign(text.encode()))


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note whose text at least one known key has signed: `verified` are those signatures."""

    text: str
    verified: tuple[Signature, ...]
    unknown: tuple[Signature, ...]


def sign(text: str, signers: Iterable[Signs], others: Sequence[Signature] = ()) -> bytes:
    """Give the signed note: the text, the lines of `others` (as they came), a line per signer.

    The text ends in a newline and has no control characters; raises `Malformed` otherwise.
    """
    if not text.endswith("\n"):
        raise Malformed("the text of a note must end in a newline")
    _check_characters(text)
    own = [signer.sign(text) for signer in signers]
    keys = {(line.name, line.key_id) for line in own}
    kept = [line for line in others if (line.name, line.key_id) not in keys]
    if not own and not kept:
        raise Malformed("a note needs a signature")
    return (text + "\n" + "".join(line.line() for line in (*kept, *own))).encode()


def open_note(message: bytes, verifiers: Iterable[Verifies]) -> OpenedNote:
    """Read a note and check it with known keys; lines by other keys are ignored.

    Raises `Malformed` if it is no note, `NotProved` if a line by a known key does not hold or if no
    known key has signed.
    """
    note = Note.parse(message)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    verified: dict[tuple[str, bytes], Signature] = {}
    unknown: list[Signature] = []
    for line in note.signatures:
        key = (line.name, line.key_id)
        if key not in known:
            unknown.append(line)
        elif key not in verified:
            known[key].verify(note.text, line.signature)
            verified[key] = line
    if not verified:
        raise NotProved("no known key has signed the note")
    return OpenedNote(note.text, tuple(verified.values()), tuple(unknown))


def _check_characters(text: str) -> None:
    if any(character < " " and character != "\n" for character in text):
        raise Malformed("a note must not have control characters")


def check_name(name: str) -> None:
    """Raise `Malformed` unless this can be the name of a key."""
    if not name or "+" in name or any(ch.isspace() or ch < " " for ch in name):
        raise Malformed("the name of a key must not be empty nor have spaces or a plus sign")


def _read_line(line: str) -> Signature:
    parts = line.removeprefix(_DASH).split(" ")
    if not line.startswith(_DASH) or len(parts) != 2:
        raise Malformed("a signature line that is not of the form '\N{EM DASH} name signature'")
    check_name(parts[0])
    raw = from_base64(parts[1])
    if len(raw) <= _KEY_ID_BYTES:
        raise Malformed("a signature line without a signature")
    return Signature(parts[0], raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES:])


def _read_key(text: str) -> bytes:
    raw = from_base64(text)
    if raw[:1] != _ED25519 or len(raw) != 1 + _KEY_BYTES:
        raise Malformed("a key that is not of Ed25519 (type 1, 32 bytes)")
    return raw[1:]


def to_base64(data: bytes) -> str:
    """Standard base64 (RFC 4648, section 4)."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes:
    """The inverse of `to_base64`; raises `Malformed` for anything written in another way."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("text that is not base64 (RFC 4648)") from None
    if to_base64(raw) != text:
        raise Malformed("text that is not base64 (RFC 4648)")
    return raw
