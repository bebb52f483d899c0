"""The outbox in both databases: told once, claimed once, counted by the hour."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from paraplu.store import notices, persons
from paraplu.store.database import Database

PERSON = "0193a5b0-7c1e-7d3a-9d55-000000000001"
MINUTE = 60_000


def notice(number: int, made_at: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "uid": f"0193a5b0-7c1e-7d3a-9d55-{number:012}",
        "kind": "set-aside",
        "about": f"run-{number}",
        "person": PERSON,
        "client": "noordwijk",
        "facts": "{}",
        "made_at": made_at,
        "try_at": made_at,
        "given_up_at": None,
        "why": None,
        **more,
    }


def test_of_one_thing_a_person_is_told_once(database: Database) -> None:
    with database.write() as connection:
        assert notices.add(connection, [notice(1), notice(2)]) == 2
        again = notice(3, about="run-1")
        other = notice(4, about="run-1", kind="overdue")
        assert notices.add(connection, [again, other]) == 1
    with database.read() as connection:
        assert notices.told(connection, "set-aside", ["run-1", "run-9"]) == {"run-1"}
        pairs = [("run-1", PERSON), ("run-2", "somebody else")]
        assert notices.told_persons(connection, "set-aside", pairs) == {("run-1", PERSON)}


def test_what_it_is_about_may_be_long(database: Database) -> None:
    about = "a" * 40 + "/" + "b" * 400
    with database.write() as connection:
        assert notices.add(connection, [notice(1, about=about), notice(2, about=about)]) == 1
        assert notices.told(connection, "set-aside", [about]) == {notices.fit(about)}


def test_senders_that_claim_at_once_get_each_notice_once(database: Database) -> None:
    with database.write() as connection:
        persons.put(connection, uid=PERSON, handle="h", system_user=None, sealed=b"x", now=0)
        notices.add(connection, [notice(number) for number in range(50)])

    def take(sender: int) -> int:
        with database.write() as connection:
            notices.hold_person(connection, PERSON)
            if notices.mails_since(connection, PERSON, -1, 10):
                return 0
            return len(notices.claim(connection, PERSON, f"mail-{sender}", 10, 5 * MINUTE))

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(take, range(8)))
    assert sorted(taken) == [0] * 7 + [50]


def test_a_claim_runs_out_and_whoever_held_it_changes_nothing_any_more(database: Database) -> None:
    with database.write() as connection:
        notices.add(connection, [notice(1)])
        assert len(notices.claim(connection, PERSON, "first", 0, 5 * MINUTE)) == 1
        assert notices.claim(connection, PERSON, "second", 4 * MINUTE, 9 * MINUTE) == []
        assert notices.mails_since(connection, PERSON, 0, MINUTE) == 1  # one is on its way
        assert len(notices.claim(connection, PERSON, "second", 5 * MINUTE, 9 * MINUTE)) == 1
        assert notices.not_sent(connection, "first", "down", 0) == 0
        assert notices.sent(connection, "second", 6 * MINUTE) == 1
        assert notices.sent(connection, "first", 7 * MINUTE) == 0
        assert notices.waiting(connection, 99 * MINUTE) == {}
        assert notices.mails_since(connection, PERSON, 5 * MINUTE, 8 * MINUTE) == 1
        assert notices.mails_since(connection, PERSON, 6 * MINUTE, 8 * MINUTE) == 0


def test_what_is_given_up_is_not_claimed_and_forgotten_in_time(database: Database) -> None:
    with database.write() as connection:
        notices.add(connection, [notice(1), notice(2)])
        assert notices.give_up(connection, [notice(1)["uid"]], "refused", MINUTE) == 1
        assert notices.give_up(connection, [notice(1)["uid"]], "refused", MINUTE) == 0
        assert [row.about for row in notices.waiting(connection, MINUTE)[PERSON]] == ["run-2"]
        assert not notices.has_settled_before(connection, MINUTE)
        assert notices.has_settled_before(connection, MINUTE + 1)
        assert notices.forget(connection, MINUTE + 1) == 1
        assert [row.about for row in notices.listed(connection)] == ["run-2"]
