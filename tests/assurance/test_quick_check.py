"""A whole log is checked by two processes and from the last check on, and a trouble is named as ever."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from bureau import Bureau, booking

from paraplu.assurance.verifying import hashing, lineage
from paraplu.audit.stretch import head_sizes
from paraplu.errors import Refused
from paraplu.store import entries


@pytest.fixture
def kept(bureau: Bureau) -> Path:
    """A bureau with a story, checked once."""
    bureau.story(booking("A-1"))
    bureau.centre.parts.journal.sign_head()
    path = bureau.home / "verified"
    assert bureau.centre.proof.check(kept=path).intact
    return path


@pytest.mark.slow
def test_two_processes_come_to_the_same_as_one(
    bureau: Bureau, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = bureau.centre.parts.database.file
    assert file is not None
    with bureau.centre.parts.database.read() as connection:
        size, cuts = entries.count(connection), head_sizes(entries.all_heads(connection))
    one = list(hashing.stretches_of(file, 0, size, cuts))
    monkeypatch.setattr(hashing, "_LONG", 1)
    monkeypatch.setattr(hashing, "_TASK", hashing.LONGEST)
    assert list(hashing.stretches_of(file, 0, size, cuts)) == one
    assert sum(stretch.count for stretch in one if stretch) == size > 20
    bureau.close()
    db = sqlite3.connect(file)
    with db:
        db.execute("UPDATE entries SET leaf = zeroblob(32) WHERE place = 7")
    db.close()
    assert list(hashing.stretches_of(file, 0, size, cuts))[-1] is None


def test_an_intact_log_is_not_looked_at_entry_by_entry_and_another_one_is(
    bureau: Bureau, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []
    careful = lineage.verify

    def noted(*arguments: object) -> object:
        looked.append(arguments)
        return careful(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(lineage, "verify", noted)
    assert bureau.centre.proof.check().intact
    assert looked == []
    bureau.close()
    db = sqlite3.connect(bureau.home / "paraplu.db")
    with db:
        db.execute("UPDATE entries SET bytes = CAST(bytes || ' ' AS BLOB) WHERE place = 12")
    db.close()
    checked = bureau.centre.proof.check()
    assert not checked.intact
    assert checked.verdict.first is not None
    assert "entry 12" in checked.verdict.first.message
    assert len(looked) == 1
    bureau.close()
    db = sqlite3.connect(bureau.home / "paraplu.db")
    with db:
        db.execute("UPDATE entries SET bytes = CAST(bytes AS TEXT) WHERE place = 9")
    db.close()
    found = [one.message for one in bureau.centre.proof.check().verdict.findings]
    assert any("the bytes of entry 9 are gone" in message for message in found)


def test_only_what_is_new_is_read_and_an_alteration_in_it_is_named(
    bureau: Bureau, kept: Path
) -> None:
    with bureau.centre.parts.database.read() as connection:
        before = entries.count(connection)
    bureau.story(booking("A-2", line="3000", now=None, wanted="1"))
    bureau.close()
    checked = bureau.centre.proof.check(kept=kept, new_only=True)
    assert checked.intact
    assert 0 < checked.verdict.entries == checked.verdict.size - before
    again = bureau.centre.proof.check(kept=kept, new_only=True)
    assert again.verdict.entries < checked.verdict.entries
    bureau.story(booking("A-3", "10002", now="3100", wanted="3101"))
    bureau.close()
    db = sqlite3.connect(bureau.home / "paraplu.db")
    place = checked.verdict.size + 3
    with db:
        db.execute(
            "UPDATE entries SET bytes = CAST(bytes || ' ' AS BLOB) WHERE place = ?", (place,)
        )
    db.close()
    found = bureau.centre.proof.check(kept=kept, new_only=True)
    assert found.verdict.first is not None
    assert f"entry {place}" in found.verdict.first.message


def test_a_forged_word_of_how_far_the_log_was_verified_is_not_believed(
    bureau: Bureau, kept: Path
) -> None:
    data = kept.read_bytes()
    for at in (2, len(data) // 4, len(data) // 2, len(data) - 5):
        kept.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(Refused, match="does not prove how far"):
            bureau.centre.proof.check(kept=kept, new_only=True)
    kept.unlink()
    with pytest.raises(Refused, match="is not known"):
        bureau.centre.proof.check(kept=kept, new_only=True)


@pytest.mark.parametrize("new_only", [True, False])
def test_a_log_that_became_shorter_since_it_was_checked_is_not_said_to_be_whole(
    bureau: Bureau, kept: Path, new_only: bool
) -> None:
    bureau.close()
    backup = (bureau.home / "paraplu.db").read_bytes()
    bureau.story(booking("A-2", line="3000", now=None, wanted="1"))
    bureau.close()
    size = bureau.centre.proof.check(kept=kept).verdict.size
    bureau.close()
    (bureau.home / "paraplu.db").write_bytes(backup)  # with the heads of its time
    assert bureau.centre.proof.check().intact
    (finding,) = bureau.centre.proof.check(kept=kept, new_only=new_only).verdict.findings
    assert f"the tail was cut off: a head was signed over {size} entries" in finding.message


def test_a_log_whose_heads_were_taken_away_is_held_against_the_last_check(
    bureau: Bureau, kept: Path
) -> None:
    word = kept.read_bytes().split(b"\n", 2)[2]
    bureau.close()
    with closing(sqlite3.connect(bureau.home / "paraplu.db")) as db, db:
        db.execute("DELETE FROM heads")
    assert bureau.centre.proof.check(kept=kept).intact
    assert kept.read_bytes().split(b"\n", 2)[2] == word
    bureau.close()
    assert bureau.centre.proof.check(kept=kept, new_only=True).intact
