"""The table of Playwright's methods that are instrumented: which are actions, and how each is treated.

* A rule with a `verb` is an action, recorded each time. One without is watched only: its errors are
  translated and it does nothing once a session has stopped. Those are the methods that poll or wait
  (is_visible, count, wait_for ...), and those that make something for the target itself (screenshot).
* `acts`: it may have an effect outside, so that losing the browser in the middle of it leaves the
  outcome unknown.
* `value`: the argument that is recorded, or RESULT for what a reading gave back.
* `entry`: how the field is read back afterwards (see `paraplu_browser.field`).

What `expect()` looks at is no action: it goes past these methods, and its AssertionErrors are its own. It has
a deadline like every call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

Entry = Literal["", "fill", "type", "clear", "choose", "tick", "untick", "set"]

RESULT = "->"


@dataclass(frozen=True, slots=True)
class Rule:
    """How one method is treated."""

    verb: str = ""
    acts: bool = False
    value: str = ""
    at: int = 0  # where `value` stands among the positional arguments
    entry: Entry = ""
    selects: bool = False  # the first argument is a selector (the methods of Page and Frame)
    opens: bool = False  # goes to another page by itself
    submits: bool = False  # fields that were typed into must still hold it before this
    waits: bool = False  # gives a context manager that waits

    @property
    def participle(self) -> str:
        """The verb as in "was to be clicked"."""
        return _PARTICIPLES.get(self.verb, self.verb) or "used"


_PARTICIPLES = {"chose": "chosen in", "went back": "left", "went on": "left"}


_CLICK = Rule("clicked", acts=True, submits=True)
_READ = Rule("read", value=RESULT)
_QUIET = Rule()
_WAIT = Rule(waits=True)
_OPEN = Rule("opened", opens=True)
_RUN = Rule("evaluated", acts=True, value="expression", submits=True)

_ELEMENT: Mapping[str, Rule] = {
    "click": _CLICK,
    "dblclick": Rule("double-clicked", acts=True, submits=True),
    "tap": Rule("tapped", acts=True, submits=True),
    "press": Rule("pressed", acts=True, value="key"),
    "fill": Rule("filled", acts=True, value="value", entry="fill"),
    "type": Rule("typed into", acts=True, value="text", entry="type"),
    "select_option": Rule("chose", acts=True, value="value", entry="choose"),
    "check": Rule("ticked", acts=True, entry="tick"),
    "uncheck": Rule("unticked", acts=True, entry="untick"),
    "set_checked": Rule("set", acts=True, value="checked", entry="set"),
    "set_input_files": Rule("attached to", acts=True, value="files"),
    "hover": Rule("hovered over", acts=True),
    "focus": Rule("focused", acts=True),
    "dispatch_event": Rule("triggered", acts=True, value="type", submits=True),
    "inner_text": _READ,
    "text_content": _READ,
    "inner_html": _READ,
    "input_value": _READ,
    "get_attribute": _READ,
    "is_checked": _READ,
    "is_visible": _QUIET,
    "is_hidden": _QUIET,
    "is_enabled": _QUIET,
    "is_disabled": _QUIET,
    "is_editable": _QUIET,
}
_SCRIPT: Mapping[str, Rule] = {"evaluate": _RUN, "evaluate_handle": _RUN}
_ON_ELEMENT: Mapping[str, Rule] = {
    **_ELEMENT,
    **_SCRIPT,
    "select_text": _QUIET,
    "scroll_into_view_if_needed": _QUIET,
    "bounding_box": _QUIET,
    "screenshot": _QUIET,
}
_BY_SELECTOR: Mapping[str, Rule] = {
    **{name: replace(rule, selects=True, at=1) for name, rule in _ELEMENT.items()},
    "eval_on_selector": replace(_RUN, selects=True, at=1),
    "eval_on_selector_all": replace(_RUN, selects=True, at=1),
    "drag_and_drop": Rule("dragged", acts=True, value="target", at=1, selects=True, submits=True),
    "query_selector": Rule(selects=True),
    "query_selector_all": Rule(selects=True),
    "wait_for_selector": Rule(selects=True),
}
_DOCUMENT: Mapping[str, Rule] = {
    **_BY_SELECTOR,
    **_SCRIPT,
    "goto": replace(_OPEN, value="url"),
    "title": _READ,
    "content": Rule("read"),
    "set_content": Rule("written", acts=True),
    "wait_for_url": _QUIET,
    "wait_for_load_state": _QUIET,
    "wait_for_function": _QUIET,
    "wait_for_timeout": _QUIET,
    "expect_navigation": _WAIT,
}
_REQUEST = Rule("sent", acts=True, value="url_or_request")
_FETCH = Rule("fetched", value="url")

TABLE: Mapping[str, Mapping[str, Rule]] = {
    "Locator": {
        **_ON_ELEMENT,
        "press_sequentially": Rule("typed into", acts=True, value="text", entry="type"),
        "clear": Rule("cleared", acts=True, entry="clear"),
        "blur": Rule("left", acts=True),
        "drag_to": Rule("dragged", acts=True, value="target", submits=True),
        "drop": Rule("dropped on", acts=True, submits=True),
        "evaluate_all": _RUN,
        "all_inner_texts": _READ,
        "all_text_contents": _READ,
        "aria_snapshot": _READ,
        "all": _QUIET,
        "count": _QUIET,
        "element_handle": _QUIET,
        "element_handles": _QUIET,
        "wait_for": _QUIET,
        "wait_for_function": _QUIET,
    },
    "ElementHandle": {
        **_ON_ELEMENT,
        "eval_on_selector": replace(_RUN, at=1),
        "eval_on_selector_all": replace(_RUN, at=1),
        "query_selector": _QUIET,
        "query_selector_all": _QUIET,
        "wait_for_selector": _QUIET,
        "wait_for_element_state": _QUIET,
    },
    "JSHandle": _SCRIPT,
    "Frame": _DOCUMENT,
    "Page": {
        **_DOCUMENT,
        "reload": replace(_OPEN, verb="reloaded"),
        "go_back": replace(_OPEN, verb="went back"),
        "go_forward": replace(_OPEN, verb="went on"),
        "close": Rule("closed"),
        "aria_snapshot": _READ,
        "screenshot": _QUIET,
        "pdf": _QUIET,
        "wait_for_event": _QUIET,
        "expect_event": _WAIT,
        "expect_console_message": _WAIT,
        "expect_download": _WAIT,
        "expect_file_chooser": _WAIT,
        "expect_popup": _WAIT,
        "expect_request": _WAIT,
        "expect_request_finished": _WAIT,
        "expect_response": _WAIT,
        "expect_websocket": _WAIT,
        "expect_worker": _WAIT,
    },
    "BrowserContext": {
        "expect_console_message": _WAIT,
        "expect_event": _WAIT,
        "expect_page": _WAIT,
        "wait_for_event": _QUIET,
    },
    "Route": {"continue_": _QUIET, "fetch": _QUIET},
    "Keyboard": {
        "press": Rule("pressed", acts=True, value="key"),
        "type": Rule("typed", acts=True, value="text"),
        "insert_text": Rule("typed", acts=True, value="text"),
        "down": Rule("held down", acts=True, value="key"),
        "up": Rule("let go", acts=True, value="key"),
    },
    "Mouse": {
        "click": _CLICK,
        "dblclick": Rule("double-clicked", acts=True, submits=True),
        "down": Rule("pressed", acts=True, submits=True),
        "up": Rule("let go", acts=True),
        "move": _QUIET,
        "wheel": _QUIET,
    },
    "Touchscreen": {"tap": Rule("tapped", acts=True, submits=True)},
    "Dialog": {
        "accept": Rule("accepted", acts=True, value="prompt_text"),
        "dismiss": Rule("dismissed", acts=True),
    },
    "FileChooser": {"set_files": Rule("attached to", acts=True, value="files")},
    "Download": {"save_as": Rule("downloaded"), "path": Rule("downloaded")},
    "APIRequestContext": {
        "get": _FETCH,
        "head": _FETCH,
        "post": replace(_REQUEST, value="url"),
        "put": replace(_REQUEST, value="url"),
        "patch": replace(_REQUEST, value="url"),
        "delete": replace(_REQUEST, value="url"),
        "fetch": _REQUEST,
    },
}
