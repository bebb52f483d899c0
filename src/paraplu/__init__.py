"""Paraplu: robotic process automation for shared service centres. Plan, approve, carry out, prove.

This is the front door: all that bots, targets and connectors may import. Names are fetched when they
are first used (PEP 562), so that importing `paraplu` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paraplu.domain.agreement import (
        Agreement as Agreement,
    )
    from paraplu.domain.agreement import (
        Client as Client,
    )
    from paraplu.domain.bot import (
        Bot as Bot,
    )
    from paraplu.domain.bot import (
        CaseInHand as CaseInHand,
    )
    from paraplu.domain.bot import (
        Desk as Desk,
    )
    from paraplu.domain.bot import (
        Variants as Variants,
    )
    from paraplu.domain.calendar import (
        Calendar as Calendar,
    )
    from paraplu.domain.change import (
        Change as Change,
    )
    from paraplu.domain.change import (
        Effect as Effect,
    )
    from paraplu.domain.change import (
        Watch as Watch,
    )
    from paraplu.domain.connector import (
        Action as Action,
    )
    from paraplu.domain.connector import (
        Outgoing as Outgoing,
    )
    from paraplu.domain.connector import (
        Recorder as Recorder,
    )
    from paraplu.domain.connector import (
        Session as Session,
    )
    from paraplu.domain.connector import (
        SessionConnector as SessionConnector,
    )
    from paraplu.domain.connector import (
        SessionTerms as SessionTerms,
    )
    from paraplu.domain.credential import (
        Credential as Credential,
    )
    from paraplu.domain.credential import (
        Secret as Secret,
    )
    from paraplu.domain.finding import (
        Finding as Finding,
    )
    from paraplu.domain.finding import (
        ToClient as ToClient,
    )
    from paraplu.domain.finding import (
        ToPerson as ToPerson,
    )
    from paraplu.domain.finding import (
        to_client as to_client,
    )
    from paraplu.domain.finding import (
        to_person as to_person,
    )
    from paraplu.domain.form import (
        Choice as Choice,
    )
    from paraplu.domain.form import (
        Column as Column,
    )
    from paraplu.domain.form import (
        Form as Form,
    )
    from paraplu.domain.form import (
        Kind as Kind,
    )
    from paraplu.domain.look import (
        ASKED as ASKED,
    )
    from paraplu.domain.look import (
        KEPT as KEPT,
    )
    from paraplu.domain.look import (
        VOLATILE as VOLATILE,
    )
    from paraplu.domain.look import (
        Role as Role,
    )
    from paraplu.domain.look import (
        Roles as Roles,
    )
    from paraplu.domain.look import (
        derived as derived,
    )
    from paraplu.domain.message import (
        Message as Message,
    )
    from paraplu.domain.message import (
        Value as Value,
    )
    from paraplu.domain.request import (
        Request as Request,
    )
    from paraplu.domain.request import (
        RequestLine as RequestLine,
    )
    from paraplu.domain.request import (
        asks as asks,
    )
    from paraplu.domain.target import (
        Target as Target,
    )
    from paraplu.domain.workbook import (
        Cell as Cell,
    )
    from paraplu.domain.workbook import (
        CellValue as CellValue,
    )
    from paraplu.domain.workbook import (
        RowAnswer as RowAnswer,
    )
    from paraplu.domain.workbook import (
        Sheet as Sheet,
    )
    from paraplu.domain.workbook import (
        SheetRow as SheetRow,
    )
    from paraplu.domain.workbook import (
        WorkbookConnector as WorkbookConnector,
    )
    from paraplu.domain.workbook import (
        WorkbookRefused as WorkbookRefused,
    )
    from paraplu.errors import (
        Collateral as Collateral,
    )
    from paraplu.errors import (
        NothingDone as NothingDone,
    )
    from paraplu.errors import (
        OutcomeUnknown as OutcomeUnknown,
    )
    from paraplu.errors import (
        PageChanged as PageChanged,
    )
    from paraplu.errors import (
        ParapluError as ParapluError,
    )
    from paraplu.errors import (
        PluginWrong as PluginWrong,
    )
    from paraplu.errors import (
        Refused as Refused,
    )
    from paraplu.errors import (
        SettingsWrong as SettingsWrong,
    )
    from paraplu.errors import (
        TargetDown as TargetDown,
    )
    from paraplu.errors import (
        TargetRefused as TargetRefused,
    )
    from paraplu.errors import (
        WriteStopped as WriteStopped,
    )

__version__ = "0.1.0"

_PLACES = {
    "paraplu.domain.agreement": ("Agreement", "Client"),
    "paraplu.domain.bot": ("Bot", "CaseInHand", "Desk", "Variants"),
    "paraplu.domain.calendar": ("Calendar",),
    "paraplu.domain.change": ("Change", "Effect", "Watch"),
    "paraplu.domain.connector": (
        "Action",
        "Outgoing",
        "Recorder",
        "Session",
        "SessionConnector",
        "SessionTerms",
    ),
    "paraplu.domain.credential": ("Credential", "Secret"),
    "paraplu.domain.finding": ("Finding", "ToClient", "ToPerson", "to_client", "to_person"),
    "paraplu.domain.form": ("Choice", "Column", "Form", "Kind"),
    "paraplu.domain.look": ("ASKED", "KEPT", "VOLATILE", "Role", "Roles", "derived"),
    "paraplu.domain.message": ("Message", "Value"),
    "paraplu.domain.request": ("Request", "RequestLine", "asks"),
    "paraplu.domain.target": ("Target",),
    "paraplu.domain.workbook": (
        "Cell",
        "CellValue",
        "RowAnswer",
        "Sheet",
        "SheetRow",
        "WorkbookConnector",
        "WorkbookRefused",
    ),
    "paraplu.errors": (
        "Collateral",
        "NothingDone",
        "OutcomeUnknown",
        "PageChanged",
        "ParapluError",
        "PluginWrong",
        "Refused",
        "SettingsWrong",
        "TargetDown",
        "TargetRefused",
        "WriteStopped",
    ),
}
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names}

__all__ = ["__version__", *_PLACE_OF]


def __getattr__(name: str) -> Any:
    try:
        place = _PLACE_OF[name]
    except KeyError:
        raise AttributeError(f"module 'paraplu' has no attribute '{name}'") from None
    value = getattr(import_module(place), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
