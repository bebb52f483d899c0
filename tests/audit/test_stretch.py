"""The fast way over a log says what the careful way says, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from paraplu.audit.checkpoint import Checkpoint, sign_checkpoint
from paraplu.audit.note import Signer
from paraplu.audit.stretch import LONGEST, Stretch, hash_stretch, head_sizes
from paraplu.audit.tree import Frontier, Tree, leaf_hash
from paraplu.audit.verification import Place, verify, verify_stretches

LOG = Signer("ssc.example/audit/2026", b"L" * 32)
Row = tuple[int, bytes, bytes | None]


def rows_of(size: int) -> list[Row]:
    found: list[Row] = []
    for number in range(size):
        data = b'{"rpa":%d,"time":%d,"type_uid":300403}' % (number, 1_794_906_000_000 + number)
        found.append((number, leaf_hash(data), data))
    return found


def signed(rows: Sequence[Row], *sizes: int) -> list[bytes]:
    tree = Tree(kept for _place, kept, _data in rows)
    return [sign_checkpoint(Checkpoint(LOG.name, size, tree.root(size)), [LOG]) for size in sizes]


def stretches(
    rows: Sequence[Row], heads: Sequence[bytes], first: int = 0
) -> Iterator[Stretch | None]:
    while first < len(rows):
        until = min(first - first % LONGEST + LONGEST, len(rows))
        yield hash_stretch(first, rows[first:until], head_sizes(heads))
        first = until


ROWS = rows_of(3 * LONGEST + 77)


@settings(max_examples=25)
@given(size=st.integers(1, len(ROWS)), cuts=st.lists(st.integers(0, len(ROWS)), max_size=5))
def test_an_intact_log_gets_the_verdict_that_the_careful_way_gives(
    size: int, cuts: list[int]
) -> None:
    rows = ROWS[:size]
    heads = signed(rows, *(cut for cut in cuts if cut <= size))
    quick = verify_stretches(stretches(rows, heads), heads, [LOG.verifier], LOG.name)
    careful = verify((Place(p, d, k) for p, k, d in rows), heads, [LOG.verifier], LOG.name)
    assert quick == careful
    assert quick is not None
    assert quick.intact


@settings(max_examples=25)
@given(start=st.integers(0, len(ROWS) - 1), cut=st.integers(0, len(ROWS)))
def test_it_goes_on_from_any_earlier_head(start: int, cut: int) -> None:
    heads = signed(ROWS, cut, len(ROWS))
    edge = Frontier()
    edge.extend(kept for _place, kept, _data in ROWS[:start])
    rows = stretches(ROWS, heads, start)
    quick = verify_stretches(rows, heads, [LOG.verifier], LOG.name, edge)
    places = (Place(p, d, k) for p, k, d in ROWS[start:])
    assert quick == verify(places, heads, [LOG.verifier], LOG.name, edge)
    assert quick is not None
    assert quick.edge is not None
    assert Frontier.from_bytes(quick.edge).root() == quick.root


@pytest.mark.parametrize("place", [0, 1, LONGEST - 1, LONGEST, 2 * LONGEST + 5, len(ROWS) - 1])
def test_whatever_is_wrong_it_says_nothing(place: int) -> None:
    heads = signed(ROWS, LONGEST + 3, len(ROWS))

    def quick(rows: Sequence[Row], notes: Sequence[bytes] = heads) -> object:
        return verify_stretches(stretches(rows, notes), notes, [LOG.verifier], LOG.name)

    assert quick(ROWS) is not None
    number, kept, data = ROWS[place]
    assert data is not None
    other = data.replace(b"rpa", b"rpb")
    before, after = ROWS[:place], ROWS[place + 1 :]
    assert quick([*before, (number, kept, other), *after]) is None
    assert quick([*before, (number, leaf_hash(other), data), *after]) is None
    assert quick([*before, (number, leaf_hash(other), other), *after]) is None
    assert quick([*before, (number, kept, None), *after]) is None
    assert quick([*before, *after]) is None
    assert quick([*before, *((n - 1, k, d) for n, k, d in after)]) is None
    assert quick(ROWS[: place + 1], heads) is None or place == len(ROWS) - 1
    damaged = [heads[0].replace(b"audit", b"audjt"), heads[1]]
    assert quick(ROWS, damaged) is None


def test_a_clock_that_was_set_back_is_remarked_upon_within_and_between_stretches() -> None:
    rows = list(ROWS)
    for place in (5, LONGEST):
        data = b'{"rpa":%d,"time":%d,"type_uid":300403}' % (place, 1_794_905_999_000)
        rows[place] = (place, leaf_hash(data), data)
    heads = signed(rows, len(rows))
    quick = verify_stretches(stretches(rows, heads), heads, [LOG.verifier], LOG.name)
    careful = verify((Place(p, d, k) for p, k, d in rows), heads, [LOG.verifier], LOG.name)
    assert quick == careful
    assert "2 entries are older" in careful.remarks[0]


def test_a_stretch_that_does_not_follow_on_is_refused() -> None:
    heads = signed(ROWS, len(ROWS))
    one, two, *rest = stretches(ROWS, heads)
    assert one is not None
    assert two is not None
    for order in ([two, one, *rest], [one, one, two, *rest], [one, *rest]):
        assert verify_stretches(order, heads, [LOG.verifier], LOG.name) is None
    forged = replace(two, subtrees=tuple((level, bytes(32)) for level, _hash in two.subtrees))
    assert verify_stretches([one, forged, *rest], heads, [LOG.verifier], LOG.name) is None


def test_a_subtree_is_grafted_where_it_fits_and_nowhere_else() -> None:
    leaves = [leaf_hash(b"%d" % number) for number in range(7)]
    whole, grafted, part = Frontier(), Frontier(), Frontier()
    whole.extend(leaves)
    part.extend(leaves[:4])
    below = [(level, peak) for level, _index, peak in part.peaks()]
    for level, peak in (*below, (0, leaves[4]), (0, leaves[5]), (0, leaves[6])):
        grafted.graft(level, peak)
    assert grafted.to_bytes() == whole.to_bytes()
    with pytest.raises(ValueError, match="does not fit"):
        grafted.graft(1, leaves[0])
