"""OCSF lines for a SIEM: each entry once, whatever happens to the process or the file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from bureau import Bureau, booking

from ocsf import complaints
from paraplu.assurance.handout.siem import Feed, entry_in, line
from paraplu.errors import NotAllowed, Refused
from paraplu.store import entries


def opened(bureau: Bureau, path: Path) -> Feed:
    return bureau.centre.siem.open(path, bureau.who("ines"))


def once(bureau: Bureau, path: Path) -> int:
    feed = opened(bureau, path)
    written = feed.append()
    feed.close()
    return written


def log(bureau: Bureau) -> list[tuple[int, bytes]]:
    with bureau.centre.parts.database.read() as connection:
        return [(one.place, one.data) for one in entries.in_order(connection)]


def lines(*paths: Path) -> list[tuple[int, bytes]]:
    return [entry_in(text) for path in paths for text in path.read_bytes().splitlines()]


def test_each_line_is_an_ocsf_event_and_holds_the_exact_entry_and_its_place(
    bureau: Bureau, tmp_path: Path
) -> None:
    bureau.story(booking("KENMERK-1"))
    path = tmp_path / "audit.jsonl"
    assert once(bureau, path) == len(log(bureau))
    assert lines(path) == log(bureau)
    for text in path.read_text("utf-8").splitlines():
        event = json.loads(text)
        assert complaints(event) == []
        assert event["metadata"]["version"] == "1.8.0"
        assert event["class_uid"] * 100 + event["activity_id"] == event["type_uid"]
    assert "KENMERK" not in path.read_text("utf-8")
    assert json.loads(text)["unmapped"] == {"place": len(log(bureau)) - 1}
    assert bureau.kinds()[-1] == "log-exported"


def test_it_goes_on_where_the_file_ends_and_cuts_off_half_a_line(
    bureau: Bureau, tmp_path: Path
) -> None:
    path = tmp_path / "audit.jsonl"
    once(bureau, path)
    with path.open("ab") as file:
        file.write(line(99, b'{"half":1}')[:-9])
    assert once(bureau, path) == 1
    assert lines(path) == log(bureau)


@pytest.mark.parametrize("packed", [False, True])
def test_after_the_file_was_rotated_away_it_goes_on_in_a_new_one(
    bureau: Bureau, tmp_path: Path, packed: bool
) -> None:
    path, old = tmp_path / "audit.jsonl", tmp_path / "audit.jsonl.1"
    once(bureau, path)
    path.rename(old)
    if packed:
        (tmp_path / "audit.jsonl.1.gz").write_bytes(gzip.compress(old.read_bytes()))
    here = lines(old)
    if packed:
        old.unlink()
    assert once(bureau, path) == 1
    assert [*here, *lines(path)] == log(bureau)


def test_a_file_rotated_away_while_it_is_followed_is_left_and_a_new_one_begun(
    bureau: Bureau, tmp_path: Path
) -> None:
    path, old = tmp_path / "audit.jsonl", tmp_path / "audit.jsonl-20261128"
    feed = opened(bureau, path)
    feed.append()
    path.rename(old)
    bureau.story(booking("A-1"))
    assert feed.append() > 5
    feed.close()
    assert [*lines(old), *lines(path)] == log(bureau)


def test_a_file_emptied_while_it_is_followed_gets_the_rest_and_nothing_twice(
    bureau: Bureau, tmp_path: Path
) -> None:
    path = tmp_path / "audit.jsonl"
    feed = opened(bureau, path)
    feed.append()
    copied = lines(path)
    path.write_bytes(b"")
    bureau.story(booking("A-1"))
    feed.append()
    feed.close()
    assert [*copied, *lines(path)] == log(bureau)


def test_two_do_not_write_the_same_file(bureau: Bureau, tmp_path: Path) -> None:
    feed = opened(bureau, tmp_path / "audit.jsonl")
    with pytest.raises(Refused, match="Another process is writing"):
        opened(bureau, tmp_path / "audit.jsonl")
    feed.close()


def test_another_file_and_a_reader_of_some_clients_are_refused(
    bureau: Bureau, tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("shopping list\n")
    with pytest.raises(Refused, match="name a file of its own"):
        opened(bureau, tmp_path / "mine.txt")
    assert (tmp_path / "mine.txt").read_text() == "shopping list\n"
    with pytest.raises(NotAllowed, match="all clients"):
        bureau.centre.siem.open(tmp_path / "audit.jsonl", bureau.who("paul"))
