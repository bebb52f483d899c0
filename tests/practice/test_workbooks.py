"""The demo's workbooks: a client's own to look at, and read by the connector to the last row."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from paraplu.domain.calendar import Calendar
from paraplu.domain.workbook import Sheet
from paraplu.engine.reading import Delivered, read_requests
from paraplu.practice import order_requests, schema, seed
from paraplu.practice.__main__ import main
from paraplu.practice.accounts import check_password
from paraplu.practice.facts import Facts
from paraplu.practice.workbooks import CannotLayOut, Delivery, LaidOut, lay_out
from paraplu_payroll import PayrollBot
from paraplu_payroll.request import SalaryCorrection
from paraplu_procurement import ProcurementBot
from paraplu_procurement.deadline import Deadline
from paraplu_procurement.request import ProcurementOrder
from paraplu_spreadsheet import connector

TODAY = date(2026, 11, 21)
DAYS = (TODAY, date(2026, 12, 31), date(2027, 1, 1), date(2028, 2, 29))
LANGUAGES = {"waterland": "nl", "nordvig": "da"}
PLACED = ("NK-501", "NK-502", "NK-503", "NK-504", "NK-505", "NK-512")


def office(path: Path, today: date = TODAY) -> Path:
    """The database of a new office, without anybody serving it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    database = schema.connect(path)
    with schema.transaction(database):
        schema.create_tables(database)
        seed.seed(database, today, f"{today}T08:00:00.000000+01:00")
    database.close()
    return path


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> LaidOut:
    folder = tmp_path_factory.mktemp("laid out")
    return lay_out(folder / "demo", office(folder / "office.db"), TODAY, {})


def delivered(delivery: Delivery) -> tuple[Sheet, list[Delivered]]:
    bot: Any = {"waterland": PayrollBot, "nordvig": ProcurementBot}[delivery.client]
    assert bot.service == delivery.service
    form = bot.request.form(delivery.service)
    sheet = connector.read(Path(delivery.file), form, LANGUAGES[delivery.client])
    return sheet, read_requests(bot.request, form, sheet.rows)


def right(found: list[Delivered]) -> dict[str, Any]:
    return {one.request.reference: one.request for one in found if one.request is not None}


def wrong(found: list[Delivered]) -> dict[str | None, list[str | None]]:
    return {
        one.reference: [said.field for said in one.said] for one in found if one.request is None
    }


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_every_row_is_read_and_the_control_cells_agree(tmp_path: Path, today: date) -> None:
    laid = lay_out(tmp_path, office(tmp_path / "office.db", today), today, {})
    (corrections, asked), (orders, ordered) = (delivered(one) for one in laid.deliveries)
    for sheet in (corrections, orders):
        assert sheet.expected_rows == len(sheet.rows)
        assert sheet.expected_total is not None
        assert sheet.expected_total == sheet.total
    assert (len(corrections.rows), len(asked), len(right(asked))) == (17, 17, 15)
    assert (len(orders.rows), len(ordered), len(right(ordered))) == (19, 14, 13)
    assert wrong(asked) == {"WZ-110": ["employee", "kind", "corrected_from"]}
    assert {one: set(said) for one, said in wrong(ordered).items()} == {
        "NK-514": {"quantity", "pack_size", "currency"}
    }


def test_only_the_clients_own_columns_are_not_read(laid: LaidOut) -> None:
    corrections, orders = (delivered(one)[0] for one in laid.deliveries)
    assert [(one.code, one.values["found"]) for one in corrections.remarks] == [
        ("columns-not-read", "Team, Interne notitie")
    ]
    assert [(one.code, one.values["found"]) for one in orders.remarks] == [
        ("columns-not-read", "Forvaltning, Varebetegnelse, Intern note")
    ]


def test_what_excel_and_people_made_of_codes_and_amounts_is_read_as_meant(laid: LaidOut) -> None:
    book = openpyxl.load_workbook(laid.deliveries[0].file)["Mutaties"]
    assert book["C11"].value == 412
    assert book["I16"].value == "1.234,56"
    asked: dict[str, SalaryCorrection] = right(delivered(laid.deliveries[0])[1])
    assert asked["WZ-101"].employee == "00412"
    assert asked["WZ-106"].amount_wanted == Decimal("1234.56")
    ordered: dict[str, ProcurementOrder] = right(delivered(laid.deliveries[1])[1])
    assert ordered["NK-503"].lines[0].net_price == Decimal("1.3875")
    assert ordered["NK-505"].lines[0].net_price == Decimal("191.50")


def test_the_rows_repeat_a_reference_and_a_content_as_clients_do(laid: LaidOut) -> None:
    found = delivered(laid.deliveries[0])[1]
    references = [one.reference for one in found]
    assert [one for one in set(references) if references.count(one) > 1] == ["WZ-101"]
    asked = right(found)
    same = [one for one in asked if asked[one].content() == asked["WZ-102"].content()]
    assert same == ["WZ-102", "WZ-116"]


def test_orders_have_as_many_lines_as_rows(laid: LaidOut) -> None:
    ordered: dict[str, ProcurementOrder] = right(delivered(laid.deliveries[1])[1])
    several = {one: len(order.lines) for one, order in ordered.items() if len(order.lines) > 1}
    assert several == {"NK-501": 2, "NK-502": 3, "NK-504": 2, "NK-513": 2}


def test_amounts_and_prices_are_the_offices_own(laid: LaidOut, tmp_path: Path) -> None:
    database = office(tmp_path / "office.db")
    other = sqlite3.connect(database)
    other.execute("UPDATE slip_line SET amount = '98.10' WHERE component = '2000'")
    other.execute("UPDATE article SET price = '171.00' WHERE code = 'NJP-0010'")
    other.commit()
    other.close()
    changed = lay_out(tmp_path / "demo", database, TODAY, {})
    for where, travel, paper in ((laid, "92.50", "164.50"), (changed, "98.10", "171.00")):
        asked, ordered = (right(delivered(one)[1]) for one in where.deliveries)
        assert asked["WZ-101"].amount_now == Decimal(travel)
        assert ordered["NK-501"].lines[0].net_price == Decimal(paper)


def test_on_every_day_of_a_year_orders_can_be_in_time_and_the_tree_cannot(tmp_path: Path) -> None:
    """On the Danish calendar with its half holidays, a minute before the day's last order."""
    deadline = Deadline(
        Calendar("DK", ("public", "optional")), time(15), ZoneInfo("Europe/Copenhagen")
    )
    year: int | None = None
    for offset in range(366):
        today = TODAY + timedelta(days=offset)
        if today.year != year:
            year = today.year
            database = schema.connect(office(tmp_path / f"{year}.db", today))
            facts = Facts(database, "nordvig")
        now = deadline.moment(today) - timedelta(minutes=1)
        latest = {}
        for row in order_requests.rows(facts, today):
            if "need_by" in row and row["article"] != "NJP-0099":
                lead_time = facts.article(str(row["article"])).lead_time
                latest[row["reference"]] = deadline.latest_order(row["need_by"], lead_time)  # type: ignore[arg-type]
        late = [one for one in PLACED if deadline.call_by(latest[one], 1) < now]
        assert (today, late) == (today, [])
        assert latest["NK-506"] < now
        sooner = facts.article("JUL-0010").lead_time
        assert deadline.earliest_delivery(now, sooner) <= today + timedelta(days=14)


def test_the_sheets_are_a_clients_own_and_other_programs_read_them(laid: LaidOut) -> None:
    for delivery, names, sentence in zip(
        laid.deliveries,
        (["Mutaties", "Overzicht"], ["Bestillinger", "Oversigt"]),
        ("Salariscorrecties", "Bestillinger til indkøb"),
        strict=True,
    ):
        book = openpyxl.load_workbook(delivery.file)
        assert book.sheetnames == names
        sheet, overview = book.worksheets
        assert sheet["C1"].value == sentence
        assert sheet.merged_cells.ranges
        assert sheet.freeze_panes == "B11"
        assert sheet.data_validations.dataValidation
        assert len(sheet.conditional_formatting) == 2
        assert len(overview._charts) == 1
        assert str(overview["C4"].value).startswith("=SUMPRODUCT(")
        rows = CalamineWorkbook.from_path(delivery.file).get_sheet_by_name(names[0]).to_python()
        assert rows[9][0] in ("Kenmerk", "Reference")
        assert rows[10][0] in ("WZ-101", "NK-501")


def test_laying_out_again_leaves_every_file_as_it_is(tmp_path: Path) -> None:
    database = office(tmp_path / "office.db")
    first = lay_out(tmp_path / "demo", database, TODAY, {})
    files = [*first.clients, *(Path(one.file) for one in first.deliveries)]
    files[1].write_text("# changed by hand\n", encoding="utf-8")
    before = [path.read_bytes() for path in files]
    again = lay_out(tmp_path / "demo", database, TODAY + timedelta(days=1), {})
    assert (again.clients, again.deliveries) == (first.clients, first.deliveries)
    assert [path.read_bytes() for path in files] == before
    Path(first.deliveries[0].file).unlink()
    lay_out(tmp_path / "demo", database, TODAY, {})
    assert Path(first.deliveries[0].file).is_file()
    assert not list((tmp_path / "demo").rglob("*.part"))


def test_robots_keep_the_passwords_they_were_given_and_get_new_ones_otherwise(
    tmp_path: Path,
) -> None:
    database = office(tmp_path / "office.db")
    given = {"payroll-robot": "given-before", "office": "of-the-house"}
    laid = lay_out(tmp_path / "demo", database, TODAY, given)
    assert laid.credentials["payroll-robot"]["password"] == "given-before"
    assert set(laid.credentials) == {"payroll-robot", "purchasing-robot"}
    with schema.connect(database) as connection:
        for account in laid.credentials.values():
            assert check_password(connection, account["user"], account["password"])
    assert len(laid.credentials["purchasing-robot"]["password"]) >= 24
    words = {account["password"].encode() for account in laid.credentials.values()}
    assert not any(
        word in path.read_bytes()
        for path in (tmp_path / "demo").rglob("*")
        if path.is_file()
        for word in words
    )


def test_the_command_prints_one_line_that_a_program_can_go_on_with(tmp_path: Path) -> None:
    database = office(tmp_path / "office.db")
    passwords = {"PRACTICE_PASSWORD_PAYROLL_ROBOT": "p", "PRACTICE_PASSWORD_PURCHASING_ROBOT": "q"}
    command = [sys.executable, "-m", "paraplu.practice", "lay-out", str(tmp_path / "a folder")]
    command += ["--database", str(database), "--today", TODAY.isoformat()]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **passwords}, check=True
    )
    assert done.stdout.count("\n") == 1
    said = json.loads(done.stdout)
    assert [Path(path).name for path in said["clients"]] == [
        *("ssc.toml", "waterland.toml", "nordvig.toml")
    ]
    assert [(one["client"], one["service"], one["by"]) for one in said["deliveries"]] == [
        ("waterland", "payroll-correction", "anneke.vos"),
        ("nordvig", "procurement-order", "dorthe.kjeldgaard"),
    ]
    assert all(Path(one["file"]).is_file() for one in said["deliveries"])
    assert said["targets"] == {"practice-payroll": True, "practice-purchasing": True}
    assert said["credentials"]["purchasing-robot"] == {"user": "purchasing-robot", "password": "q"}


def test_without_an_office_it_says_how_to_start_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["lay-out", str(tmp_path), "--database", str(tmp_path / "none.db")])
    assert code == 1
    assert "start it first" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.fixture
def text_file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "office.db"
    path.write_text("no database", encoding="utf-8")
    yield path


def test_a_file_that_is_no_office_is_named(text_file: Path) -> None:
    with pytest.raises(CannotLayOut, match=r"office\.db cannot be read: file is not a database"):
        lay_out(text_file.parent / "demo", text_file, TODAY, {})
    sqlite3.connect(text_file.with_name("empty.db")).execute("CREATE TABLE other (name)")
    with pytest.raises(CannotLayOut, match="is not that of a practice office"):
        lay_out(text_file.parent / "demo", text_file.with_name("empty.db"), TODAY, {})


def test_an_office_where_every_run_is_over_is_named(tmp_path: Path) -> None:
    database = office(tmp_path / "office.db")
    other = sqlite3.connect(database)
    other.execute("UPDATE run SET state = 'closed'")
    other.commit()
    other.close()
    with pytest.raises(CannotLayOut, match="No run of waterland takes corrections"):
        lay_out(tmp_path / "demo", database, TODAY, {})


def test_the_office_is_read_at_its_own_month_whatever_the_day(tmp_path: Path) -> None:
    """A demo that was begun last month goes on with the periods of its office."""
    database = office(tmp_path / "office.db")
    laid = lay_out(tmp_path / "demo", database, date(2026, 12, 2), {})
    asked = right(delivered(laid.deliveries[0])[1])
    assert asked["WZ-102"].corrected_from == "2026-11"
    assert (asked["WZ-105"].corrected_from, asked["WZ-105"].corrected_until) == (
        "2026-08",
        "2026-10",
    )
