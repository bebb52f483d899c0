"""Keys of personal data: durable before use, found by nobody without the index, gone for good."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError, NoResultFound

from paraplu.errors import IntegrityBroken, SettingsWrong
from paraplu.store.keys import Erased, Held, KeyStore, Scope, secret_bytes
from postgres import Server

MASTER, INDEX = b"m" * 32, b"i" * 32
ANN, BOB = Scope("c/person/1", "nl.7y", 2026), Scope("c/person/2", "nl.7y", 2026)


def reopened(url: str, master: bytes = MASTER) -> KeyStore:
    """The same store as another process sees it."""
    return KeyStore(url, master, INDEX)


def asked(url: str, *statements: str) -> list[Any]:
    """What the database itself says to the last of these."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            answer = connection.exec_driver_sql(statement)
        found = list(answer) if answer.returns_rows else []
    engine.dispose()
    return found


def test_a_person_a_class_and_a_year_have_one_key(store: KeyStore, keys_url: str) -> None:
    other = reopened(keys_url)
    assert store.key_for(ANN) == store.key_for(ANN) == other.key_for(ANN)
    different = {ANN, BOB, Scope(ANN.owner, "nl.10y", 2026), Scope(ANN.owner, "nl.7y", 2027)}
    assert len({store.key_for(scope) for scope in different}) == 4
    other.close()


def test_what_is_sealed_opens_in_another_process_and_as_what_it_is_only(
    store: KeyStore, keys_url: str
) -> None:
    sealed = store.seal(store.key_for(ANN), b"2500.00", "case:1")
    assert b"2500" not in sealed
    assert store.key_of(sealed) == store.key_for(ANN)
    other = reopened(keys_url)
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


def test_a_key_is_durable_before_it_can_be_used(store: KeyStore, keys_url: str) -> None:
    key = store.key_for(ANN)
    assert asked(keys_url, f"SELECT count(*) FROM keys WHERE uid = '{key}'") == [(1,)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked here")
def test_a_key_survives_the_death_of_the_process_that_made_it(
    keys_url: str, tmp_path: Path
) -> None:
    reopened(keys_url).create()
    sealed = tmp_path / "sealed"
    child = os.fork()
    if child == 0:
        mine = reopened(keys_url)
        sealed.write_bytes(mine.seal(mine.key_for(ANN), b"2500.00", "case:1"))
        os._exit(137)
    os.waitpid(child, 0)
    other = reopened(keys_url)
    assert other.open(sealed.read_bytes(), "case:1") == b"2500.00"
    other.close()


def test_keys_of_a_transaction_that_failed_are_not_used(store: KeyStore, keys_url: str) -> None:
    if keys_url.startswith("sqlite"):
        asked(
            keys_url,
            "CREATE TRIGGER full_ BEFORE INSERT ON keys WHEN (SELECT count(*) FROM keys) >= 1"
            " BEGIN SELECT RAISE(ABORT, 'no room'); END",
        )
        undo = "DROP TRIGGER full_"
    else:
        asked(keys_url, "CREATE UNIQUE INDEX full_ ON keys ((1))")
        undo = "DROP INDEX full_"
    with pytest.raises((IntegrityError, NoResultFound)):
        store.keys_for([ANN, BOB])
    assert asked(keys_url, undo, "SELECT count(*) FROM keys") == [(0,)]
    other = reopened(keys_url)
    for scope in (ANN, BOB):
        sealed = store.seal(store.key_for(scope), b"x", "a")
        assert other.open(sealed, "a") == b"x"
    other.close()


def test_two_processes_that_meet_a_new_person_at_once_use_one_key(
    store: KeyStore, keys_url: str
) -> None:
    scopes = [Scope(f"c/person/{number}", "nl.7y", 2026) for number in range(20)]
    others, found = [reopened(keys_url) for _ in range(3)], []
    start = threading.Barrier(len(others))

    def meet(one: KeyStore) -> None:
        start.wait(20)
        found.append([one.key_for(scope) for scope in scopes])

    threads = [threading.Thread(target=meet, args=(one,)) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 3
    assert found[0] == found[1] == found[2] == [store.key_for(scope) for scope in scopes]
    for one in others:
        one.close()


def test_a_destroyed_key_is_gone_for_every_other_process(store: KeyStore, keys_url: str) -> None:
    sealed = store.seal(store.key_for(ANN), b"x", "a")
    asked(keys_url, "DELETE FROM keys")
    other = reopened(keys_url)
    with pytest.raises(Erased, match="was destroyed"):
        other.open(sealed, "a")
    other.close()


def wrapped_keys(url: str, uids: list[str]) -> list[bytes]:
    """What stands in the store of these keys."""
    found = dict(asked(url, "SELECT uid, wrapped FROM keys"))
    return [bytes(found[uid]) for uid in uids]


def left_in(folder: Path, secrets: list[bytes]) -> int:
    """How many of these stand somewhere in the files of a folder."""
    data = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return sum(one in data for one in secrets)


def of_a_hundred(store: KeyStore) -> list[str]:
    """Keys of a hundred people, and of as many who keep theirs between them."""
    scopes = [Scope(f"c/person/{number}", "nl.7y", 2026) for number in range(200)]
    made = store.keys_for(scopes)
    return [made[scope] for scope in scopes[::2]]


def test_destroyed_keys_are_gone_from_the_bytes_of_the_files(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    store, other = reopened(url), reopened(url)
    store.create()
    doomed = of_a_hundred(store)
    secrets = wrapped_keys(url, doomed)
    other.there(doomed)  # somebody else has the files open
    assert left_in(tmp_path, secrets) == 100
    assert {path.name for path in tmp_path.iterdir()} >= {"keys.db", "keys.db-wal", "keys.db-shm"}
    assert store.destroy(doomed)
    assert left_in(tmp_path, secrets) == 0
    assert (tmp_path / "keys.db-wal").stat().st_size == 0
    assert len(store.held()) == 100
    assert asked(url, "PRAGMA integrity_check") == [("ok",)]
    store.close()
    other.close()


@pytest.mark.parametrize(
    ("secure", "emptied", "least"), [(False, True, 20), (True, False, 100), (False, False, 100)]
)
def test_without_overwriting_and_without_emptying_the_log_they_stay(
    tmp_path: Path, secure: bool, emptied: bool, least: int
) -> None:
    # What the test above looks for is there when one of the two is left out: it can fail.
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    store = reopened(url)
    store.create()
    doomed = of_a_hundred(store)
    secrets = wrapped_keys(url, doomed)
    raw = sqlite3.connect(tmp_path / "keys.db", isolation_level=None)
    raw.execute(f"PRAGMA secure_delete={'ON' if secure else 'OFF'}")
    for uid in doomed:
        raw.execute("DELETE FROM keys WHERE uid = ?", (uid,))
    if emptied:
        assert raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    assert left_in(tmp_path, secrets) >= least
    raw.close()
    store.close()


def test_a_reader_in_the_way_is_told_of_and_it_can_be_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paraplu.store.database._WAIT_MS", 100)
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    store = reopened(url)
    store.create()
    doomed = of_a_hundred(store)
    secrets = wrapped_keys(url, doomed)
    reader = sqlite3.connect(tmp_path / "keys.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM keys").fetchone()
    assert not store.destroy(doomed)
    assert left_in(tmp_path, secrets) > 0
    assert store.there(doomed) == set()
    reader.execute("COMMIT")
    assert store.scrub()
    assert left_in(tmp_path, secrets) == 0
    reader.close()
    store.close()


def test_on_postgresql_the_table_is_written_anew_and_the_servers_own_log_is_not(
    postgres: Server, empty_postgres_url: str
) -> None:
    store = reopened(empty_postgres_url)
    store.create()
    doomed = of_a_hundred(store)
    secrets = wrapped_keys(empty_postgres_url, doomed)
    postgres.ask("CHECKPOINT")
    tables, log = postgres.folder / "data" / "base", postgres.folder / "data" / "pg_wal"
    assert left_in(tables, secrets) == 100
    assert store.destroy(doomed)
    postgres.ask("CHECKPOINT")
    assert left_in(tables, secrets) == 0
    assert left_in(log, secrets) > 0  # what the docs say of it: until its segments are used again
    store.close()


def test_keys_are_listed_by_owner_and_class_without_saying_whose(store: KeyStore) -> None:
    later = Scope(ANN.owner, "nl.10y", 2027)
    made = store.keys_for([ANN, BOB, later])
    assert store.held(ANN.owner) == [
        Held(made[later], "nl.10y", 2027),
        Held(made[ANN], "nl.7y", 2026),
    ]
    assert {one.uid for one in store.held(retention="nl.7y")} == {made[ANN], made[BOB]}
    assert store.held("c/person/3") == []


def test_what_comes_after_a_key_was_destroyed_is_sealed_under_a_new_one_everywhere(
    store: KeyStore, keys_url: str
) -> None:
    other = reopened(keys_url)  # a worker that goes on for weeks, with the key at hand
    first = store.key_for(ANN)
    assert other.key_for(ANN) == first
    assert store.destroy([first, "no such key"])
    assert store.there([first]) == set()
    second = other.key_for(ANN)
    assert second != first
    assert store.key_for(ANN) == second
    other.close()


def test_a_process_forgets_an_opened_key_after_a_minute(
    store: KeyStore, keys_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = reopened(keys_url)
    sealed = store.seal(store.key_for(ANN), b"x", "a")
    assert other.open(sealed, "a") == b"x"
    store.destroy([store.key_of(sealed)])
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    for one in (store, other):
        with pytest.raises(Erased, match="was destroyed"):
            one.open(sealed, "a")
        with pytest.raises(Erased):
            one.seal(store.key_of(sealed), b"y", "a")
    other.close()


def test_whose_key_it_is_cannot_be_read_from_the_store(store: KeyStore, keys_url: str) -> None:
    store.key_for(Scope("waterland/person/00412", "nl.7y", 2026))
    stored = repr(asked(keys_url, "SELECT * FROM keys"))
    if keys_url.startswith("sqlite"):
        path = Path(keys_url.removeprefix("sqlite:///"))
        stored += repr(path.read_bytes() + path.with_name(path.name + "-wal").read_bytes())
    assert "nl.7y" in stored
    assert "00412" not in stored
    assert "waterland" not in stored


def test_another_master_key_opens_nothing_and_says_so(store: KeyStore, keys_url: str) -> None:
    sealed = store.seal(store.key_for(ANN), b"x", "a")
    other = reopened(keys_url, b"n" * 32)
    with pytest.raises(SettingsWrong, match="master key does not open"):
        other.open(sealed, "a")
    other.close()


def test_a_hash_depends_on_every_part_and_on_where_one_ends(
    store: KeyStore, tmp_path: Path
) -> None:
    assert store.hash("a", "bc") != store.hash("ab", "c")
    assert store.hash("a", "b") == store.hash("a", "b")
    other = KeyStore(f"sqlite:///{tmp_path / 'other.db'}", MASTER, b"j" * 32)
    assert store.hash("a", "b") != other.hash("a", "b")


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
