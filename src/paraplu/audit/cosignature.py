"""What a witness says of a head: C2SP tlog-cosignature (https://c2sp.org/tlog-cosignature), Ed25519.

A cosignature says: at this time, this was the largest head of that log I had seen, and it extends every
head I saw before. It is a line of the signed note like any other, of the signature type 0x04.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from paraplu.audit.errors import Malformed, NotProved
from paraplu.audit.note import Note, Signature, check_name, from_base64, to_base64

_TYPE = b"\x04"
_KEY_BYTES = 32
_TIME_BYTES, _SIGNATURE_BYTES = 8, 64
_MAX_TIME = 2**63 - 1


@dataclass(frozen=True, slots=True)
class CosignatureVerifier:
    """The public key of a witness, trusted under `name`."""

    name: str
    public_key: bytes
    key_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public_key) != _KEY_BYTES:
            raise Malformed("an Ed25519 public key has 32 bytes")
        hashed = hashlib.sha256(self.name.encode() + b"\n" + _TYPE + self.public_key).digest()
        object.__setattr__(self, "key_id", hashed[:4])

    @property
    def vkey(self) -> str:
        """The key as text, `name+id+base64`, to hand to those whose log is witnessed."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(_TYPE + self.public_key)}"

    @classmethod
    def from_vkey(cls, vkey: str) -> CosignatureVerifier:
        """Read a witness's key; raises `Malformed` if it is none, or one of another kind."""
        parts = vkey.split("+", 2)
        if len(parts) != 3:
            raise Malformed("a key of a witness has the form name+id+key")
        raw = from_base64(parts[2])
        if raw[:1] != _TYPE or len(raw) != 1 + _KEY_BYTES:
            raise Malformed("a key that is not a witness's (type 4, Ed25519, 32 bytes)")
        found = cls(parts[0], raw[1:])
        if parts[1] != found.key_id.hex():
            raise Malformed("a key of a witness whose id does not fit its name and key")
        return found

    def verify(self, text: str, signature: bytes) -> None:
        """Check a cosignature over the text of a head; raises `NotProved` unless it holds."""
        try:
            time = time_of(signature)
            key = Ed25519PublicKey.from_public_bytes(self.public_key)
            key.verify(signature[_TIME_BYTES:], _message(text, time))
        except (InvalidSignature, Malformed, ValueError):
            raise NotProved(f"the countersignature of {self.name} does not fit the head") from None


@dataclass(frozen=True, slots=True)
class Cosigner:
    """The private key of a witness. `seed` are the 32 secret bytes of RFC 8032."""

    name: str
    seed: bytes = field(repr=False)
    verifier: CosignatureVerifier = field(init=False)

    def __post_init__(self) -> None:
        if len(self.seed) != _KEY_BYTES:
            raise Malformed("an Ed25519 private key has 32 bytes")
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        object.__setattr__(self, "verifier", CosignatureVerifier(self.name, public))

    def sign(self, text: str, time: int) -> Signature:
        """Countersign the text of a head; `time` in seconds since 1970, not 0."""
        if not 0 < time <= _MAX_TIME:
            raise Malformed("a countersignature needs a time from 1 on, in seconds")
        signed = Ed25519PrivateKey.from_private_bytes(self.seed).sign(_message(text, time))
        return Signature(
            self.name, self.verifier.key_id, time.to_bytes(_TIME_BYTES, "big") + signed
        )


def time_of(signature: bytes) -> int:
    """When a countersignature says that it was made, in seconds since 1970."""
    if len(signature) != _TIME_BYTES + _SIGNATURE_BYTES:
        raise Malformed("a countersignature has a time and 64 bytes")
    return int.from_bytes(signature[:_TIME_BYTES], "big")


def read_lines(body: bytes, head: bytes) -> tuple[Signature, ...]:
    """The signature lines that a witness answered with, for the signed note `head` that it was sent.

    Raises `Malformed` when they are none.
    """
    note = Note.parse(head)
    return Note.parse(note.text.encode() + b"\n" + body).signatures


def verified(
    text: str, lines: Iterable[Signature], witness: CosignatureVerifier
) -> tuple[Signature, int] | None:
    """The line of this witness over the text of a head, and its time (seconds since 1970).

    None when it has not signed. Raises `NotProved` when a line of its key does not hold.
    """
    for line in lines:
        if (line.name, line.key_id) == (witness.name, witness.key_id):
            witness.verify(text, line.signature)
            return line, time_of(line.signature)
    return None


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
