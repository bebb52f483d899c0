"""`paraplu up`: one command plans, takes in, carries out and signs, and goes on after it was killed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from bureau import BOOKING, CLIENT, Bureau, booking, workbook
from farm import Farm, states, until
from sqlalchemy import select

from paraplu.domain.folder import WatchedFolder
from paraplu.domain.person import Person, Role
from paraplu.domain.schedule import Schedule
from paraplu.engine.people import Known
from paraplu.store import tables

pytestmark = pytest.mark.slow


def every_minute(bureau: Bureau, **more: str) -> None:
    """A schedule that is due at every minute from now on."""
    made = Schedule.model_validate(
        {
            "client": CLIENT,
            "name": "often",
            "service": BOOKING,
            "when": "every 1 minute between 00:00 and 23:59 every day",
            "timezone": "Europe/Amsterdam",
            **more,
        }
    )
    with bureau.centre.parts.database.write() as connection:
        bureau.centre.parts.ahead.put(connection, made, bureau.who("ines").uid)


def ledger_of(bureau: Bureau) -> list[tuple[datetime, str]]:
    """The planned runs whose time has come, in order: when, and what became of them."""
    table = tables.planned_runs
    with bureau.centre.parts.database.read() as connection:
        rows = connection.execute(select(table).order_by(table.c.planned_for)).all()
    now = datetime.now(UTC)
    found = [(datetime.fromtimestamp(row.planned_for / 1000, UTC), row.state) for row in rows]
    return [(when, state) for when, state in found if when <= now]


def test_a_workbook_in_a_folder_is_taken_in_carried_out_by_schedule_and_answered(
    bureau: Bureau, farm: Farm, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    watched = WatchedFolder(path=str(folder), submitter="carla.visser", settle_seconds=1)
    bureau.settings(folder=watched)
    every_minute(bureau)
    (folder / "bookings.xlsx").write_bytes(workbook(bureau.bots[BOOKING], [booking("A-1")]))
    up = farm.worker("--workers", "1", command="up")
    until(lambda: states(bureau) == {"done": 1})
    until(lambda: list((folder / "answered").glob("*.xlsx")))
    assert not (folder / "bookings.xlsx").exists()
    up.process.terminate()
    assert up.ends() == 0
    assert [one["ending"] for one in up.told if one.get("handled")] == ["finished"]
    checked = bureau.centre.proof.check()
    assert checked.intact


def test_killed_over_planned_runs_it_settles_them_when_it_is_started_again(
    bureau: Bureau, farm: Farm
) -> None:
    every_minute(bureau, missed="run within 2 h")
    first = farm.worker("--workers", "1", command="up")
    until(lambda: ledger_rows(bureau))
    for one in [*first.below(), first.process]:
        one.kill()
    bureau.send(booking("A-1"))
    # While nobody is there two minutes go by: the ledger's past, not the test's.
    with bureau.centre.parts.database.write() as connection:
        table = tables.planned_runs
        rows = connection.execute(
            select(table).where(table.c.state == "planned").order_by(table.c.planned_for).limit(2)
        ).all()
        for number, row in enumerate(rows):
            early = row.planned_for - (7 - number) * 60_000
            connection.execute(
                table.update().where(table.c.uid == row.uid).values(planned_for=early)
            )
    second = farm.worker("--workers", "1", command="up")
    until(lambda: states(bureau) == {"done": 1})
    second.process.terminate()
    assert second.ends() == 0
    became = dict(ledger_of(bureau)[:2])
    assert sorted(became.values()) == ["finished", "merged"]


def ledger_rows(bureau: Bureau) -> int:
    """How many planned runs are written."""
    with bureau.centre.parts.database.read() as connection:
        return len(connection.execute(select(tables.planned_runs)).all())


def test_an_erasure_that_broke_off_is_finished(bureau: Bureau, farm: Farm) -> None:
    bureau.in_children = False
    lea = Person(handle="lea.groot", name="Lea Groot", roles=(Role.LEAD,))
    bureau.settings(people=(lea,))
    bureau.story(booking("A-1"))
    key = bureau.case("A-1").key
    erasures = bureau.centre.erasures
    asked = erasures.ask_person(CLIENT, "10001", bureau.who("ines"), ground="AVG art. 17")
    with (
        pytest.MonkeyPatch.context() as broken,
        pytest.raises(KeyboardInterrupt),
    ):
        broken.setattr(erasures, "_destroy", _dead)
        erasures.accept(asked.proposal, Known(_uid_of(bureau, lea), lea))
    assert bureau.centre.parts.keys.there([key]) == {key}
    up = farm.worker("--workers", "1", command="up")
    until(lambda: bureau.centre.parts.keys.there([key]) == set())
    until(lambda: not erasures.unfinished())
    up.process.terminate()
    assert up.ends() == 0
    bureau.assert_intact()


def _uid_of(bureau: Bureau, person: Person) -> str:
    with bureau.centre.parts.database.read() as connection:
        known = bureau.centre.parts.people.by_handle(connection, person.handle)
    assert known is not None
    return known.uid


def _dead(*_: object) -> None:
    raise KeyboardInterrupt
