"""Attacks on a log, carried out for real on its entries, and what the check says of each.

The attacker may write everything that the database holds: bytes, kept hashes, places, heads. Only the
signing key and the copies of heads that were kept elsewhere are out of reach.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Iterator, Sequence

import pytest
from hypothesis import given, strategies as st

from paraplu.audit import uid
from paraplu.audit.checkpoint import Checkpoint, sign_checkpoint
from paraplu.audit.entry import compose
from paraplu.audit.note import Signer
from paraplu.audit.part import Actor, Product
from paraplu.audit.tree import Frontier, leaf_hash
from paraplu.audit.verdict import Trouble, Verdict
from paraplu.audit.verification import MAX_FINDINGS, Place, verify

LOG = Signer("ssc.example/audit/2026", b"L" * 32)
START = 1_795_291_200_000
SIZE = 200


def entry(number: int, *, time_ms: int | None = None, word: str = "real") -> bytes:
    time = START + number * 1_000 if time_ms is None else time_ms
    return compose(
        kind="case-checked",
        uid=uid.from_time(time, number.to_bytes(10, "big")),
        time_ms=time,
        log=LOG.name,
        product=Product("paraplu", "0.1.0"),
        actor=Actor("p-1"),
        case=f"c-{number}",
        detail={"word": word},
    )


def rows(entries: Sequence[bytes]) -> list[Place]:
    return [Place(place, data, leaf_hash(data)) for place, data in enumerate(entries)]


def heads_over(places: Sequence[Place], *sizes: int, signer: Signer = LOG) -> list[bytes]:
    frontier, found = Frontier(), []
    for place in places:
        frontier.append(place.leaf_hash)
        if frontier.size in sizes:
            head = Checkpoint(signer.name, frontier.size, frontier.root())
            found.append(sign_checkpoint(head, [signer]))
    return found


ENTRIES = [entry(number) for number in range(SIZE)]
ROWS = rows(ENTRIES)
HEADS = heads_over(ROWS, 50, 100, 150, 200)


def check(places: Iterable[Place], heads: Iterable[bytes] = HEADS) -> Verdict:
    return verify(places, heads, [LOG.verifier], LOG.name)


def swapped(one: int, other: int) -> list[int]:
    order = list(range(SIZE))
    order[one], order[other] = other, one
    return order


def changed(data: bytes, at: int = 40) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_a_whole_log_is_intact() -> None:
    verdict = check(ROWS)
    assert verdict.intact
    assert (verdict.entries, verdict.heads, verdict.signed, verdict.unsigned) == (SIZE, 4, SIZE, 0)
    assert verdict.remarks == ()
    assert verdict.summary == "The log is intact: 200 entries, 4 signed heads fit."
    frontier = Frontier()
    frontier.extend(row.leaf_hash for row in ROWS)
    assert verdict.root == frontier.root()


def test_an_empty_log_is_intact() -> None:
    verdict = check([], [])
    assert (verdict.intact, verdict.entries, verdict.size) == (True, 0, 0)


def test_heads_may_come_in_any_order_and_more_than_once() -> None:
    verdict = check(ROWS, [*HEADS[::-1], HEADS[1]])
    assert (verdict.intact, verdict.heads) == (True, 4)


@given(st.integers(0, SIZE - 1), st.data())
def test_one_altered_byte_of_one_entry_names_that_entry(place: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(ENTRIES[place]) - 1))
    attacked = list(ROWS)
    attacked[place] = ROWS[place]._replace(data=changed(ENTRIES[place], at))
    verdict = check(attacked)
    assert not verdict.intact
    assert verdict.troubles == 1
    first = verdict.first
    assert first is not None
    assert (first.code, first.place) == (Trouble.ALTERED, place)
    assert f"entry {place} (uid " in first.message
    assert verdict.heads == 4


def test_the_message_for_an_altered_entry_is_plain() -> None:
    attacked = list(ROWS)
    attacked[57] = ROWS[57]._replace(data=ENTRIES[57].replace(b'"real"', b'"fake"'))
    name = uid.from_time(START + 57_000, (57).to_bytes(10, "big"))
    assert check(attacked).summary == (
        f"The log is NOT intact (200 entries read): entry 57 (uid {name}) was altered: its bytes no"
        " longer give the hash in the tree."
    )


def test_an_entry_whose_uid_was_damaged_is_named_by_the_uid_kept_beside_it() -> None:
    name = uid.from_time(START + 9_000, (9).to_bytes(10, "big"))
    damaged = ENTRIES[9].replace(name.encode(), name.replace("9", "z", 1).encode())
    attacked = list(ROWS)
    attacked[9] = Place(9, damaged, ROWS[9].leaf_hash, name)
    first = check(attacked).first
    assert first is not None
    assert first.uid == name


def test_every_altered_entry_is_named_up_to_a_limit() -> None:
    attacked = [row._replace(data=changed(ENTRIES[row.place])) for row in ROWS]
    verdict = check(attacked)
    assert verdict.troubles == SIZE
    assert len(verdict.findings) == MAX_FINDINGS
    assert [finding.place for finding in verdict.findings[:3]] == [0, 1, 2]


def test_an_altered_kept_hash_is_told_from_an_altered_entry() -> None:
    attacked = list(ROWS)
    attacked[120] = ROWS[120]._replace(leaf_hash=bytes(32))
    verdict = check(attacked)
    assert [(found.code, found.place) for found in verdict.findings] == [
        (Trouble.HASH_ALTERED, 120)
    ]
    assert verdict.heads == 4


def test_an_altered_entry_and_an_altered_hash_are_both_named() -> None:
    attacked = list(ROWS)
    attacked[20] = ROWS[20]._replace(leaf_hash=b"short")
    attacked[120] = ROWS[120]._replace(data=changed(ENTRIES[120]))
    assert [(found.code, found.place) for found in check(attacked).findings] == [
        (Trouble.HASH_ALTERED, 20),
        (Trouble.ALTERED, 120),
    ]


def test_an_entry_altered_together_with_its_hash_is_seen_by_the_next_head() -> None:
    attacked = rows([*ENTRIES[:120], entry(120, word="fake"), *ENTRIES[121:]])
    verdict = check(attacked)
    assert [found.code for found in verdict.findings] == [Trouble.HEAD_DIFFERS]
    assert (verdict.findings[0].place, verdict.findings[0].until) == (100, 150)
    assert "between entry 100 and entry 149" in verdict.summary
    assert (verdict.heads, verdict.signed) == (2, 100)
    assert "2 heads do not fit" in verdict.remarks[0]


def test_a_swapped_pair_is_named() -> None:
    attacked = list(ROWS)
    attacked[60] = ROWS[60]._replace(data=ENTRIES[70])
    attacked[70] = ROWS[70]._replace(data=ENTRIES[60])
    verdict = check(attacked)
    assert [found.code for found in verdict.findings] == [Trouble.SWAPPED]
    assert "entries 60 and 70 have changed places" in verdict.summary


def test_a_pair_swapped_with_its_hashes_is_seen_by_the_next_head() -> None:
    verdict = check(rows([ENTRIES[place] for place in swapped(60, 70)]))
    assert [found.code for found in verdict.findings] == [Trouble.HEAD_DIFFERS]
    assert (verdict.findings[0].place, verdict.findings[0].until) == (50, 100)
    assert any("older than the one before" in remark for remark in verdict.remarks)


def test_a_deleted_entry_leaves_a_missing_place() -> None:
    verdict = check(ROWS[:77] + ROWS[78:])
    assert [(found.code, found.place) for found in verdict.findings] == [
        (Trouble.PLACE_MISSING, 77)
    ]
    assert "entry 77 is missing" in verdict.summary
    assert (verdict.heads, verdict.root) == (1, None)


def test_several_deleted_entries_are_told_as_a_range_and_later_alterations_still_named() -> None:
    attacked = ROWS[:77] + ROWS[80:]
    attacked[-1] = ROWS[-1]._replace(data=changed(ENTRIES[-1]))
    verdict = check(attacked)
    assert "entries 77 to 79 are missing" in verdict.summary
    assert [found.code for found in verdict.findings] == [Trouble.PLACE_MISSING, Trouble.ALTERED]


def test_a_cut_tail_is_seen_behind_a_missing_place_too() -> None:
    verdict = check(ROWS[:77] + ROWS[78:130])
    assert [found.code for found in verdict.findings] == [Trouble.PLACE_MISSING, Trouble.TAIL_CUT]


def test_two_signed_heads_over_the_same_entries_that_differ_are_named() -> None:
    forged = rows([*ENTRIES[:149], entry(149, word="fake")])
    verdict = check(ROWS, [*HEADS, *heads_over(forged, 150)])
    assert [(found.code, found.until) for found in verdict.findings] == [
        (Trouble.HEADS_CONTRADICT, 150)
    ]
    assert "2 heads over 150 entries were signed with different roots" in verdict.summary


def test_a_deleted_entry_with_the_rest_moved_up_is_seen_by_the_next_head() -> None:
    verdict = check(rows(ENTRIES[:77] + ENTRIES[78:]))
    assert [found.code for found in verdict.findings] == [Trouble.TAIL_CUT, Trouble.HEAD_DIFFERS][
        ::-1
    ]
    assert verdict.first is not None
    assert (verdict.first.code, verdict.first.place) == (Trouble.HEAD_DIFFERS, 50)


def test_an_inserted_entry_is_seen_by_the_next_head() -> None:
    verdict = check(rows([*ENTRIES[:77], entry(77, word="fake"), *ENTRIES[77:]]))
    assert [found.code for found in verdict.findings] == [Trouble.HEAD_DIFFERS]
    assert (verdict.findings[0].place, verdict.findings[0].until) == (50, 100)


def test_a_place_that_stands_twice_is_named() -> None:
    verdict = check([*ROWS[:78], Place(77, entry(1), leaf_hash(entry(1))), *ROWS[78:]])
    assert [(found.code, found.place) for found in verdict.findings] == [(Trouble.PLACE_TWICE, 77)]


def test_an_entry_whose_bytes_were_emptied_is_named_and_the_tree_still_holds() -> None:
    attacked = list(ROWS)
    attacked[33] = ROWS[33]._replace(data=None)
    verdict = check(attacked)
    assert [(found.code, found.place) for found in verdict.findings] == [
        (Trouble.BYTES_MISSING, 33)
    ]
    assert verdict.heads == 4


def test_a_cut_tail_is_seen_by_a_head_that_covered_it() -> None:
    verdict = check(ROWS[:130])
    assert [found.code for found in verdict.findings] == [Trouble.TAIL_CUT]
    assert "over 200 entries, the log has 130; the last 70 are missing" in verdict.summary
    assert verdict.heads == 2


def test_a_cut_tail_is_seen_when_a_copy_of_the_head_was_kept() -> None:
    stored = HEADS[:2]
    assert check(ROWS[:100], stored).intact
    assert not check(ROWS[:100], [*stored, HEADS[3]]).intact


def test_a_tail_cut_with_its_heads_is_not_seen_without_a_copy() -> None:
    # The limit of any log that lies in one place; the docs say so.
    assert check(ROWS[:100], HEADS[:2]).intact


def test_a_restored_old_backup_is_seen_when_a_copy_of_the_head_was_kept() -> None:
    backup = rows([*ENTRIES[:150], *(entry(place, word="again") for place in range(150, 210))])
    stored = heads_over(backup, 50, 100, 150, 210)
    assert check(backup, stored).intact
    verdict = check(backup, [*stored, HEADS[3]])
    assert [found.code for found in verdict.findings] == [
        Trouble.HEAD_DIFFERS,
        Trouble.HEADS_CONTRADICT,
    ]
    assert verdict.findings[0].until == 200


def test_entries_after_the_last_head_are_allowed_and_counted() -> None:
    verdict = check(ROWS, HEADS[:3])
    assert verdict.intact
    assert (verdict.signed, verdict.unsigned) == (150, 50)
    assert verdict.summary.endswith("The last 50 are not signed yet.")


def test_an_entry_appended_with_a_false_old_time_is_remarked_upon() -> None:
    verdict = check(rows([*ENTRIES, entry(SIZE, time_ms=START)]))
    assert verdict.intact
    assert verdict.unsigned == 1
    assert "1 entry is older than the one before, first at entry 200" in verdict.remarks[0]


def test_a_back_dated_entry_among_signed_ones_is_seen() -> None:
    verdict = check(rows([*ENTRIES[:120], entry(120, time_ms=START), *ENTRIES[121:]]))
    assert [found.code for found in verdict.findings] == [Trouble.HEAD_DIFFERS]
    assert "entry 120" in " ".join(verdict.remarks)


def test_everything_rewritten_without_the_key_is_seen() -> None:
    forged = rows([entry(number, word="fake") for number in range(SIZE)])
    thief = Signer(LOG.name, b"T" * 32)
    with_old_heads = check(forged)
    assert with_old_heads.heads == 0
    assert with_old_heads.findings[0].code is Trouble.HEAD_DIFFERS
    with_own_heads = check(forged, heads_over(forged, 50, 200, signer=thief))
    assert [found.code for found in with_own_heads.findings] == [Trouble.HEAD_UNPROVED] * 2
    assert "no known key has signed" in with_own_heads.summary


def test_everything_rewritten_with_the_key_is_seen_when_a_copy_of_a_head_was_kept() -> None:
    forged = rows([entry(number, word="fake") for number in range(SIZE)])
    own = heads_over(forged, 50, 100, 150, 200)
    assert check(forged, own).intact
    verdict = check(forged, [*own, HEADS[2]])
    assert not verdict.intact
    assert any(found.code is Trouble.HEADS_CONTRADICT for found in verdict.findings)
    assert "signed two histories" in " ".join(found.message for found in verdict.findings)


def test_removed_heads_leave_a_remark() -> None:
    verdict = check(ROWS, [])
    assert verdict.intact
    assert verdict.unsigned == SIZE
    assert "No signed head" in verdict.summary
    assert "nothing proves the log" in verdict.remarks[0]


@pytest.mark.parametrize("at", range(0, len(HEADS[1]), 7))
def test_a_damaged_head_is_named_and_the_others_still_count(at: int) -> None:
    verdict = check(ROWS, [HEADS[0], changed(HEADS[1], at), *HEADS[2:]])
    assert [found.code for found in verdict.findings] == [Trouble.HEAD_UNPROVED]
    assert "head 2 cannot be trusted" in verdict.summary
    assert verdict.heads == 3


def test_a_head_of_another_log_is_refused() -> None:
    other = Signer("ssc.example/audit/2025", b"O" * 32)
    heads = heads_over(ROWS, 50, signer=other)
    verdict = verify(ROWS, heads, [LOG.verifier, other.verifier], LOG.name)
    assert "a head of another log" in verdict.summary


def test_only_what_came_after_an_earlier_head_can_be_checked() -> None:
    start = Frontier()
    start.extend(row.leaf_hash for row in ROWS[:150])
    verdict = verify(ROWS[150:], HEADS, [LOG.verifier], LOG.name, start)
    assert verdict.intact
    assert (verdict.entries, verdict.size, verdict.heads, verdict.unsigned) == (50, 200, 2, 0)
    wrong = Frontier()
    wrong.extend(row.leaf_hash for row in ROWS[1:151])
    assert not verify(ROWS[150:], HEADS, [LOG.verifier], LOG.name, wrong).intact


def test_a_log_that_went_on_after_the_check_began_is_no_trouble_for_the_start() -> None:
    start = Frontier()
    start.extend(row.leaf_hash for row in ROWS[:10])
    verify(ROWS[10:], HEADS, [LOG.verifier], LOG.name, start)
    assert start.size == 10


def test_a_difference_in_the_middle_of_a_batch_does_not_make_a_head_missed() -> None:
    many = [entry(number) for number in range(3_000)]
    places = rows(many)
    sizes = (1, 2, 700, 1_024, 1_025, 2_048, 2_999)
    heads = heads_over(places, *sizes)
    for at in (0, 5, 699, 1_023, 1_024, 2_500, 2_999):
        attacked = list(places)
        attacked[at] = places[at]._replace(data=changed(many[at]))
        verdict = check(attacked, heads)
        assert [(found.code, found.place) for found in verdict.findings] == [(Trouble.ALTERED, at)]
        assert verdict.heads == len(sizes)


def stream(count: int) -> Iterator[Place]:
    for number in range(count):
        data = b'{"time":%d,"type_uid":1}' % number
        yield Place(number, data, leaf_hash(data))


def test_the_check_needs_no_more_memory_for_a_longer_log() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        assert check(stream(count), []).intact
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(3_000)
    assert peak(30_000) < peak(3_000) * 1.5
