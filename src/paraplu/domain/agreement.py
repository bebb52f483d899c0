"""Clients and what was agreed with them: versioned settings of record."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from paraplu.domain.calendar import COUNTRIES
from paraplu.domain.folder import WatchedFolder
from paraplu.domain.freeze import Freeze
from paraplu.domain.maintenance import Maintenance
from paraplu.domain.retention import OF_AGREEMENTS
from paraplu.domain.setting import Setting as Setting, known_zone

STALL_LIMIT = timedelta(minutes=10)
"""A run whose worker gave no sign of life for so long is taken over by another one.

Longer than any act may take: a worker that is only slow must be through before somebody else looks.
"""


def known_country(value: str) -> str:
    """`value`, when it is a country whose working days are known. Raises ValueError otherwise."""
    if value not in COUNTRIES:
        raise ValueError(f"must be one of {', '.join(COUNTRIES)}")
    return value


class Client(Setting):
    """An organisation that the service centre works for. `id` is lower-case letters, digits, hyphens."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")
    name: str = Field(min_length=1, max_length=120)
    country: str = "NL"
    language: Literal["en", "nl", "da"] = "en"
    timezone: str = "Europe/Amsterdam"
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        return known_country(value)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return known_zone(value)

    @property
    def zone(self) -> ZoneInfo:
        """The client's time zone."""
        return ZoneInfo(self.timezone)


class WorkingCalendar(Setting):
    """The working days of an agreement, and the times in which nothing of it runs.

    `include` are the shared calendars that count too, by id.
    """

    # The calendar of these settings is made by `paraplu.domain.shared_calendar.combined` and nowhere else.

    country: str = "NL"
    categories: tuple[str, ...] = ("public",)
    closed: tuple[date, ...] = ()
    opened: tuple[date, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    include: tuple[str, ...] = ()

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str) -> str:
        return known_country(value)


class Limits(Setting):
    """Where an agreement makes people look, and where it makes bots stop: every figure has a safe default.

    `many` cases in one receipt are too many to start without a word: then `first` are done and shown.
    Above `exceptions_percent` of the cases that were handled being set aside, once `exceptions_from`
    were handled, the rest of the receipt pauses; 100 never pauses. `same_content_days` is the window in
    which the same content under another reference goes to a person.

    `attempts` is how often one case is tried when nothing was done outside, `crashes` how often it may
    take its run down before it is set aside, `failures_in_a_row` after how many failures of the target
    a run pauses itself. `slots` is how many runs may use the credential at once.

    After `approval_hours` working hours without a decision the next holder of a mandate is asked too.
    What an act left that broke off is believed `settle_seconds` later, unless everything is as wanted: the
    system may still be busy with what was sent.
    `after_check_percent` of the finished cases are looked at by a person who took no part in them.

    An act may take `act_minutes`, a case `case_minutes`, a run `run_minutes`. An act is shorter than a
    case, a case than a run, and an act than `STALL_LIMIT`.
    """

    many: int = Field(default=100, ge=1)
    first: int = Field(default=5, ge=1)
    exceptions_percent: int = Field(default=50, ge=0, le=100)
    exceptions_from: int = Field(default=10, ge=1)
    same_content_days: int = Field(default=90, ge=0)
    attempts: int = Field(default=3, ge=1, le=10)
    crashes: int = Field(default=3, ge=1, le=10)
    failures_in_a_row: int = Field(default=3, ge=1, le=20)
    slots: int = Field(default=1, ge=1, le=100)
    act_minutes: int = Field(default=5, ge=1)
    case_minutes: int = Field(default=15, ge=2)
    run_minutes: int = Field(default=240, ge=3, le=1440)
    supplier_total_30_days: Decimal | None = Field(default=None, ge=0)
    approval_hours: int = Field(default=8, ge=1, le=400)
    settle_seconds: int = Field(default=15, ge=0, le=120)
    after_check_percent: int = Field(default=0, ge=0, le=100)

    @model_validator(mode="after")
    def _shorter_inside_longer(self) -> Self:
        stall = int(STALL_LIMIT.total_seconds()) // 60
        if self.act_minutes >= stall:
            raise ValueError(
                f"act_minutes ({self.act_minutes}) must be less than {stall}: after {stall} minutes without "
                "a sign of life another worker takes the run over"
            )
        if not self.act_minutes < self.case_minutes < self.run_minutes:
            raise ValueError(
                f"act_minutes ({self.act_minutes}) must be less than case_minutes ({self.case_minutes}), and "
                f"case_minutes less than run_minutes ({self.run_minutes})"
            )
        return self


class Agreement(Setting):
    """What was agreed with a client about one service; a new version replaces the one before.

    With `two_people`, changes to the agreement, its mandates and its schedules need a second person.

    `intent` says how much must be sure before a change is carried out: that its intent is written
    (`durable`), that a signed head of the audit log covers it (`sequenced`), or that a witness has
    countersigned such a head (`witnessed`).
    """

    client: str
    service: str
    version: int = Field(ge=1)
    valid_from: date
    valid_until: date | None = None
    target: str
    credential: str
    approval: Literal["above-limits", "always"] = "above-limits"
    two_people: bool = False
    intent: Literal["durable", "sequenced", "witnessed"] = "durable"
    days_to_finish: int = Field(default=5, ge=1)
    retention: str = Field(default="nl.7y", pattern=OF_AGREEMENTS)
    limits: Limits = Limits()
    calendar: WorkingCalendar = WorkingCalendar()
    folder: WatchedFolder | None = None
    variants: dict[str, Any] = Field(default_factory=dict)

    @property
    def id(self) -> str:
        """Which agreement in which version, as entries and plans name it."""
        return f"{self.client}/{self.service}@{self.version}"

    def valid_on(self, day: date) -> bool:
        """Whether it is in force on `day` (both ends included)."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)
