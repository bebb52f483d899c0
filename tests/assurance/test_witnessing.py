"""A log has a witness: its lines are kept and checked, and what it has seen finds what was done."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from bureau import Bureau, moved_in
from hypothesis import given, settings as limits, strategies as st

from paraplu.assurance.keeping.custody import Given
from paraplu.assurance.keeping.witnessing import consistency
from paraplu.audit.tree import Frontier, Tree, leaf_hash, verify_consistency
from paraplu.domain.custody import AuditSettings
from paraplu.settings import load_home
from paraplu.store import entries, heads, tables
from paraplu.witness.app import create_app
from paraplu.witness.memory import Memory


@contextmanager
def serving(memory: Memory, port: int = 0) -> Iterator[int]:
    """A witness that answers as long as the context."""
    config = uvicorn.Config(
        create_app(memory, lambda _text: None),
        port=port,
        lifespan="off",
        log_level="warning",
        ws="none",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 60
    while not server.started:
        assert time.monotonic() < end
        time.sleep(0.01)
    try:
        yield int(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(60)


@pytest.fixture
def memory(tmp_path: Path, founded: Path) -> Memory:
    made = Memory.create(tmp_path / "witness", "witness.example")
    home = load_home(founded / "home")
    made.trust(home.signing().verifiers(home.log)[0].vkey, later_years=True)
    return made


def witnessed_by(memory: Memory, port: int, **more: Any) -> AuditSettings:
    one = {
        "name": "dk-ssc",
        "url": f"http://127.0.0.1:{port}",
        "vkey": memory.cosigner.verifier.vkey,
        "minutes": 0,
    }
    return AuditSettings.model_validate({"witnesses": [{**one, **more}]})


@pytest.fixture
def kept(founded: Path, tmp_path: Path, memory: Memory) -> Iterator[Bureau]:
    """A bureau whose log has a witness that answers."""
    with serving(memory) as port:
        bureau = moved_in(founded, tmp_path / "bureau", audit=witnessed_by(memory, port))
        yield bureau
        bureau.close()


def signed(bureau: Bureau) -> list[Given]:
    bureau.centre.parts.journal.sign_head()
    return bureau.centre.custody.send()


def something(bureau: Bureau, times: int = 1) -> None:
    """Entries more."""
    for _ in range(times):
        bureau.centre.search.readings.tell(bureau.who("ines"), "entries", 1)


def number(bureau: Bureau) -> int:
    with bureau.centre.parts.database.read() as connection:
        return entries.count(connection)


def test_heads_are_countersigned_and_the_lines_are_kept_and_checked(kept: Bureau) -> None:
    for times in (1, 5, 2):
        something(kept, times)
        assert [one.why for one in signed(kept)] == [""]
    with kept.centre.parts.database.read() as connection:
        lines = heads.cosigned(connection, kept.centre.parts.journal.log)
    assert [one.size for one in lines][-1] == number(kept)
    assert len(lines) == 3
    checked = kept.centre.proof.check()
    assert checked.intact
    (vouch,) = checked.vouched.vouches
    assert (vouch.name, vouch.kind, vouch.size) == ("dk-ssc", "witness", number(kept))
    assert vouch.checked is not None


def test_an_old_backup_is_found_by_the_witness(kept: Bureau, tmp_path: Path) -> None:
    signed(kept)
    kept.close()
    shutil.copytree(kept.home, tmp_path / "backup")
    something(kept, 3)
    signed(kept)
    lost = number(kept)
    kept.close()
    shutil.rmtree(kept.home)
    shutil.copytree(tmp_path / "backup", kept.home)
    checked = kept.centre.proof.check()
    assert not checked.intact
    assert any("tail was cut off" in one.message for one in checked.verdict.findings)
    assert f"over {lost} entries" in checked.vouched.troubles[0]
    assert kept.centre.proof.check(ask=False).intact  # only the witness knows
    something(kept)
    (one,) = signed(kept)
    assert one.code == "contradicts"
    assert "old backup was put back" in one.why
    something(kept, 5)  # as many entries as were lost, and more: another history
    kept.time.go_on(minutes=5)
    (one,) = signed(kept)
    assert one.code == "contradicts"
    assert "does not extend" in one.why


def test_a_countersignature_that_was_altered_is_named(kept: Bureau) -> None:
    signed(kept)
    with kept.centre.parts.database.write() as connection:
        line = connection.execute(tables.cosignatures.select()).one().line
        other = line.replace(line[-20:-10], line[-20:-10][::-1])
        connection.execute(tables.cosignatures.update().values(line=other))
    checked = kept.centre.proof.check(ask=False)
    assert "countersignature of the witness 'dk-ssc'" in checked.vouched.troubles[0]


def test_a_witness_that_signs_with_another_key_is_not_taken_for_ours(
    founded: Path, tmp_path: Path, memory: Memory
) -> None:
    other = Memory.create(tmp_path / "other", "witness.example")
    with serving(memory) as port:
        audit = witnessed_by(other, port)
        bureau = moved_in(founded, tmp_path / "b", audit=audit)
        (one,) = signed(bureau)
        assert one.code == "other-key"
        bureau.close()


def test_a_witness_that_does_not_know_us_says_what_to_do(founded: Path, tmp_path: Path) -> None:
    stranger = Memory.create(tmp_path / "w", "witness.example")
    with serving(stranger) as port:
        bureau = moved_in(founded, tmp_path / "b", audit=witnessed_by(stranger, port))
        (one,) = signed(bureau)
        assert one.code == "unknown-log"
        assert "paraplu witness log add" in one.why
        bureau.close()


def test_a_witness_that_is_down_is_asked_again(
    founded: Path, tmp_path: Path, memory: Memory
) -> None:
    with serving(memory) as port:
        pass
    bureau = moved_in(founded, tmp_path / "b", audit=witnessed_by(memory, port))
    (one,) = signed(bureau)
    assert one.code == "down"
    checked = bureau.centre.proof.check()
    assert checked.intact
    assert "was not asked" in checked.vouched.remarks[0]
    with serving(memory, port):
        bureau.time.go_on(minutes=2)
        assert [one.why for one in signed(bureau)] == [""]
    bureau.close()


def test_two_processes_that_ask_at_once_both_go_on(kept: Bureau) -> None:
    signed(kept)
    something(kept)
    kept.centre.parts.journal.sign_head()
    from paraplu.assurance.keeping.witnessing import Witnessing

    parts, (place,) = kept.centre.parts, kept.centre.custody.settings.witnesses
    witnessing = Witnessing(parts.database, parts.clock, parts.journal, place)
    with parts.database.read() as connection:
        older = heads.newest(connection, parts.journal.log)
    assert older is not None
    something(kept, 2)
    signed(kept)
    assert witnessing.ask(older, 3) == number(kept)  # the witness was further: so is the answer


@given(
    sizes=st.lists(st.integers(0, 300), min_size=2, max_size=2).map(sorted),
)
@limits(max_examples=60, deadline=None)
def test_the_proof_from_an_edge_is_that_of_the_whole_tree(sizes: list[int]) -> None:
    first, second = sizes
    leaves = [leaf_hash(str(place).encode()) for place in range(second)]
    start = Frontier()
    start.extend(leaves[:first])
    proof = consistency(start, leaves[first:])
    whole = Tree(leaves)
    verify_consistency(first, second, proof, whole.root(first), whole.root())
