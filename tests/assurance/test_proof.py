"""What was done can be proved and is whole; what is personal stands nowhere in clear."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from bureau import CLIENT, ORDER, PEOPLE, Bureau, booking, order
from paraplu_ledger.books import passing
from paraplu_ledger.target import PASSWORD

from paraplu.audit.verification import Place, verify
from paraplu.errors import IntegrityBroken, Refused
from paraplu.store import entries, evidence
from paraplu.store.files import Files
from paraplu.store.keys import Erased


def verified(bureau: Bureau) -> tuple[int, dict[str, Any]]:
    """Exit code and last line of `paraplu audit verify`, as somebody else's process."""
    bureau.close()
    program = [sys.executable, "-c", "from paraplu.cli.main import main; main()"]
    done = subprocess.run(
        [*program, "audit", "verify", "--json", "--home", str(bureau.home)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return done.returncode, found


def written(bureau: Bureau, statement: str, *values: object) -> int:
    """Change the database behind Paraplu's back."""
    bureau.close()
    db = sqlite3.connect(bureau.home / "paraplu.db")
    with db:
        changed = db.execute(statement, values).rowcount
    db.close()
    return changed


# Five bare digits would be found by chance in the many hashes: account numbers as they would be written.
PERSONAL = (
    *(text for person in PEOPLE for text in (person.handle, person.name, person.email) if text),
    *("KENMERK", "kenmerk-77", "BESTEL-55", "jan.onbekend", "Jolanda", "Fatima", "Mieke", "Pieter"),
    *("slordig", "akkoord", "Boekhandel Smal", "FIR-200", "account 10002", '"10005"'),
    *("7654.32", "7654,32", "8642.10", "8642.1", "9753.19", "1799.99", "2825.25", "89.50", "99.99"),
    *("lines.2200", "line 2200", "delivery 1", "ledger-robot-only-here", PASSWORD),
)


def test_no_personal_value_stands_in_clear_in_any_file_of_a_home(after: Bureau) -> None:
    assert after.state("KENMERK-771") == "by-hand"  # open, so that there is a -wal as well
    files = [path for path in after.home.rglob("*") if path.is_file()]
    names = {path.name for path in files}
    assert {"paraplu.db", "paraplu.db-wal", "keys.db", "paraplu.log"} <= names
    for path in files:
        if path.parent.name in ("answers", "secrets", CLIENT):
            continue  # what the client gets back, and the robot's own password
        data = path.read_bytes()
        found = [text for text in PERSONAL if text.encode() in data]
        assert found == [], f"{path.name} holds {found}"


def test_the_clients_answers_do_hold_what_was_asked(after: Bureau) -> None:
    # The search above must be able to find something.
    text = b""
    for file in (after.home / "answers" / CLIENT).iterdir():
        with zipfile.ZipFile(file) as entries_of_file:
            text += b"".join(map(entries_of_file.read, entries_of_file.namelist()))
    assert b"KENMERK-771" in text
    assert b"BESTEL-55" in text


def test_every_entry_verifies_and_those_who_may_read_see_before_and_after(after: Bureau) -> None:
    journal = after.centre.parts.journal
    with after.centre.parts.database.read() as connection:
        places = [Place(one.place, one.data, one.leaf) for one in entries.in_order(connection)]
        heads = entries.all_heads(connection)
    verdict = verify(iter(places), heads, [journal.verifier], journal.log)
    assert verdict.intact
    assert verdict.entries == len(places) > 100
    assert verdict.heads == len(heads) > 0
    shown = after.shown(case=after.case("KENMERK-772").uid)
    intent = next(one for one in shown if one.kind == "intent")
    assert intent.values["before lines.1000.amount"] == "3100"
    assert intent.values["after lines.1000.amount"] == "7654.32"
    assert intent.values["record"] == "account 10002, line 1000"
    declared = next(one for one in shown if one.kind == "case-received")
    assert declared.values["remark"] == "bel Jolanda eerst"
    assert after.kinds()[-1] == "personal-data-read"


def test_kept_lines_that_nobody_asked_about_are_not_readable_in_the_log(after: Bureau) -> None:
    shown = after.shown(case=after.case("KENMERK-772").uid)
    assert not any("2100" in str(one.values) for one in shown if one.kind == "outcome-confirmed")


def test_an_intact_log_is_said_to_be_with_the_number_of_its_entries(after: Bureau) -> None:
    number = len(after.kinds())
    code, said = verified(after)
    assert (code, said["intact"], said["entries"]) == (0, True, number)
    assert said["evidence"] > 5


def test_one_changed_byte_in_one_entry_is_named_and_ends_with_4(after: Bureau) -> None:
    changed = written(
        after,
        "UPDATE entries SET bytes = CAST(replace(CAST(bytes AS TEXT), '\"rpa\"', '\"rpb\"') AS BLOB)"
        " WHERE place = 20",
    )
    assert changed == 1
    code, said = verified(after)
    assert (code, said["intact"]) == (4, False)
    assert any("20" in finding for finding in said["findings"]), said["findings"]


@pytest.mark.parametrize("column", ["sealed", "sealed_story"])
def test_sealed_values_moved_from_one_case_to_another_do_not_open(
    after: Bureau, column: str
) -> None:
    one, two = after.case("KENMERK-772").uid, after.case("KENMERK-773").uid
    moved = written(
        after,
        f"UPDATE cases SET {column} = (SELECT {column} FROM cases WHERE uid = ?) WHERE uid = ?",
        one,
        two,
    )
    assert moved == 1
    files, row = after.centre.parts.case_files, after.case("KENMERK-773")
    with pytest.raises(IntegrityBroken, match="altered or moved"):
        files.content(row, after.bots[row.service].request)
        files.story(row)


def test_a_destroyed_key_makes_its_values_unreadable_and_the_log_stays_whole(
    after: Bureau,
) -> None:
    case = after.case("KENMERK-772")
    other = after.case("KENMERK-773").uid
    after.close()
    db = sqlite3.connect(after.home / "keys.db")
    with db:
        assert db.execute("DELETE FROM keys WHERE uid = ?", (case.key,)).rowcount == 1
    db.close()
    shown = after.shown(case=case.uid)
    assert len(shown) > 10
    assert all(one.values == {} for one in shown)
    assert any(one.values for one in after.shown(case=other))
    with pytest.raises(Erased, match="was destroyed"):
        after.centre.parts.case_files.request_values(after.case("KENMERK-772"))
    checked = after.centre.proof.check()
    assert checked.verdict.intact  # the tree is whole; that no erasure says why is told apart
    assert not checked.intact
    assert checked.values.troubles > 0


def test_values_put_beside_another_entry_do_not_open_there(after: Bureau) -> None:
    one, two = (after.case(name).uid for name in ("KENMERK-772", "KENMERK-773"))
    entry = "SELECT uid FROM entries WHERE kind = 'case-received' AND case_uid = ?"
    assert written(after, f"DELETE FROM disclosures WHERE entry = ({entry})", two) == 1
    moved = f"UPDATE disclosures SET entry = ({entry}) WHERE entry = ({entry})"
    assert written(after, moved, two, one) == 1
    with pytest.raises(IntegrityBroken, match="altered or moved"):
        after.shown(case=two)


def test_evidence_opens_as_what_it_is_only(after: Bureau) -> None:
    with after.centre.parts.database.read() as connection:
        listed = evidence.listed(connection)
    files: Files = after.centre.parts.files
    for row in listed:
        assert files.open(row.hash, row.media_type)
        with pytest.raises(IntegrityBroken, match="altered or moved"):
            files.open(row.hash, "text/plain")


def test_the_head_of_the_log_is_signed_when_the_centre_closes(after: Bureau) -> None:
    after.story(booking("N-1", line="3000", now=None, wanted="1"))
    after.close()
    with after.centre.parts.database.read() as connection:
        heads = entries.all_heads(connection)
        number = entries.count(connection)
    assert heads[-1].decode().splitlines()[1] == str(number)


def test_a_second_run_of_the_same_service_is_refused_while_one_is_going(bureau: Bureau) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("children are forked here")
    bureau.send(booking("A-1"))
    bureau.close()
    (told, telling), (waiting, going) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:

        def wait(point: str) -> None:
            if point == "before-save":
                os.write(telling, b"!")
                os.read(waiting, 1)

        passing.append(wait)
        try:
            bureau.run()
            bureau.close()
        finally:
            os._exit(0)
    assert os.read(told, 1) == b"!"
    try:
        with pytest.raises(Refused, match="'ledger-booking' for 'noordwijk' is going already"):
            bureau.run()
        bureau.story(*order("O-1"), service=ORDER)  # another service is not held up
        assert bureau.state("O-1", ORDER) == "done"
    finally:
        os.write(going, b"!")
        assert os.waitpid(child, 0)[1] == 0
    assert bureau.run().ending == "nothing-due"
    assert bureau.books.saves() == [bureau.mark("A-1")]
    assert bureau.books.amounts("10001")["1000"] == str(Decimal("2600.00"))
    bureau.assert_intact()


@pytest.mark.parametrize("others", [1, 400])
def test_bystanders_that_are_known_by_name_in_any_script_are_compared_and_recorded(
    bureau: Bureau, others: int
) -> None:
    for number in range(others):
        bureau.books.open_account(f"Laura Ramírez {number}", "9.50")
    bureau.story(booking("A-1"))
    assert bureau.state("A-1") == "done"
    bureau.books.fault("moves-everybody")
    bureau.story(booking("A-2", now="2600", wanted="2700"))
    assert bureau.asks("A-2") == ["collateral"]
    assert "Laura Ramírez 0" in bureau.told("A-2")
    bureau.assert_intact()


def test_the_first_sentence_does_not_say_intact_when_something_beside_the_entries_is_wrong(
    after: Bureau,
) -> None:
    assert after.centre.proof.check().summary.startswith("The log is intact")
    assert written(after, "DELETE FROM evidence WHERE case_uid IS NOT NULL") > 2
    checked = after.centre.proof.check()
    assert checked.verdict.intact
    assert checked.summary.startswith(f"NOT everything is right: {checked.values.troubles} things")
