"""The one planned alteration that a case makes in a target, as its author writes it.

The engine does the rest: look, plan, approve, intend, act, look again, compare, record (design
section 6). An author says what it sees (`look`), what it should become (`wanted`), which fields may
move (`roles`) and how it is done (`act`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel

from paraplu.domain.look import Roles

L = TypeVar("L", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change is worth in money, for limits: the difference times the periods it covers.

    `amount` is signed (a reduction is negative) and in `currency` (ISO 4217); limits look at its size.
    """

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Watch:
    """What must still come true after the case is done, looked at in later runs.

    `code` names it (``supplier-confirms``), `due` is the moment (aware) after which it is an exception.
    """

    code: str
    due: datetime


class Change(ABC, Generic[L]):
    """One alteration. `record` says where in the target, in words a person can check.

    Nothing before `act` may have an effect outside. `act` may be called again after a crash: `reached`
    is then the name of the last stage that the target shows, None when it shows nothing of it yet.
    """

    record: str

    look_tells: ClassVar[bool] = True
    """Whether a later look can tell if the act happened. If not, a crash sends the case to a person."""

    latest: datetime | None = None
    """The latest moment to act (aware), None when there is none."""

    @abstractmethod
    def look(self) -> L:
        """Everything this could touch, as it is in the target now."""

    @abstractmethod
    def wanted(self, before: L) -> L:
        """`before` with what was asked filled in. Pure: reads nothing."""

    @abstractmethod
    def roles(self, before: L) -> Roles:
        """Which fields are asked, derived or volatile. All others are kept. Pure."""

    @abstractmethod
    def effect(self, before: L) -> Effect:
        """What it is worth in money, over all periods. Pure."""

    @abstractmethod
    def act(self, reached: str | None) -> None:
        """Carry it out, from the start or on from the stage `reached`."""

    def show(self) -> None:
        """Bring what this is about into view, for the picture that is kept as evidence.

        By default the picture shows what was looked at last.
        """
        return

    def preconditions(self) -> Mapping[str, str]:
        """What must still be so at the last moment, read now (``{"run": "open"}``)."""
        return {}

    def stages(self, wanted: L) -> Mapping[str, L]:
        """What a look shows at each stage that the act passes through, in order. Pure."""
        return {}

    def watch(self, after: L) -> Watch | None:
        """What must be watched once the change is confirmed, None for nothing. Pure."""
        return None

    def result(self, after: L) -> Mapping[str, Any]:
        """What the client is told of the result, by field name (``{"number": "IO-2026-7"}``). Pure."""
        return {}
