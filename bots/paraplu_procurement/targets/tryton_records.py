"""What Tryton has stored, asked for as its own web client asks: JSON-RPC with the session's cookie.

Stored values are exact; what a form shows is rounded and in the user's notation. Only methods that read
are called here; everything that writes is done in the client by hand (see `tryton`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from paraplu import OutcomeUnknown, PageChanged, TargetDown, TargetRefused

_READING = frozenset(
    {
        *("read", "search", "search_read", "search_count", "autocomplete", "default_get", "get"),
        *("fields_get", "fields_view_get", "view_toolbar_get", "get_preferences", "get_access"),
        *("get_names", "get_notification", "get_models", "get_count", "get_keyword"),
        *("list_models", "list_history", "list_icons", "resources"),
        *("version", "list", "services", "login", "renew"),
    }
)
_PREFIXES = ("on_change", "on_scan_code")


def writes(body: bytes, path: str) -> bool:
    """Whether a request of the client could change anything: its method's last word decides."""
    if path.endswith("/session/logout"):
        return False
    try:
        method = str(json.loads(body)["method"])
    except (ValueError, KeyError, TypeError):
        return True
    word = method.rpartition(".")[2]
    return not (word in _READING or word.startswith(_PREFIXES))


class Records:
    """The records of one database, ``https://host/database``; nobody is signed in while that is empty."""

    def __init__(self, page: Any, root: str = "") -> None:
        self._page = page
        self.root = root

    def find(
        self, model: str, domain: Sequence[Any], *fields: str, order: str = "id"
    ) -> list[Mapping[str, Any]]:
        """The records in `domain` with the given fields; ``party.code`` stands in ``party.``."""
        found = self.ask(
            f"model.{model}.search_read", list(domain), 0, None, [[order, "ASC"]], list(fields)
        )
        if not isinstance(found, list):
            raise PageChanged(f"Tryton answers something else than records of {model}.")
        return found

    def ask(self, method: str, *parameters: Any) -> Any:
        """The answer to one reading call. Raises `TargetDown`, `TargetRefused` and `PageChanged`."""
        body = json.dumps({"id": 0, "method": method, "params": [*parameters, {}]})
        try:
            response = self._page.request.post(
                f"{self.root}/rpc/",
                headers={"Content-Type": "application/json"},
                data=body.encode(),
            )
        except OutcomeUnknown as error:
            # It only reads: whatever became of it, nothing was done.
            raise TargetDown(f"Tryton did not answer {method}. Try later.") from error
        if response.status in (401, 403):
            raise TargetDown("Tryton ended the session.")
        if response.status != 200:
            raise TargetDown(f"Tryton answered {response.status} to {method}. Try later.")
        try:
            answer = json.loads(response.text(), parse_float=Decimal, object_hook=_value)
        except ValueError:
            raise PageChanged(f"Tryton's answer to {method} is no JSON.") from None
        if "error" in answer:
            raise TargetRefused(
                f"Tryton said no to {method}: is it another version or a missing right?"
            )
        return answer.get("result")


def _value(found: dict[str, Any]) -> Any:
    """Tryton's marked values as Python's; a timedelta as days."""
    match found.get("__class__"):
        case "Decimal":
            return Decimal(found["decimal"])
        case "date":
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
        case "timedelta":
            return Decimal(found["seconds"]) / 86400
        case _:
            return found


def whole(value: Any) -> int | None:
    """A whole number, rounded up; None stays None."""
    if value is None:
        return None
    number = Decimal(value)
    return int(number.to_integral_value(rounding="ROUND_CEILING"))
