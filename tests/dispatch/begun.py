"""Tools that say in which process they were loaded, and a child that is started with them."""

from __future__ import annotations

import os
import sys
from typing import Any

from paraplu.dispatch.children import Children
from paraplu.engine.hands import Tools
from paraplu.errors import SettingsWrong

LOADED_BY = os.getpid()


def make() -> Tools:
    """Tools for nothing. Raises `SettingsWrong` when this module was loaded by the child itself."""
    if os.getpid() == LOADED_BY:
        raise SettingsWrong("The child had to load what it makes its tools of.")
    return Tools({}, nothing, nothing, nothing, nothing)


def nothing(_name: str) -> Any:
    """Never asked for."""
    raise AssertionError


def begin() -> None:
    """Start a child and wait until it is ready. Raises what goes wrong in it."""
    children = Children(make, lambda: ())
    child = children.take("run")
    child.wait_ready()
    child.end()
    sys.stdout.write("ready\n")
