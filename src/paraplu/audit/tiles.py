"""The log as files that others can read: C2SP tlog-tiles (https://c2sp.org/tlog-tiles).

Hash tiles hold 256 hashes of every eighth level of the tree, entry bundles 256 entries; the last of
each may be partial. A full tile never changes, so an export only ever adds files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from paraplu.audit.errors import Malformed
from paraplu.audit.tree import HASH_BYTES, NodeSource, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_LEVEL = 63
_MAX_ENTRY = 65_535

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """The name of a tile. `level` is None for a bundle of entries; `width` is 1 to 256."""

    level: int | None
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if not (
            (self.level is None or 0 <= self.level <= MAX_LEVEL)
            and self.index >= 0
            and 1 <= self.width <= WIDTH
        ):
            raise Malformed("no tile has such a level, index or width")

    @property
    def path(self) -> str:
        """The path below the prefix of the log: `tile/0/x001/067.p/8`."""
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.insert(0, f"x{rest % 1000:03d}")
            rest //= 1000
        level = "entries" if self.level is None else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(groups)}{partial}"

    @classmethod
    def parse(cls, path: str) -> Tile:
        """Read a path; raises `Malformed` unless it is the one right spelling of a tile."""
        found = _PATH.fullmatch(path)
        if found is None:
            raise Malformed("not the path of a tile")
        level = None if found["level"] == "entries" else int(found["level"])
        index = int(found["index"].replace("x", "").replace("/", ""))
        tile = cls(level, index, int(found["width"] or WIDTH))
        if tile.path != path:
            raise Malformed("not the right spelling of the path of a tile")
        return tile


def hash_tiles(size: int, since: int = 0) -> Iterator[Tile]:
    """Name the hash tiles of a log of `size` entries that differ from those at size `since`."""
    level = 0
    while size >> HEIGHT * level:
        yield from _level_tiles(level, size >> HEIGHT * level, since >> HEIGHT * level)
        level += 1


def entry_bundles(size: int, since: int = 0) -> Iterator[Tile]:
    """Name the bundles of a log of `size` entries that differ from those at size `since`."""
    yield from _level_tiles(None, size, since)


def hash_tile(tile: Tile, node: NodeSource) -> bytes:
    """Give the content of a hash tile from the nodes of the tree."""
    if tile.level is None:
        raise ValueError("a bundle of entries holds no hashes")
    first = tile.index * WIDTH
    return b"".join(node(HEIGHT * tile.level, first + place) for place in range(tile.width))


def read_hash_tile(tile: Tile, data: bytes) -> list[bytes]:
    """Give the hashes of a hash tile; raises `Malformed` if their number is not its width."""
    if len(data) != tile.width * HASH_BYTES:
        raise Malformed(f"{tile.path}: not {tile.width} hashes of {HASH_BYTES} bytes")
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def bundle(entries: Iterable[bytes]) -> bytes:
    """Give the content of an entry bundle; an entry has at most 65,535 bytes (`ValueError`)."""
    parts: list[bytes] = []
    for data in entries:
        if len(data) > _MAX_ENTRY:
            raise ValueError("an entry in a bundle has at most 65,535 bytes")
        parts += (len(data).to_bytes(2, "big"), data)
    return b"".join(parts)


def read_bundle(tile: Tile, data: bytes) -> list[bytes]:
    """Give the entries of a bundle; raises `Malformed` if it is cut or their number is not its width."""
    found: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise Malformed(f"{tile.path}: the bundle is cut off")
        found.append(data[start:at])
    if len(found) != tile.width:
        raise Malformed(f"{tile.path}: {len(found)} entries, not {tile.width}")
    return found


def nodes_of(size: int, read: Callable[[Tile], bytes]) -> NodeSource:
    """Give the nodes of the tree of a log of `size` entries out of its hash tiles, for proofs.

    `read` gives the content of a tile. Nothing is kept between calls: cache in `read` if need be.
    """

    def node(level: int, index: int) -> bytes:
        if index < 0 or (index + 1) << level > size:
            raise IndexError("the tree has no such node")
        tile_level, height = divmod(level, HEIGHT)
        first = index << height
        tile_index = first // WIDTH
        width = min(WIDTH, (size >> HEIGHT * tile_level) - tile_index * WIDTH)
        tile = Tile(tile_level, tile_index, width)
        row = read_hash_tile(tile, read(tile))
        row = row[first % WIDTH : first % WIDTH + (1 << height)]
        while len(row) > 1:
            row = [node_hash(*pair) for pair in zip(row[::2], row[1::2], strict=True)]
        return row[0]

    return node


def _level_tiles(level: int | None, size: int, since: int) -> Iterator[Tile]:
    if since >= size:
        return
    for index in range(since // WIDTH, -(-size // WIDTH)):
        yield Tile(level, index, min(WIDTH, size - index * WIDTH))
