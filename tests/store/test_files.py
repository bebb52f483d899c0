"""Evidence is encrypted and named by what is stored, so that a name proves a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from paraplu.errors import IntegrityBroken, NotFound
from paraplu.store.files import Files
from paraplu.store.keys import KeyStore, Scope

PNG = "image/png"


@pytest.fixture
def files(store: KeyStore, tmp_path: Path) -> Files:
    """A folder for evidence."""
    return Files(tmp_path / "evidence", store)


@pytest.fixture
def key(store: KeyStore) -> str:
    """Somebody's key."""
    return store.key_for(Scope("c/person/1", "nl.7y", 2026))


def test_a_file_is_kept_encrypted_under_the_hash_of_what_is_stored(files: Files, key: str) -> None:
    name, size = files.keep(b"salary 2500.00", key, PNG)
    (path,) = (one for one in files.folder.rglob("*") if one.is_file())
    stored = path.read_bytes()
    assert (path.name, len(stored)) == (name, size)
    assert hashlib.sha256(stored).hexdigest() == name
    assert b"2500" not in stored
    assert files.open(name, PNG) == b"salary 2500.00"


def test_an_altered_file_is_not_opened_and_a_missing_one_is_named(files: Files, key: str) -> None:
    name, _size = files.keep(b"x", key, PNG)
    path = files.folder / name[:2] / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(IntegrityBroken, match=f"{name[:12]} was altered"):
        files.open(name, PNG)
    path.unlink()
    with pytest.raises(NotFound, match=f"{name[:12]} is missing"):
        files.open(name, PNG)


def test_nothing_half_written_is_left_beside_it(files: Files, key: str) -> None:
    for number in range(3):
        files.keep(bytes([number]), key, PNG)
    assert not list(files.folder.rglob("*.part"))
    assert len([one for one in files.folder.rglob("*") if one.is_file()]) == 3
