"""Countersignatures of witnesses: the form of C2SP, and what is refused."""

from __future__ import annotations

import hashlib
import struct

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from paraplu.audit.checkpoint import Checkpoint, sign_checkpoint
from paraplu.audit.cosignature import (
    CosignatureVerifier,
    Cosigner,
    read_lines,
    time_of,
    verified,
)
from paraplu.audit.errors import Malformed, NotProved
from paraplu.audit.note import Note, Signer, Verifier, open_note

LOG = Signer("ssc.example/audit/2026", b"L" * 32)
WITNESS = Cosigner("witness.example/w1", b"W" * 32)
HEAD = Checkpoint(LOG.name, 7, b"r" * 32)
NOTE = sign_checkpoint(HEAD, [LOG])
TIME = 1_679_315_147


def test_a_countersignature_is_made_as_c2sp_says() -> None:
    # Written down here once more, byte by byte, from c2sp.org/tlog-cosignature.
    line = WITNESS.sign(HEAD.body, TIME)
    key = Ed25519PrivateKey.from_private_bytes(b"W" * 32)
    public = key.public_key().public_bytes_raw()
    message = f"cosignature/v1\ntime {TIME}\n{HEAD.body}".encode()
    assert line.signature == struct.pack(">Q", TIME) + key.sign(message)
    assert line.key_id == hashlib.sha256(b"witness.example/w1\n\x04" + public).digest()[:4]


def test_it_is_a_line_of_the_note_that_holds() -> None:
    line = WITNESS.sign(HEAD.body, TIME)
    whole = NOTE + line.line().encode()
    opened = open_note(whole, [LOG.verifier, WITNESS.verifier])
    assert [one.name for one in opened.verified] == [LOG.name, WITNESS.name]
    assert time_of(opened.verified[1].signature) == TIME
    # Whoever does not know the witness sees the head as ever.
    assert len(open_note(whole, [LOG.verifier]).unknown) == 1


def test_the_answer_of_a_witness_is_read_and_other_keys_in_it_are_ignored() -> None:
    other = Cosigner("other.example", b"O" * 32).sign(HEAD.body, TIME).line()
    lines = read_lines((other + WITNESS.sign(HEAD.body, TIME).line()).encode(), NOTE)
    found = verified(HEAD.body, lines, WITNESS.verifier)
    assert found is not None
    assert found[1] == TIME
    assert verified(HEAD.body, lines[:1], WITNESS.verifier) is None


@pytest.mark.parametrize(
    "text", [HEAD.body.replace("7", "8"), HEAD.body + "extension\n"], ids=["size", "more"]
)
def test_one_over_another_head_does_not_hold(text: str) -> None:
    with pytest.raises(NotProved, match="does not fit the head"):
        WITNESS.verifier.verify(text, WITNESS.sign(HEAD.body, TIME).signature)


def test_its_time_is_signed() -> None:
    signature = WITNESS.sign(HEAD.body, TIME).signature
    later = struct.pack(">Q", TIME + 1) + signature[8:]
    with pytest.raises(NotProved):
        WITNESS.verifier.verify(HEAD.body, later)
    with pytest.raises(NotProved):
        WITNESS.verifier.verify(HEAD.body, signature[8:])


def test_the_key_as_text_comes_back_and_no_other_is_taken_for_it() -> None:
    vkey = WITNESS.verifier.vkey
    assert CosignatureVerifier.from_vkey(vkey) == WITNESS.verifier
    for wrong in (LOG.verifier.vkey, vkey.replace("w1", "w2"), "w1", vkey[:-4], vkey + "=="):
        with pytest.raises(Malformed):
            CosignatureVerifier.from_vkey(wrong)
    with pytest.raises(Malformed):
        Verifier.from_vkey(vkey)


@pytest.mark.parametrize("time", [0, -1, 2**63])
def test_a_time_that_cannot_be_is_not_signed(time: int) -> None:
    with pytest.raises(Malformed):
        WITNESS.sign(HEAD.body, time)


def test_an_answer_that_is_no_line_is_refused() -> None:
    for body in (b"", b"hello\n", WITNESS.sign(HEAD.body, TIME).line().encode()[:-1]):
        with pytest.raises(Malformed):
            read_lines(body, NOTE)


def test_the_secret_is_not_shown() -> None:
    assert "W" * 8 not in repr(WITNESS)
    assert Note.parse(NOTE).text == HEAD.body
