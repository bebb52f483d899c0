"""One entry as it is shown to somebody, with the personal values that they may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from paraplu.audit.entry import Entry
from paraplu.audit.kinds import CATALOGUE
from paraplu.engine.clock import from_ms

_BEFORE, _AFTER = "before ", "after "


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry for reading, with its place in the log (from 0).

    `values` are its personal values by name, ``before`` or ``after`` in front of those of a state. Values
    whose key is gone are not there; `closed` says how many digests of the entry nothing opens.
    """

    place: int
    entry: Entry
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def time(self) -> datetime:
        """When, aware, in UTC."""
        return from_ms(self.entry.time_ms)

    @property
    def kind(self) -> str:
        """The code of its kind."""
        return self.entry.kind

    @property
    def meaning(self) -> str:
        """What such an entry says, in one English sentence; of a kind not known here, its code."""
        kind = CATALOGUE.get(self.entry.kind)
        return self.entry.kind if kind is None else kind.meaning

    @property
    def case(self) -> str | None:
        """The uid of the case."""
        return self.entry.case

    @property
    def actor(self) -> str:
        """The uid of who acted."""
        return self.entry.actor

    @property
    def rpa(self) -> dict[str, Any]:
        """What is particular to automation."""
        return self.entry.rpa

    @property
    def closed(self) -> int:
        """How many values stand in the log as digests that cannot be opened (any more)."""
        return max(0, len(self.entry.digests) - len(self.values))

    def differences(self) -> list[tuple[str, Any, Any]]:
        """Field, before and after, of every field that stands in either; None where it stands not."""
        before, after = self._of(_BEFORE), self._of(_AFTER)
        return [
            (name, before.get(name), after.get(name))
            for name in sorted(before.keys() | after.keys())
        ]

    def others(self) -> dict[str, Any]:
        """The values that belong to no state: a reference, a remark."""
        return {
            name: value
            for name, value in self.values.items()
            if not name.startswith((_BEFORE, _AFTER))
        }

    def _of(self, part: str) -> dict[str, Any]:
        return {
            name.removeprefix(part): value
            for name, value in self.values.items()
            if name.startswith(part)
        }
