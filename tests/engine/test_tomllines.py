"""The line of every place of a TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from paraplu.engine.tomllines import Place, line_at, lines_of
from paraplu.settings import to_toml

ROOT = Path(__file__).parents[2]
REAL = [*ROOT.glob("schedules/**/*.toml"), *ROOT.glob("src/paraplu/practice/clients/*.toml")]
TEXT = '''\
# A comment with [brackets] and name = "no key"
revision = "[[agreement]]"   # x = 1

[client]
id = "waterland" # ]
"quoted [key]" = 'single # quoted'
name.first.second = 1
name.first.third = """
[not.a.table]
key = "no key" \\""" still ""inside""
"""
name . last = \'\'\'
[[nor.this]]
it''s\'\'\'

[[agreement]]
service = "one"
days = [2026-01-01, # first ]
    2026-12-24 07:30:00,

    "[", """
]""", [1, [2]],
]

[agreement.calendar]
include = { a.b = [1, 2], "c d" = { e = "}" } }

[[agreement]]
service = """"quoted""""

[agreement.calendar]
closed = []

[[agreement.part]]
[[agreement.part]]
x = 1
[agreement.part.deep.er]
y = \'\'
'''
WANTED: dict[Place, int] = {
    ("revision",): 2,
    ("client",): 4,
    ("client", "id"): 5,
    ("client", "quoted [key]"): 6,
    ("client", "name"): 7,
    ("client", "name", "first"): 7,
    ("client", "name", "first", "second"): 7,
    ("client", "name", "first", "third"): 8,
    ("client", "name", "last"): 12,
    ("agreement",): 16,
    ("agreement", 0): 16,
    ("agreement", 0, "service"): 17,
    ("agreement", 0, "days"): 18,
    ("agreement", 0, "days", 0): 18,
    ("agreement", 0, "days", 1): 19,
    ("agreement", 0, "days", 2): 21,
    ("agreement", 0, "days", 3): 21,
    ("agreement", 0, "days", 4): 22,
    ("agreement", 0, "days", 4, 0): 22,
    ("agreement", 0, "days", 4, 1): 22,
    ("agreement", 0, "days", 4, 1, 0): 22,
    ("agreement", 0, "calendar"): 25,
    ("agreement", 0, "calendar", "include"): 26,
    ("agreement", 0, "calendar", "include", "a"): 26,
    ("agreement", 0, "calendar", "include", "a", "b"): 26,
    ("agreement", 0, "calendar", "include", "a", "b", 0): 26,
    ("agreement", 0, "calendar", "include", "a", "b", 1): 26,
    ("agreement", 0, "calendar", "include", "c d"): 26,
    ("agreement", 0, "calendar", "include", "c d", "e"): 26,
    ("agreement", 1): 28,
    ("agreement", 1, "service"): 29,
    ("agreement", 1, "calendar"): 31,
    ("agreement", 1, "calendar", "closed"): 32,
    ("agreement", 1, "part"): 34,
    ("agreement", 1, "part", 0): 34,
    ("agreement", 1, "part", 1): 35,
    ("agreement", 1, "part", 1, "x"): 36,
    ("agreement", 1, "part", 1, "deep"): 37,
    ("agreement", 1, "part", 1, "deep", "er"): 37,
    ("agreement", 1, "part", 1, "deep", "er", "y"): 38,
}


def places(value: Any, at: Place = ()) -> set[Place]:
    """Every place of what a file says."""
    found = {at} if at else set()
    if isinstance(value, dict):
        return found.union(*(places(inner, (*at, key)) for key, inner in value.items()))
    if isinstance(value, list):
        return found.union(*(places(inner, (*at, n)) for n, inner in enumerate(value)))
    return found


def test_every_table_key_and_element_has_the_line_that_it_stands_on() -> None:
    assert lines_of(TEXT) == WANTED
    assert set(WANTED) == places(tomllib.loads(TEXT))


def test_lines_count_alike_whatever_ends_them() -> None:
    assert lines_of(TEXT.replace("\n", "\r\n")) == WANTED


def test_a_place_where_nothing_stands_is_said_to_be_where_what_is_around_it_is() -> None:
    lines = lines_of(TEXT)
    assert line_at(lines, ("agreement", 1, "calendar", "closed")) == 32
    assert line_at(lines, ("agreement", 1, "calendar", "opened")) == 31
    assert line_at(lines, ("agreement", 1, "version")) == 28
    assert line_at(lines, ("mandate", 3)) == 1
    assert line_at({}, ()) == 1


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_all_of_a_real_client_file_is_found(path: Path) -> None:
    text = path.read_text("utf-8")
    lines = lines_of(text)
    assert set(lines) == places(tomllib.loads(text))
    rows = text.splitlines()
    for place, line in lines.items():
        if isinstance(place[-1], str):
            assert place[-1] in rows[line - 1]


def test_an_empty_file_has_no_places() -> None:
    assert lines_of("") == {}
    assert lines_of("\n# nothing\n\n") == {}


keys = st.text(st.sampled_from("ab-_.[]=#\"' é"), min_size=1, max_size=4)
scalars = st.one_of(
    st.integers(),
    st.booleans(),
    st.dates(),
    st.text(st.sampled_from("a[]{}=#\"'\\\n,é "), max_size=8),
)
values = st.recursive(
    st.one_of(scalars, st.lists(scalars, max_size=3)),
    lambda inner: st.one_of(
        st.dictionaries(keys, inner, min_size=1, max_size=3),
        st.lists(st.dictionaries(keys, inner, min_size=1, max_size=3), min_size=1, max_size=3),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(keys, values, max_size=4))
def test_of_whatever_is_written_every_place_is_found(data: dict[str, Any]) -> None:
    text = to_toml(data)
    lines = lines_of(text)
    assert set(lines) == places(tomllib.loads(text))
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())
