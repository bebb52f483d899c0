"""The seeded office: always the same for the same day, with the people that the bots need."""

import sqlite3
from datetime import date
from pathlib import Path

import pytest

from paraplu.practice import schema, seed
from paraplu.practice.truth import Truth

STAMP = "2026-11-21T08:00:00.000000+01:00"


def seeded(path: Path, today: date) -> sqlite3.Connection:
    database = schema.connect(path)
    with schema.transaction(database):
        schema.create_tables(database)
        seed.seed(database, today, STAMP)
    return database


def test_two_offices_of_the_same_day_are_equal(tmp_path: Path) -> None:
    one, other = (seeded(tmp_path / name, date(2026, 11, 21)) for name in ("one.db", "other.db"))
    assert list(one.iterdump()) == list(other.iterdump())
    assert list(one.iterdump()) != list(seeded(tmp_path / "x", date(2026, 12, 1)).iterdump())


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2026, 11, 21), date(2028, 2, 29)])
def test_the_present_month_is_calculated_the_next_open_and_the_past_paid_or_closed(
    tmp_path: Path, today: date
) -> None:
    database = seeded(tmp_path / "office.db", today)
    rows = database.execute(
        "SELECT period, state FROM run WHERE organisation = 'nordvig' ORDER BY period DESC"
    ).fetchall()
    assert [row["state"] for row in rows] == ["open", "calculated", "paid", *["closed"] * 5]
    assert rows[1]["period"] == today.isoformat()[:7]


def test_the_people_whom_the_bots_must_notice_are_there(tmp_path: Path) -> None:
    database = seeded(tmp_path / "office.db", date(2026, 11, 21))
    truth = Truth(tmp_path / "office.db")
    for org, codes in (
        ("waterland", ("00449", "00486", "00523", "00560", "00597", "00634")),
        ("nordvig", ("00132", "00161", "00190", "00219", "00248", "00277")),
    ):
        garnished, ended, twice, scant, recovered, overtime = codes

        def components(code: str, org: str = org) -> set[str]:
            return {line.component for line in truth.slip_lines(org, "2026-11", code)}

        assert "7500" in components(garnished)
        assert components(ended) == set()
        assert truth.slip_lines(org, "2026-09", ended)
        assert truth.slip_lines(org, "2026-11", twice, 2)
        assert 0 < truth.nets(org, "2026-11")[f"{scant}-1"] < 200
        assert "7600" in components(recovered)
        assert "1210" in components(overtime)
        assert len(truth.nets(org, "2026-11")) >= 30
    database.close()


def test_the_next_order_number_follows_the_past_orders(tmp_path: Path) -> None:
    database = seeded(tmp_path / "office.db", date(2026, 1, 2))
    last = database.execute("SELECT max(number) FROM purchase_order").fetchone()[0]
    assert last == "IO-2026-00122"
