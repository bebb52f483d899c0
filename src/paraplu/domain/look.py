"""What a change sees of a target, flattened to paths and values, and how two looks are compared.

A look is a frozen model of the author's own; lines and other repeated things are mappings keyed by what
identifies them (a component code), never by position. Flattened, ``lines -> {"2100": {"amount": 5}}``
is the path ``lines.2100.amount``. What is None counts as not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any

from pydantic import BaseModel

from paraplu.errors import PluginWrong

Fields = Mapping[str, str]


def flatten(look: BaseModel | Mapping[str, Any]) -> dict[str, str]:
    """Every field of `look` as path -> canonical text. Raises `PluginWrong` for a list or a float."""
    data = look.model_dump(mode="python") if isinstance(look, BaseModel) else look
    return dict(sorted(_walk(None, data)))


def _walk(prefix: str | None, value: Any) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            part = str(key).replace("\\", "\\\\").replace(".", "\\.")
            yield from _walk(part if prefix is None else f"{prefix}.{part}", item)
        return
    yield prefix or "", canonical(value, prefix or "")


def canonical(value: Any, path: str = "") -> str:
    """One value as text: 1.50 and 1.5 are the same, dates are ISO 8601, booleans yes and no."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Enum():
            return canonical(value.value, path)
        case Decimal():
            plain = format(value, "f")  # every digit: normalize() would round to 28 of them
            if "." in plain:
                plain = plain.rstrip("0").rstrip(".")
            return "0" if plain == "-0" else plain
        case int() | str():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case _:
            raise PluginWrong(
                f"The look holds a {type(value).__name__} at '{path}': use text, Decimal, int, bool, dates "
                "and mappings keyed by what identifies a line."
            )


class RoleKind(StrEnum):
    """What may become of a field around the act."""

    ASKED = "asked"  # must become what was asked
    DERIVED = "derived"  # the target recomputes it; must stay there and within bounds
    KEPT = "kept"  # equal in both looks
    VOLATILE = "volatile"  # ignored: clocks, sessions


@dataclass(frozen=True, slots=True)
class Role:
    """The role of the fields that match a pattern.

    For derived fields `low` and `high` bound a number (both ends included), `exactly` fixes the value,
    and `may_appear` or `may_vanish` say that it comes or goes with the line that was asked.
    """

    kind: RoleKind
    low: Decimal | None = None
    high: Decimal | None = None
    exactly: str | None = None
    may_appear: bool = False
    may_vanish: bool = False

    def admits(self, value: str) -> bool:
        """Whether a derived field may have this value."""
        if self.exactly is not None:
            return value == self.exactly
        if self.low is None and self.high is None:
            return True
        try:
            number = Decimal(value)
        except ArithmeticError:
            return False
        if not number.is_finite():
            return False
        return (self.low is None or self.low <= number) and (
            self.high is None or number <= self.high
        )


ASKED = Role(RoleKind.ASKED)
KEPT = Role(RoleKind.KEPT)
VOLATILE = Role(RoleKind.VOLATILE)


def derived(
    low: Decimal | None = None,
    high: Decimal | None = None,
    *,
    exactly: Any = None,
    may_appear: bool = False,
    may_vanish: bool = False,
) -> Role:
    """A field that the target computes itself, with the bounds that the plan shows."""
    fixed = None if exactly is None else canonical(exactly)
    return Role(RoleKind.DERIVED, low, high, fixed, may_appear, may_vanish)


class Roles:
    """Patterns of paths with their role, the first that fits counts, everything else is kept.

    ``*`` stands for one part of a path, a final ``**`` for all that follows: ``lines.*.amount``,
    ``order.**``.
    """

    def __init__(self, patterns: Mapping[str, Role]) -> None:
        self.patterns = dict(patterns)
        self._parts = [(split(pattern), role) for pattern, role in self.patterns.items()]

    def of(self, path: str) -> Role:
        """The role of `path`."""
        parts = split(path)
        for pattern, role in self._parts:
            if _fits(pattern, parts):
                return role
        return KEPT

    def to_json(self) -> list[dict[str, Any]]:
        """A JSON form for the intent; `from_json` reads it back."""
        return [
            {
                "pattern": pattern,
                "kind": role.kind.value,
                "low": None if role.low is None else str(role.low),
                "high": None if role.high is None else str(role.high),
                "exactly": role.exactly,
                "may_appear": role.may_appear,
                "may_vanish": role.may_vanish,
            }
            for pattern, role in self.patterns.items()
        ]

    @classmethod
    def from_json(cls, data: list[dict[str, Any]]) -> Roles:
        """The inverse of `to_json`."""
        return cls(
            {
                item["pattern"]: Role(
                    RoleKind(item["kind"]),
                    None if item["low"] is None else Decimal(item["low"]),
                    None if item["high"] is None else Decimal(item["high"]),
                    item["exactly"],
                    item["may_appear"],
                    item["may_vanish"],
                )
                for item in data
            }
        )


def split(path: str) -> tuple[str, ...]:
    """The parts of a path; a dot inside a part is written as ``\\.``."""
    parts: list[str] = [""]
    rest = iter(path)
    for character in rest:
        if character == "\\":
            parts[-1] += next(rest, "")
        elif character == ".":
            parts.append("")
        else:
            parts[-1] += character
    return tuple(parts)


def _fits(pattern: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    if pattern and pattern[-1] == "**":
        head = pattern[:-1]
        return len(parts) > len(head) and _fits(head, parts[: len(head)])
    return len(pattern) == len(parts) and all(
        want in ("*", part) for want, part in zip(pattern, parts, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not what it should be: None means that it is not there."""

    path: str
    before: str | None
    expected: str | None
    found: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the look after the act shows.

    `verdict` is ``confirmed`` (all that was asked, nothing else), ``nothing`` (as before) or a stage
    reached, given in `stage` with verdict ``stage``, or ``collateral`` with its `differences`.
    """

    verdict: str
    differences: tuple[Difference, ...] = ()
    stage: str | None = None


def compare(
    before: Fields,
    wanted: Fields,
    after: Fields,
    roles: Roles,
    stages: Mapping[str, Fields] | None = None,
) -> Comparison:
    """Judge `after` by role against the `before` and `wanted` of the intent.

    `stages` are looks that the act passes through, in order (draft, quotation); they are judged like
    `wanted`. All four are flattened looks of the same thing.
    """
    strange = _strange(before, after, roles)
    asked_before, asked_after = _asked(before, roles), _asked(after, roles)
    if asked_after == _asked(wanted, roles):
        differences = strange + _out_of_bounds(before, wanted, after, roles)
        return Comparison("collateral" if differences else "confirmed", differences)
    if asked_after == asked_before:
        differences = strange + _vanished(before, after, roles)
        return Comparison("collateral" if differences else "nothing", differences)
    for name, stage in reversed(list((stages or {}).items())):
        if asked_after == _asked(stage, roles):
            return Comparison(
                "collateral" if strange else "stage", strange, None if strange else name
            )
    half = tuple(
        Difference(path, before.get(path), wanted.get(path), after.get(path))
        for path in sorted({*asked_after, *_asked(wanted, roles), *asked_before})
        if after.get(path) != wanted.get(path)
    )
    return Comparison("collateral", strange + half)


def _asked(fields: Fields, roles: Roles) -> dict[str, str]:
    return {path: value for path, value in fields.items() if roles.of(path).kind is RoleKind.ASKED}


def _strange(before: Fields, after: Fields, roles: Roles) -> tuple[Difference, ...]:
    """Kept fields that differ, and derived ones that came or went unasked."""
    found: list[Difference] = []
    for path in sorted({*before, *after}):
        role = roles.of(path)
        was, now = before.get(path), after.get(path)
        if (role.kind is RoleKind.KEPT and was != now) or (
            role.kind is RoleKind.DERIVED
            and (
                (was is None and now is not None and not role.may_appear)
                or (was is not None and now is None and not role.may_vanish)
            )
        ):
            found.append(Difference(path, was, was, now))
    return tuple(found)


def _out_of_bounds(
    before: Fields, wanted: Fields, after: Fields, roles: Roles
) -> tuple[Difference, ...]:
    found: list[Difference] = []
    for path in sorted({*before, *wanted, *after}):
        role = roles.of(path)
        now = after.get(path)
        if role.kind is RoleKind.DERIVED and now is not None and not role.admits(now):
            found.append(Difference(path, before.get(path), bounds(role), now))
    return tuple(found)


def _vanished(before: Fields, after: Fields, roles: Roles) -> tuple[Difference, ...]:
    """With nothing asked done yet, what goes with the asked line must not be gone or there either."""
    return tuple(
        Difference(path, before.get(path), before.get(path), after.get(path))
        for path in sorted({*before, *after})
        if roles.of(path).kind is RoleKind.DERIVED
        and (path in before) != (path in after)
        and (roles.of(path).may_appear or roles.of(path).may_vanish)
    )


def bounds(role: Role) -> str:
    """The bounds of a derived field as text: ``[1200, 1300]``, ``[0, )`` or the exact value."""
    if role.exactly is not None:
        return role.exactly
    low = "" if role.low is None else format(role.low, "f")
    high = "" if role.high is None else format(role.high, "f")
    return f"[{low}, {high}]"
