"""Some finished cases are looked at afterwards by a person who took no part in them."""

from __future__ import annotations

import pytest
from bureau import CLIENT, Bureau, booking

from paraplu.assurance.review.sample import share
from paraplu.domain.agreement import Limits
from paraplu.errors import NotAllowed, Refused


def finished(bureau: Bureau, percent: int, many: int = 3) -> None:
    bureau.settings(limits=Limits(after_check_percent=percent).model_dump())
    people = [("10001", "2500.00"), ("10002", "3100"), ("10003", "1800"), ("10004", "2000")]
    bureau.story(
        *(
            booking(f"A-{number}", account, now=now, wanted=str(float(now) + 10))
            for number, (account, now) in enumerate(people[:many], start=1)
        )
    )


def due(bureau: Bureau, by: str = "ines") -> list[str]:
    listed = bureau.centre.after_checks.listed(bureau.who(by), CLIENT)
    return [one.case for one in listed if one.verdict is None]


def test_the_agreement_says_how_many_and_the_uid_which(bureau: Bureau) -> None:
    finished(bureau, 60, many=4)
    assert set(due(bureau)) == {one.uid for one in bureau.every_case() if share(one.uid, 60)}


@pytest.mark.parametrize(("percent", "many"), [(0, 0), (100, 3)])
def test_none_and_all_are_possible(bureau: Bureau, percent: int, many: int) -> None:
    finished(bureau, percent)
    assert len(due(bureau)) == many


def test_what_was_found_is_an_entry_and_the_case_is_not_due_any_more(bureau: Bureau) -> None:
    finished(bureau, 100)
    case = bureau.case("A-1").uid
    bureau.centre.after_checks.record(case, bureau.who("ines"), "wrong", "twee keer betaald")
    assert case not in due(bureau)
    (found,) = [
        one
        for one in bureau.centre.after_checks.listed(bureau.who("ines"), CLIENT)
        if one.case == case
    ]
    assert (found.verdict, found.by) == ("wrong", bureau.who("ines").uid)
    (shown,) = bureau.shown(kind="after-checked")
    assert shown.values["note"] == "twee keer betaald"
    assert b"twee keer" not in shown.entry.data
    with pytest.raises(Refused, match="looked at already"):
        bureau.centre.after_checks.record(case, bureau.who("ines"), "right")


def test_nobody_who_took_part_looks_at_it_afterwards(bureau: Bureau) -> None:
    bureau.settings(limits=Limits(after_check_percent=100).model_dump())
    bureau.send(booking("A-1", remark="bel even"))
    bureau.run()
    bureau.hand_back("A-1")  # Olga's work
    bureau.run()
    case = bureau.case("A-1").uid
    assert due(bureau) == [case]
    with pytest.raises(NotAllowed, match="took part"):
        bureau.centre.after_checks.record(case, bureau.who("olga"), "right")
    bureau.centre.search.readings.tell(bureau.who("ines"), "case", 1, [case])
    bureau.centre.after_checks.record(case, bureau.who("ines"), "right")


def test_a_case_that_is_open_or_was_not_chosen_is_refused(bureau: Bureau) -> None:
    finished(bureau, 0)
    bureau.send(booking("B-1", "10004", now="2000", wanted="2001"))
    for reference in ("A-1", "B-1"):
        with pytest.raises(Refused, match="not one of those"):
            bureau.centre.after_checks.record(
                bureau.case(reference).uid, bureau.who("ines"), "right"
            )


def test_only_readers_of_the_log_look_at_cases_afterwards(bureau: Bureau) -> None:
    finished(bureau, 100)
    with pytest.raises(NotAllowed):
        due(bureau, "dirk")
    with pytest.raises(NotAllowed):
        bureau.centre.after_checks.record(bureau.case("A-1").uid, bureau.who("dirk"), "right")
