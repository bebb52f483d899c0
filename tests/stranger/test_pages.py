"""The pages for authors and the stranger's distribution are the same thing, and use the front door only."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from how_to import HowTo

_MADE = {"dist", "build", "__pycache__", ".mypy_cache", ".ruff_cache"}


def written(distribution: Path) -> dict[str, str]:
    return {
        path.relative_to(distribution).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(distribution.rglob("*"))
        if path.is_file() and not _MADE & set(path.parts)
    }


def test_the_pages_have_one_write_exactly_the_files_of_the_distribution(
    pages: Sequence[HowTo], distribution: Path
) -> None:
    assert {name: text for page in pages for name, text in page.files.items()} == written(
        distribution
    )


def test_no_file_stands_on_both_pages(pages: Sequence[HowTo]) -> None:
    bot, target = pages
    assert not set(bot.files) & set(target.files)


def test_what_the_second_page_repeats_stands_in_the_file(
    pages: Sequence[HowTo], distribution: Path
) -> None:
    (repeated,) = [one for one in pages[1].fences if one.language == "toml"]
    assert repeated.text in (distribution / "pyproject.toml").read_text(encoding="utf-8")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_of_paraplu_only_the_front_door_is_imported(distribution: Path) -> None:
    names = {name for path in distribution.rglob("*.py") for name in imported(path)}
    assert "paraplu" in names
    foreign = {
        name
        for name in names
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not name.startswith("phone_allowance.")
    }
    assert foreign == {"paraplu", "pydantic"}


@pytest.mark.parametrize("finding", ["to_client", "to_person"])
def test_what_the_bot_says_is_there_in_dutch(distribution: Path, finding: str) -> None:
    package = distribution / "phone_allowance"
    with (package / "locale" / "nl.po").open("rb") as stream:
        dutch = {message.id for message in read_po(stream) if message.string}
    calls = [
        node
        for node in ast.walk(ast.parse((package / "bot.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    place = {"to_client": 2, "to_person": 1}[finding]
    texts = [
        ast.literal_eval(call.args[place])
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == finding
    ]
    assert texts
    assert set(texts) <= dutch


def test_the_bot_stays_as_small_as_the_page_says(distribution: Path) -> None:
    lines = (distribution / "phone_allowance" / "bot.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 60
