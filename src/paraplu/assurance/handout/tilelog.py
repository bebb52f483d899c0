"""All logs as folders of files that others can read and serve: C2SP tlog-tiles. Only ever adds."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from paraplu.assurance.handout.texts import verifiers
from paraplu.audit import tiles, tree
from paraplu.audit.checkpoint import Checkpoint, open_checkpoint
from paraplu.audit.errors import AuditError
from paraplu.audit.tiles import WIDTH, Tile
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known
from paraplu.errors import IntegrityBroken, NotAllowed, Refused
from paraplu.store import entries, logs
from paraplu.store.logs import Log


@dataclass(frozen=True, slots=True)
class TilesExported:
    """A log up to `size` lies in the folder; `added` entries are new in it, in `files` new files."""

    folder: Path
    log: str
    size: int
    added: int
    files: int


class TileLog:
    """Writes all logs out as tiles. No personal value stands in them: entries hold digests only."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def export(self, out: Path, by: Known) -> tuple[TilesExported, ...]:
        """Add to the folder `out` what is new, for each log in a folder of its own, its newest head last.

        An entry tells of it. Broken off, it is gone on with when called again. Raises `Refused` when the
        folder holds something else, `NotAllowed` for who works for some clients only, `IntegrityBroken` when
        a log is not the one that its folder holds the beginning of: then its head stays as it was.
        """
        if by.person.clients:
            raise NotAllowed("The whole log is for those who work for all clients.")
        verifier = out / "verify.py"
        if out.exists() and any(out.iterdir()) and not verifier.exists():
            raise Refused(f"{out} holds something else: name a folder of its own.")
        journal = self._parts.journal
        journal.write_alone("log-exported", by.hand, detail={"what": "tiles"})
        journal.sign_head()
        out.mkdir(parents=True, exist_ok=True)
        # First, since by it the folder is known to be one of these.
        _Folder(out).put(verifier.name, verifiers("en")["verify.py"], new=True)
        with self._parts.database.read() as connection:
            return tuple(
                self._export(connection, log, out / log.log.rpartition("/")[2])
                for log in logs.every(connection)
            )

    def _export(self, connection: Connection, log: Log, out: Path) -> TilesExported:
        checkpoint = out / "checkpoint"
        before = self._head(log, checkpoint.read_bytes()) if checkpoint.exists() else None
        notes = entries.all_heads(connection, log.log)
        if not notes:
            raise Refused(f"{log.log} has no signed head yet: sign it where its key is.")
        head = self._head(log, notes[-1])
        since = before.size if before is not None else 0
        if since > head.size:
            raise IntegrityBroken(
                f"{out} holds {since:,} entries under a signed head, the log has {head.size:,}: its tail was "
                "cut off, or an old backup was put back."
            )
        out.mkdir(exist_ok=True)
        folder = _Folder(out)
        _Rows(folder, since).add(_data(connection, log, since // WIDTH * WIDTH, head.size))
        nodes = tiles.nodes_of(head.size, lambda tile: (out / tile.path).read_bytes())
        for one in (before, head):
            if one is not None and tree.root(one.size, nodes) != one.root:
                raise IntegrityBroken(
                    f"The tiles in {out} do not give the root of the head over {one.size:,} entries. "
                    "Run: paraplu audit verify"
                )
        vkeys = "".join(f"{one.vkey}\n" for one in self._parts.journal.verifiers(log.log))
        folder.put("log.vkey", vkeys.encode(), new=True)
        folder.put("checkpoint", notes[-1], new=True)
        return TilesExported(out, head.origin, head.size, head.size - since, folder.written)

    def _head(self, log: Log, note: bytes) -> Checkpoint:
        try:
            return open_checkpoint(note, self._parts.journal.verifiers(log.log), log.log)
        except AuditError as error:
            raise Refused(f"The head of {log.log} cannot be trusted ({error}).") from None


def _data(connection: Connection, log: Log, first: int, size: int) -> Iterator[bytes]:
    """The bytes of the entries of a log from number `first` on; `IntegrityBroken` where one is missing."""
    expected, until = log.first + first, log.first + size
    for one in entries.in_order(connection, after=expected - 1, until=until):
        if one.place != expected:
            break
        expected += 1
        yield one.data
    if expected != until:
        raise IntegrityBroken(
            f"Entry {expected} is missing from the log. Run: paraplu audit verify"
        )


class _Folder:
    """Files of the log; what was once written is never written over with something else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.written = 0

    def read(self, tile: Tile) -> bytes:
        return (self._path / tile.path).read_bytes()

    def put(self, name: str, data: bytes, *, new: bool = False) -> None:
        """Write a file in one step; with `new` in the place of another."""
        path = self._path / name
        if path.exists():
            if path.read_bytes() == data:
                return
            if not new:
                raise IntegrityBroken(
                    f"{name} is not what was exported before: the log or the folder was changed. "
                    "Run: paraplu audit verify"
                )
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(6)}.part")
        try:
            draft.write_bytes(data)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        self.written += 1


@dataclass(slots=True)
class _Row:
    """The tile of one level that is being filled."""

    index: int
    hashes: list[bytes] = field(default_factory=list)


class _Rows:
    """Every level of hash tiles as entries come in; goes on from a folder that holds `since` entries."""

    def __init__(self, folder: _Folder, since: int) -> None:
        self._folder = folder
        self._rows = [_Row(since // WIDTH)]  # the bundle that was partial is read again
        level = 1
        while since >> tiles.HEIGHT * level:
            index, width = divmod(since >> tiles.HEIGHT * level, WIDTH)
            row = _Row(index)
            if width:
                tile = Tile(level, index, width)
                row.hashes = tiles.read_hash_tile(tile, folder.read(tile))
            self._rows.append(row)
            level += 1

    def add(self, data: Iterator[bytes]) -> None:
        """Write bundles and tiles of these entries, the last ones partial."""
        while bundle := list(islice(data, WIDTH)):
            index = self._rows[0].index
            self._put(Tile(None, index, len(bundle)), tiles.bundle(bundle))
            for one in bundle:
                self._push(0, tree.leaf_hash(one))
        for level, row in enumerate(self._rows):
            if row.hashes:
                self._put(Tile(level, row.index, len(row.hashes)), b"".join(row.hashes))

    def _push(self, level: int, hash_: bytes) -> None:
        if level == len(self._rows):
            self._rows.append(_Row(0))
        row = self._rows[level]
        row.hashes.append(hash_)
        if len(row.hashes) == WIDTH:
            self._put(Tile(level, row.index), b"".join(row.hashes))
            self._push(level + 1, tree.Tree(row.hashes).root())
            row.index, row.hashes = row.index + 1, []

    def _put(self, tile: Tile, data: bytes) -> None:
        self._folder.put(tile.path, data)
