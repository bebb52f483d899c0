"""What people of the service centre do with cases: take, reply, hand back, close by hand."""

from __future__ import annotations

import pytest
from bureau import Bureau, booking

from paraplu.domain.person import Role
from paraplu.errors import NotAllowed, Refused


def test_a_person_takes_a_case_and_finishes_it_by_hand(bureau: Bureau) -> None:
    bureau.story(booking("A-1", remark="by phone please"))
    case, olga = bureau.case("A-1").uid, bureau.who("olga")
    bureau.centre.desks.take(case, olga)
    assert bureau.case("A-1").owner == olga.uid
    bureau.centre.desks.reply(case, olga, "We called you.")
    bureau.centre.desks.close_by_hand(case, olga, "done in the ledger")
    assert bureau.state("A-1") == "by-hand"
    assert bureau.asks("A-1") == []
    assert bureau.kinds("A-1")[-3:] == ["case-taken", "case-replied", "closed-by-hand"]
    assert bureau.totals() == {"rows": 1, "received": 1, "by_hand": 1}


@pytest.mark.parametrize("what", ["take", "hand_back", "close_by_hand"])
def test_what_the_service_centre_does_is_not_for_clients(bureau: Bureau, what: str) -> None:
    bureau.story(booking("A-1", remark="by phone please"))
    words = [] if what == "take" else ["because"]
    with pytest.raises(NotAllowed, match=f"takes the role {Role.OPERATOR.value}"):
        getattr(bureau.centre.desks, what)(bureau.case("A-1").uid, bureau.who("carla"), *words)


def test_a_case_that_needs_nobody_is_neither_taken_nor_handed_back(bureau: Bureau) -> None:
    bureau.send(booking("A-1"))
    case, olga = bureau.case("A-1").uid, bureau.who("olga")
    with pytest.raises(Refused, match="can be taken"):
        bureau.centre.desks.take(case, olga)
    with pytest.raises(Refused, match="nothing to hand back"):
        bureau.centre.desks.hand_back(case, olga, "x")


def test_a_case_in_the_middle_of_its_act_is_left_to_the_next_run(bureau: Bureau) -> None:
    bureau.books.fault("down-afterwards")
    bureau.story(booking("A-1"))
    assert bureau.state("A-1") == "working"
    with pytest.raises(Refused, match="run again first"):
        bureau.centre.desks.withdraw(bureau.case("A-1").uid, bureau.who("carla"), "stop")
    with pytest.raises(Refused, match="run again first"):
        bureau.centre.desks.close_by_hand(bureau.case("A-1").uid, bureau.who("olga"), "stop")
