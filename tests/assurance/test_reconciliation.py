"""A period is reconciled: the log with our records, and with the list that the target gives."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from bureau import BOOKING, CLIENT, START, Bureau, booking

from paraplu.assurance.questions.question import Question
from paraplu.assurance.review.reconciliation import Row
from paraplu.assurance.review.targetlist import read_list
from paraplu.engine.clock import to_ms
from paraplu.errors import NotAllowed, Refused
from paraplu.store import tables

WHOLE = Question(client=CLIENT, since=to_ms(START) - 1, until=to_ms(START) + 86_400_000)


def of_bookings(bureau: Bureau) -> Question:
    return Question(client=CLIENT, service=BOOKING)


def listed(*cells: Sequence[str]) -> list[Row]:
    return [
        Row(number, dict(zip(("number", "reference", "after"), one, strict=True)))
        for number, one in enumerate(cells, start=2)
    ]


def test_a_period_closes_by_the_log_and_by_the_records(after: Bureau) -> None:
    period = after.centre.reconciliation.period(after.who("ines"), WHOLE)
    assert period.closes
    assert period.log["rows"] == 10
    assert period.records.rows == 10
    assert {
        name: number for name, number in period.log.items() if name in ("done", "declined")
    } == {
        "done": 2,
        "declined": 1,
    }
    up, down, both = period.amounts["EUR"]
    assert (up, down, both) == (Decimal("4668.32"), Decimal(0), Decimal("4668.32"))


def test_nothing_of_another_period_is_counted(after: Bureau) -> None:
    period = after.centre.reconciliation.period(
        after.who("ines"), Question(client=CLIENT, until=WHOLE.since)
    )
    assert set(period.log.values()) == {0}
    assert period.closes


def test_a_record_that_was_changed_behind_the_log_is_named(after: Bureau) -> None:
    uid = after.case("KENMERK-775").uid
    with after.centre.parts.database.write() as connection:
        connection.execute(
            tables.cases.update().where(tables.cases.c.uid == uid).values(state="done")
        )
    period = after.centre.reconciliation.period(after.who("ines"), WHOLE)
    assert not period.closes
    assert period.unlike == (uid,)


def test_a_case_that_was_taken_out_of_the_records_is_named(bureau: Bureau) -> None:
    bureau.send(booking("A-1"), booking("A-2", "10003", now="1800", wanted="1801"))
    uid = bureau.case("A-2").uid
    with bureau.centre.parts.database.write() as connection:
        for table in (tables.receipt_requests, tables.cases):
            column = table.c.case_uid if table is tables.receipt_requests else table.c.uid
            connection.execute(table.delete().where(column == uid))
    period = bureau.centre.reconciliation.period(bureau.who("ines"), of_bookings(bureau))
    assert period.unlike == (uid,)
    assert not period.closes


def test_what_stands_here_and_there_agrees_with_its_amount(after: Bureau) -> None:
    mark = after.mark("KENMERK-772")
    found = after.centre.reconciliation.against(
        after.who("ines"), of_bookings(after), listed(("1", mark, "7.754,31")), amount="after"
    )
    assert (found.column, found.matched, found.agrees) == ("reference", 1, True)


def test_every_disagreement_with_the_target_is_told(after: Bureau) -> None:
    mark, other = after.mark("KENMERK-772"), "by somebody"
    withdrawn = after.mark("KENMERK-777")
    rows = listed(
        ("1", mark, "1.00"), ("2", mark, "1.00"), ("3", other, "5"), ("4", withdrawn, "9")
    )
    found = after.centre.reconciliation.against(
        after.who("ines"), of_bookings(after), rows, amount="after"
    )
    assert not found.agrees
    assert found.twice == {mark: 2}
    assert found.differing == ((mark, "1.00"),)
    assert [one.number for one in found.unknown] == [4]
    nothing = after.centre.reconciliation.against(
        after.who("ines"), of_bookings(after), listed(("1", withdrawn, "9"))
    )
    assert nothing.missing == ((after.case("KENMERK-772").uid, mark),)


def test_rows_of_others_are_left_out_when_asked(after: Bureau) -> None:
    mark = after.mark("KENMERK-772")
    rows = listed(("robot", mark, "1"), ("person", "x", "1"))
    found = after.centre.reconciliation.against(
        after.who("ines"), of_bookings(after), rows, only={"number": "robot"}
    )
    assert found.agrees


def test_a_list_without_our_references_is_refused_with_what_to_do(after: Bureau) -> None:
    reconciliation, ines = after.centre.reconciliation, after.who("ines")
    with pytest.raises(Refused, match="--column"):
        reconciliation.against(ines, of_bookings(after), listed(("1", "x", "1")))
    with pytest.raises(Refused, match=r"no column 'nope'\. Its columns are: number, reference"):
        reconciliation.against(ines, of_bookings(after), listed(("1", "x", "1")), column="nope")
    with pytest.raises(Refused, match="--client"):
        reconciliation.period(ines, Question())
    with pytest.raises(NotAllowed):
        reconciliation.period(after.who("dirk"), WHOLE)


@pytest.mark.parametrize(
    ("data", "second"),
    [
        (b"a;b\n1;2\n", {"a": "1", "b": "2"}),
        ("\ufeffa,b\r\n1,2\r\n".encode(), {"a": "1", "b": "2"}),
        ("naam\tbedrag\nJoëlle\t1,50\n".encode("cp1252"), {"naam": "Joëlle", "bedrag": "1,50"}),
        (b'a;b\n"1;5";"x\ny"\n\n', {"a": "1;5", "b": "x\ny"}),
    ],
)
def test_lists_are_read_as_systems_write_them(
    tmp_path: Path, data: bytes, second: dict[str, str]
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    assert read_list(path) == [Row(2, second)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"a;a\n1;2\n", "names the column 'a' twice"),
        (b"a;b\n1\n", "Row 2 of list.csv has 1 cells"),
        (b"PK\x03\x04xxxx", "is a workbook"),
    ],
)
def test_a_list_that_cannot_be_read_says_why(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    with pytest.raises(Refused, match=said):
        read_list(path)


def test_a_case_that_was_erased_is_counted_and_the_rest_still_compared(bureau: Bureau) -> None:
    bureau.story(booking("A-1"), booking("A-2", "10003", now="1800", wanted="1801"))
    mark, erased = bureau.mark("A-1"), bureau.case("A-2")
    bureau.centre.parts.keys.destroy([erased.key])
    found = bureau.centre.reconciliation.against(
        bureau.who("ines"), of_bookings(bureau), listed(("1", mark, "1"), ("2", "gone", "1"))
    )
    assert (found.matched, found.erased) == (1, (erased.uid,))
    assert [one.number for one in found.unknown] == [3]
    period = bureau.centre.reconciliation.period(bureau.who("ines"), of_bookings(bureau))
    assert period.closes
    assert (period.amounts["EUR"][0], period.unread) == (Decimal("100.00"), 1)


def test_a_line_that_was_ended_has_no_amount_in_the_list_either(bureau: Bureau) -> None:
    bureau.story(booking("A-1", line="2100", now="150.00", wanted=None), booking("A-2", "10002"))
    ended = bureau.mark("A-1")
    for shown, wrong in (("", ()), ("150.00", ((ended, "150.00"),))):
        found = bureau.centre.reconciliation.against(
            bureau.who("ines"), of_bookings(bureau), listed(("1", ended, shown)), amount="after"
        )
        assert found.differing == wrong


def test_a_change_without_an_amount_in_the_list_is_a_difference(after: Bureau) -> None:
    mark = after.mark("KENMERK-772")
    found = after.centre.reconciliation.against(
        after.who("ines"), of_bookings(after), listed(("1", mark, " ")), amount="after"
    )
    assert found.differing == ((mark, " "),)
