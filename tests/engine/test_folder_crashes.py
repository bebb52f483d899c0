"""Killed or failing between any two steps, every file of a watched folder ends as exactly one thing.

The steps are found, not listed: before and after each commit, and each file that is kept, moved or put.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bureau import CLIENT, Bureau, booking, moved_in
from deadly import killed_at, points_of
from desk import Desk, book
from paraplu_ledger.books import passing, passing_by

from paraplu.domain.folder import WatchedFolder
from paraplu.engine.share import Share
from paraplu.store.files import Files

pytestmark = pytest.mark.slow

forked = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked here")

INBOX = Path("home", "folders", "noordwijk")
ANSWERS = {
    "taken-in": 1,  # by the workbook itself
    "stopped": 1,
    "known": 1,
    "refused": 1,
}


@pytest.fixture(scope="module")
def filled(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bureau in whose folder lie a good file, the same again, a bad one and one of a wrong name."""
    folder = tmp_path_factory.mktemp("filled")
    bureau = moved_in(founded, folder)
    bureau.settings(folder=WatchedFolder(path="noordwijk", submitter="carla.visser"))
    data = book(booking("A-1"), booking("A-2", account="1"))
    files = {
        "a.xlsx": data,
        "b.xlsx": data,
        "bad.xlsx": b"no workbook",
        "letter.pdf": b"%PDF",
    }
    (folder / INBOX).mkdir(parents=True)
    for name, content in files.items():
        (folder / INBOX / name).write_bytes(content)
        os.utime(folder / INBOX / name, (0, 0))
    bureau.close()
    return folder


@contextmanager
def with_steps() -> Iterator[None]:
    """Every file that is kept, moved or put tells that it is about to be, and that it was."""
    places = [(Share, "move"), (Share, "put"), (Files, "keep")]
    before = [(kind, name, getattr(kind, name)) for kind, name in places]

    def telling(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def told(*args: Any, **terms: Any) -> Any:
            passing_by(f"before-{name}")
            done = work(*args, **terms)
            passing_by(f"after-{name}")
            return done

        return told

    for kind, name, work in before:
        setattr(kind, name, telling(name, work))
    try:
        yield
    finally:
        for kind, name, work in before:
            setattr(kind, name, work)


def looking(bureau: Bureau) -> Callable[[], object]:
    """Two looks between which everything settles."""

    def work() -> None:
        with with_steps():
            bureau.centre.folders.look(0.0)
            bureau.centre.folders.look(10.0)
            bureau.close()

    return work


def at_the_folder(bureau: Bureau) -> Desk:
    """The client at the folder of this bureau, as it was agreed."""
    desk = Desk.__new__(Desk)
    desk.bureau, desk.at, desk.path = bureau, 0.0, bureau.folder / INBOX
    return desk


def assert_each_ended_once(bureau: Bureau) -> None:
    """One receipt, one that is stopped, one known, one refused; each answered and moved away."""
    desk = at_the_folder(bureau)
    assert desk.names() == []
    assert Tally(row.outcome for row in desk.drops()) == ANSWERS
    assert all(row.moved_at and row.delivered_at for row in desk.drops())
    good, bad = (
        next(row for row in desk.receipts() if row.state == state)
        for state in ("taken-in", "stopped")
    )
    assert len(desk.receipts()) == 2
    known, refused = (
        next(row.uid for row in desk.drops() if row.outcome == outcome)
        for outcome in ("known", "refused")
    )
    moved = [f"a - {good.uid}.xlsx", f"b - {known}.xlsx"]
    other = [f"b - {good.uid}.xlsx", f"a - {known}.xlsx"]
    assert desk.names("taken-in") in (sorted(moved), sorted(other))
    assert desk.names("refused") == [f"bad - {bad.uid}.xlsx", f"letter - {refused}.pdf"]
    assert len(desk.names("answered")) == 4
    assert [one for one in (desk.path / "answered").iterdir() if one.suffix == ".part"] == []
    assert len(bureau.every_case()) == 1
    kinds = Tally(bureau.kinds())
    for kind in ("receipt-taken-in", "receipt-stopped", "file-known", "file-refused"):
        assert kinds[kind] == 1, kind
    assert (kinds["answer-delivered"], kinds["answer-written"]) == (4, 1)
    bureau.assert_intact()


@pytest.fixture(scope="module")
def points(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The steps that two looks pass."""
    found = points_of(looking(moved_in(filled, tmp_path_factory.mktemp("dry") / "bureau")))
    assert {"before-move", "after-put", "before-keep", "after-commit"} <= set(found)
    return found


def survive(filled: Path, tmp_path: Path, points: list[str], numbers: Iterable[int]) -> None:
    """Kill looks at each of these steps in turn, from the same start each time, and go on."""
    for number in numbers:
        bureau = moved_in(filled, tmp_path / f"at-{number}")
        assert killed_at(number, looking(bureau))
        at_the_folder(bureau).settle()
        try:
            assert_each_ended_once(bureau)
        except AssertionError as error:
            raise AssertionError(f"killed at {number} ({points[number - 1]})") from error
        bureau.close()
        shutil.rmtree(bureau.folder)


@forked
def test_killed_at_some_steps_every_file_ends_once(
    filled: Path, tmp_path: Path, points: list[str]
) -> None:
    survive(filled, tmp_path, points, range(1, len(points) + 1, 5))


@forked
@pytest.mark.long
def test_killed_at_every_step_every_file_ends_once(
    filled: Path, tmp_path: Path, points: list[str]
) -> None:
    survive(filled, tmp_path, points, range(1, len(points) + 1))


class Cut(OSError):
    """What a share says when the line to it is cut."""


def test_failing_at_every_step_on_a_share_every_file_ends_once(
    filled: Path, tmp_path: Path
) -> None:
    number, points = 0, ["?"]
    while number < len(points):
        bureau = moved_in(filled, tmp_path / f"at-{number}")
        points = []

        def listen(point: str, at: int = number, seen: list[str] = points) -> None:
            if not point.endswith("commit"):
                seen.append(point)
                if len(seen) - 1 == at:
                    raise Cut

        passing.append(listen)
        try:
            with with_steps():
                bureau.centre.folders.look(0.0)
                bureau.centre.folders.look(10.0)
        except Cut:
            raise AssertionError(f"{points[-1]} ended the whole look") from None
        finally:
            passing.remove(listen)
        desk = at_the_folder(bureau)
        desk.at = 10.0
        for _pause in range(3):
            desk.look(30)
        try:
            assert_each_ended_once(bureau)
        except AssertionError as error:
            raise AssertionError(f"failed at {number} ({points[number:][:1]})") from error
        bureau.close()
        shutil.rmtree(bureau.folder)
        number += 1
    assert number > 15


@forked
def test_a_file_put_there_again_after_a_crash_is_told_from_the_one_that_was_not_moved(
    filled: Path, tmp_path: Path
) -> None:
    data = (filled / INBOX / "a.xlsx").read_bytes()
    bureau = moved_in(filled, tmp_path / "bureau")
    for name in ("b.xlsx", "bad.xlsx", "letter.pdf"):
        (bureau.folder / INBOX / name).unlink()
    dry = moved_in(bureau.folder, tmp_path / "dry")
    points = points_of(looking(dry))
    assert killed_at(points.index("after-move") + 1, looking(bureau))
    desk = at_the_folder(bureau)
    assert desk.names() == []
    desk.put("a.xlsx", data)
    assert [one.what for one in desk.settle()] == ["answered", "known", "answered"]
    assert len(desk.names("taken-in")) == 2
    with bureau.centre.parts.database.read() as connection:
        assert bureau.centre.desks.find(connection, "A-1", CLIENT, None).turn == 1
