"""What lies in a watched folder: when a file is complete, and what is never touched."""

from __future__ import annotations

import os
import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from bureau import booking
from desk import SETTLE, Desk, book

from paraplu.engine import share
from paraplu.engine.share import Share


def test_a_file_that_is_copied_in_pieces_is_left_alone_until_it_is_whole(desk: Desk) -> None:
    data = book()
    path = desk.put("a.xlsx", data[:100])
    for end in range(200, len(data), len(data) // 8):
        assert desk.waits(SETTLE / 2) == ["settling"]
        path.write_bytes(data[:end])
    path.write_bytes(data)
    assert desk.waits(SETTLE) == ["settling"]
    assert desk.waits(SETTLE - 1) == ["settling"]
    assert "taken-in" in [one.what for one in desk.look(1).happened]


@pytest.mark.parametrize("part", [0, 100, 3000], ids=["nothing", "the head", "half"])
def test_a_copy_that_stalls_is_waited_for(desk: Desk, part: int) -> None:
    data = book()
    path = desk.put("a.xlsx", data[:part])
    desk.look()
    assert desk.waits(SETTLE) == ["not-whole"]
    assert desk.waits(SETTLE) == ["put-off"]  # and not read again and again
    path.write_bytes(data)
    assert desk.did() == ["taken-in", "answered"]


def test_a_copy_that_never_ends_is_answered_as_damaged_after_a_while(desk: Desk) -> None:
    desk.put("a.xlsx", book()[:3000])
    desk.look()
    assert desk.waits(SETTLE) == ["not-whole"]
    happened = desk.look(SETTLE * 30).happened
    assert [one.what for one in happened] == ["stopped", "answered"]
    assert desk.names("answered") == ["a.xlsx - not accepted.txt"]
    assert "damaged" in desk.text("a.xlsx - not accepted.txt")
    assert len(desk.names("refused")) == 1


def test_room_that_was_kept_for_a_copy_is_not_taken_for_it(desk: Desk) -> None:
    data = book()
    path = desk.put("a.xlsx", bytes(len(data)))  # as some systems begin: all the bytes, all zero
    times = path.stat()
    desk.look()
    assert desk.waits(SETTLE) == ["not-whole"]
    path.write_bytes(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 1))
    assert desk.did() == ["taken-in", "answered"]


def test_the_time_on_a_file_is_never_compared_with_our_clock(desk: Desk) -> None:
    for number, seconds in enumerate((0.0, 2e9, time.time() + 1e8)):
        path = desk.put(f"{number}.xlsx", book(booking(f"A-{number}")))
        os.utime(path, (seconds, seconds))
    assert desk.did().count("taken-in") == 3


@pytest.mark.parametrize("lock", ["~$a.xlsx", ".~lock.a.xlsx#"])
def test_a_workbook_that_somebody_has_open_waits_until_it_is_closed(desk: Desk, lock: str) -> None:
    desk.put("a.xlsx", book())
    mark = desk.put(lock, b"\x05Carla")
    assert desk.did() == []
    assert desk.waits(SETTLE) == ["open-in-program"]
    mark.unlink()
    assert desk.did() == ["taken-in", "answered"]


@pytest.mark.parametrize(
    "name",
    ["~$a.xlsx", "a.xlsx.part", "a.xlsx.crdownload", "a.tmp", ".a.xlsx", "Thumbs.db", "a.XLSX.TMP"],
)
def test_drafts_and_what_systems_leave_behind_are_passed_over(desk: Desk, name: str) -> None:
    desk.put(name, book())
    assert desk.did() == []
    assert desk.names() == [name]


def test_a_file_that_is_renamed_when_its_copy_is_done_is_taken_in_under_its_name(
    desk: Desk,
) -> None:
    path = desk.put("a.xlsx.part", book())
    assert desk.did() == []
    path.rename(desk.path / "a.xlsx")
    assert [one.file for one in desk.settle() if one.what == "taken-in"] == ["a.xlsx"]


def test_a_file_that_is_replaced_while_it_is_read_is_taken_in_whole(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = book(booking("OLD-1")), book(booking("NEW-1"), booking("NEW-2"))
    desk.put("a.xlsx", old)
    opened, once = share._opened, [True]

    def opening(path: Path, seen: tuple[int, int]) -> Any:
        file = opened(path, seen)
        if once and once.pop():
            (desk.path / "b.part").write_bytes(new)
            (desk.path / "b.part").replace(desk.path / "a.xlsx")
        return file

    monkeypatch.setattr(share, "_opened", opening)
    desk.look()
    assert desk.waits(SETTLE) == ["changed"]
    assert desk.did() == ["taken-in", "answered"]
    assert {row.uid for row in desk.bureau.every_case()} == {
        desk.bureau.case(reference).uid for reference in ("NEW-1", "NEW-2")
    }


def test_a_file_that_is_replaced_after_it_was_taken_in_is_a_new_delivery(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put("a.xlsx", book(booking("A-1")))
    move, second = Share.move, book(booking("B-1", "10002"))

    def moving(self: Share, name: str, to: Path) -> None:
        desk.put("a.xlsx", second)  # at the last moment
        monkeypatch.setattr(Share, "move", move)
        move(self, name, to)

    monkeypatch.setattr(Share, "move", moving)
    assert desk.did() == ["taken-in", "answered"]
    assert desk.names() == ["a.xlsx"]  # put back, to be looked at like any other
    assert desk.did() == ["taken-in", "answered"]
    assert desk.bureau.case("B-1").state == "received"
    assert len(desk.names("taken-in")) == 1


ODD = [
    unicodedata.normalize("NFD", "Één wijziging.xlsx"),
    unicodedata.normalize("NFC", "Één wijziging.xlsx"),
    "two\nlines.xlsx",
    "x" * 240 + ".xlsx",
    "å" * 120 + ".xlsx",
    " spaces .xlsx",
    "semi;colon & \"quote\" 'single' $(x) `y`.xlsx",
    os.fsdecode(b"latin\xe9.xlsx"),
    "[brackets] {braces}.xlsx",
    "😀.xlsx",
]


@pytest.mark.parametrize("name", ODD, ids=range(len(ODD)))
def test_a_file_of_any_name_is_taken_in_and_answered(desk: Desk, name: str) -> None:
    try:
        desk.put(name, book())
    except OSError:
        pytest.skip("this file system has no such names")
    assert desk.did() == ["taken-in", "answered"]
    assert desk.names() == []
    assert len(desk.names("taken-in")) == len(desk.names("answered")) == 1
    desk.put(name, (desk.path / "taken-in" / desk.names("taken-in")[0]).read_bytes())
    assert desk.did() == ["known", "answered"]
    assert desk.names() == []


def test_links_folders_and_pipes_are_left_alone(desk: Desk, tmp_path: Path) -> None:
    outside = tmp_path / "outside.xlsx"
    outside.write_bytes(book())
    (desk.path / "link.xlsx").symlink_to(outside)
    (desk.path / "folder.xlsx").mkdir()
    os.mkfifo(desk.path / "pipe.xlsx")
    assert desk.did() == []
    assert desk.receipts() == []
    assert outside.exists()


@pytest.mark.parametrize("name", ["answered", "taken-in", "refused"])
def test_a_link_in_place_of_one_of_our_folders_is_not_followed(
    desk: Desk, tmp_path: Path, name: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    desk.look()
    (desk.path / name).rmdir()
    (desk.path / name).symlink_to(elsewhere)
    desk.put("a.xlsx", book())
    assert {one.reason for one in desk.settle()} == {"folder-in-it-is-no-folder"}
    assert list(elsewhere.iterdir()) == []


def test_of_thousands_of_files_each_look_takes_some(desk: Desk, monkeypatch: Any) -> None:
    for number in range(3000):
        (desk.path / f"{number}.xlsx.part").touch()
    for number in range(7):
        desk.put(f"{number}.xlsx", book(booking(f"A-{number}")))
    monkeypatch.setattr("paraplu.engine.folders._MOST", 3)
    desk.look()
    taken = []
    for more in (True, True, False):
        looked = desk.look(SETTLE)
        assert looked.more == more
        taken.append(sum(one.what == "taken-in" for one in looked.happened))
    assert taken == [3, 3, 1]


def test_what_one_file_does_does_not_keep_the_others_waiting(desk: Desk, monkeypatch: Any) -> None:
    copy = Share.copy

    def copying(self: Share, name: str, seen: tuple[int, int], into: Path) -> str:
        if name == "bad.xlsx":
            raise PermissionError(13, "Permission denied")
        return copy(self, name, seen, into)

    desk.put("bad.xlsx", book(booking("B-1")))
    desk.put("good.xlsx", book(booking("A-1")))
    monkeypatch.setattr(Share, "copy", copying)
    assert desk.did() == ["failed", "taken-in", "answered"]
    reasons = [one.reason for _look in range(20) for one in desk.look(1).happened]
    assert reasons.count("file-not-read") == 1  # not at every look, and less and less often
    monkeypatch.setattr(Share, "copy", copy)
    assert "taken-in" in [one.what for one in desk.look(3600).happened]
