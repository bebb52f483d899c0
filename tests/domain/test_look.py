"""Looks as paths and values, the roles of fields, and what two looks around an act tell."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum

import pytest
from hypothesis import given, strategies as st
from pydantic import BaseModel

from paraplu.domain.look import (
    ASKED,
    KEPT,
    VOLATILE,
    Role,
    Roles,
    bounds,
    canonical,
    compare,
    derived,
    flatten,
    split,
)
from paraplu.errors import PluginWrong

ROLES = Roles(
    {
        "asked.*": ASKED,
        "sum.*": derived(Decimal(0), Decimal(100)),
        "goes.*": derived(may_vanish=True),
        "comes.*": derived(may_appear=True),
        "clock": VOLATILE,
    }
)
keys = st.text("ab.\\", max_size=3)
numbers = st.integers(0, 100).map(str)
kept = st.dictionaries(st.sampled_from(["kept.a", "kept.b", "kept.c", "lines.1.text"]), numbers)
asked = st.dictionaries(st.sampled_from(["asked.a", "asked.b"]), numbers)
something = st.dictionaries(st.sampled_from(["asked.a", "asked.b"]), numbers, min_size=1)
sums = st.fixed_dictionaries({"sum.net": numbers})
volatile = st.fixed_dictionaries({"clock": numbers})


class Colour(Enum):
    RED = "red"


class Size(IntEnum):
    LARGE = 3


class Line(BaseModel):
    amount: Decimal
    note: str | None = None


class Slip(BaseModel):
    lines: dict[str, Line]
    paid: bool


def test_a_look_becomes_paths_and_canonical_texts() -> None:
    slip = Slip(
        lines={"2100": Line(amount=Decimal("5.10")), "a.b": Line(amount=Decimal(0))}, paid=True
    )
    assert flatten(slip) == {"lines.2100.amount": "5.1", "lines.a\\.b.amount": "0", "paid": "yes"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1.50"), "1.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.00"), "0"),
        (Decimal("0.1") ** 9, "0.000000001"),
        (1, "1"),
        (False, "no"),
        (Colour.RED, "red"),
        (Size.LARGE, "3"),
        (date(2026, 12, 21), "2026-12-21"),
        (datetime(2026, 12, 21, 16, tzinfo=UTC), "2026-12-21T16:00:00+00:00"),
        (" as it is ", " as it is "),
    ],
)
def test_a_value_has_one_text(value: object, text: str) -> None:
    assert canonical(value) == text


@pytest.mark.parametrize("value", [1.5, [1], {1}, b"x", object()])
def test_a_float_or_a_list_is_the_authors_mistake_and_the_place_is_named(value: object) -> None:
    with pytest.raises(PluginWrong, match=r"at 'a\.b'"):
        flatten({"a": {"b": value}})


@given(st.integers(), st.integers(0, 12))
def test_equal_numbers_have_one_text_and_unequal_ones_never(digits: int, places: int) -> None:
    def number(value: int, places: int) -> Decimal:
        return Decimal((int(value < 0), tuple(map(int, str(abs(value)))), -places))

    text = canonical(number(digits, places))
    assert Decimal(text) == number(digits, places)
    assert text == canonical(number(digits * 1000, places + 3))
    assert text != canonical(number(digits + 1, places))


@given(st.recursive(numbers, lambda inner: st.dictionaries(keys, inner, min_size=1), max_leaves=8))
def test_no_two_fields_share_a_path(data: object) -> None:
    def leaves(value: object) -> int:
        return sum(map(leaves, value.values())) if isinstance(value, dict) else 1

    look = {"top": data}
    assert len(flatten(look)) == leaves(look)


@given(st.lists(keys, min_size=1, max_size=4))
def test_a_path_is_split_into_the_keys_it_was_made_of(parts: list[str]) -> None:
    data: object = "value"
    for part in reversed(parts):
        data = {part: data}
    assert isinstance(data, dict)
    ((path, _value),) = flatten(data).items()
    assert split(path) == tuple(parts)


def test_the_first_pattern_that_fits_gives_the_role_and_all_else_is_kept() -> None:
    roles = Roles({"lines.2100.*": ASKED, "lines.**": VOLATILE, "totals.*": derived()})
    assert roles.of("lines.2100.amount") is ASKED
    assert roles.of("lines.2200.amount") is VOLATILE
    assert roles.of("lines") is KEPT
    assert roles.of("totals.net.tax") is KEPT
    assert roles.of("anything") is KEPT


def test_a_dot_in_a_key_does_not_fit_a_pattern_of_more_parts() -> None:
    roles = Roles({"lines.*.amount": ASKED})
    assert roles.of("lines.a\\.b.amount") is ASKED
    assert roles.of("lines.a.b.amount") is KEPT


@given(
    st.dictionaries(
        st.sampled_from(["a.*", "b.**", "c"]),
        st.builds(
            derived,
            st.none() | st.decimals(-5, 5, places=2),
            st.none() | st.decimals(-5, 5, places=2),
            exactly=st.none() | st.integers(),
            may_appear=st.booleans(),
            may_vanish=st.booleans(),
        )
        | st.sampled_from([ASKED, KEPT, VOLATILE]),
    )
)
def test_roles_come_back_from_json(patterns: dict[str, Role]) -> None:
    assert Roles.from_json(Roles(patterns).to_json()).patterns == patterns


@pytest.mark.parametrize(
    ("role", "good", "bad"),
    [
        (derived(Decimal(1), Decimal(2)), ["1", "1.5", "2"], ["0.99", "2.01", "much", "", "NaN"]),
        (derived(low=Decimal(0)), ["0", "99999"], ["-0.01"]),
        (derived(exactly=Decimal("5.10")), ["5.1"], ["5.10", "5"]),
        (derived(), ["anything"], []),
    ],
)
def test_a_derived_field_stays_within_its_bounds(
    role: Role, good: list[str], bad: list[str]
) -> None:
    assert all(role.admits(value) for value in good)
    assert not any(role.admits(value) for value in bad)


def test_bounds_are_shown_as_an_interval_or_as_the_value() -> None:
    assert bounds(derived(Decimal("1200"), Decimal("1300.50"))) == "[1200, 1300.50]"
    assert bounds(derived(exactly=Decimal("3.10"))) == "3.1"


@given(kept, sums, asked, asked, volatile, volatile)
def test_all_that_was_asked_and_nothing_else_is_confirmed(
    rest: dict[str, str],
    sums: dict[str, str],
    old: dict[str, str],
    new: dict[str, str],
    then: dict[str, str],
    now: dict[str, str],
) -> None:
    before, wanted = {**rest, **sums, **old, **then}, {**rest, **sums, **new, **then}
    after = {**wanted, **now, "sum.net": "7"}
    assert compare(before, wanted, after, ROLES).verdict == "confirmed"


@given(kept, sums, asked, something, volatile)
def test_what_is_as_before_is_nothing_unless_nothing_was_asked(
    rest: dict[str, str],
    sums: dict[str, str],
    old: dict[str, str],
    new: dict[str, str],
    now: dict[str, str],
) -> None:
    before, wanted = {**rest, **sums, **old}, {**rest, **sums, **new}
    verdict = compare(before, wanted, {**before, **now}, ROLES).verdict
    assert verdict == ("confirmed" if old == new else "nothing")


@given(kept, asked, asked, st.booleans(), st.data())
def test_a_kept_field_that_differs_is_named_whatever_became_of_the_rest(
    rest: dict[str, str],
    old: dict[str, str],
    new: dict[str, str],
    done: bool,
    data: st.DataObject,
) -> None:
    before, wanted = {**rest, **old}, {**rest, **new}
    after = dict(wanted if done else before)
    path = data.draw(st.sampled_from(["kept.a", "kept.b", "kept.new"]))
    changed = data.draw(st.none() | numbers)
    after.pop(path, None)
    if changed is not None:
        after[path] = changed
    if after.get(path) == before.get(path):
        return
    found = compare(before, wanted, after, ROLES)
    assert found.verdict == "collateral"
    assert [(one.path, one.before, one.found) for one in found.differences] == [
        (path, before.get(path), changed)
    ]


def test_a_derived_field_that_vanishes_is_named() -> None:
    before = {"asked.a": "1", "sum.net": "5"}
    found = compare(before, {**before, "asked.a": "2"}, {"asked.a": "2"}, ROLES)
    assert found.verdict == "collateral"
    assert [one.path for one in found.differences] == ["sum.net"]


def test_a_derived_field_out_of_bounds_is_named_with_its_bounds() -> None:
    before = {"asked.a": "1", "sum.net": "5"}
    wanted = {**before, "asked.a": "2"}
    found = compare(before, wanted, {**wanted, "sum.net": "101"}, ROLES)
    (difference,) = found.differences
    assert (difference.expected, difference.found) == ("[0, 100]", "101")


def test_what_comes_and_goes_with_the_asked_line_may_but_only_when_it_was_done() -> None:
    before = {"asked.a": "1", "goes.text": "x"}
    wanted = {"asked.b": "1"}
    done = {"asked.b": "1", "comes.text": "y"}
    assert compare(before, wanted, done, ROLES).verdict == "confirmed"
    half = {"asked.a": "1", "comes.text": "y"}
    found = compare(before, wanted, half, ROLES)
    assert found.verdict == "collateral"
    assert {one.path for one in found.differences} == {"goes.text", "comes.text"}


def test_half_of_what_was_asked_is_collateral_and_shows_what_is_missing() -> None:
    before = {"asked.a": "1", "asked.b": "1"}
    found = compare(
        before, {"asked.a": "2", "asked.b": "2"}, {"asked.a": "2", "asked.b": "1"}, ROLES
    )
    assert found.verdict == "collateral"
    assert [(one.path, one.expected, one.found) for one in found.differences] == [
        ("asked.b", "2", "1")
    ]


def test_the_last_stage_that_shows_is_the_one_reached() -> None:
    before = {"asked.a": "1"}
    stages = {"draft": {"asked.a": "d"}, "quoted": {"asked.a": "q"}}
    wanted = {"asked.a": "2"}
    assert compare(before, wanted, {"asked.a": "q"}, ROLES, stages).stage == "quoted"
    assert compare(before, wanted, {"asked.a": "d"}, ROLES, stages).stage == "draft"
    assert compare(before, wanted, {"asked.a": "x"}, ROLES, stages).verdict == "collateral"


def test_a_lost_line_is_collateral_at_a_stage_too() -> None:
    before = {"asked.a": "1", "kept.a": "5"}
    found = compare(before, {"asked.a": "2"}, {"asked.a": "d"}, ROLES, {"draft": {"asked.a": "d"}})
    assert (found.verdict, [one.path for one in found.differences]) == ("collateral", ["kept.a"])
