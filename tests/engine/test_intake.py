"""A workbook comes in: what becomes a case, what is answered, what stops the whole delivery."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bureau import BOOKING, CLIENT, ORDER, Bureau, booking, order, workbook
from openpyxl import Workbook, load_workbook
from paraplu_ledger import BookingBot

from paraplu.domain.message import Message
from paraplu.engine.answers import Answered
from paraplu.errors import NotFound, Refused
from paraplu.store import receipts


def answered(bureau: Bureau) -> list[tuple[Answered, dict[int, dict[str, Any]]]]:
    """The answered workbooks with their rows by number, as openpyxl reads them."""
    found = []
    for one in bureau.centre.answers.answer_all(CLIENT):
        sheet = load_workbook(one.path).worksheets[0]
        rows = list(sheet.iter_rows(values_only=True))
        top = next(number for number, row in enumerate(rows) if "Reference" in row)
        heads = [str(head) for head in rows[top]]
        data = {
            top + 2 + number: dict(zip(heads, row, strict=True))
            for number, row in enumerate(rows[top + 1 :])
        }
        found.append((one, data))
    return found


def said_of_rows(bureau: Bureau, receipt: str) -> dict[int, list[tuple[str | None, str]]]:
    """Field and code of everything said beside the rows that became no case."""
    with bureau.centre.parts.database.read() as connection:
        rows = receipts.requests_of(connection, receipt)
    files = bureau.centre.parts.case_files
    return {
        row.first_row: [
            (one.field, one.message.code)
            for one in files.messages(f"{receipt}/{row.first_row}", row.sealed)
        ]
        for row in rows
        if row.sealed is not None
    }


def stopped(bureau: Bureau, data: bytes) -> Message:
    """Why a delivery of this file stops; it is kept and nothing of it becomes a case."""
    taken = bureau.deliver(data)
    assert taken.stopped is not None
    assert bureau.every_case() == []
    with bureau.centre.parts.database.read() as connection:
        row = receipts.get(connection, taken.receipt)
    assert row is not None
    assert row.state == "stopped"
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert bureau.centre.parts.files.open(row.evidence, media_type) == data
    assert bureau.kinds()[-1] == "receipt-stopped"
    assert bureau.run().ending == "nothing-due"
    return taken.stopped


def test_right_rows_become_cases_and_wrong_ones_are_answered_beside_the_row(
    bureau: Bureau,
) -> None:
    taken = bureau.send(
        booking("A-1"),
        booking("A-2", account="1", line="x", wanted="-5"),
        booking("A-1", "10002"),
        booking("A-3", "10002", now="3100", wanted="3200"),
    )
    totals = taken.totals
    assert (totals.rows, totals.received, totals.refused, totals.duplicates) == (4, 2, 1, 1)
    assert (
        said_of_rows(bureau, taken.receipt)
        == {
            3: [
                ("account", "wrong-length"),
                ("line", "wrong-form"),
                ("amount_wanted", "too-small"),
            ],
            4: [("reference", "reference-twice")],
        }
        or said_of_rows(bureau, taken.receipt)[3][0][0] == "account"
    )
    bureau.run()
    ((one, rows),) = answered(bureau)
    assert one.final
    assert [rows[number]["Status"] for number in (2, 3, 4, 5)] == [
        "Done",
        "Not accepted",
        "Known already",
        "Done",
    ]
    assert len(str(rows[3]["Note"]).splitlines()) == 3
    assert str(rows[3]["Note"]).splitlines()[1].startswith("Line: ")
    assert rows[4]["Result"] == "Done"  # what became of the one it repeats
    assert rows[2]["Result"] == "total: 2825.25"


def test_a_reference_handled_before_is_shown_with_what_became_of_it(bureau: Bureau) -> None:
    bureau.story(booking("A-1"))
    taken = bureau.send(booking(" a-1 ", wanted="2700.00", now="2600.00"))
    assert (taken.totals.duplicates, taken.totals.received) == (1, 0)
    bureau.run()
    assert bureau.books.amounts("10001")["1000"] == "2600.00"
    second = answered(bureau)[1][1]
    assert (second[2]["Status"], second[2]["Result"]) == ("Known already", "Done")


def test_the_same_file_twice_does_nothing_twice(bureau: Bureau) -> None:
    data = workbook(BookingBot, [booking("A-1"), booking("A-2", "10002", now="3100", wanted="1")])
    bureau.deliver(data)
    assert bureau.deliver(data).totals.duplicates == 2
    assert len(bureau.every_case()) == 2


def test_a_returned_reference_opens_a_case_that_follows_it(bureau: Bureau) -> None:
    bureau.story(booking("A-1", now="2400.00"))
    first = bureau.case("A-1")
    assert first.state == "returned"
    bureau.story(booking("A-1"))
    second = bureau.case("A-1")
    assert (second.state, second.follows, second.turn) == ("done", first.uid, 2)
    assert bureau.mark("A-1") != f"A-1/{first.uid[-8:]}"
    bureau.send(booking("A-1", now="2600", wanted="2700"))
    assert bureau.case("A-1").uid == second.uid


def test_a_request_that_follows_an_unknown_one_is_not_accepted(bureau: Bureau) -> None:
    taken = bureau.send(booking("A-1", follows="Z-9"))
    assert said_of_rows(bureau, taken.receipt) == {2: [("follows", "follows-unknown")]}


def test_a_request_may_follow_one_in_the_same_file(bureau: Bureau) -> None:
    bureau.send(booking("A-1"), booking("A-2", line="2100", now="150", wanted="160", follows="A-1"))
    assert bureau.case("A-2").follows == bureau.case("A-1").uid


def test_the_bot_sees_the_request_that_is_followed(bureau: Bureau) -> None:
    seen: list[Any] = []

    class Looking(BookingBot):
        def check(self, case: Any, desk: Any) -> Any:
            seen.append(case.earlier and case.earlier.reference)
            return super().check(case, desk)

    bureau.with_bot(Looking)
    bureau.story(booking("A-1"), booking("A-2", line="2100", now="150", wanted="9", follows="a-1"))
    assert seen == [None, "A-1"]


def test_the_same_content_under_another_reference_goes_to_a_person(bureau: Bureau) -> None:
    bureau.story(booking("A-1"), booking("A-2", remark="other words", requested_by=None))
    assert (bureau.state("A-1"), bureau.state("A-2")) == ("done", "with-person")
    assert "already: is this meant to be done twice?" in bureau.told("A-2")
    assert "A-1" in bureau.told("A-2")
    bureau.send(booking("A-3"))
    assert bureau.asks("A-3") == ["same-content"]


def test_the_same_content_after_the_window_or_after_a_return_is_a_new_case(bureau: Bureau) -> None:
    bureau.story(booking("A-1"))
    bureau.time.go_on(days=91)
    bureau.send(booking("A-2"))
    assert bureau.state("A-2") == "received"
    bureau.story(booking("B-1", "10002", now="1", wanted="2"))
    bureau.send(booking("B-2", "10002", now="1", wanted="2"))
    assert (bureau.state("B-1"), bureau.state("B-2")) == ("returned", "received")


def test_what_a_person_lets_pass_as_meant_twice_is_done(bureau: Bureau) -> None:
    bureau.story(booking("A-1"))
    bureau.send(booking("A-2"))
    bureau.hand_back("A-2")
    bureau.run()
    assert bureau.state("A-2") == "already-so"


def test_lines_of_one_request_stand_in_several_rows(bureau: Bureau) -> None:
    taken = bureau.send(*order("O-1"), *order("O-2", quantity=3), service=ORDER)
    assert (taken.totals.rows, taken.totals.received) == (2, 2)
    bureau.run(ORDER)
    assert len(bureau.books.orders()) == 2
    ((_one, rows),) = answered(bureau)
    assert [rows[number]["Status"] for number in (2, 3, 4, 5)] == ["Done"] * 4


def test_rows_of_one_request_that_say_different_things_are_answered_on_all_rows(
    bureau: Bureau,
) -> None:
    rows = order("O-1")
    rows[1] |= {"reference": "O-1", "supplier": "Another"}
    rows[1]["quantity"] = 0
    taken = bureau.send(*rows, service=ORDER)
    assert said_of_rows(bureau, taken.receipt) == {
        2: [("supplier", "lines-disagree"), ("quantity", "too-small")]
    }
    ((_one, found),) = answered(bureau)
    assert [found[number]["Status"] for number in (2, 3)] == ["Not accepted"] * 2


@pytest.mark.parametrize(
    ("top", "code"),
    [
        ({"Number of rows": 3}, "row-count-differs"),
        ({"Control total": 5200.01}, "total-differs"),
    ],
)
def test_a_control_figure_that_differs_stops_the_delivery(
    bureau: Bureau, top: dict[str, Any], code: str
) -> None:
    rows = [booking("A-1"), booking("A-2", "10002", now="3100", wanted="2600")]
    assert stopped(bureau, workbook(BookingBot, rows, top)).code == code


def test_control_figures_that_agree_let_it_pass(bureau: Bureau) -> None:
    rows = [booking("A-1"), booking("A-2", "10002", now="3100", wanted="2600")]
    top = {"Number of rows": 2, "Control total": Decimal("5200")}
    assert bureau.send(*rows, top=top).stopped is None


def _without_headings() -> bytes:
    out = io.BytesIO()
    Workbook().save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"not a workbook at all", ""),
        (b"", ""),
        (_without_headings(), "no-headings"),
        (workbook(BookingBot, []), "no-rows"),
    ],
)
def test_a_workbook_that_cannot_be_read_is_kept_and_says_why(
    bureau: Bureau, data: bytes, code: str
) -> None:
    why = stopped(bureau, data)
    assert why.code == code or not code
    assert str(why)[0].isupper()


def test_a_stopped_delivery_can_be_sent_again_when_it_is_right(bureau: Bureau) -> None:
    row = booking("A-1")
    stopped(bureau, workbook(BookingBot, [row], {"Number of rows": 2}))
    assert bureau.send(row, top={"Number of rows": 1}).totals.received == 1


def test_an_expired_agreement_takes_nothing_in(bureau: Bureau) -> None:
    yesterday = bureau.time.now.date() - timedelta(days=1)
    bureau.settings(valid_until=yesterday)
    with pytest.raises(Refused, match=r"ended on 2026-11-16: nothing is taken in"):
        bureau.send(booking("A-1"))
    with pytest.raises(Refused, match="ended on"):
        bureau.run()


def test_an_agreement_that_has_not_begun_takes_nothing_in(bureau: Bureau) -> None:
    bureau.time.now = datetime(2025, 12, 31, 12, tzinfo=UTC)
    with pytest.raises(Refused, match="begins on 2026-01-01: nothing is taken in before that day"):
        bureau.send(booking("A-1"))
    bureau.time.go_on(hours=11, minutes=30)  # in Amsterdam it is tomorrow
    assert bureau.send(booking("A-1")).totals.received == 1


def test_a_service_that_nobody_agreed_on_takes_nothing_in(bureau: Bureau) -> None:
    class Unagreed(BookingBot):
        service = "ledger-unagreed"

    bureau.with_bot(Unagreed)
    with pytest.raises(Refused, match="no agreement with 'noordwijk' about 'ledger-unagreed'"):
        bureau.send(booking("A-1"), service="ledger-unagreed")


def test_the_agreement_in_force_counts_until_the_next_one_begins(bureau: Bureau) -> None:
    later = bureau.time.now.date() + timedelta(days=2)
    bureau.settings(valid_from=later, approval="always")
    bureau.story(booking("A-1"))
    assert bureau.state("A-1") == "done"
    bureau.time.go_on(days=2)
    bureau.story(booking("A-2", "10002", now="3100", wanted="3200"))
    assert bureau.state("A-2") == "waiting"


def test_an_asker_whom_nobody_knows_gets_it_back(bureau: Bureau) -> None:
    bureau.story(booking("A-1", requested_by="j.doe"))
    assert bureau.state("A-1") == "returned"
    assert bureau.told("A-1").startswith("Nobody with the user name j.doe is known here")


def test_a_submitter_without_a_mandate_gets_it_back(bureau: Bureau) -> None:
    bureau.send(booking("A-1"), by="olga")
    bureau.run()
    assert bureau.state("A-1") == "returned"
    assert "has no mandate" in bureau.told("A-1")


@pytest.mark.parametrize("service", ["ledger-x", BOOKING])
def test_what_is_not_there_is_said_by_name(bureau: Bureau, service: str) -> None:
    path = bureau.folder / "missing.xlsx"
    if service != BOOKING:
        path.write_bytes(b"")
    with pytest.raises(NotFound, match="missing.xlsx" if service == BOOKING else "ledger-booking"):
        bureau.centre.intake.receive(path, CLIENT, service, bureau.who("carla"))


def test_an_unknown_client_is_named_with_those_that_are_known(bureau: Bureau) -> None:
    path = bureau.folder / "a.xlsx"
    path.write_bytes(b"x")
    with pytest.raises(NotFound, match=r"no client 'zuidwijk'\. Known are: noordwijk"):
        bureau.centre.intake.receive(path, "zuidwijk", BOOKING, bureau.who("olga"))


def test_an_interim_answer_becomes_final_and_keeps_its_name(bureau: Bureau) -> None:
    bureau.story(booking("A-1", remark="call"), booking("A-2", "10002", now="3100", wanted="3200"))
    ((first, rows),) = answered(bureau)
    assert not first.final
    assert rows[2]["Status"] == "Being looked at by a person"
    bureau.centre.desks.reply(bureau.case("A-1").uid, bureau.who("olga"), "We called.")
    bureau.hand_back("A-1")
    bureau.run()
    ((second, rows),) = answered(bureau)
    assert second.final
    assert second.path == first.path
    assert rows[2]["Note"] == "From the service centre: We called."


def test_what_went_wrong_in_our_hands_is_not_told_to_the_client_in_detail(bureau: Bureau) -> None:
    bureau.books.fault("drops-a-line", "2200")
    bureau.story(booking("A-1"))
    ((_one, rows),) = answered(bureau)
    assert rows[2]["Status"] == "Being looked at by a person"
    assert not rows[2]["Note"]


def test_an_answer_is_kept_as_evidence(bureau: Bureau) -> None:
    bureau.story(booking("A-1"))
    ((one, _rows),) = answered(bureau)
    entry = bureau.entries()[-1]
    assert entry.kind == "answer-written"
    data, _type = bureau.centre.proof.picture(entry.rpa["evidence"][0]["hash"], bureau.who("olga"))
    assert data == one.path.read_bytes()


def test_an_answer_that_says_what_the_last_one_said_is_not_told_of_again(bureau: Bureau) -> None:
    bureau.story(booking("A-1"), booking("A-2", "10002", now="3100", wanted="3200"))
    answered(bureau)
    before = len(bureau.entries())
    answered(bureau)
    assert len(bureau.entries()) == before
    bureau.send(booking("A-3", "10003", now="1", wanted="2"))
    answered(bureau)
    assert [one.kind for one in bureau.entries()[before:]].count("answer-written") == 1


def test_a_template_of_ours_that_is_filled_in_comes_back_right(
    bureau: Bureau, tmp_path: Path
) -> None:
    form = BookingBot.request.form(BOOKING)
    path = tmp_path / "template.xlsx"
    path.write_bytes(bureau.centre.parts.workbooks().template(form, "en"))
    book = load_workbook(path)
    sheet = book.worksheets[0]
    heads = {str(cell.value).rstrip(" *"): cell for row in sheet for cell in row if cell.value}
    row = booking("A-1")
    for column in form.columns:
        head = heads[column.heading("en")]
        sheet.cell(head.row + 1, head.column, row.get(column.field))
    sheet.cell(heads["Number of rows"].row, 2, 1)
    book.save(path)
    assert bureau.deliver(path.read_bytes()).totals.received == 1
    bureau.run()
    assert bureau.state("A-1") == "done"
