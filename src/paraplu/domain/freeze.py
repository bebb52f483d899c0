"""Freezes: days on which nothing runs."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from paraplu.domain.setting import Setting


class Freeze(Setting):
    """From the day `start` to the day `end`, both included, nothing runs, for the `reason` given."""

    start: date
    end: date
    reason: str = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"the freeze ends ({self.end}) before it starts ({self.start})")
        return self

    def covers(self, day: date) -> bool:
        """Whether nothing runs on `day`."""
        return self.start <= day <= self.end
