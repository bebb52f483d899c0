"""A bot: the plugin that knows a service's procedure, and what it is given to work with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from paraplu.domain.agreement import Agreement, Client
from paraplu.domain.calendar import Calendar
from paraplu.domain.change import Change
from paraplu.domain.finding import Finding
from paraplu.domain.request import Request

R = TypeVar("R", bound=Request)


class Variants(BaseModel):
    """How an agreement differs from the standard procedure: a bot declares the fields it knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class CaseInHand(Generic[R]):
    """What a bot is told of the case it works on.

    `mark` is our case reference as it is left in the target, unique for ever. `earlier` is the request of
    the case that this one follows, None when it follows none.
    """

    uid: str
    mark: str
    request: R
    client: Client
    agreement: Agreement
    variants: Any
    received_at: datetime
    earlier: Request | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What a bot works with: its targets by the names in `needs`, the time and the calendar.

    `now` is an aware instant in the client's time zone, taken when work on the case began.
    """

    targets: Mapping[str, Any]
    now: datetime
    calendar: Calendar

    def __getitem__(self, need: str) -> Any:
        """The target that provides `need`."""
        return self.targets[need]

    @property
    def today(self) -> date:
        """Today in the client's time zone."""
        return self.now.date()


class Bot(ABC, Generic[R]):
    """A service's procedure. Registered by entry point in the group ``paraplu.bots``.

    `check` and `change` run again from the top after every wait; neither has an effect outside.
    """

    service: ClassVar[str]
    request: ClassVar[type[Request]]
    needs: ClassVar[Mapping[str, type]]
    variants: ClassVar[type[Variants]] = Variants
    does: ClassVar[str] = ""
    never: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def check(self, case: CaseInHand[R], desk: Desk) -> Iterable[Finding]:
        """What must hold before a plan is made; all findings, not the first only. Reads only."""

    @abstractmethod
    def change(self, case: CaseInHand[R], desk: Desk) -> Change[Any]:
        """The change that carries the request out."""

    def shares(self, request: R, client: Client) -> str | None:
        """What a case has in common with others so that no two are worked on at once, None for nothing.

        Runs that share a backlog keep cases apart that give the same text: those whose acts make the
        target recalculate the same thing would find each other's changes among the bystanders.
        """
        return None

    def watched(self, case: CaseInHand[R], desk: Desk, code: str) -> Finding | bool:
        """Look at a watch again: True when it came true, False when not yet, or what a person must see."""
        return True
