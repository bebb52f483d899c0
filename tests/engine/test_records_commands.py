"""`apply`, `diff`, `export`, `schedules check`, `calendars`, `proposals`, `doctor` as somebody types them."""

from __future__ import annotations

import contextlib
import getpass
import io
import json
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from paraplu.bootstrap import create_home
from paraplu.cli.main import main
from paraplu.domain.calendar import holidays_of
from paraplu.domain.person import Person, Role
from paraplu.engine.reviewed import read
from paraplu.settings import to_toml
from paraplu.store import calendars, tables
from paraplu.store.database import Database

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    person = Person(
        handle="ines.bakker",
        name="Ines Bakker",
        roles=(Role.ADMINISTRATOR, Role.OPERATOR),
        system_user=getpass.getuser(),
    )
    create_home(tmp_path / "home", person, demo=True)
    shutil.copytree(ROOT / "schedules", tmp_path / "schedules")
    return tmp_path / "home"


def typed(home: Path, *arguments: object, code: int = 0) -> dict[str, Any]:
    """What a command answers in JSON; it must end with `code`. It runs in this process, to be quick."""
    words, out = [str(one) for one in arguments], io.StringIO()
    argv, sys.argv = sys.argv, ["paraplu", *words, "--json", "--home", str(home)]
    try:
        with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as ended:
            main()
    finally:
        sys.argv = argv
    assert ended.value.code == code, out.getvalue()
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_a_folder_is_shown_applied_whole_and_exported(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "schedules"
    client, calendar = folder / "example-gemeente.toml", folder / "calendars" / "payroll-2027.toml"
    shown = typed(home, "diff", folder)["files"]
    assert shown[str(calendar)] == ["+ calendar payroll-2027"]
    assert (
        "+ schedule example-gemeente/orders-of-a-workbook: when a workbook arrives"
        in shown[str(client)]
    )
    assert typed(home, "apply", folder)["files"] == shown
    assert typed(home, "diff", folder)["files"] == {str(calendar): [], str(client): []}
    for name, option, path in (
        ("example-gemeente", (), tmp_path / "exported.toml"),
        ("payroll-2027", ("--calendar",), tmp_path / "exported-calendar.toml"),
    ):
        typed(home, "export", name, *option, "--out", path)
        file = read(path)
        assert file.wrong == ()
        assert typed(home, "diff", path)["files"] == {str(path): []}
    # What was applied has its revision by now, and can be changed and applied again.
    client.write_text(client.read_text("utf-8").replace("at 07:30", "at 07:15"), "utf-8")
    assert typed(home, "apply", client)["files"][str(client)] == [
        "~ schedule example-gemeente/corrections-morning: "
        'when "every working day at 07:30" -> "every working day at 07:15"'
    ]


def test_wrong_places_are_listed_and_end_with_a_failure_with_and_without_a_home(
    home: Path, tmp_path: Path
) -> None:
    client = tmp_path / "schedules" / "example-gemeente.toml"
    assert typed(home, "schedules", "check", tmp_path / "schedules")["wrong"] == []
    assert typed(tmp_path / "nowhere", "schedules", "check", client)["wrong"] == []
    text = client.read_text("utf-8")
    client.write_text(text.replace("every working day at 07:30", "on the 31st at 10:00"), "utf-8")
    line = 1 + text[: text.index("every working day at 07:30")].count("\n")
    start = f"{client}:{line}: schedule 'corrections-morning': \"on the 31st at 10:00\": not every month"
    for place in (home, tmp_path / "nowhere"):
        (wrong,) = typed(place, "schedules", "check", tmp_path / "schedules", code=1)["wrong"]
        assert wrong.startswith(start)
    assert start in typed(home, "apply", tmp_path / "schedules", code=1)["error"]
    assert typed(home, "export", "example-gemeente", code=1)["error"].startswith(
        "There is no client"
    )


def test_a_change_that_needs_a_second_person_ends_with_a_person_needed(
    home: Path, tmp_path: Path
) -> None:
    client = tmp_path / "schedules" / "example-gemeente.toml"
    people = tmp_path / "people.toml"
    lea = {"handle": "lea.groot", "name": "Lea Groot", "roles": ["lead"]}
    people.write_text(to_toml({"person": [lea]}), "utf-8")
    text = client.read_text("utf-8").replace("two_people = false", "two_people = true")
    client.write_text(text, "utf-8")
    typed(home, "apply", tmp_path / "schedules", people)
    changed = client.read_text("utf-8").replace("at 07:30", "at 07:15")
    client.write_text(changed, "utf-8")
    uid = typed(home, "apply", client, code=3)["proposals"][str(client)]
    (waiting,) = typed(home, "proposals", "list")["proposals"]
    assert (waiting["proposal"], waiting["made_by"]) == (uid, "ines.bakker")
    assert "You made this" in typed(home, "proposals", "accept", uid, code=1)["error"]
    assert typed(home, "proposals", "show", uid)["lines"] == waiting["lines"]
    typed(home, "proposals", "accept", uid, "--as", "lea.groot")
    assert typed(home, "proposals", "list")["proposals"] == []
    assert typed(home, "diff", client)["files"] == {str(client): []}


def test_doctor_and_calendars_tell_what_a_newer_package_would_move_and_which_calendar_ends(
    home: Path, tmp_path: Path
) -> None:
    today = datetime.now(UTC).date()
    # A Wednesday that is a working day by the installed package.
    added = today + timedelta(days=1)
    while added.weekday() != 2 or holidays_of("NL", ("public",), added.year).get(added):
        added += timedelta(days=1)
    ends = today + timedelta(days=40)
    schedules = tmp_path / "schedules"
    calendar = schedules / "calendars" / "pay.toml"
    calendar.write_text(
        to_toml({"id": "pay", "name": "Pay days", "dates": [ends], "ends": ends}), "utf-8"
    )
    client = schedules / "example-gemeente.toml"
    common = {"service": "payroll-correction", "timezone": "Europe/Amsterdam"}
    pay = {"name": "pay", "when": "on the dates of pay at 09:00", "valid_until": ends}
    daily = {"name": "daily", "when": "every working day at 07:30"}
    more = {"schedule": [{**common, **pay}, {**common, **daily}]}
    client.write_text(client.read_text("utf-8") + "\n" + to_toml(more), "utf-8")
    typed(home, "apply", schedules)
    assert typed(home, "calendars", "list")["differences"] == []
    database = Database(f"sqlite:///{home / 'paraplu.db'}")
    with database.write() as connection:
        (row,) = [one for one in calendars.accepted(connection) if one.year == added.year]
        days = json.dumps(sorted([*json.loads(row.days), added.isoformat()]))
        calendars.accept(connection, row.country, row.categories, row.year, days=days)
    database.close()
    listed = typed(home, "calendars", "list")
    assert listed["differences"] == [f"NL public {added.year}: -{added}"]
    assert f"example-gemeente/daily: none -> Wed {added} 07:30" in listed["would_move"]
    (ending,) = [text for text in listed["ending"] if text.startswith("calendar pay ")]
    assert "ends in 40 days" in ending
    wrong = [one["what"] for one in typed(home, "doctor", code=1)["findings"] if not one["ok"]]
    assert ending in wrong
    assert any("holidays differ from what was accepted" in what for what in wrong)
    assert any(f"-> Wed {added} 07:30" in what for what in wrong)
    accepted = typed(home, "calendars", "accept", "nl")
    assert accepted["accepted"] == listed["differences"]
    assert typed(home, "calendars", "list")["would_move"] == []
    assert typed(home, "calendars", "show", "pay")["used_by"] == ["example-gemeente/pay"]
    assert "no shared calendar 'x'" in typed(home, "calendars", "show", "x", code=1)["error"]


def test_doctor_tells_that_an_agreement_wants_a_witness_and_none_is_named(
    home: Path, tmp_path: Path
) -> None:
    client = tmp_path / "schedules" / "example-gemeente.toml"
    text = client.read_text("utf-8")
    assert text.count('intent = "durable"') == 1
    client.write_text(text.replace('intent = "durable"', 'intent = "witnessed"'), "utf-8")
    typed(home, "apply", tmp_path / "schedules")
    wrong = [one["what"] for one in typed(home, "doctor", code=1)["findings"] if not one["ok"]]
    assert any("asks for a witness" in what and "[[audit.witnesses]]" in what for what in wrong)


def test_doctor_tells_that_the_clock_stands_before_the_log(home: Path, tmp_path: Path) -> None:
    def said() -> list[str]:
        findings = typed(home, "doctor", code=1)["findings"]  # the demo's targets do not answer
        return [one["what"] for one in findings if "clock" in one["what"]]

    typed(home, "apply", tmp_path / "schedules")
    assert said() == ["the clock does not stand before the newest entry of the log"]
    database = Database(f"sqlite:///{home / 'paraplu.db'}")
    with database.write() as connection:
        connection.execute(tables.entries.update().values(time=tables.entries.c.time + 3_600_000))
    database.close()
    (what,) = said()
    assert what.startswith("the clock stands 3") and "have it set by a time server" in what
