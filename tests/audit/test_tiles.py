"""Tiles: their names, their content, and the tree that comes out of them again."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from paraplu.audit import tiles, tree
from paraplu.audit.errors import Malformed
from paraplu.audit.tiles import Tile
from paraplu.audit.tree import Tree


def entries(count: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(count)]


def tree_of(count: int) -> Tree:
    return Tree(tree.leaf_hash(data) for data in entries(count))


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1_067, 8), "tile/0/x001/067.p/8"),
        (Tile(63, 5, 255), "tile/63/005.p/255"),
        (Tile(None, 1_000), "tile/entries/x001/000"),
        (Tile(None, 999, 1), "tile/entries/999.p/1"),
    ],
)
def test_a_tile_has_the_path_of_the_standard(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert Tile.parse(path) == tile


@given(st.none() | st.integers(0, 63), st.integers(0, 10**12), st.integers(1, 256))
def test_every_path_leads_back_to_its_tile(level: int | None, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert Tile.parse(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/1067",
        "tile/0/x000/067",
        "tile/0/001/067",
        "tile/00/067",
        "tile/64/067",
        "tile/0/067.p/0",
        "tile/0/067.p/256",
        "tile/0/067.p/08",
        "tile/0/067/",
        "/tile/0/067",
        "tile/data/067",
        "tile/0/../067",
        "tile/0/٠٦٧",
    ],
)
def test_another_spelling_of_a_path_is_not_read(path: str) -> None:
    with pytest.raises(Malformed):
        Tile.parse(path)


def test_a_log_of_70_000_has_the_tiles_that_the_standard_counts() -> None:
    named = list(tiles.hash_tiles(70_000))
    widths = {level: [tile.width for tile in named if tile.level == level] for level in range(4)}
    assert widths == {0: [256] * 273 + [112], 1: [256, 17], 2: [1], 3: []}
    assert [tile.width for tile in tiles.entry_bundles(70_000)] == [256] * 273 + [112]


def test_a_log_of_256_has_a_full_tile_and_one_of_width_1_above_it() -> None:
    assert list(tiles.hash_tiles(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles.hash_tiles(0)) == list(tiles.entry_bundles(0)) == []


@given(st.integers(0, 70_000), st.integers(0, 70_000))
def test_only_tiles_that_changed_are_named_again(one: int, other: int) -> None:
    since, size = sorted((one, other))
    before, after = set(tiles.hash_tiles(since)), set(tiles.hash_tiles(size))
    assert set(tiles.hash_tiles(size, since)) == after - before


def test_the_hashes_of_a_tile_are_the_subtrees_that_the_standard_names() -> None:
    whole = tree_of(600)
    leaves = [whole.node(0, place) for place in range(600)]
    first = tiles.hash_tile(Tile(0, 2, 88), whole.node)
    assert tiles.read_hash_tile(Tile(0, 2, 88), first) == leaves[512:]
    above = tiles.hash_tile(Tile(1, 0, 2), whole.node)
    assert tiles.read_hash_tile(Tile(1, 0, 2), above) == [
        Tree(leaves[:256]).root(),
        Tree(leaves[256:512]).root(),
    ]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600, 1_000])
def test_root_and_proofs_come_out_of_the_tiles_again(size: int) -> None:
    whole = tree_of(size)
    files = {tile.path: tiles.hash_tile(tile, whole.node) for tile in tiles.hash_tiles(size)}
    node = tiles.nodes_of(size, lambda tile: files[tile.path])
    assert tree.root(size, node) == whole.root()
    for index in {0, size // 3, size // 2, size - 1}:
        path = tree.inclusion_proof(index, size, node)
        assert path == tree.inclusion_proof(index, size, whole.node)
    path = tree.consistency_proof(size // 2, size, node)
    assert path == tree.consistency_proof(size // 2, size, whole.node)
    with pytest.raises(IndexError):
        node(0, size)


def test_a_tree_of_three_tile_levels_comes_out_of_its_tiles() -> None:
    size = 66_000
    whole = Tree(tree.leaf_hash(number.to_bytes(4, "big")) for number in range(size))
    files = {tile.path: tiles.hash_tile(tile, whole.node) for tile in tiles.hash_tiles(size)}
    node = tiles.nodes_of(size, lambda tile: files[tile.path])
    assert tree.root(size, node) == whole.root()


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_gives_back_its_entries(several: list[bytes]) -> None:
    tile = Tile(None, 0, len(several))
    assert tiles.read_bundle(tile, tiles.bundle(several)) == several


def test_an_entry_of_the_largest_size_fits_and_a_larger_one_does_not() -> None:
    largest = b"x" * 65_535
    assert tiles.read_bundle(Tile(None, 0, 1), tiles.bundle([largest])) == [largest]
    with pytest.raises(ValueError, match="65,535"):
        tiles.bundle([largest + b"x"])


@pytest.mark.parametrize("cut", [1, 5])
def test_a_cut_bundle_or_tile_is_not_read(cut: int) -> None:
    data = tiles.bundle(entries(3))
    with pytest.raises(Malformed):
        tiles.read_bundle(Tile(None, 0, 3), data[:-cut])
    with pytest.raises(Malformed):
        tiles.read_bundle(Tile(None, 0, 3), data + b"\0")
    with pytest.raises(Malformed):
        tiles.read_bundle(Tile(None, 0, 2), data)
    with pytest.raises(Malformed):
        tiles.read_hash_tile(Tile(0, 0, 2), bytes(64 - cut))


@pytest.mark.parametrize("tile", [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)])
def test_a_tile_that_cannot_be_is_refused(tile: tuple[int, int, int]) -> None:
    with pytest.raises(Malformed):
        Tile(*tile)
