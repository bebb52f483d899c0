"""Loads what every child needs: imported once in the process that all children are forked from.

A plugin that cannot be loaded is told of when a run asks for it, not here.
"""

from __future__ import annotations

import contextlib
from importlib import import_module
from importlib.metadata import entry_points

import paraplu.dispatch.child
import paraplu.plugins

for _group in (paraplu.plugins.BOTS, paraplu.plugins.TARGETS, paraplu.plugins.CONNECTORS):
    for _point in entry_points(group=_group):
        with contextlib.suppress(Exception):
            import_module(_point.module)
