"""What is approved, and what stands fast before the act."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from paraplu.domain.change import Effect
from paraplu.domain.look import ASKED, VOLATILE, Roles, derived
from paraplu.domain.plan import (
    Intent,
    Plan,
    PlannedField,
    planned_bounds,
    planned_fields,
    stray_fields,
)

PLAN = Plan(
    target="ledger",
    record="account 10001",
    asked=(
        PlannedField("lines.1000.amount", "2500", "2600"),
        PlannedField("lines.2.amount", None, "1"),
    ),
    bounds={"total": "[1, 2]"},
    preconditions={"run": "open"},
    agreement="noordwijk/ledger@1",
    effect=Effect(Decimal("100.50"), "EUR"),
    latest=datetime(2026, 11, 20, 15, tzinfo=UTC),
)
ROLES = Roles({"lines.**": ASKED, "total": derived(Decimal(1), Decimal(2)), "seen": VOLATILE})


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, target="other"),
        replace(PLAN, record="account 10002"),
        replace(PLAN, asked=PLAN.asked[:1]),
        replace(PLAN, asked=(replace(PLAN.asked[0], before="2400"), PLAN.asked[1])),
        replace(PLAN, asked=(replace(PLAN.asked[0], after="2601"), PLAN.asked[1])),
        replace(PLAN, asked=(replace(PLAN.asked[0], after=None), PLAN.asked[1])),
        replace(PLAN, asked=(PLAN.asked[0], replace(PLAN.asked[1], before="None"))),
        replace(PLAN, preconditions={"run": "paid"}),
        replace(PLAN, preconditions={}),
        replace(PLAN, agreement="noordwijk/ledger@2"),
    ],
)
def test_the_digest_changes_with_everything_that_is_approved(other: Plan) -> None:
    assert other.digest("salt") != PLAN.digest("salt")


def test_the_digest_is_salted_and_stands_for_the_same_plan_only() -> None:
    assert PLAN.digest("one") != PLAN.digest("two")
    assert PLAN.digest("one") == Plan.from_json(PLAN.to_json()).digest("one")
    turned = replace(PLAN, preconditions=dict(reversed(PLAN.preconditions.items())))
    assert turned.digest("one") == PLAN.digest("one")


texts = st.text(max_size=5)
fields = st.dictionaries(texts, texts)


@given(texts, texts, st.lists(st.tuples(texts, st.none() | texts, st.none() | texts)), fields)
def test_a_plan_comes_back_from_json(
    target: str,
    record: str,
    asked: list[tuple[str, str | None, str | None]],
    preconditions: dict[str, str],
) -> None:
    plan = replace(
        PLAN,
        target=target,
        record=record,
        asked=tuple(PlannedField(*one) for one in asked),
        preconditions=preconditions,
    )
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_an_intent_comes_back_from_json() -> None:
    intent = Intent(PLAN, {"a": "1"}, {"a": "2"}, {"draft": {"a": "d"}}, ROLES)
    back = Intent.from_json(json.loads(json.dumps(intent.to_json())))
    assert replace(back, roles=ROLES) == intent
    assert back.roles.patterns == ROLES.patterns


def test_nothing_is_left_when_every_asked_field_is_as_it_should_be() -> None:
    assert not PLAN.nothing_left
    assert replace(PLAN, asked=(PlannedField("a", "1", "1"),)).nothing_left
    assert replace(PLAN, asked=()).nothing_left


def test_a_plan_names_asked_fields_and_the_bounds_of_derived_ones() -> None:
    before = {"lines.1": "a", "lines.2": "b", "total": "1", "kept": "x"}
    wanted = {"lines.2": "b", "lines.3": "c", "total": "2", "kept": "x"}
    assert planned_fields(before, wanted, ROLES) == (
        PlannedField("lines.1", "a", None),
        PlannedField("lines.2", "b", "b"),
        PlannedField("lines.3", None, "c"),
    )
    assert planned_bounds(before, wanted, ROLES) == {"total": "[1, 2]"}


def test_a_field_altered_without_being_asked_is_the_authors_mistake() -> None:
    before = {"lines.1": "a", "kept": "x", "seen": "1", "total": "1"}
    wanted = {"lines.1": "b", "seen": "2", "total": "2", "new": "y"}
    assert stray_fields(before, wanted, ROLES) == ("kept", "new", "seen")
