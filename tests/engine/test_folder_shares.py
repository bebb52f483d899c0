"""Shares that are away, slow or not what they seem: nothing is lost, and it is said once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from bureau import CLIENT, Bureau
from desk import SETTLE, Desk, book, statuses
from sqlalchemy import select

from paraplu.domain.folder import WatchedFolder
from paraplu.engine.share import Share
from paraplu.store import drops, tables


def log_of(bureau: Bureau) -> str:
    return (bureau.home / "logs" / "paraplu.log").read_text("utf-8")


def test_a_folder_that_is_away_is_said_once_and_nothing_is_lost(desk: Desk) -> None:
    desk.put("a.xlsx", book())
    desk.look()
    away = desk.path.with_name("away")
    desk.path.rename(away)
    for _look in range(4):
        assert [one.reason for one in desk.look(SETTLE).happened] == ["folder-missing"]
    away.rename(desk.path)
    assert desk.did()[:2] == ["back", "taken-in"]
    log = log_of(desk.bureau)
    assert (log.count("folder_away"), log.count("folder_back")) == (1, 1)
    assert "share" not in log
    assert "a.xlsx" not in log


def test_an_empty_folder_in_place_of_the_share_is_not_taken_for_it(desk: Desk) -> None:
    desk.put("a.xlsx", book())
    desk.settle()
    desk.bureau.run()
    desk.bureau.centre.answers.answer_all(CLIENT)  # to be delivered
    away = desk.path.with_name("away")
    desk.path.rename(away)
    desk.path.mkdir()
    assert {one.reason for one in desk.settle()} == {"folder-not-mounted"}
    assert list(desk.path.iterdir()) == []
    desk.path.rmdir()
    away.rename(desk.path)
    assert desk.did() == ["back", "answered"]


def test_an_out_folder_that_is_away_gets_its_answers_later(bureau: Bureau, tmp_path: Path) -> None:
    out = tmp_path / "out"
    desk = Desk(bureau, tmp_path / "in", answered=str(out))
    desk.put("a.xlsx", book())
    desk.put("b.xlsx", b"no workbook")
    assert sorted(desk.did()) == ["away", "away", "stopped", "taken-in"]
    assert desk.names() == []
    bureau.run()
    bureau.centre.answers.answer_all(CLIENT)
    out.mkdir()
    assert desk.did() == ["back", "answered", "answered"]
    workbook_name, text = sorted(one.name for one in out.iterdir())
    assert statuses(out / workbook_name) == ["Done"]
    assert text == "b.xlsx - not accepted.txt"


def test_an_answer_that_somebody_reads_is_replaced_when_they_close_it(desk: Desk) -> None:
    desk.put("a.xlsx", book())
    desk.settle()
    (name,) = desk.names("answered")
    lock = desk.path / "answered" / f"~${name}"
    lock.touch()
    desk.bureau.run()
    desk.bureau.centre.answers.answer_all(CLIENT)
    assert desk.waits(SETTLE) == ["answer-open"]
    assert statuses(desk.path / "answered" / name) == ["Received"]
    lock.unlink()
    assert desk.did() == ["answered"]
    assert statuses(desk.path / "answered" / name) == ["Done"]


def test_a_share_that_does_not_answer_holds_up_one_look_only(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, opened, calls = threading.Event(), Share.open, []

    def opening(self: Share, *, known: bool) -> Any:
        calls.append(known)
        let_go.wait(60)
        return opened(self, known=known)

    desk.put("a.xlsx", book())
    monkeypatch.setattr(Share, "open", opening)
    monkeypatch.setattr("paraplu.engine.folders._ANSWERS_WITHIN", 0.05)
    for _look in range(3):
        assert [one.reason for one in desk.look().happened] == ["folder-does-not-answer"]
    assert len(calls) == 1
    let_go.set()
    thread = next(iter(desk.bureau.centre.folders._asking.values()))
    thread.join()
    monkeypatch.setattr("paraplu.engine.folders._ANSWERS_WITHIN", 15.0)
    assert desk.did() == ["back", "taken-in", "answered"]


def test_a_folder_below_the_home_is_made(bureau: Bureau) -> None:
    bureau.settings(folder=WatchedFolder(path="noordwijk/in", submitter="carla.visser"))
    bureau.centre.folders.look(0.0)
    made = bureau.home / "folders" / "noordwijk" / "in"
    assert sorted(one.name for one in made.iterdir()) == ["answered", "refused", "taken-in"]


def test_a_folder_that_another_agreement_has_too_is_not_looked_into(desk: Desk) -> None:
    parts = desk.bureau.centre.parts
    with parts.database.write() as connection:  # past the check when it is applied
        row = connection.execute(
            select(tables.agreements).where(tables.agreements.c.service == "ledger-order")
        ).one()
        settings = row.settings.replace(
            '"folder":null', f'"folder":{{"path":"{desk.path}/in","submitter":"carla.visser"}}'
        )
        assert settings != row.settings
        connection.execute(
            tables.agreements.update()
            .where(tables.agreements.c.service == "ledger-order")
            .values(settings=settings)
        )
    desk.put("a.xlsx", book())
    assert {one.reason for one in desk.settle()} == {"folder-shared"}
    assert desk.receipts() == []


def test_an_answer_that_cannot_be_written_is_tried_again_and_no_name_gets_into_the_log(
    desk: Desk,
) -> None:
    name = "Zbigniew Wörnstrød"
    desk.put(f"{name}.xlsx", book())
    desk.settle()
    (answer,) = desk.names("answered")
    desk.bureau.run()  # the case is closed and nobody has said so yet
    lock = desk.bureau.home / "answers" / CLIENT / f"~${answer}"
    lock.write_bytes(b"\x05Carla")
    assert {one.reason for one in desk.settle()} == {"answer-not-written"}
    log = log_of(desk.bureau)
    assert "folder_failed" in log
    assert "Wörnstr" not in log
    assert "W\\u00f6rnstr" not in log
    lock.unlink()
    assert "answered" in [one.what for one in desk.look(60).happened]
    assert statuses(desk.path / "answered" / answer) == ["Done"]


def test_half_an_answer_that_a_dead_process_left_is_in_nobodys_way(
    bureau: Bureau, tmp_path: Path
) -> None:
    desk = Desk(bureau, tmp_path / "in", answered=str(tmp_path / "out"))
    desk.put("a.xlsx", book())
    desk.settle()
    (row,) = desk.drops()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / f".{row.uid}.part").write_bytes(b"half")
    assert desk.did() == ["back", "answered"]
    assert [one.suffix for one in (tmp_path / "out").iterdir()] == [".xlsx"]


def test_an_answer_is_said_to_lie_there_once_and_only_when_it_is_the_newest(desk: Desk) -> None:
    desk.put("a.xlsx", book())
    desk.settle()
    (row,) = desk.drops()
    with desk.bureau.centre.parts.database.write() as connection:
        assert not drops.delivered(connection, row.uid, row.answer_hash, 1)
        drops.answered(connection, row.receipt, "e" * 64, "n" * 64, final=True)
        assert not drops.delivered(connection, row.uid, row.answer_hash, 1)
        assert drops.delivered(connection, row.uid, "n" * 64, 1)
