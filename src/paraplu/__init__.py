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
        Client as Client,
    )
    from paraplu.domain.bot import (
        Bot as Bot,
        CaseInHand as CaseInHand,
        Desk as Desk,
        Variants as Variants,
    )
    from paraplu.domain.calendar import (
        Calendar as Calendar,
    )
    from paraplu.domain.change import (
        Change as Change,
        Effect as Effect,
        Watch as Watch,
    )
    from paraplu.domain.connector import (
        Action as Action,
        Outgoing as Outgoing,
        Recorder as Recorder,
        Session as Session,
        SessionConnector as SessionConnector,
        SessionTerms as SessionTerms,
    )
    from paraplu.domain.credential import (
        Credential as Credential,
        Secret as Secret,
    )
    from paraplu.domain.finding import (
        Finding as Finding,
        ToClient as ToClient,
        ToPerson as ToPerson,
        to_client as to_client,
        to_person as to_person,
    )
    from paraplu.domain.form import (
        Choice as Choice,
        Column as Column,
        Form as Form,
        Kind as Kind,
    )
    from paraplu.domain.look import (
        ASKED as ASKED,
        KEPT as KEPT,
        VOLATILE as VOLATILE,
        Role as Role,
        Roles as Roles,
        derived as derived,
    )
    from paraplu.domain.message import (
        Message as Message,
        Value as Value,
    )
    from paraplu.domain.request import (
        Request as Request,
        RequestLine as RequestLine,
        asks as asks,
    )
    from paraplu.domain.target import (
        Target as Target,
    )
    from paraplu.domain.workbook import (
        Cell as Cell,
        CellValue as CellValue,
        RowAnswer as RowAnswer,
        Sheet as Sheet,
        SheetRow as SheetRow,
        Table as Table,
        WorkbookConnector as WorkbookConnector,
        WorkbookRefused as WorkbookRefused,
    )
    from paraplu.errors import (
        Collateral as Collateral,
        NothingDone as NothingDone,
        OutcomeUnknown as OutcomeUnknown,
        PageChanged as PageChanged,
        ParapluError as ParapluError,
        PluginWrong as PluginWrong,
        Refused as Refused,
        SettingsWrong as SettingsWrong,
        TargetDown as TargetDown,
        TargetRefused as TargetRefused,
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
        "Table",
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
