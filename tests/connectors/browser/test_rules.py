"""The table of instrumented methods against the Playwright that is installed."""

from __future__ import annotations

import pytest

from paraplu_browser.instrument import _class
from paraplu_browser.rules import RESULT, TABLE

# Methods that make or describe another locator, or that only speak to the author.
ELSEWHERE = {
    "Locator": {
        "and_",
        "content_frame",
        "describe",
        "description",
        "filter",
        "first",
        "frame_locator",
        "hide_highlight",
        "highlight",
        "last",
        "locator",
        "normalize",
        "nth",
        "or_",
        "page",
        "visible",
        "within",
    },
    "Keyboard": set(),
    "Touchscreen": set(),
    "Dialog": {"default_value", "message", "page", "type"},
    "FileChooser": {"element", "is_multiple", "page"},
}


@pytest.mark.parametrize("name", TABLE)
def test_the_methods_of_the_table_exist_with_the_arguments_it_names(name: str) -> None:
    import inspect

    from playwright import sync_api

    kind = _class(sync_api, name)
    assert kind is not None
    for method, rule in TABLE[name].items():
        parameters = list(inspect.signature(inspect.unwrap(getattr(kind, method))).parameters)[1:]
        if rule.value and rule.value != RESULT:
            assert parameters[rule.at] == rule.value, (name, method)
        if rule.selects:
            assert parameters[0] in ("selector", "source"), (name, method)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_no_public_method_of_these_classes_is_forgotten(name: str) -> None:
    from playwright import sync_api

    kind = _class(sync_api, name)
    public = {
        method
        for method in vars(kind)
        if not method.startswith("_") and not method.startswith("get_by_")
    }
    assert public - TABLE[name].keys() == ELSEWHERE[name]


def test_what_sends_and_what_is_read_back_acts() -> None:
    for rules in TABLE.values():
        for rule in rules.values():
            assert rule.acts or not (rule.entry or rule.submits)
            assert rule.verb or not rule.acts
