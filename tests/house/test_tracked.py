"""What is published names no package registry and no place on anybody's machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

# Written so that this file does not match itself.
_REGISTRIES = re.compile(
    r"\b(?:pypi|python[h]osted|npmjs|yarnpkg|jsdelivr|unpkg)\.(?:org|com|net)\b"
    r"|\b(?:deb|archive|security)\.(?:debian|ubuntu)\.(?:org|com)\b",
    re.IGNORECASE,
)
# `ssc` is the user in the examples of our texts.
_PLACES = re.compile(
    r"(?<![\w.:>)}\]-])/(?:root|work|workspace|home/(?!ssc/)[a-z][\w-]*|Users/[A-Z]?[a-z][\w-]*)/[\w.]"
    r"|\b[A-Za-z]:\\+Users\\+[a-z]",
)


def names(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        if found := pattern.search(line):
            yield f"{number}: {found[0]}"


def found_in(files: Sequence[Path], pattern: re.Pattern[str], root: Path) -> list[str]:
    found: list[str] = []
    for path in files:
        data = path.read_bytes()
        if b"\0" not in data:
            text = data.decode("utf-8", "replace")
            found += [f"{path.relative_to(root)}:{hit}" for hit in names(pattern, text)]
    return found


def test_no_file_names_a_package_registry(root: Path, tracked: Sequence[Path]) -> None:
    assert found_in(tracked, _REGISTRIES, root) == []


def test_no_file_names_a_place_on_a_machine(root: Path, tracked: Sequence[Path]) -> None:
    assert found_in(tracked, _PLACES, root) == []


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (_REGISTRIES, ("https://registry.", "npmjs", ".org/htmx")),
        (_REGISTRIES, ("--index-url https://", "pypi", ".org/simple")),
        (_REGISTRIES, ("https://files.", "python", "hosted", ".org/packages")),
        (_PLACES, ("see /", "root", "/notes.txt")),
        (_PLACES, ('open("/', "home", '/anna/salaries.xlsx")')),
        (_PLACES, ("/", "Users", "/Anna/x")),
        (_PLACES, ("C:\\", "Users", "\\anna")),
    ],
)
def test_such_a_name_is_seen(pattern: re.Pattern[str], words: tuple[str, ...]) -> None:
    assert list(names(pattern, "".join(words)))


@pytest.mark.parametrize("text", ["/root", "GET https://example.org/root/orders", "{base}/home/"])
def test_an_address_in_a_web_application_is_no_place_on_a_machine(text: str) -> None:
    assert list(names(_PLACES, text)) == []
