"""Clients put workbooks into folders: each is taken in once, answered there, and moved away."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from bureau import CLIENT, START, Bureau, booking, mandate
from desk import Desk, book, statuses

from paraplu.domain.folder import WatchedFolder
from paraplu.engine.intake import LARGEST
from paraplu.store.mutex import only_one


def test_a_workbook_is_taken_in_answered_and_moved_away(desk: Desk) -> None:
    data = book(booking("A-1"), booking("A-2", account="1"))
    desk.put("corrections.xlsx", data)
    assert desk.did() == ["taken-in", "answered"]
    (receipt,) = desk.receipts()
    assert (receipt.channel, receipt.submitter) == ("folder", desk.bureau.who("carla").uid)
    assert desk.names() == []
    assert desk.names("taken-in") == [f"corrections - {receipt.uid}.xlsx"]
    assert (desk.path / "taken-in" / desk.names("taken-in")[0]).read_bytes() == data
    (answer,) = desk.names("answered")
    assert answer == f"corrections - answered {receipt.uid[-8:]}.xlsx"
    assert statuses(desk.path / "answered" / answer) == ["Received", "Not accepted"]
    desk.bureau.assert_intact()


def test_what_was_taken_in_is_kept_as_evidence(desk: Desk) -> None:
    data = book()
    desk.put("a.xlsx", data)
    desk.settle()
    entry = next(one for one in desk.bureau.entries() if one.kind == "receipt-taken-in")
    found, _type = desk.bureau.centre.proof.picture(
        entry.rpa["evidence"][0]["hash"], desk.bureau.who("olga")
    )
    assert found == data
    assert entry.document["actor"]["user"]["uid"] == desk.bureau.who("carla").uid
    assert entry.document["actor"]["app_name"] == "folder"


def test_the_final_answer_replaces_the_interim_one_and_stays(desk: Desk) -> None:
    desk.put("a.xlsx", book(booking("A-1"), booking("A-2", "10002", now="3100", remark="call")))
    desk.settle()
    (name,) = desk.names("answered")
    bureau = desk.bureau
    bureau.run()
    bureau.centre.answers.answer_all(CLIENT)
    assert desk.did() == ["answered"]
    assert statuses(desk.path / "answered" / name) == ["Done", "Being looked at by a person"]
    desk.path.joinpath("answered", name).unlink()  # the client took it
    bureau.centre.answers.answer_all(CLIENT)
    assert desk.did() == []
    bureau.centre.desks.withdraw(bureau.case("A-2").uid, bureau.who("carla"), "not needed")
    assert desk.did() == ["answered"]  # nobody else answered it
    assert statuses(desk.path / "answered" / name) == ["Done", "Withdrawn"]
    bureau.centre.answers.answer_all(CLIENT)
    assert desk.did() == []
    finals = [
        one.rpa["detail"]["final"] for one in bureau.entries() if one.kind == "answer-delivered"
    ]
    assert finals == [False, False, True]


def test_a_delivery_without_a_single_case_is_answered_for_good_at_once(desk: Desk) -> None:
    desk.put("a.xlsx", book(booking("A-1", account="1")))
    assert desk.did() == ["taken-in", "answered"]
    assert [row.final for row in desk.drops()] == [1]
    assert desk.did() == []


@pytest.mark.parametrize("name", ["a.xlsx", "b.xlsx"], ids=["the same name", "another name"])
def test_the_same_file_again_is_noticed_and_answered(desk: Desk, name: str) -> None:
    data = book()
    desk.put("a.xlsx", data)
    desk.settle()
    (receipt,) = desk.receipts()
    desk.put(name, data)
    assert desk.did() == ["known", "answered"]
    assert [one.uid for one in desk.receipts()] == [receipt.uid]
    said = desk.text(f"{name} - known already.txt")
    assert f"Exactly this file was taken in on 2026-11-17 10:00 as receipt {receipt.uid}" in said
    assert desk.names() == []
    assert len(desk.names("taken-in")) == 2
    assert desk.bureau.kinds().count("receipt-taken-in") == 1
    assert "file-known" in desk.bureau.kinds()


def test_two_equal_files_at_once_become_one_receipt(desk: Desk) -> None:
    data = book()
    for name in ("a.xlsx", "b.xlsx", "c.xlsx"):
        desk.put(name, data)
    did = desk.did()
    assert (did.count("taken-in"), did.count("known")) == (1, 2)
    assert len(desk.receipts()) == 1


def test_a_file_that_came_in_by_another_way_is_known_too(desk: Desk) -> None:
    data = book()
    desk.bureau.deliver(data)
    desk.put("a.xlsx", data)
    assert desk.did() == ["known", "answered"]
    assert len(desk.receipts()) == 1


def test_a_file_that_was_stopped_may_come_again(desk: Desk) -> None:
    data = book(top={"Number of rows": 2})
    for _time in range(2):
        desk.put("a.xlsx", data)
        assert desk.did() == ["stopped", "answered"]
    assert [one.state for one in desk.receipts()] == ["stopped", "stopped"]
    assert len(desk.names("refused")) == 2


def in_dutch(bureau: Bureau) -> None:
    client = bureau.file.client
    assert client is not None
    bureau.file = bureau.file.model_copy(
        update={"client": client.model_copy(update={"language": "nl"})}
    )


def test_a_bad_file_is_answered_in_the_clients_language(bureau: Bureau, tmp_path: Path) -> None:
    in_dutch(bureau)
    desk = Desk(bureau, tmp_path / "in")
    desk.put("a.xlsx", b"Referentie;Bedrag\r\nA-1;100\r\n")
    assert desk.did() == ["stopped", "answered"]
    said = desk.text("a.xlsx - niet aangenomen.txt")
    assert "a.xlsx, hier gevonden op 17-11-2026 10:" in said
    assert "platte tekst (zoals csv)" in said
    assert "Van dit bestand is niets in behandeling genomen." in said
    assert "\r\n" in (desk.path / "answered" / "a.xlsx - niet aangenomen.txt").read_bytes().decode()
    (row,) = desk.receipts()
    assert row.state == "stopped"
    assert desk.names("refused") == [f"a - {row.uid}.xlsx"]


def test_a_name_that_was_not_agreed_is_refused_unread(bureau: Bureau, tmp_path: Path) -> None:
    desk = Desk(bureau, tmp_path / "in", names=("Corrections-*.xlsx",))
    desk.put("salaries Jansen.xlsx", book())
    desk.put("CORRECTIONS-november.XLSX", book(booking("B-1")))
    assert sorted(desk.did()) == ["answered", "answered", "refused", "taken-in"]
    assert "Corrections-*.xlsx" in desk.text("salaries Jansen.xlsx - not accepted.txt")
    assert len(desk.names("refused")) == 1
    entry = next(one for one in bureau.entries() if one.kind == "file-refused")
    assert entry.document["status_code"] == "name-not-agreed"
    assert b"Jansen" not in entry.data
    assert [row.state for row in bureau.every_case()] == ["received"]


def test_a_file_too_large_to_keep_is_refused_unread(desk: Desk) -> None:
    with (desk.path / "a.xlsx").open("wb") as file:
        file.truncate(LARGEST + 1)
    assert desk.did() == ["refused", "answered"]
    assert "larger than 64 MB" in desk.text("a.xlsx - not accepted.txt")
    assert desk.did() == []


def test_an_agreement_that_ended_refuses_every_file(desk: Desk) -> None:
    desk.bureau.settings(valid_until=START.date())
    desk.bureau.time.go_on(days=1)
    desk.put("a.xlsx", book())
    assert desk.did() == ["refused", "answered"]
    assert "not in force" in desk.text("a.xlsx - not accepted.txt")
    assert desk.receipts() == []


def test_nothing_is_taken_in_for_somebody_without_a_mandate(bureau: Bureau, tmp_path: Path) -> None:
    ends = mandate("dirk.mol", "ask", "100", valid_until=START.date())
    mandates = [one for one in bureau.file.mandate if one.person != "dirk.mol"]
    bureau.settings(mandates=[*mandates, ends])
    desk = Desk(bureau, tmp_path / "in")
    folder = WatchedFolder(path=str(desk.path), submitter="dirk.mol")
    bureau.settings(folder=folder)
    desk.put("a.xlsx", book(booking("A-1")))
    assert desk.did() == ["taken-in", "answered"]
    bureau.time.now += timedelta(days=1)
    desk.put("b.xlsx", book(booking("B-1")))
    assert desk.did() == ["refused", "answered"]
    assert "may ask for this" in desk.text("b.xlsx - not accepted.txt")
    assert len(desk.receipts()) == 1


def test_a_name_in_a_cell_stays_a_claim(desk: Desk) -> None:
    desk.put("a.xlsx", book(booking("A-1", requested_by="paul.jansen")))
    desk.settle()
    case = desk.bureau.case("A-1")
    assert case.submitter == desk.bureau.who("carla").uid
    assert case.requester == desk.bureau.who("paul").uid


def test_no_name_of_a_file_stands_anywhere_in_clear(desk: Desk) -> None:
    secret = "Zbigniew Wörnstrød"
    desk.put(f"{secret}.xlsx", book())
    desk.put(f"{secret}.pdf", b"%PDF")
    desk.settle()
    desk.bureau.close()
    places = [one for one in desk.bureau.home.rglob("*") if one.is_file()]
    held = [one for one in places if secret.encode() in one.read_bytes()]
    assert held == []
    assert not (desk.bureau.home / "incoming").exists() or not list(
        (desk.bureau.home / "incoming").iterdir()
    )


def test_copies_that_a_dead_process_left_behind_are_taken_away(desk: Desk) -> None:
    left = desk.bureau.home / "incoming" / "a.xlsx"
    left.parent.mkdir()
    left.write_bytes(book())
    desk.look()
    assert not left.exists()


def test_two_processes_do_not_look_at_once(bureau: Bureau, tmp_path: Path) -> None:
    desk = Desk(bureau, tmp_path / "in")
    file = bureau.home / "locks" / "folders.lock"
    with only_one(bureau.centre.parts.database, file, 1) as alone:
        assert alone
        assert desk.look().busy
    assert not desk.look().busy
