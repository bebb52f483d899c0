"""A witness signs what extends what it saw, and nothing else; the codes are those of C2SP tlog-witness."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from paraplu.audit.checkpoint import Checkpoint, sign_checkpoint
from paraplu.audit.cosignature import CosignatureVerifier, read_lines, verified
from paraplu.audit.note import Note, Signer, Verifier
from paraplu.audit.tree import EMPTY_ROOT
from paraplu.errors import Refused, SettingsWrong
from paraplu.witness.judgement import judge
from paraplu.witness.memory import Memory
from witness.histories import History, two_histories

A, B = two_histories()


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    made = Memory.create(tmp_path / "w", "witness.example")
    made.trust(A.signer.verifier.vkey, later_years=False)
    return made


def ask(memory: Memory, body: bytes) -> tuple[int, str]:
    judged = judge(memory, body)
    return judged.status, judged.body


def grown(memory: Memory, history: History, *sizes: int) -> None:
    """The witness has seen these."""
    for old, size in zip((0, *sizes), sizes, strict=False):
        assert ask(memory, history.request(old, size))[0] == 200


def test_a_head_that_extends_the_last_one_is_countersigned(memory: Memory) -> None:
    grown(memory, A, 3, 4, 17)
    judged = judge(memory, A.request(17, 40), now=lambda: 1_700_000_000)
    assert judged.status == 200
    key = memory.cosigner.verifier
    found = verified(Note.parse(A.head(40)).text, read_lines(judged.body.encode(), A.head(40)), key)
    assert found is not None
    assert found[1] == 1_700_000_000
    seen = Memory(memory.folder).seen(A.signer.name)
    assert seen is not None
    assert (seen.size, seen.root) == (40, A.tree.root(40))
    assert [line.name for line in Note.parse(seen.note).signatures] == [A.signer.name, key.name]


def test_the_same_head_again_is_countersigned_again(memory: Memory) -> None:
    grown(memory, A, 12)
    assert ask(memory, A.request(12, 12))[0] == 200


def test_a_rollback_is_refused_with_the_size_that_was_seen(memory: Memory) -> None:
    grown(memory, A, 20)
    assert ask(memory, A.request(5, 15)) == (409, "20\n")
    assert ask(memory, A.request(0, 15)) == (409, "20\n")
    assert ask(memory, A.request(20, 15))[0] == 400  # the old size is above the head's
    assert memory.refused() == []


@pytest.mark.parametrize("size", [20, 21, 40])
def test_a_fork_is_refused_and_kept_as_evidence(memory: Memory, size: int) -> None:
    grown(memory, A, 20)
    assert ask(memory, B.request(20, size))[0] == 422
    ((origin, _at, _why, note),) = memory.refused()
    assert (origin, note) == (A.signer.name, B.head(size))
    assert ask(memory, A.request(20, 40))[0] == 200


def test_a_proof_that_is_not_one_is_refused(memory: Memory) -> None:
    grown(memory, A, 5)
    good = A.request(5, 9)
    lines = good.split(b"\n")
    assert ask(memory, b"\n".join([lines[0], *lines[2:]]))[0] == 422
    assert ask(memory, b"\n".join([lines[0], lines[1], *lines[1:]]))[0] == 422
    assert ask(memory, good)[0] == 200


def test_a_proof_from_nothing_must_be_empty(memory: Memory) -> None:
    with_proof = A.request(5, 9).replace(b"old 5", b"old 0")
    assert ask(memory, with_proof)[0] == 422
    assert ask(memory, A.request(0, 9))[0] == 200


def test_the_empty_tree_has_one_root(memory: Memory) -> None:
    def empty(root: bytes) -> bytes:
        return b"old 0\n\n" + sign_checkpoint(Checkpoint(A.signer.name, 0, root), [A.signer])

    assert ask(memory, empty(b"x" * 32))[0] == 422
    assert ask(memory, empty(EMPTY_ROOT))[0] == 200
    assert ask(memory, A.request(0, 4))[0] == 200


def test_an_unknown_log_and_an_unknown_key_get_nothing(memory: Memory) -> None:
    stranger = History(Signer("other.example/log", b"O" * 32), A.tree)
    thief = History(Signer(A.signer.name, b"T" * 32), A.tree)
    assert ask(memory, stranger.request(0, 5))[0] == 404
    assert ask(memory, thief.request(0, 5))[0] == 403
    spoilt = A.head(5).replace(b"\n5\n", b"\n6\n")
    assert ask(memory, A.request(0, 5, spoilt))[0] == 403
    assert memory.logs() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"old 1\n\nno head",
        A.request(0, 5).replace(b"old 0", b"old 00"),
        A.request(0, 5).replace(b"old 0", b"old -1"),
        A.request(0, 5).replace(b"old 0\n", b"old 0\nAAAA\n"),
        A.request(0, 5).replace(b"old 0\n", b"old 0\n" + b"A" * 43 + b"=\n" * 64),
        b"old 5\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + A.head(9),
    ],
)
def test_a_request_that_is_malformed_is_said_to_be(memory: Memory, body: bytes) -> None:
    assert ask(memory, body)[0] == 400


def test_of_many_at_once_only_one_history_is_signed(memory: Memory) -> None:
    grown(memory, A, 10)
    answers: list[tuple[str, int]] = []
    start = threading.Barrier(12)

    def work(name: str, history: History, size: int) -> None:
        start.wait(60)
        answers.append((name, ask(memory, history.request(10, size))[0]))

    threads = [
        threading.Thread(target=work, args=(name, history, size))
        for size in (11, 12, 13, 20, 30, 40)
        for name, history in (("a", A), ("b", B))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    signed = [name for name, status in answers if status == 200]
    assert len(answers) == 12
    assert len(signed) == 1  # whoever came second was asked from another size
    assert {status for _name, status in answers} == {200, 409}


def test_the_log_of_a_later_year_is_known_by_its_stem_and_key(memory: Memory) -> None:
    later = Signer("ssc.example/audit/2027", b"L" * 32)
    assert memory.verifiers(later.name) == []
    memory.trust(A.signer.verifier.vkey, later_years=True)
    assert memory.verifiers(later.name) == [later.verifier]
    assert memory.verifiers("ssc.example/other/2027") == []
    assert ask(memory, History(later, B.tree).request(0, 7))[0] == 200


def test_a_log_with_two_keys_may_use_either(memory: Memory) -> None:
    new = Signer(A.signer.name, b"N" * 32)
    memory.trust(new.verifier.vkey, later_years=False)
    grown(memory, A, 5)
    assert ask(memory, History(new, A.tree).request(5, 9))[0] == 200


def test_a_witness_is_made_once_and_its_key_is_its_own(memory: Memory) -> None:
    with pytest.raises(Refused, match="already"):
        Memory.create(memory.folder, "witness.example")
    key = memory.folder / "witness.key"
    assert key.stat().st_mode & 0o077 == 0
    vkey = (memory.folder / "witness.vkey").read_text().strip()
    assert CosignatureVerifier.from_vkey(vkey) == memory.cosigner.verifier
    key.chmod(0o644)
    with pytest.raises(SettingsWrong, match="chmod 600"):
        Memory(memory.folder)
    with pytest.raises(SettingsWrong, match="witness init"):
        Memory(memory.folder / "elsewhere")
    with pytest.raises(Refused, match="--name"):
        Memory.create(memory.folder / "other", "a name")


def test_what_a_witness_trusts_can_be_listed(memory: Memory) -> None:
    (one,) = memory.trusted()
    assert one.verifier == Verifier.from_vkey(A.signer.verifier.vkey)
