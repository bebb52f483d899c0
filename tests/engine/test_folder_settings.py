"""What is agreed about a folder is checked before it comes into force, and goes out as it came in."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bureau import CLIENT, ORDER, START, Bureau, found_home, mandate, moved_in
from click.testing import CliRunner
from desk import Desk, book
from sqlalchemy import func, select

from paraplu import Agreement
from paraplu.bootstrap import open_centre
from paraplu.cli.folders import folders
from paraplu.domain.folder import WatchedFolder
from paraplu.engine.clock import Clock
from paraplu.engine.places import Places
from paraplu.engine.reviewed import given
from paraplu.errors import SettingsWrong
from paraplu.store import tables
from paraplu.store.database import Database
from paraplu.store.mutex import only_one
from postgres import empty_postgres_url, postgres_url  # noqa: F401


def watched(path: str = "in", submitter: str = "carla.visser") -> WatchedFolder:
    return WatchedFolder(path=path, submitter=submitter)


def test_somebody_who_may_not_ask_cannot_deliver(bureau: Bureau) -> None:
    with pytest.raises(SettingsWrong, match=r"submitter: 'anna.kok' may not ask; add a \[\["):
        bureau.settings(folder=watched(submitter="anna.kok"))
    with pytest.raises(SettingsWrong, match="'nobody' may not ask"):
        bureau.settings(folder=watched(submitter="nobody"))


def with_orders_from(bureau: Bureau, path: str) -> None:
    """The other agreement of the client gets a folder."""
    booking, order = bureau.file.agreement
    changed = order.model_copy(update={"folder": watched(path), "version": order.version + 1})
    bureau.file = bureau.file.model_copy(update={"agreement": (booking, changed)})


@pytest.mark.parametrize("path", ["in", "IN/", "in/orders"])
def test_two_agreements_cannot_share_a_folder(bureau: Bureau, path: str) -> None:
    with_orders_from(bureau, path)
    with pytest.raises(SettingsWrong, match="one lies in the other"):
        bureau.settings(folder=watched())


def test_two_clients_cannot_share_a_folder(bureau: Bureau) -> None:
    bureau.settings(folder=watched("/srv/noordwijk"))
    other = bureau.file.client
    assert other is not None
    other = other.model_copy(update={"id": "zuidwijk"})
    mine = bureau.file.agreement[0]
    agreement = Agreement.model_validate(
        {**mine.model_dump(), "client": "zuidwijk", "folder": watched("/srv/noordwijk/zuid")}
    )
    file = bureau.file.model_copy(
        update={
            "client": other,
            "agreement": (agreement,),
            "mandate": (mandate("carla.visser", "ask", "5", client="zuidwijk"),),
            "person": (),
        }
    )
    with pytest.raises(SettingsWrong, match="that of noordwijk/ledger-booking"):
        bureau.centre.parts.records.apply([given(file)], bureau.who("ines"), force=True)


def test_a_folder_goes_out_as_it_came_in(bureau: Bureau) -> None:
    bureau.settings(folder=watched("in/a"))
    with_orders_from(bureau, "in/b")
    bureau.settings()
    exported = bureau.centre.parts.records.export(CLIENT, bureau.who("ines"))
    found = {one.service: one.folder for one in exported.agreement}
    assert found[ORDER] == watched("in/b")
    (applied,) = bureau.centre.parts.records.apply([given(exported)], bureau.who("ines"))
    assert list(applied.lines) == []


# By hand ------------------------------------------------------------------------------------------


def by_hand(bureau: Bureau, *words: str) -> tuple[int, dict[str, Any], str]:
    """`paraplu folders look` as a person types it: exit code, what it prints as JSON, and for people."""
    bureau.close()
    told: list[str] = []
    for form in (["--json"], []):
        arguments = ["look", "--home", str(bureau.home), *words, *form]
        result = CliRunner().invoke(folders, arguments, standalone_mode=False)
        assert result.exception is None, result.exception
        told.append(result.output)
        code = result.return_value
    return code, json.loads(told[0]), told[1]


def test_one_look_by_hand_waits_until_what_lies_there_is_complete(
    bureau: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(bureau, tmp_path / "in", settle_seconds=1)
    desk.put("a.xlsx", book())
    opened = open_centre

    def opening(path: Path, **more: Any) -> Any:
        return opened(path, clock=Clock(bureau.time), plugins=bureau.centre.plugins, **more)

    monkeypatch.setattr("paraplu.bootstrap.open_centre", opening)
    code, told, text = by_hand(bureau, "--once")
    assert code == 0
    assert [one["reason"] for one in told["happened"]] == ["settling"]
    assert "a.xlsx (noordwijk, ledger-booking): it is taken in when" in text
    code, told, text = by_hand(bureau)
    assert code == 0
    assert [one["what"] for one in told["happened"]] == ["taken-in", "answered"]
    assert "Nothing new; 1 watched." in text
    desk.path.rename(tmp_path / "away")
    code, told, text = by_hand(bureau)
    assert code == 3
    assert "it does not exist" in text


# On PostgreSQL ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_on_postgresql_two_machines_take_each_file_in_once(
    empty_postgres_url: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    home = tmp_path / "made"
    found_home(home, database=empty_postgres_url)
    shared = {
        "database": empty_postgres_url,
        "keys": f"sqlite:///{home}/home/keys.db",
        "evidence_folder": str(home / "home" / "evidence"),
    }
    first = moved_in(home, tmp_path / "first", **shared)
    second = moved_in(home, tmp_path / "second", **shared)
    desk = Desk(first, tmp_path / "in")
    data = book()
    desk.put("a.xlsx", data)
    desk.put("b.xlsx", b"no workbook")
    first.centre.folders.look(0.0)
    second.centre.folders.look(0.0)
    did = [
        one.what
        for bureau in (first, second, first, second)
        for one in bureau.centre.folders.look(20.0).happened
    ]
    assert sorted(did) == ["answered", "answered", "stopped", "taken-in"]
    desk.put("a.xlsx", data)
    desk.bureau = second
    assert desk.did() == ["known", "answered"]
    assert len(desk.receipts()) == 2
    with first.centre.parts.database.read() as connection:
        count = select(func.count()).select_from(tables.cases)
        assert connection.execute(count).scalar_one() == 1
    first.close()
    second.close()


@pytest.mark.slow
def test_on_postgresql_one_of_two_machines_looks_at_a_time(
    postgres_url: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    one, other = Database(postgres_url), Database(postgres_url)
    for _time in range(2):
        with only_one(one, tmp_path / "a", 1) as mine, only_one(other, tmp_path / "b", 1) as theirs:
            assert (mine, theirs) == (True, False)
        with only_one(other, tmp_path / "b", 1) as theirs:
            assert theirs
    one.close()
    other.close()


def test_a_relative_path_lies_below_the_home_and_a_new_version_counts_at_once(
    bureau: Bureau,
) -> None:
    places = Places(bureau.centre.parts, bureau.home / "folders")

    def inboxes() -> list[Path]:
        with bureau.centre.parts.database.read() as connection:
            return [one.share.inbox for one in places.current(connection)]

    assert inboxes() == []
    bureau.settings(folder=watched("a/b"))
    assert inboxes() == [bureau.home / "folders" / "a" / "b"]
    bureau.settings(folder=watched("/srv/in"))
    assert inboxes() == [Path("/srv/in")]
    bureau.settings(folder=watched("later"), valid_from=START.date() + timedelta(days=1))
    assert inboxes() == [Path("/srv/in")]
    bureau.time.go_on(days=1)
    assert inboxes() == [bureau.home / "folders" / "later"]
