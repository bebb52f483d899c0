"""Cases are moved by whoever holds the token, and by nobody else."""

from __future__ import annotations

import pytest
from bureau import Bureau, booking
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from paraplu.domain.case import State
from paraplu.errors import FenceLost, NotFound, Refused
from paraplu.store import cases, claims, plans
from paraplu.store.database import Database
from store.rows import CLIENT, NOW, SERVICE, receive


@pytest.fixture
def case(database: Database) -> str:
    """The uid of a case that was received; on both kinds of databases."""
    receive(database, "A-1", state="received")
    return "A-1"


def claim(connection: Connection, run: str) -> int:
    """Take the case for a run. Gives the token."""
    (row,) = claims.claim_next(connection, CLIENT, SERVICE, run, NOW, many=100, first=5)
    return int(row.fence)


def test_a_stale_token_writes_nothing(database: Database, case: str) -> None:
    with database.write() as connection:
        old = claim(connection, "run-1")
        new = claim(connection, "run-2")
    with pytest.raises(FenceLost, match="Another run holds this case"), database.write() as db:
        cases.write(db, case, fence=old, state=State.PLANNED)
    with database.read() as connection:
        row = cases.get(connection, case)
    assert (row.state, row.run, row.fence, row.crashes) == ("received", "run-2", new, 1)
    with database.write() as connection:
        cases.write(connection, case, fence=new, state=State.PLANNED)


def test_a_token_can_be_shown_without_changing_anything(database: Database, case: str) -> None:
    with database.write() as connection:
        fence = claim(connection, "run-1")
        before = cases.get(connection, case)
        cases.write(connection, case, fence=fence)
        assert cases.get(connection, case) == before
    with pytest.raises(FenceLost), database.write() as connection:
        cases.write(connection, case, fence=fence - 1)


def test_a_persons_word_takes_the_case_out_of_a_runs_hands(database: Database, case: str) -> None:
    with database.write() as connection:
        fence = claim(connection, "run-1")
        cases.write(connection, case, fence=None, state=State.WITHDRAWN)
    with pytest.raises(FenceLost), database.write() as connection:
        cases.write(connection, case, fence=fence, state=State.PLANNED)
    with database.read() as connection:
        row = cases.get(connection, case)
    assert (row.state, row.run) == ("withdrawn", None)


def test_a_wrong_move_is_refused_and_nothing_of_it_is_kept(database: Database, case: str) -> None:
    with pytest.raises(Refused, match="received cannot become done"), database.write() as db:
        cases.write(db, case, fence=None, state=State.DONE, reason="done")
    with database.read() as connection:
        assert cases.get(connection, case).reason is None


def test_a_second_open_intent_cannot_exist(database: Database, case: str) -> None:
    values = {"case_uid": case, "digest": "d", "fence": 1, "opened_at": 1, "sealed": b""}
    with database.write() as connection:
        plans.open_intent(connection, uid="one", **values)
    with pytest.raises(IntegrityError), database.write() as connection:
        plans.open_intent(connection, uid="two", **values)
    with database.write() as connection:
        plans.close_intent(connection, "one", "nothing", 2)
        plans.open_intent(connection, uid="two", **values)
    with database.read() as connection:
        assert plans.intent_of(connection, case).uid == "two"
        assert len(plans.intents_of(connection, case)) == 2


def test_one_reference_opens_one_case_a_turn(database: Database, case: str) -> None:
    with database.read() as connection:
        row = dict(cases.get(connection, case)._mapping)
    with pytest.raises(IntegrityError), database.write() as connection:
        cases.add(connection, [{**row, "uid": "other"}])


def test_a_case_that_is_not_there_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound, match="no case nothing"), database.read() as connection:
        cases.get(connection, "nothing")


def test_a_case_is_found_by_reference_or_by_the_beginning_of_its_uid(
    bureau: Bureau,
) -> None:
    bureau.send(booking("A-1"))
    case = bureau.case("A-1").uid
    # Two cases of one moment share the beginning of their uids, which is the time.
    assert bureau.case(" a-1 ").uid == case
    assert bureau.case(case).uid == case
    with pytest.raises(NotFound, match="No case is known by the name 'A-9'"):
        bureau.case("A-9")
