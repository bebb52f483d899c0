"""Keys of personal data: durable before use, found by nobody without the index, gone for good."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from paraplu.errors import IntegrityBroken, SettingsWrong
from paraplu.store.keys import Erased, KeyStore, Scope, secret_bytes

MASTER, INDEX = b"m" * 32, b"i" * 32
ANN, BOB = Scope("c/person/1", "nl.7y", 2026), Scope("c/person/2", "nl.7y", 2026)


def reopened(tmp_path: Path, master: bytes = MASTER) -> KeyStore:
    """The same store as another process sees it."""
    return KeyStore(f"sqlite:///{tmp_path / 'keys.db'}", master, INDEX)


def test_a_person_a_class_and_a_year_have_one_key(store: KeyStore, tmp_path: Path) -> None:
    other = reopened(tmp_path)
    assert store.key_for(ANN) == store.key_for(ANN) == other.key_for(ANN)
    different = {ANN, BOB, Scope(ANN.owner, "nl.10y", 2026), Scope(ANN.owner, "nl.7y", 2027)}
    assert len({store.key_for(scope) for scope in different}) == 4
    other.close()


def test_what_is_sealed_opens_in_another_process_and_as_what_it_is_only(
    store: KeyStore, tmp_path: Path
) -> None:
    sealed = store.seal(store.key_for(ANN), b"2500.00", "case:1")
    assert b"2500" not in sealed
    assert store.key_of(sealed) == store.key_for(ANN)
    other = reopened(tmp_path)
    assert other.open(sealed, "case:1") == b"2500.00"
    with pytest.raises(IntegrityBroken, match="altered or moved"):
        other.open(sealed, "case:2")
    other.close()


@pytest.mark.parametrize("place", [0, 20, 30, -1])
def test_one_altered_byte_does_not_open(store: KeyStore, place: int) -> None:
    sealed = bytearray(store.seal(store.key_for(ANN), b"x", "a"))
    sealed[place] ^= 1
    with pytest.raises(IntegrityBroken):
        store.open(bytes(sealed), "a")


def test_the_same_value_sealed_twice_looks_different(store: KeyStore) -> None:
    key = store.key_for(ANN)
    assert store.seal(key, b"x", "a") != store.seal(key, b"x", "a")


def test_a_key_is_durable_before_it_can_be_used(store: KeyStore, tmp_path: Path) -> None:
    key = store.key_for(ANN)
    db = sqlite3.connect(tmp_path / "keys.db")
    assert db.execute("SELECT count(*) FROM keys WHERE uid = ?", (key,)).fetchone() == (1,)
    db.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked here")
def test_a_key_survives_the_death_of_the_process_that_made_it(tmp_path: Path) -> None:
    reopened(tmp_path).create()
    sealed = tmp_path / "sealed"
    child = os.fork()
    if child == 0:
        mine = reopened(tmp_path)
        sealed.write_bytes(mine.seal(mine.key_for(ANN), b"2500.00", "case:1"))
        os._exit(137)
    os.waitpid(child, 0)
    other = reopened(tmp_path)
    assert other.open(sealed.read_bytes(), "case:1") == b"2500.00"
    other.close()


def test_keys_of_a_transaction_that_failed_are_not_used(store: KeyStore, tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "keys.db")
    with db:
        db.execute(
            "CREATE TRIGGER full BEFORE INSERT ON keys WHEN (SELECT count(*) FROM keys) >= 1"
            " BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
    with pytest.raises(IntegrityError):
        store.keys_for([ANN, BOB])
    with db:
        db.execute("DROP TRIGGER full")
    db.close()
    other = reopened(tmp_path)
    for scope in (ANN, BOB):
        sealed = store.seal(store.key_for(scope), b"x", "a")
        assert other.open(sealed, "a") == b"x"
    other.close()


def test_a_destroyed_key_is_gone_for_every_other_process(store: KeyStore, tmp_path: Path) -> None:
    sealed = store.seal(store.key_for(ANN), b"x", "a")
    db = sqlite3.connect(tmp_path / "keys.db")
    with db:
        db.execute("DELETE FROM keys")
    db.close()
    other = reopened(tmp_path)
    with pytest.raises(Erased, match="was destroyed"):
        other.open(sealed, "a")
    other.close()


def test_whose_key_it_is_cannot_be_read_from_the_store(store: KeyStore, tmp_path: Path) -> None:
    store.key_for(Scope("waterland/person/00412", "nl.7y", 2026))
    data = (tmp_path / "keys.db").read_bytes() + (tmp_path / "keys.db-wal").read_bytes()
    assert b"00412" not in data
    assert b"waterland" not in data


def test_another_master_key_opens_nothing_and_says_so(store: KeyStore, tmp_path: Path) -> None:
    sealed = store.seal(store.key_for(ANN), b"x", "a")
    other = reopened(tmp_path, b"n" * 32)
    with pytest.raises(SettingsWrong, match="master key does not open"):
        other.open(sealed, "a")
    other.close()


def test_a_hash_depends_on_every_part_and_on_where_one_ends(store: KeyStore) -> None:
    assert store.hash("a", "bc") != store.hash("ab", "c")
    assert store.hash("a", "b") == store.hash("a", "b")
    assert store.hash("a", "b") != KeyStore("sqlite://", MASTER, b"j" * 32).hash("a", "b")


def _others_may_read(path: Path) -> None:
    path.chmod(0o644)


def _too_short(path: Path) -> None:
    path.write_bytes(b"short")


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (Path.unlink, "is missing"),
        (_too_short, "is damaged: put back a copy"),
        pytest.param(
            _others_may_read,
            "Others can read .* Run: chmod 600",
            marks=pytest.mark.skipif(os.name != "posix", reason="modes are POSIX"),
        ),
    ],
)
def test_a_key_file_that_is_not_right_is_refused_with_what_to_do(
    tmp_path: Path, harm: Callable[[Path], None], why: str
) -> None:
    path = tmp_path / "master.key"
    made = secret_bytes(path, make=True)
    assert len(made) == 32
    assert secret_bytes(path) == secret_bytes(path, make=True) == made
    harm(path)
    with pytest.raises(SettingsWrong, match=why):
        secret_bytes(path)
