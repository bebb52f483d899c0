"""Proof files: written, read and checked, and what does not pass."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from paraplu.audit import tree
from paraplu.audit.checkpoint import Checkpoint, sign_checkpoint
from paraplu.audit.errors import Malformed, NotProved
from paraplu.audit.note import Signer
from paraplu.audit.proof import Proof, prove
from paraplu.audit.tree import Tree

LOG = Signer("ssc.example/audit/2026", b"L" * 32)
ENTRIES = [b"entry %d" % number for number in range(70)]
TREE = Tree(tree.leaf_hash(data) for data in ENTRIES)


def proof_of(index: int, size: int = 70) -> Proof:
    head = Checkpoint(LOG.name, size, TREE.root(size))
    return prove(index, head, sign_checkpoint(head, [LOG]), TREE.node)


@given(st.integers(1, 70), st.data())
def test_every_entry_is_proved_by_its_file_and_no_other_entry_is(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    found = Proof.parse(proof_of(index, size).encode())
    head = found.verify(ENTRIES[index], [LOG.verifier], LOG.name)
    assert head.size == size
    with pytest.raises(NotProved):
        found.verify(ENTRIES[index] + b" ", [LOG.verifier], LOG.name)


def test_the_file_has_the_lines_of_the_standard() -> None:
    lines = proof_of(2, 3).encode().decode().split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 2"]
    assert lines[3:6] == ["", LOG.name, "3"]
    assert Proof(0, (), b"text\n\n", b"\x01").encode().split(b"\n")[1] == b"extra AQ=="


def test_extra_bytes_are_carried_along() -> None:
    whole = proof_of(5)
    with_extra = Proof(whole.index, whole.path, whole.checkpoint, b"see case")
    again = Proof.parse(with_extra.encode())
    assert again.extra == b"see case"
    again.verify(ENTRIES[5], [LOG.verifier], LOG.name)


def test_no_changed_byte_of_a_proof_file_passes_unseen() -> None:
    data = proof_of(37).encode()
    for at in range(len(data)):
        broken = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises((Malformed, NotProved)):
            Proof.parse(broken).verify(ENTRIES[37], [LOG.verifier], LOG.name)


def test_a_proof_under_a_head_by_another_key_is_refused() -> None:
    with pytest.raises(NotProved):
        proof_of(1).verify(ENTRIES[1], [Signer(LOG.name, b"X" * 32).verifier], LOG.name)


GOOD = proof_of(2, 3).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        GOOD.replace(b"@v1", b"@v2"),
        GOOD.replace(b"index 2", b"index 02"),
        GOOD.replace(b"index 2", b"index -2"),
        GOOD.replace(b"index 2", b"index"),
        GOOD.replace(b"index 2\n", b""),
        GOOD.replace(b"index 2", b"extra !\nindex 2"),
        GOOD.replace(b"index 2", b"index 2\nAAAA"),
        GOOD.replace(b"index 2", b"index 2" + b"\n" + b"A" * 43 + b"=" * 1 + b"x"),
        GOOD.replace(b"index 2", "index ２".encode()),
        GOOD.replace(b"index 2", b"index 2" + (b"\n" + b"A" * 43 + b"=") * 65),
        GOOD.partition(b"\n\n")[0],
        GOOD.partition(b"\n\n")[0] + b"\n\nno head",
    ],
)
def test_a_file_that_is_no_proof_is_not_read(data: bytes) -> None:
    with pytest.raises(Malformed):
        Proof.parse(data)
