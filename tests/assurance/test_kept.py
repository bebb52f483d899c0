"""What the issue says of personal data, held to: kept lines, keys per person, files of several persons."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from bureau import CLIENT, ORDER, Bureau, booking, order

from paraplu.domain.retention import STAFF
from paraplu.engine.journal import unpack
from paraplu.engine.opening import owner_of
from paraplu.store import evidence, plans, receipts
from paraplu.store.keys import Erased, Scope


def intents(bureau: Bureau, reference: str) -> list[bytes | None]:
    uid = bureau.case(reference).uid
    with bureau.centre.parts.database.read() as connection:
        return [row.sealed for row in plans.intents_of(connection, uid)]


def test_an_open_case_holds_lines_that_nobody_asked_about_encrypted_until_it_closes(
    bureau: Bureau,
) -> None:
    bureau.books.fault("drops-a-line", "2200")
    bureau.story(booking("KEPT-1"))
    assert bureau.state("KEPT-1") == "with-person"
    (sealed,) = intents(bureau, "KEPT-1")
    assert sealed is not None
    assert b"75.25" not in sealed
    row = bureau.case("KEPT-1")
    with bureau.centre.parts.database.read() as connection:
        (intent,) = plans.intents_of(connection, row.uid)
    opened = bureau.centre.parts.case_files.intent(row.uid, intent.sealed)
    assert opened.before["lines.2200.amount"] == "75.25"
    bureau.centre.desks.close_by_hand(row.uid, bureau.who("olga"), "hersteld")
    assert intents(bureau, "KEPT-1") == [None]


def test_a_case_that_is_done_holds_them_no_more(bureau: Bureau) -> None:
    bureau.story(booking("KEPT-2"))
    assert bureau.state("KEPT-2") == "done"
    assert intents(bureau, "KEPT-2") == [None]


def test_a_case_that_is_declined_after_an_act_that_came_to_nothing_holds_them_no_more(
    bureau: Bureau,
) -> None:
    bureau.story(booking("KEPT-3", wanted="7000"))
    assert bureau.state("KEPT-3") == "waiting"
    row = bureau.case("KEPT-3")
    files = bureau.centre.parts.case_files
    with bureau.centre.parts.database.write() as connection:
        # As an intent that came to nothing leaves it, before the plan had to be approved anew.
        values = {"digest": row.digest, "fence": 1, "opened_at": 1, "closed_at": 2}
        sealed = files.seal_story(row.uid, row.key, files.story(row))
        plans.open_intent(
            connection,
            uid=bureau.centre.parts.clock.uid(),
            case_uid=row.uid,
            sealed=sealed,
            **values,
        )
    bureau.centre.desks.decline(row.uid, bureau.who("paul"), "nee")
    assert intents(bureau, "KEPT-3") == [None]


def test_each_person_has_a_key_and_files_of_several_lie_under_one_of_the_client(
    bureau: Bureau,
) -> None:
    bureau.send(booking("F-1", "10001"), booking("F-2", "10002", now="3100", wanted="3101"))
    bureau.run()
    bureau.story(*order("F-3", remark=None), service=ORDER)
    bureau.centre.answers.answer_all(CLIENT)
    keys = bureau.centre.parts.keys
    client, settings = keys.held(owner_of(CLIENT, None))
    assert (client.retention, client.year) == ("nl.7y", 2026)
    assert settings.retention == STAFF  # settings of record are not the client's data
    people = [bureau.case(name).key for name in ("F-1", "F-2")]
    assert people == [keys.held(owner_of(CLIENT, n))[0].uid for n in ("10001", "10002")]
    assert len({*people, client.uid}) == 3
    assert bureau.case("F-3", ORDER).key == client.uid  # an order is about nobody
    with bureau.centre.parts.database.read() as connection:
        listed = evidence.listed(connection)
        rows = receipts.listed(connection, CLIENT, None)
    under = {row.what: bureau.centre.parts.files.key_of(row.hash) for row in listed}
    assert under["workbook-received"] == under["workbook-answered"] == client.uid
    assert {keys.key_of(row.sealed) for row in rows} == {client.uid}
    pictures = [row for row in listed if row.case_uid == bureau.case("F-1").uid]
    assert {bureau.centre.parts.files.key_of(row.hash) for row in pictures} <= {people[0]}


def test_requests_plans_stories_and_evidence_of_a_person_go_with_the_key(bureau: Bureau) -> None:
    bureau.story(booking("G-1", "10002", now="3100", wanted="3150"))
    row, parts = bureau.case("G-1"), bureau.centre.parts
    with parts.database.read() as connection:
        plan = plans.sealed(connection, row.uid, row.digest)
        files = evidence.of_case(connection, row.uid)
    assert plan is not None
    parts.keys.destroy([row.key])
    for sealed, about in (
        (row.sealed, f"case:{row.uid}"),
        (row.sealed_story, f"story:{row.uid}"),
        (plan, f"plan:{row.uid}"),
    ):
        with pytest.raises(Erased):
            parts.keys.open(sealed, about)
    for file in files:
        with pytest.raises(Erased):
            parts.files.open(file.hash, file.media_type)


def test_our_own_people_lie_under_keys_of_their_own(bureau: Bureau) -> None:
    keys = bureau.centre.parts.keys
    held = [keys.held(f"person/{bureau.who(name).uid}") for name in ("ines", "olga", "anna")]
    assert {one.retention for (one,) in held} == {STAFF}
    assert len({one.uid for (one,) in held}) == 3


def test_a_key_that_goes_between_asking_for_it_and_using_it_is_made_anew(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    bureau.story(booking("R-1", "10002", now="3100", wanted="3200"))
    old, keys = bureau.case("R-1").key, bureau.centre.parts.keys
    asked = keys.keys_for
    gone: list[str] = []

    def asked_and_destroyed(scopes: Iterable[Scope]) -> dict[Scope, str]:
        found = asked(scopes)
        if old in found.values() and not gone:
            gone.append(old)
            keys.destroy([old])
        return found

    monkeypatch.setattr(keys, "keys_for", asked_and_destroyed)
    taken = bureau.send(booking("R-2", "10002", now="3200", wanted="3300"))
    assert taken.totals.received == 1
    row = bureau.case("R-2")
    assert row.key != old
    assert unpack(keys.open(row.sealed, f"case:{row.uid}"))["request"]["reference"] == "R-2"
