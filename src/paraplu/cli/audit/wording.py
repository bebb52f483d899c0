"""Values of entries in words that fit on a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MOST = 160  # characters of one value


def change(before: Any, after: Any) -> str:
    """What it was and what it became; of settings only what differs in them."""
    if before == after:
        return short(after)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = [
            name
            for name in (*before, *(one for one in after if one not in before))
            if before.get(name) != after.get(name)
        ]
        return _cut(
            ", ".join(f"{name} {change(before.get(name), after.get(name))}" for name in names)
        )
    return f"{_shown(before)} -> {_shown(after)}"


def short(value: Any) -> str:
    """A value on one line, cut when it is long."""
    return _cut(_plain(value))


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun: 1 entry, 2,000 entries."""
    return f"{number:,} {one if number == 1 else many}"


def _shown(value: Any) -> str:
    return "-" if value is None else short(value)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        said = {name: one for name, one in value.items() if one not in (None, "", [], {}, ())}
        return ", ".join(f"{name} {_inner(one)}" for name, one in said.items())
    if isinstance(value, list | tuple):
        return ", ".join(_inner(one) for one in value)
    return " ".join(str(value).split())


def _inner(value: Any) -> str:
    many = isinstance(value, Mapping) or (isinstance(value, list | tuple) and len(value) > 1)
    return f"({_plain(value)})" if many else _plain(value)


def _cut(text: str) -> str:
    return text if len(text) <= _MOST else text[: _MOST - 3] + "..."
