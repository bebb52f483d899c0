"""A personal value that is gone without an erasure is found; what was erased lawfully is not."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from bureau import CLIENT, Bureau, booking, found_home, moved_in
from test_erasing import AFTERWARDS, LEA, erase, led, who
from test_proof import verified, written

from paraplu.assurance.verifying.missing import Missing, look
from paraplu.audit.disclosure import KEPT, disclosable
from paraplu.store import tables
from postgres import empty_postgres_url

__all__ = ["empty_postgres_url", "led"]


def looked(bureau: Bureau, *, opened: bool = False, newest: int | None = None) -> Missing:
    with bureau.centre.parts.database.read() as connection:
        return look(bureau.centre.parts, connection, opened=opened, newest=newest)


def test_nothing_is_missing_in_a_log_that_nobody_touched(after: Bureau) -> None:
    found = looked(after, opened=True)
    assert (found.troubles, found.erased, found.findings) == (0, 0, [])
    assert found.entries == len(after.kinds())
    assert found.values > 300


def test_lines_that_nobody_asked_about_are_digests_by_design_and_said_to_be(after: Bureau) -> None:
    # Otherwise each intent and outcome would be reported: they have a digest that nothing opens.
    written_down = [one for one in after.entries() if one.rpa.get("detail", {}).get(KEPT)]
    assert {one.kind for one in written_down} == {"intent", "outcome-confirmed"}
    for one in written_down:
        assert one.rpa["detail"][KEPT] in one.digests
    every = after.entries_of("intent", "outcome-confirmed")
    none = [one for one in every if one.rpa["detail"][KEPT] is None]
    assert len(none) + len(written_down) == len(every) > len(none) > 0


@pytest.mark.parametrize("kind", ["case-received", "intent", "outcome-confirmed"])
def test_values_taken_away_are_named_with_their_entry_and_end_with_4(
    after: Bureau, kind: str
) -> None:
    place = next(n for n, one in enumerate(after.kinds()) if one == kind)
    taken = written(
        after,
        "DELETE FROM disclosures WHERE entry = (SELECT uid FROM entries WHERE place = ?)",
        place,
    )
    assert taken == 1
    number = len(disclosable(after.entries()[place].data))
    many = "a personal value is" if number == 1 else f"{number} personal values are"
    code, said = verified(after)
    assert (code, said["intact"]) == (4, False)
    assert said["findings"] == [f"entry {place}: {many} missing, and no erasure says why"]


def test_a_key_that_is_gone_without_an_erasure_is_told_of(after: Bureau) -> None:
    case = after.case("KENMERK-772")
    after.close()
    db = sqlite3.connect(after.home / "keys.db")
    with db:
        db.execute("DELETE FROM keys WHERE uid = ?", (case.key,))
    db.close()
    found = looked(after)
    assert any("2 cases of noordwijk cannot be opened" in text for text in found.findings)
    assert any("the key of its personal values is gone" in text for text in found.findings)
    assert verified(after)[0] == 4


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("kind", "action"),
        ("time", 1),
        ("case_uid", None),
        ("actor", "somebody-else"),
        ("run", None),
    ],
)
def test_an_entry_that_was_hidden_from_questions_by_its_columns_is_named(
    after: Bureau, column: str, value: str | int | None
) -> None:
    place = next(n for n, one in enumerate(after.kinds()) if one == "intent")
    statement = f"UPDATE entries SET {column} = ? WHERE place = {place}"
    assert written(after, statement, value) == 1
    code, said = verified(after)
    assert (code, said["intact"]) == (4, False)
    name = "case" if column == "case_uid" else column
    (finding,) = said["findings"]
    assert finding.startswith(f"entry {place}: it is listed under the {name} {value}, and says ")


def test_what_was_erased_lawfully_is_counted_and_nothing_is_wrong(led: Bureau) -> None:
    done = erase(led)
    found = looked(led, opened=True)
    assert (found.troubles, found.findings) == (0, [])
    assert found.erased == done.counts["values"] + 1  # and the reason of the proposal
    code, said = verified(led)
    assert (code, said["values"]["erased"]) == (0, found.erased)


def test_values_that_do_not_open_are_found_when_all_are_opened(after: Bureau) -> None:
    place = after.kinds().index("case-received")
    changed = written(
        after,
        "UPDATE disclosures SET sealed = CAST(substr(sealed, 1, 17) || zeroblob(60) AS BLOB)"
        " WHERE entry = (SELECT uid FROM entries WHERE place = ?)",
        place,
    )
    assert changed == 1
    assert looked(after).troubles == 0
    assert looked(after, opened=True).findings == [
        f"entry {place}: its personal values do not open: they were altered"
    ]


def test_values_laid_beside_an_entry_that_has_none_are_found_on_both(after: Bureau) -> None:
    kinds = after.kinds()
    places = kinds.index("case-received"), kinds.index("run-started")
    moved = written(
        after,
        "UPDATE disclosures SET entry = (SELECT uid FROM entries WHERE place = ?) WHERE entry ="
        " (SELECT uid FROM entries WHERE place = ?)",
        places[1],
        places[0],
    )
    assert moved == 1
    told = looked(after).findings
    assert [text.partition(": ")[0] for text in told] == [f"entry {place}" for place in places]
    assert "missing, and no erasure says why" in told[0]
    assert told[1].endswith("beside it lie values of which it has no digest")


def test_values_of_two_entries_that_were_swapped_are_found_when_all_are_opened(
    after: Bureau,
) -> None:
    places = [n for n, one in enumerate(after.kinds()) if one == "case-received"][:2]
    one, other = (after.entries()[place].uid for place in places)
    swap = "UPDATE disclosures SET entry = ? WHERE entry = ?"
    for to, was in (("between", one), (one, other), (other, "between")):
        assert written(after, swap, to, was) == 1
    assert looked(after, opened=True).findings == [
        f"entry {place}: its personal values do not open: they were altered" for place in places
    ]


def test_evidence_taken_off_the_list_with_its_file_is_found(after: Bureau) -> None:
    # Without a line in the list the file was not looked for at all.
    assert written(after, "DELETE FROM evidence WHERE case_uid IS NOT NULL") > 2
    found = looked(after)
    assert found.troubles > 2
    assert "was taken off the list" in found.findings[0]


def test_only_the_newest_entries_are_looked_at_when_that_is_asked(after: Bureau) -> None:
    written(after, "DELETE FROM disclosures")
    number = len(after.kinds())
    assert looked(after, newest=0).entries == 0
    assert looked(after, newest=5).entries == 5
    assert looked(after, newest=number * 2).entries == number
    assert looked(after).troubles > 50
    assert len(looked(after).findings) == 20


def test_keys_that_are_back_from_a_copy_are_told_of(led: Bureau) -> None:
    led.close()
    copy = {path.name: path.read_bytes() for path in led.home.glob("keys.db*")}
    erase(led)
    led.close()
    for name, data in copy.items():
        (led.home / name).write_bytes(data)
    found = looked(led)
    assert "1 keys that were destroyed" in found.findings[0]
    assert "paraplu erase finish" in found.findings[0]
    led.centre.erasures.finish()
    assert looked(led).troubles == 0


@pytest.mark.slow
def test_on_postgresql_erasing_and_looking_for_what_is_missing_are_the_same(
    tmp_path: Path,
    empty_postgres_url: str,
) -> None:
    folder = tmp_path / "cluster"
    found_home(folder, database=empty_postgres_url)
    bureau = moved_in(folder, tmp_path / "bureau")
    bureau.settings(people=(LEA,))
    bureau.story(booking("P-1", "10002", now="3100", wanted="3150"), booking("P-2"))
    done = erase(bureau)
    assert done.counts["cases"] == 1
    assert done.counts["values"] > 10
    found = looked(bureau, opened=True)
    assert (found.troubles, found.erased) == (0, done.counts["values"] + 1)
    bureau.story(booking("P-3", "10002", line="2100", now="99.99", wanted="98"))
    assert bureau.state("P-3") == "done"
    bureau.time.now = AFTERWARDS
    asked = bureau.centre.erasures.ask_class(CLIENT, "nl.7y", 2026, bureau.who("ines"))
    gone = bureau.centre.erasures.accept(asked.proposal, who(bureau, "lea.groot"))
    assert gone.counts["cases"] == 2
    assert looked(bureau).troubles == 0
    bureau.assert_intact()
    with bureau.centre.parts.database.write() as connection:
        connection.execute(tables.disclosures.delete())
    assert looked(bureau).troubles > 0
    bureau.close()
