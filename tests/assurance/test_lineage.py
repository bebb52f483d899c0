"""A new log each year: the old one is closed, the new one names its end, and both are checked."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from bureau import Bureau, booking

from paraplu.audit.verdict import Trouble
from paraplu.engine.signing import Signing
from paraplu.engine.succession import Succession, next_name
from paraplu.store import entries, heads, logs
from paraplu.store.database import Database
from paraplu.store.entries import NewEntry
from paraplu.store.logs import Log
from postgres import postgres, postgres_url  # noqa: F401

EVE = datetime(
    2026, 12, 31, 22, 59, 50, tzinfo=UTC
)  # ten seconds before the year ends in Amsterdam


def all_logs(bureau: Bureau) -> list[Log]:
    with bureau.centre.parts.database.read() as connection:
        return logs.every(connection)


def something(bureau: Bureau, times: int = 1) -> None:
    """Entries more."""
    for _ in range(times):
        bureau.centre.search.readings.tell(bureau.who("ines"), "entries", 1)


@pytest.fixture
def two(bureau: Bureau) -> Bureau:
    """A bureau in its second year."""
    bureau.time.now = EVE
    something(bureau, 3)
    bureau.centre.parts.journal.sign_head()
    bureau.time.go_on(seconds=20)
    something(bureau, 3)
    bureau.centre.parts.journal.sign_head()
    return bureau


def written(bureau: Bureau, statement: str, *values: object) -> int:
    bureau.close()
    db = sqlite3.connect(bureau.home / "paraplu.db")
    with db:
        changed = db.execute(statement, values).rowcount
    db.close()
    return changed


def troubles(bureau: Bureau) -> list[Trouble]:
    return [one.code for one in bureau.centre.proof.check().verdict.findings]


def test_the_first_write_of_a_new_year_goes_into_a_new_log(two: Bureau) -> None:
    old, new = all_logs(two)
    assert (old.closed_at is not None, new.closed_at) == (True, None)
    assert new.log == old.log.replace("/2026-", "/2027-")
    assert new.first == old.until
    found = two.entries()
    assert [one.kind for one in found[new.first - 1 : new.first + 2]] == [
        "log-closed",
        "log-opened",
        "personal-data-read",
    ]
    assert found[new.first].rpa["detail"] == {
        "before": old.log,
        "before_size": old.size,
        "before_root": old.frontier.root().hex(),
    }
    assert found[new.first].document["metadata"]["log_name"] == new.log
    assert found[-1].document["metadata"]["log_name"] == new.log
    with two.centre.parts.database.read() as connection:
        assert heads.signed_size(connection, old.log) == old.size
        assert heads.signed_size(connection, new.log) == new.size
    checked = two.centre.proof.check()
    assert checked.intact
    assert checked.verdict.entries == len(found)


def test_before_the_year_is_over_nothing_happens(bureau: Bureau) -> None:
    bureau.time.now = EVE
    something(bureau)
    assert len(all_logs(bureau)) == 1


def test_a_case_that_is_carried_out_over_the_turn_of_the_year_is_whole(bureau: Bureau) -> None:
    bureau.time.now = EVE
    bureau.send(booking("A-1"))
    bureau.time.go_on(seconds=20)
    bureau.run()
    assert bureau.state("A-1") == "done"
    assert len(all_logs(bureau)) == 2
    bureau.assert_intact()


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE entries SET leaf = zeroblob(32) WHERE place = 5", Trouble.HASH_ALTERED),
        (
            "UPDATE entries SET bytes = CAST(replace(CAST(bytes AS TEXT), 'log-closed', 'log-clozed') "
            "AS BLOB) WHERE kind = 'log-closed'",
            Trouble.ALTERED,
        ),
        ("DELETE FROM tree WHERE closed_at IS NOT NULL", Trouble.LINK_BROKEN),
    ],
)
def test_what_is_changed_in_a_closed_log_or_between_two_is_found(
    two: Bureau, statement: str, code: Trouble
) -> None:
    assert written(two, statement) == 1
    assert code in troubles(two)


def test_a_person_can_close_a_log_before_the_year_is_over(bureau: Bureau) -> None:
    journal = bureau.centre.parts.journal
    for _ in range(2):
        with bureau.centre.parts.database.write() as connection:
            journal.succeed(connection, bureau.who("ines").hand)
    first, second, third = all_logs(bureau)
    assert (second.log, third.log) == (f"{first.log}.2", f"{first.log}.3")
    bureau.assert_intact()


def test_what_was_checked_before_the_turn_of_the_year_is_not_read_again_after_it(
    bureau: Bureau,
) -> None:
    kept = bureau.home / "verified"
    bureau.time.now = EVE
    something(bureau, 3)
    bureau.centre.parts.journal.sign_head()
    before = bureau.centre.proof.check(kept=kept).verdict.entries
    bureau.time.go_on(seconds=20)
    something(bureau, 3)
    bureau.centre.parts.journal.sign_head()
    new = bureau.centre.proof.check(kept=kept, new_only=True)
    assert new.intact
    assert new.verdict.entries == len(bureau.entries()) - before
    something(bureau)
    assert bureau.centre.proof.check(kept=kept, new_only=True).verdict.entries == 1
    assert written(bureau, "UPDATE entries SET bytes = bytes || ' ' WHERE place = 1") == 1
    assert bureau.centre.proof.check(kept=kept, new_only=True).intact  # it stands before
    assert not bureau.centre.proof.check().intact


def test_a_log_between_the_last_check_and_now_cannot_be_slipped_in_or_taken_away(
    bureau: Bureau,
) -> None:
    kept = bureau.home / "verified"
    bureau.time.now = EVE
    something(bureau, 3)
    bureau.centre.parts.journal.sign_head()
    assert bureau.centre.proof.check(kept=kept).intact
    bureau.time.go_on(seconds=20)
    something(bureau)
    bureau.centre.parts.journal.sign_head()
    assert (
        written(
            bureau,
            "UPDATE entries SET bytes = CAST(replace(CAST(bytes AS TEXT), 'before_size', 'behind_size') "
            "AS BLOB) WHERE kind = 'log-opened' AND place > 0",
        )
        == 1
    )
    found = bureau.centre.proof.check(kept=kept, new_only=True).verdict.findings
    assert Trouble.LINK_BROKEN in [one.code for one in found]
    assert written(bureau, "DELETE FROM tree WHERE closed_at IS NOT NULL") == 1
    found = bureau.centre.proof.check(kept=kept, new_only=True).verdict.findings
    assert any("which held together before, is gone" in one.message for one in found)


def test_names_follow_each_other() -> None:
    assert next_name("a/audit/2026", 2027, ()) == "a/audit/2027"
    assert next_name("a/audit/2026-3f9a1c.2", 2027, ()) == "a/audit/2027-3f9a1c"
    assert next_name("a/log", 2027, ()) == "a/log/2027"
    assert next_name("a/2027", 2027, {"a/2027", "a/2027.2"}) == "a/2027.3"


def test_two_processes_that_go_over_at_once_open_one_log(
    postgres_url: str,  # noqa: F811
) -> None:
    _at_once(Database(postgres_url))


def test_two_processes_that_go_over_at_once_open_one_log_on_sqlite(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    database.create()
    _at_once(database)


def _at_once(database: Database) -> None:
    succession = Succession(ZoneInfo("Europe/Amsterdam"), Signing.of_seed(b"s" * 32))
    now = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp() * 1000)
    with database.write() as connection:
        entries.open_log(connection, "a/2026", at=now - 86_400_000)
    number = iter(range(100))

    def compose(kind: str, **_terms: object) -> NewEntry:
        return NewEntry(b"{}", f"u-{next(number)}", kind, 1, "somebody", None, None)

    opened: list[str | None] = []
    start = threading.Barrier(4)

    def go() -> None:
        start.wait(60)
        with database.write() as connection:
            opened.append(succession.succeed(connection, compose, now))

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(opened, key=str) == [None, None, None, "a/2027"]
    with database.read() as connection:
        assert [one.log for one in logs.every(connection)] == ["a/2026", "a/2027"]
    database.close()
