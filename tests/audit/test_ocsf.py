"""Entries are valid events of OCSF 1.8 by OCSF's published schema."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audit.test_entry import FULL, make
from ocsf import complaints
from paraplu.audit.kind import ENTITY
from paraplu.audit.kinds import CATALOGUE

# Only the class of changes has states.
_OF_A_CHANGE = ("entity", "entity_result")


def event(code: str) -> dict[str, Any]:
    given: dict[str, Any] = {**FULL, "kind": code}
    if CATALOGUE[code].class_uid != ENTITY:
        given = {name: value for name, value in given.items() if name not in _OF_A_CHANGE}
    found: dict[str, Any] = json.loads(make(**given))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("class_uid", sorted({kind.class_uid for kind in CATALOGUE.values()}))
def test_every_kind_gives_a_valid_event_of_its_class(class_uid: int) -> None:
    for code, kind in CATALOGUE.items():
        if kind.class_uid == class_uid:
            assert complaints(event(code)) == [], code


@pytest.mark.slow
def test_the_schema_sees_what_is_wrong_with_an_event() -> None:
    good = event("outcome-confirmed")
    assert complaints(good) == []
    for name in ("activity_id", "category_uid", "metadata", "severity_id", "time", "type_uid"):
        less = {key: value for key, value in good.items() if key != name}
        if name != "metadata":
            assert complaints(less), name
    assert complaints({**good, "type_uid": 1})
    assert complaints({**good, "time": "now"})
    assert complaints({**good, "invented": 1})
