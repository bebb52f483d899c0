"""Schedules: when a bot should run for a client. A setting of record."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from paraplu.domain.missed import Ask, Missed, RunAll, RunWithin, parse_missed
from paraplu.domain.rule import (
    AfterService,
    ByHand,
    CasesReady,
    EventRule,
    Once,
    Rule,
    TimeRule,
    WorkbookArrives,
)
from paraplu.domain.sentence import parse
from paraplu.domain.setting import Setting, known_zone

__all__ = [
    "AfterService",
    "Ask",
    "ByHand",
    "CasesReady",
    "EventRule",
    "Missed",
    "Rule",
    "RunAll",
    "RunWithin",
    "Schedule",
    "TimeRule",
    "WorkbookArrives",
    "parse",
    "parse_missed",
]


class Schedule(Setting):
    """When a bot should run for a client.

    `when` and `missed` are sentences, kept in their canonical form; `rule` and `if_missed` are what they
    stand for. `timezone` (an IANA name) must be said: the times of day of `when` are meant in it.
    `valid_from` and `valid_until` are days in that zone, both included.
    """

    client: str
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    service: str = Field(min_length=1)
    when: str
    timezone: str = Field(default="", validate_default=True)
    missed: str = "run within 2 h"
    valid_from: date | None = None
    valid_until: date | None = None
    note: str = ""

    @field_validator("when")
    @classmethod
    def _canonical_when(cls, value: str) -> str:
        return str(parse(value))

    @field_validator("missed")
    @classmethod
    def _canonical_missed(cls, value: str) -> str:
        return str(parse_missed(value))

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if not value:
            raise ValueError(
                'is missing: say where the clock hangs, for instance timezone = "Europe/Amsterdam"'
            )
        return known_zone(value)

    @model_validator(mode="after")
    def _can_run(self) -> Self:
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValueError(
                f"valid_until ({self.valid_until}) lies before valid_from ({self.valid_from})"
            )
        rule = self.rule
        if isinstance(rule, Once) and not self.valid_on(rule.day):
            raise ValueError(f"{rule} never comes: the schedule is not valid on that day")
        if isinstance(rule, AfterService) and rule.service == self.service:
            raise ValueError(
                f"a run of {self.service} that waits for a run of {self.service} would never end: name "
                "another service, or write a time"
            )
        return self

    @property
    def id(self) -> str:
        """Client and name: what the ledger, entries and people call it."""
        return f"{self.client}/{self.name}"

    @cached_property
    def rule(self) -> Rule:
        """What `when` stands for."""
        return parse(self.when)

    @cached_property
    def if_missed(self) -> Missed:
        """What `missed` stands for."""
        return parse_missed(self.missed)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its times of day."""
        return ZoneInfo(self.timezone)

    def valid_on(self, day: date) -> bool:
        """Whether it is in force on `day` (both ends included)."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )
