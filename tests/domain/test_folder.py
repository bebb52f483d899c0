"""What may be agreed about a watched folder, which names it takes, and when a file has settled."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from pydantic import ValidationError

from paraplu.domain.folder import (
    Pauses,
    Sighting,
    WatchedFolder,
    is_passed_over,
    shared_paths,
    shown,
)


def folder(**more: Any) -> WatchedFolder:
    return WatchedFolder.model_validate({"path": "in", "submitter": "carla.visser", **more})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"path": ""}, "at least 1 character"),
        ({"path": "in/../../etc"}, "must not hold '..'"),
        ({"path": "in\n"}, "cannot be printed"),
        ({"submitter": "Carla Visser"}, "pattern"),
        ({"names": ()}, "at least one pattern"),
        ({"names": ("*",)}, "ends in .xlsx or .xlsm"),
        ({"names": ("*.csv",)}, r"for instance corrections-\*.xlsx"),
        ({"names": ("in/*.xlsx",)}, "no pattern for workbooks"),
        ({"refused": "/elsewhere"}, "the name of a folder in the watched one"),
        ({"refused": "a/b"}, "the name of a folder in the watched one"),
        ({"refused": "."}, "the name of a folder in the watched one"),
        ({"answered": "a/b"}, "or a whole path"),
        ({"refused": "Answered"}, "two folders"),
        ({"answered": "taken-in"}, "neither may be called taken-in"),
        ({"path": "/srv/in", "answered": "/srv/in/"}, "another folder than the one"),
        ({"settle_seconds": 0}, "greater than or equal to 1"),
        ({"seconds": 5}, "not permitted"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_write(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        folder(**wrong)


@pytest.mark.parametrize(
    "path", ["in", "noordwijk/in", "/mnt/share/in", r"\\server\share\in", r"D:\in", "//server/s/in"]
)
def test_a_path_of_any_system_will_do(path: str) -> None:
    assert folder(path=path, answered=r"\\server\out").path == path


@pytest.mark.parametrize(
    ("names", "name", "taken"),
    [
        (("*.xlsx",), "A.XLSX", True),
        (("*.xlsx",), "a.xlsx.exe", False),
        (("corrections-*.xlsx",), "Corrections-2026.xlsx", True),
        (("corrections-*.xlsx",), "my corrections-1.xlsx", False),
        (("[1]-?.xlsx",), "[1]-a.xlsx", True),
        (("[1]-?.xlsx",), "1-a.xlsx", False),
        (("één*.xlsx",), unicodedata.normalize("NFD", "Één ding.xlsx"), True),
        (("a.xlsm", "b.xlsx"), "b.xlsx", True),
    ],
)
def test_a_name_is_taken_when_it_fits_a_pattern(
    names: tuple[str, ...], name: str, taken: bool
) -> None:
    assert folder(names=names).takes(name) == taken


@given(st.text(min_size=1, max_size=300))
@settings(max_examples=200, deadline=None)
def test_a_name_that_is_shown_can_be_the_name_of_a_file_anywhere(name: str) -> None:
    kept = shown(name)
    assert kept
    assert len(kept.encode()) <= 200
    assert kept.isprintable()
    assert not set(kept) & set('\\/:*?"<>|')
    assert shown(kept) == kept


def test_the_ending_of_a_long_name_stays() -> None:
    assert shown("é" * 300 + ".xlsx").endswith("é.xlsx")
    assert shown("a\udcff.xlsx") == "a_.xlsx"
    assert shown("a\nb/c.xlsx") == "a_b_c.xlsx"
    assert shown("...") == "..."


def test_drafts_are_passed_over_and_workbooks_are_not() -> None:
    assert all(map(is_passed_over, ("~$a.xlsx", "a.TMP", ".hidden", "a.xlsx.part", "DESKTOP.INI")))
    assert not any(map(is_passed_over, ("a.xlsx", "part.xlsx", "tmp", "~a.xlsx")))


def test_folders_that_are_one_or_lie_in_one_another_are_found() -> None:
    folders = {
        "a": folder(path="/srv/in"),
        "b": folder(path="/srv/in-b"),
        "c": folder(path="/SRV/in/"),
        "d": folder(path="/srv/in/sub/dir"),
        "e": folder(path="srv/in"),
        "f": folder(path="/srv/other"),
    }
    found = {frozenset(pair) for pair in shared_paths(folders)}
    assert found == {frozenset("ac"), frozenset("ad")} or found == {
        frozenset("ac"),
        frozenset("cd"),
    }


def test_a_file_settles_when_it_stays_the_same_and_begins_anew_when_it_changes() -> None:
    first = Sighting(100, 5, since=50.0)
    assert not first.is_settled(59.9, 10)
    assert first.is_settled(60.0, 10)
    assert first.seen_again(100, 5, 60.0) is first
    for size, changed in ((101, 5), (100, 4)):  # backwards, too: it is another file
        again = first.seen_again(size, changed, 60.0)
        assert not again.is_settled(69.9, 10)
    assert first.judged_at(10) == 350.0


def test_what_fails_is_tried_less_and_less_often_up_to_an_hour() -> None:
    pauses, at, waits = Pauses(), 0.0, []
    for _try in range(14):
        assert pauses.is_due("a", at)
        pauses.put_off("a", at, 10)
        begun = at
        while not pauses.is_due("a", at):
            at += 10
        waits.append(at - begun)
    assert waits[:4] == [10, 20, 40, 80]
    assert waits[-1] == 3600
    pauses.forget("a")
    assert pauses.is_due("a", 0.0)
