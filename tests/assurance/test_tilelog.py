"""The whole log as a folder of tiles: it only grows, checks itself, and shows when the log was changed."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bureau import Bureau, booking
from test_bundle import VERIFY

from audit.test_foreign_tools import built, run as checked
from paraplu.assurance.handout.tilelog import TilesExported
from paraplu.audit import tiles, tree
from paraplu.audit.checkpoint import Checkpoint, sign_checkpoint
from paraplu.audit.note import Signer
from paraplu.audit.tree import Frontier, Tree
from paraplu.errors import IntegrityBroken, NotAllowed, Refused
from paraplu.store import entries, logs

Run = Callable[..., subprocess.CompletedProcess[str]]


def exported(bureau: Bureau, out: Path) -> TilesExported:
    (done,) = bureau.centre.tile_log.export(out, bureau.who("ines"))
    return done


def read_bytes(bureau: Bureau) -> list[bytes]:
    with bureau.centre.parts.database.read() as connection:
        return [one.data for one in entries.in_order(connection)]


@pytest.fixture
def verify(tmp_path: Path) -> Run:
    script = tmp_path / "verify.py"
    script.write_text(VERIFY, "utf-8")

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", str(script), *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def many(bureau: Bureau, number: int) -> None:
    journal, hand = bureau.centre.parts.journal, bureau.who("ines").hand
    with bureau.centre.parts.database.write() as connection:
        for _ in range(number):
            journal.write(connection, journal.entry("settings-exported", hand))


def test_the_folder_holds_every_entry_and_only_grows(
    bureau: Bureau, tmp_path: Path, verify: Run
) -> None:
    bureau.story(booking("A-1"))
    kept: list[bytes] = []
    before: dict[Path, bytes] = {}
    for more in (0, 3, 250, 256, 700):
        many(bureau, more)
        done = exported(bureau, tmp_path / "log")
        out = done.folder
        data = read_bytes(bureau)
        assert done.size == len(data)
        now = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
        changed = [path.name for path in before if now.get(path) != before[path]]
        assert changed in ([], ["checkpoint"])
        before = now
        read = [
            entry
            for tile in tiles.entry_bundles(done.size)
            for entry in tiles.read_bundle(tile, (out / tile.path).read_bytes())
        ]
        assert read == data
        whole = Tree(map(tree.leaf_hash, data))
        for tile in tiles.hash_tiles(done.size):
            assert (out / tile.path).read_bytes() == tiles.hash_tile(tile, whole.node)
        kept.append((out / "checkpoint").read_bytes())
    assert done.size > 1_200
    assert "KENMERK" not in str(read)
    assert not list(out.rglob("*.part"))
    heads = tmp_path / "heads.txt"
    heads.write_bytes(b"\n".join(kept))
    found = verify(heads, out, "--vkey", bureau.centre.parts.journal.verifier.vkey)
    assert (found.returncode, found.stderr) == (0, ""), found.stdout
    assert f"Entries  {done.size:,}" in found.stdout
    assert "6 heads fit" in found.stdout


@pytest.mark.slow
def test_go_accepts_the_folder_as_it_was_written(bureau: Bureau, tmp_path: Path) -> None:
    binary = built(tmp_path)
    many(bureau, 600)
    done = exported(bureau, tmp_path / "log")
    out, size = done.folder, done.size
    whole = Tree(map(tree.leaf_hash, read_bytes(bureau)))
    inclusion = tree.inclusion_proof(300, size, whole.node)
    consistency = tree.consistency_proof(333, size, whole.node)
    for name, text in (
        ("vkey", bureau.centre.parts.journal.verifier.vkey),
        ("bundles", "\n".join(tile.path for tile in tiles.entry_bundles(size))),
        ("tiles", "\n".join(tile.path for tile in tiles.hash_tiles(size))),
        ("inclusion", "\n".join(step.hex() for step in inclusion)),
        ("consistency", "\n".join(step.hex() for step in consistency)),
        ("older", whole.root(333).hex()),
    ):
        (out / name).write_text(text)
    assert checked(binary, out) == f"accepted {size}\n"
    bundle = out / "tile/entries/001"
    bundle.write_bytes(bundle.read_bytes().replace(b"rpa", b"rpb", 1))
    assert "REFUSED" in checked(binary, out)


def test_an_entry_tells_of_the_export_and_is_in_it(bureau: Bureau, tmp_path: Path) -> None:
    done = exported(bureau, tmp_path / "log")
    assert bureau.kinds()[-1] == "log-exported"
    assert done.size == len(bureau.kinds())


def test_every_file_altered_in_turn_is_seen_by_a_stranger(
    bureau: Bureau, tmp_path: Path, verify: Run
) -> None:
    out = tmp_path / "log"
    many(bureau, 300)
    done = exported(bureau, out)
    heads = tmp_path / "heads.txt"
    heads.write_bytes((done.folder / "checkpoint").read_bytes())
    vkey = bureau.centre.parts.journal.verifier.vkey
    for path in sorted(out.rglob("*")):
        if not path.is_file() or path.name in ("verify.py", "log.vkey"):
            continue
        data = path.read_bytes()
        path.write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:] if data[40:] else b"x")
        found = verify(heads, out, "--vkey", vkey)
        assert (found.returncode, found.stderr) == (1, ""), path
        assert "WRONG" in found.stdout
        path.unlink()
        assert verify(heads, out, "--vkey", vkey).returncode == 1, path
        path.write_bytes(data)
    assert verify(heads, out).returncode == 0


def test_a_log_cut_shorter_than_a_head_that_was_kept_is_seen(
    bureau: Bureau, tmp_path: Path, verify: Run
) -> None:
    out = tmp_path / "log"
    exported(bureau, out)
    shutil.copytree(out, tmp_path / "earlier")
    many(bureau, 5)
    done = exported(bureau, out)
    heads = tmp_path / "heads.txt"
    heads.write_bytes((done.folder / "checkpoint").read_bytes())
    found = verify(heads, tmp_path / "earlier")
    assert found.returncode == 1
    assert "the tail was cut off" in found.stdout


def test_a_log_rewritten_with_the_key_does_not_fit_a_head_that_was_kept(
    tmp_path: Path, verify: Run
) -> None:
    log = Signer("ssc.example/audit/2026", b"L" * 32)
    texts = [b'{"rpa":{},"n":%d}' % number for number in range(600)]

    def written(out: Path, data: list[bytes], *sizes: int) -> bytes:
        whole = Tree(map(tree.leaf_hash, data))
        for tile in tiles.hash_tiles(len(data)):
            (out / tile.path).parent.mkdir(parents=True, exist_ok=True)
            (out / tile.path).write_bytes(tiles.hash_tile(tile, whole.node))
        for tile in tiles.entry_bundles(len(data)):
            part = data[tile.index * 256 : tile.index * 256 + tile.width]
            (out / tile.path).parent.mkdir(parents=True, exist_ok=True)
            (out / tile.path).write_bytes(tiles.bundle(part))
        notes = [
            sign_checkpoint(Checkpoint(log.name, size, whole.root(size)), [log]) for size in sizes
        ]
        (out / "checkpoint").write_bytes(notes[-1])
        (out / "log.vkey").write_text(log.verifier.vkey)
        return b"".join(notes)

    heads = tmp_path / "heads.txt"
    heads.write_bytes(written(tmp_path / "true", texts, 100, 256, 300, 600))
    assert verify(heads, tmp_path / "true").returncode == 0
    texts[270] = b'{"rpa":{},"n":271}'
    written(tmp_path / "false", texts, 600)
    found = verify(heads, tmp_path / "false")
    assert found.returncode == 1
    assert "between entry 256 and 299" in found.stdout


def test_a_folder_of_another_history_is_not_added_to(bureau: Bureau, tmp_path: Path) -> None:
    out = tmp_path / "log"
    many(bureau, 300)
    kept = exported(bureau, out).folder / "checkpoint"
    checkpoint = kept.read_bytes()
    bureau.close()
    db = sqlite3.connect(bureau.home / "paraplu.db")
    with db:
        db.execute(
            "UPDATE entries SET bytes = CAST(replace(CAST(bytes AS TEXT), 'rpa', 'rpb') AS BLOB)"
            " WHERE place = (SELECT max(place) FROM entries)"
        )
    db.close()
    with pytest.raises(IntegrityBroken, match="audit verify"):
        exported(bureau, out)
    assert kept.read_bytes() == checkpoint


def two_years(bureau: Bureau, out: Path) -> tuple[TilesExported, TilesExported]:
    """The logs of two years, exported in each of them."""
    bureau.time.now = datetime(2026, 12, 31, 22, 59, 50, tzinfo=UTC)
    many(bureau, 5)
    exported(bureau, out)
    bureau.time.go_on(seconds=20)
    many(bureau, 5)
    old, new = bureau.centre.tile_log.export(out, bureau.who("ines"))
    return old, new


def test_the_logs_of_several_years_lie_side_by_side_and_their_link_is_checked(
    bureau: Bureau, tmp_path: Path, verify: Run
) -> None:
    out = tmp_path / "logs"
    old, new = two_years(bureau, out)
    assert (old.folder.parent, new.folder.parent) == (out, out)
    assert old.added > 0  # its last entries and its end
    heads = tmp_path / "heads.txt"
    heads.write_bytes(
        b"\n".join((one.folder / "checkpoint").read_bytes() for one in (old, new, old))
    )
    found = verify(heads, out, *keys_of(bureau))
    assert (found.returncode, found.stderr) == (0, ""), found.stdout
    assert f"Link     {new.log} follows on {old.log}" in found.stdout
    alone = verify(heads, new.folder, *keys_of(bureau))
    assert alone.returncode == 1
    assert f"you kept a head of {old.log}, and that log is not here" in alone.stdout
    heads.write_bytes((new.folder / "checkpoint").read_bytes())
    alone = verify(heads, new.folder, *keys_of(bureau))
    assert alone.returncode == 0
    assert "NOTE     the log before" in alone.stdout
    assert bureau.centre.tile_log.export(out, bureau.who("ines"))[0].files == 0


def test_a_closed_log_that_the_key_signed_anew_does_not_link_to_the_next(
    bureau: Bureau, tmp_path: Path, verify: Run
) -> None:
    out = tmp_path / "logs"
    old, new = two_years(bureau, out)
    signing = bureau.centre.parts.journal.signing
    data = tiles.read_bundle(
        next(iter(tiles.entry_bundles(old.size))),
        (old.folder / next(iter(tiles.entry_bundles(old.size))).path).read_bytes(),
    )
    data[2] = data[2].replace(b'"status_id":1', b'"status_id":2')
    shutil.rmtree(old.folder)
    whole = Tree(map(tree.leaf_hash, data))
    for tile in (*tiles.hash_tiles(old.size), *tiles.entry_bundles(old.size)):
        path = old.folder / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        entries_ = tile.level is None
        path.write_bytes(tiles.bundle(data) if entries_ else tiles.hash_tile(tile, whole.node))
    frontier = Frontier()
    frontier.extend(map(tree.leaf_hash, data))
    (old.folder / "checkpoint").write_bytes(signing.sign(old.log, frontier))
    shutil.copy(new.folder / "log.vkey", old.folder / "log.vkey")
    heads = tmp_path / "heads.txt"
    heads.write_bytes((new.folder / "checkpoint").read_bytes())
    found = verify(heads, out, *keys_of(bureau))
    assert found.returncode == 1
    assert f"{new.log} does not follow on {old.log} as it lies here" in found.stdout


def keys_of(bureau: Bureau) -> list[str]:
    """The options that name our key for each log."""
    with bureau.centre.parts.database.read() as connection:
        names = [one.log for one in logs.every(connection)]
    found = [bureau.centre.parts.journal.verifiers(name)[0].vkey for name in names]
    return [word for vkey in found for word in ("--vkey", vkey)]


def test_an_export_that_broke_off_the_first_time_is_gone_on_with(
    bureau: Bureau, tmp_path: Path
) -> None:
    out = tmp_path / "logs"
    done = exported(bureau, out)
    (done.folder / "checkpoint").unlink()
    assert exported(bureau, out).added > done.size


def test_a_folder_with_something_else_in_it_and_a_reader_of_some_clients_are_refused(
    bureau: Bureau, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(Refused, match="something else"):
        exported(bureau, tmp_path / "other")
    with pytest.raises(NotAllowed, match="all clients"):
        bureau.centre.tile_log.export(tmp_path / "log", bureau.who("paul"))


def test_the_commands_write_tiles_and_lines(bureau: Bureau, tmp_path: Path) -> None:
    bureau.close()
    program = [sys.executable, "-c", "from paraplu.cli.main import main; main()", "audit"]

    def run(*options: str) -> dict[str, object]:
        done = subprocess.run(
            [*program, *options, "--home", str(bureau.home), "--json"],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
        return found

    (log,) = run("tiles", "--out", str(tmp_path / "log"))["logs"]  # type: ignore[misc]
    size = log["size"]
    (log,) = run("tiles", "--out", str(tmp_path / "log"))["logs"]  # type: ignore[misc]
    assert log["added"] == 1
    assert run("siem", "--out", str(tmp_path / "a.jsonl"))["lines"] == size + 2
    assert run("siem", "--out", str(tmp_path / "a.jsonl"))["lines"] == 1
