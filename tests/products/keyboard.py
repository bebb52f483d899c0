"""Typing that does not trust the page: settle, select all, type, Tab, read back, try again."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator


def enter(
    field: Locator,
    value: str,
    *,
    same: Callable[[str, str], bool] = str.__eq__,
    leave: bool = True,
    attempts: int = 5,
) -> None:
    """Type `value` into `field` until what the field then holds is the `same` as `value`.

    `field` may find another element at every step, as in products that swap it on focus. With `leave`
    it is left by Tab, so that the page may reformat it, before it is read.

    Fields that redraw while one types swallow, double or reorder keystrokes, so the page is given the
    time to settle before and after, and only what was read back counts. Raises AssertionError.
    """
    held = ""
    for _ in range(attempts):
        field.page.wait_for_load_state("networkidle")
        field.click()
        field.press("ControlOrMeta+a")
        field.press("Delete")
        field.press_sequentially(value)
        if leave:
            field.press("Tab")
        field.page.wait_for_load_state("networkidle")
        field.page.wait_for_timeout(150)
        held = field.input_value()
        if same(held, value):
            return
    raise AssertionError(f"The field holds {held!r} after {attempts} attempts to type {value!r}.")
