"""Nothing is changed before the log covers its intent as the agreement asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bureau import Bureau, booking, moved_in
from test_witnessing import serving, witnessed_by

from paraplu.domain.custody import AuditSettings
from paraplu.errors import IntegrityBroken, SettingsWrong
from paraplu.settings import load_home
from paraplu.store import entries, heads
from paraplu.witness.memory import Memory


@pytest.fixture
def memory(tmp_path: Path, founded: Path) -> Memory:
    made = Memory.create(tmp_path / "witness", "witness.example")
    home = load_home(founded / "home")
    made.trust(home.signing().verifiers(home.log)[0].vkey, later_years=True)
    return made


@pytest.fixture
def away(founded: Path, tmp_path: Path, memory: Memory) -> Iterator[tuple[Bureau, int]]:
    """A bureau whose agreement asks for a witness, that does not answer; the port where it would."""
    with serving(memory) as port:
        pass
    bureau = moved_in(founded, tmp_path / "bureau", audit=witnessed_by(memory, port))
    bureau.settings(intent="witnessed")
    yield bureau, port
    bureau.close()


def place(bureau: Bureau, kind: str) -> int:
    """Of the first entry of this kind."""
    return bureau.kinds().index(kind)


def covers(bureau: Bureau) -> list[int]:
    """The sizes of heads between the intent and the first action after it."""
    low, kinds = place(bureau, "intent"), bureau.kinds()
    high = next(at for at in range(low, len(kinds)) if kinds[at] == "action")
    with bureau.centre.parts.database.read() as connection:
        log = bureau.centre.parts.journal.log
        sizes = [one for one in range(low + 1, high + 1) if heads.at(connection, log, one)]
        signed = {one.size for one in heads.cosigned(connection, log)}
    return [size for size in sizes if size in signed or bureau.centre.custody.places == ()]


def test_by_default_an_act_waits_for_no_head(bureau: Bureau) -> None:
    bureau.story(booking("A-1"))
    assert bureau.state("A-1") == "done"
    assert covers(bureau) == []


def test_sequenced_is_acted_on_when_a_signed_head_covers_the_intent(bureau: Bureau) -> None:
    bureau.settings(intent="sequenced")
    bureau.story(booking("A-1"))
    assert bureau.state("A-1") == "done"
    assert covers(bureau) != []
    bureau.assert_intact()


def test_witnessed_is_acted_on_when_a_witness_has_countersigned_it(
    away: tuple[Bureau, int], memory: Memory
) -> None:
    bureau, port = away
    with serving(memory, port):
        bureau.story(booking("A-1"))
        assert bureau.state("A-1") == "done"
        assert covers(bureau) != []
        bureau.assert_intact()


def test_without_a_witness_nothing_is_done_and_it_is_tried_again(
    away: tuple[Bureau, int], memory: Memory
) -> None:
    bureau, port = away
    bureau.send(booking("A-1"), booking("A-2", "10004", now="2000", wanted="2010"))
    for times in range(1, 5):  # more often than a case is tried that fails by itself
        report = bureau.run()
        assert report.ending == "paused"
        assert report.why is not None
        assert "No witness has countersigned the intent" in report.why
        assert report.again_at is not None
        assert {bureau.state("A-1"), bureau.state("A-2")} <= {"ready", "received"}
        assert set(bureau.intents("A-1") + bureau.intents("A-2")) == {"nothing"}
        assert bureau.kinds().count("intent") == times
        assert "outcome-confirmed" not in bureau.kinds()
        assert bureau.books.saves() == []
        bureau.time.now = report.again_at
    kinds = bureau.kinds()
    assert {kinds[at + 1] for at, kind in enumerate(kinds) if kind == "intent"} == {
        "outcome-nothing"
    }
    with serving(memory, port):
        bureau.time.go_on(hours=1)
        bureau.run_on()
    assert (bureau.state("A-1"), bureau.state("A-2")) == ("done", "done")
    bureau.centre.proof.check(ask=False)


def test_a_witness_that_contradicts_the_log_stops_the_run_before_anything_is_done(
    away: tuple[Bureau, int], memory: Memory
) -> None:
    bureau, port = away
    log = bureau.centre.parts.journal.log
    with memory.alone() as db:  # it has seen a history of the same log that is not ours
        from paraplu.witness.memory import Seen

        memory.remember(db, log, Seen(5, b"x" * 32, b"", 1))
    with serving(memory, port), pytest.raises(IntegrityBroken, match="Nothing was done"):
        bureau.story(booking("A-1"))
    assert bureau.intents("A-1") == ["nothing"]
    assert "copy-contradicts" in bureau.kinds()


def test_an_agreement_that_asks_for_a_witness_where_none_is_named_does_nothing(
    bureau: Bureau,
) -> None:
    bureau.settings(intent="witnessed")
    with pytest.raises(SettingsWrong, match=r"\[\[audit.witnesses\]\]"):
        bureau.story(booking("A-1"))
    assert bureau.intents("A-1") == ["nothing"]


def test_a_machine_without_the_key_does_nothing_that_a_head_must_cover(
    founded: Path, tmp_path: Path
) -> None:
    from paraplu.assurance.keeping.cover import Cover
    from paraplu.errors import NotCovered

    bureau = moved_in(founded, tmp_path / "b", audit=AuditSettings())
    (bureau.home / "secrets" / "log.key").unlink()
    bureau.story(booking("A-1"))
    with bureau.centre.parts.database.read() as connection:
        uid = next(
            entries_uid(one.data) for one in entries.in_order(connection) if b'"intent"' in one.data
        )
    with pytest.raises(NotCovered, match="signing key"):
        Cover(bureau.centre.custody, patience=0.3).wait("sequenced", uid)
    bureau.close()


def entries_uid(data: bytes) -> str:
    from paraplu.audit.entry import Entry

    return Entry(data).uid
