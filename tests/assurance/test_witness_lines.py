"""Lines of witnesses on a head: checked when their key is given, else told of; fatal when they do not fit."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from test_bundle import VERIFY

from paraplu.audit.checkpoint import Checkpoint, sign_checkpoint
from paraplu.audit.note import Note, Signature, Signer

LOG = Signer("ssc.example/audit/2026", b"L" * 32)
WITNESS = Ed25519PrivateKey.from_private_bytes(b"W" * 32)
NAME, TIME = "witness.example/w1", 1_795_000_000


@pytest.fixture(scope="module")
def verifier() -> dict[str, Any]:
    """The names of verify.py."""
    space: dict[str, Any] = {"__name__": "verify"}
    exec(compile(VERIFY, "verify.py", "exec"), space)  # noqa: S102 - our own file, as a stranger has it
    return space


def vkey() -> str:
    """The witness's key as C2SP tlog-cosignature has it: type 0x04."""
    raw = b"\x04" + WITNESS.public_key().public_bytes_raw()
    id_ = hashlib.sha256(NAME.encode() + b"\n" + raw).digest()[:4]
    return f"{NAME}+{id_.hex()}+{base64.b64encode(raw).decode()}"


def cosigned(time: int = TIME) -> bytes:
    """A head of the log with a cosignature (tlog-cosignature, v1) of the witness."""
    head = Checkpoint(LOG.name, 7, bytes(range(32)))
    text = Note.parse(sign_checkpoint(head, [LOG])).text
    signed = WITNESS.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
    id_ = bytes.fromhex(vkey().split("+")[1])
    line = Signature(NAME, id_, TIME.to_bytes(8, "big") + signed)
    return sign_checkpoint(head, [LOG], [line])


def test_a_line_whose_key_is_given_is_checked_and_another_only_told_of(
    verifier: dict[str, Any],
) -> None:
    head: Callable[..., Any] = verifier["Head"]
    keys = verifier["keys_in"](f"{LOG.verifier.vkey}\n{vkey()}\n")
    assert [key.name for key in head(cosigned(), keys).signed] == [NAME, LOG.name]
    alone = head(cosigned(), keys[:1])
    assert alone.unknown == [NAME]
    with pytest.raises(verifier["Wrong"], match="no key that you trust"):
        head(cosigned(), keys[1:])


def test_a_line_of_a_given_witness_that_does_not_fit_is_refused(verifier: dict[str, Any]) -> None:
    keys = verifier["keys_in"](f"{LOG.verifier.vkey}\n{vkey()}\n")
    with pytest.raises(verifier["Wrong"], match=r"signature of witness\.example/w1 does not fit"):
        verifier["Head"](cosigned(TIME + 1), keys)
