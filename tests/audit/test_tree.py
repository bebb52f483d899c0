"""The Merkle tree, against the reference vectors of Certificate Transparency and against itself."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from paraplu.audit import tree
from paraplu.audit.errors import Malformed, NotProved
from paraplu.audit.tree import Frontier, Tree

# The eight leaves of the Certificate Transparency reference tests, and the roots of sizes 0 to 8.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
INCLUSION = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
CONSISTENCY = {
    (1, 1): (),
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
HASHES = [tree.leaf_hash(leaf) for leaf in LEAVES]


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    cut = 1
    while cut * 2 < len(leaves):
        cut *= 2
    pair = naive_root(leaves[:cut]) + naive_root(leaves[cut:])
    return hashlib.sha256(b"\x01" + pair).digest()


def hashes(count: int) -> list[bytes]:
    return [tree.leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


def flip(data: bytes, bit: int) -> bytes:
    bit %= len(data) * 8
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("size", range(9))
def test_the_reference_leaves_give_the_reference_roots(size: int) -> None:
    frontier = Frontier()
    for leaf in HASHES[:size]:
        frontier.append(leaf)
    assert frontier.root() == ROOTS[size]
    assert Tree(HASHES).root(size) == ROOTS[size]


@pytest.mark.parametrize(("where", "path"), INCLUSION.items())
def test_the_reference_inclusion_paths_come_out(
    where: tuple[int, int], path: tuple[str, ...]
) -> None:
    index, size = where
    found = tree.inclusion_proof(index, size, Tree(HASHES).node)
    assert tuple(step.hex() for step in found) == path
    tree.verify_inclusion(index, size, HASHES[index], found, ROOTS[size])


@pytest.mark.parametrize(("sizes", "path"), CONSISTENCY.items())
def test_the_reference_consistency_paths_come_out(
    sizes: tuple[int, int], path: tuple[str, ...]
) -> None:
    found = tree.consistency_proof(*sizes, Tree(HASHES).node)
    assert tuple(step.hex() for step in found) == path
    tree.verify_consistency(*sizes, found, ROOTS[sizes[0]], ROOTS[sizes[1]])


@given(st.lists(st.integers(0, 40), max_size=12))
def test_the_frontier_gives_the_root_of_the_rfc_however_leaves_come(batches: list[int]) -> None:
    leaves = hashes(sum(batches))
    frontier, at = Frontier(), 0
    for batch in batches:
        frontier.extend(leaves[at : at + batch])
        at += batch
        assert (frontier.size, frontier.root()) == (at, naive_root(leaves[:at]))


@given(st.integers(0, 600), st.integers(0, 40))
def test_a_frontier_goes_on_from_its_kept_bytes(size: int, more: int) -> None:
    leaves = hashes(size + more)
    frontier = Frontier()
    frontier.extend(leaves[:size])
    again = Frontier.from_bytes(frontier.to_bytes())
    again.extend(leaves[size:])
    assert again.root() == naive_root(leaves)
    assert frontier.size == size


def test_a_copy_of_a_frontier_grows_on_its_own() -> None:
    frontier = Frontier()
    frontier.extend(HASHES[:5])
    frontier.copy().extend(HASHES[5:])
    assert frontier.root() == ROOTS[5]


@pytest.mark.parametrize("data", [b"", b"\x00" * 7, bytes(7) + b"\x03" + bytes(32), b"\xff" * 8])
def test_a_damaged_frontier_is_not_read(data: bytes) -> None:
    with pytest.raises(Malformed):
        Frontier.from_bytes(data)


def test_a_leaf_hash_of_another_length_is_refused_and_nothing_appended() -> None:
    frontier = Frontier()
    with pytest.raises(ValueError, match="32 bytes"):
        frontier.extend([bytes(32), b"short"])
    assert frontier.size == 0


@given(st.lists(st.integers(0, 30), max_size=8))
def test_the_sink_is_told_each_complete_node_once_and_in_order(batches: list[int]) -> None:
    told: dict[tuple[int, int], bytes] = {}
    frontier, leaves, at = Frontier(), hashes(sum(batches)), 0

    def sink(level: int, first: int, row: object) -> None:
        for place, node in enumerate(row, start=first):  # type: ignore[arg-type, var-annotated]
            assert (level, place) not in told
            told[level, place] = node

    for batch in batches:
        frontier.extend(leaves[at : at + batch], sink)
        at += batch
    expected = {
        (level, index): naive_root(leaves[index << level : (index + 1) << level])
        for level in range(9)
        for index in range(at >> level)
    }
    assert told == expected


SIZES = st.integers(1, 300)


@given(SIZES, st.data())
def test_every_inclusion_proof_holds_and_fails_with_a_flipped_bit(
    size: int, data: st.DataObject
) -> None:
    whole = Tree(hashes(300))
    index = data.draw(st.integers(0, size - 1))
    path = tree.inclusion_proof(index, size, whole.node)
    leaf, root = whole.node(0, index), whole.root(size)
    tree.verify_inclusion(index, size, leaf, path, root)
    bit = data.draw(st.integers(0, 2**16))
    step = data.draw(st.integers(0, max(0, len(path) - 1)))
    broken = [flip(one, bit) if at == step else one for at, one in enumerate(path)]
    for attempt in (
        (index, size, flip(leaf, bit), path, root),
        (index, size, leaf, path, flip(root, bit)),
        (index, size, leaf, [*path, root], root),
        (size, size, leaf, path, root),
        *(
            [(index, size, leaf, broken, root), (index, size, leaf, path[:-1], root)]
            if path
            else []
        ),
    ):
        with pytest.raises(NotProved):
            tree.verify_inclusion(*attempt)


@given(SIZES, SIZES, st.integers(0, 2**16), st.integers(0, 20))
def test_every_consistency_proof_holds_and_fails_with_a_flipped_bit(
    one: int, other: int, bit: int, step: int
) -> None:
    first, second = sorted((one, other))
    whole = Tree(hashes(300))
    path = tree.consistency_proof(first, second, whole.node)
    old, new = whole.root(first), whole.root(second)
    tree.verify_consistency(first, second, path, old, new)
    attempts = [(path, flip(old, bit), new), (path, old, flip(new, bit)), ([*path, new], old, new)]
    if path:
        at = step % len(path)
        attempts.append(([*path[:at], flip(path[at], bit), *path[at + 1 :]], old, new))
        attempts.append((path[:-1], old, new))
    for steps, older, newer in attempts:
        with pytest.raises(NotProved):
            tree.verify_consistency(first, second, steps, older, newer)


def test_a_node_inside_the_tree_cannot_be_passed_off_as_an_entry() -> None:
    whole = Tree(HASHES)
    path = tree.inclusion_proof(0, 8, whole.node)
    with pytest.raises(NotProved, match="too short"):
        tree.verify_inclusion(0, 8, whole.node(1, 0), path[1:], ROOTS[8])


def test_the_empty_tree_is_a_beginning_of_every_tree() -> None:
    tree.verify_consistency(0, 8, [], ROOTS[0], ROOTS[8])
    with pytest.raises(NotProved):
        tree.verify_consistency(0, 8, [], ROOTS[1], ROOTS[8])


def test_a_larger_tree_is_no_beginning_of_a_smaller_one() -> None:
    with pytest.raises(NotProved):
        tree.verify_consistency(8, 6, [], ROOTS[8], ROOTS[6])
    with pytest.raises(ValueError, match="larger"):
        tree.consistency_proof(8, 6, Tree(HASHES).node)


def test_no_proof_is_made_for_a_place_outside_the_tree() -> None:
    for index in (-1, 8):
        with pytest.raises(ValueError, match="no such leaf"):
            tree.inclusion_proof(index, 8, Tree(HASHES).node)
        with pytest.raises(IndexError):
            Tree(HASHES).node(0, index)


def test_heads_of_growing_sizes_are_consistent_one_after_another() -> None:
    whole = Tree(hashes(200))
    for first, second in pairwise(range(1, 200, 13)):
        path = tree.consistency_proof(first, second, whole.node)
        tree.verify_consistency(first, second, path, whole.root(first), whole.root(second))
