"""What will be changed, before it is: the thing that is approved, and the intent made of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from paraplu.domain.change import Effect
from paraplu.domain.look import Fields, RoleKind, Roles, bounds


@dataclass(frozen=True, slots=True)
class PlannedField:
    """One field of a plan: None means that it is not there."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Asked fields before -> after, the bounds of derived ones and the preconditions.

    `target` and `record` say where. `bounds` are the derived fields that must stay within bounds or get
    an exact value, as text. `latest` is aware.
    """

    target: str
    record: str
    asked: tuple[PlannedField, ...]
    bounds: Mapping[str, str]
    preconditions: Mapping[str, str]
    agreement: str
    effect: Effect
    latest: datetime | None = None

    @property
    def nothing_left(self) -> bool:
        """Whether everything asked is so already."""
        return all(field.before == field.after for field in self.asked)

    def digest(self, salt: str) -> str:
        """SHA-256 (hex) of what is approved: target, record, asked, preconditions and agreement.

        `salt` is the case's own random value: without it a salary could be guessed from the digest.
        """
        return hashlib.sha256(
            json.dumps(
                [
                    salt,
                    self.target,
                    self.record,
                    [[field.path, field.before, field.after] for field in self.asked],
                    dict(self.preconditions),
                    self.agreement,
                ],
                sort_keys=True,
                ensure_ascii=True,
                separators=(",", ":"),
            ).encode()
        ).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """A JSON form; `from_json` reads it back."""
        return {
            "target": self.target,
            "record": self.record,
            "asked": [[field.path, field.before, field.after] for field in self.asked],
            "bounds": dict(self.bounds),
            "preconditions": dict(self.preconditions),
            "agreement": self.agreement,
            "effect": [str(self.effect.amount), self.effect.currency],
            "latest": None if self.latest is None else self.latest.isoformat(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        """The inverse of `to_json`."""
        return cls(
            data["target"],
            data["record"],
            tuple(PlannedField(*field) for field in data["asked"]),
            data["bounds"],
            data["preconditions"],
            data["agreement"],
            Effect(Decimal(data["effect"][0]), data["effect"][1]),
            None if data["latest"] is None else datetime.fromisoformat(data["latest"]),
        )


def planned_fields(before: Fields, wanted: Fields, roles: Roles) -> tuple[PlannedField, ...]:
    """The asked fields, changed or not, in the order of their paths."""
    return tuple(
        PlannedField(path, before.get(path), wanted.get(path))
        for path in sorted({*before, *wanted})
        if roles.of(path).kind is RoleKind.ASKED
    )


def planned_bounds(before: Fields, wanted: Fields, roles: Roles) -> dict[str, str]:
    """The derived fields for which the roles give bounds."""
    found: dict[str, str] = {}
    for path in sorted({*before, *wanted}):
        role = roles.of(path)
        if role.kind is RoleKind.DERIVED and (role.exactly, role.low, role.high) != (
            None,
            None,
            None,
        ):
            found[path] = bounds(role)
    return found


def stray_fields(before: Fields, wanted: Fields, roles: Roles) -> tuple[str, ...]:
    """Paths that `wanted` alters although nobody asked for them: a mistake of the bot's author."""
    return tuple(
        path
        for path in sorted({*before, *wanted})
        if before.get(path) != wanted.get(path)
        and roles.of(path).kind in (RoleKind.KEPT, RoleKind.VOLATILE)
    )


@dataclass(frozen=True, slots=True)
class Intent:
    """The durable word before the act: enough to judge later, without asking anybody, what happened."""

    plan: Plan
    before: Fields
    wanted: Fields
    stages: Mapping[str, Fields]
    roles: Roles

    def to_json(self) -> dict[str, Any]:
        """A JSON form; `from_json` reads it back."""
        return {
            "plan": self.plan.to_json(),
            "before": dict(self.before),
            "wanted": dict(self.wanted),
            "stages": {name: dict(fields) for name, fields in self.stages.items()},
            "roles": self.roles.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Intent:
        """The inverse of `to_json`."""
        return cls(
            Plan.from_json(data["plan"]),
            data["before"],
            data["wanted"],
            data["stages"],
            Roles.from_json(data["roles"]),
        )
