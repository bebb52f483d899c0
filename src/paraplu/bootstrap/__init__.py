"""Joins the parts: the only place that builds them."""

from __future__ import annotations

from paraplu.bootstrap.centre import Centre, connectors_in_use, open_centre, open_tools
from paraplu.bootstrap.founding import create_home, upgrade_home
from paraplu.bootstrap.parts import tools_of

__all__ = [
    "Centre",
    "connectors_in_use",
    "create_home",
    "open_centre",
    "open_tools",
    "tools_of",
    "upgrade_home",
]
