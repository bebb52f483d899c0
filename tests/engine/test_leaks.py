"""Whatever a bot raises about a case, the operational log and the terminal do not repeat it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from bureau import Bureau, booking
from paraplu_ledger import BookingBot
from pydantic import BaseModel

from leaks import SECRET, leaks
from paraplu import Change, Finding, NothingDone, PageChanged, PluginWrong, Refused, TargetRefused
from paraplu.errors import OutcomeUnknown, TargetDown

NAME, BSN = "Zbigniew Wörnstrød", "123456782"
TOLD = f"{NAME} {BSN} {SECRET}"


class Row(BaseModel):
    number: int


def invalid() -> Exception:
    """What pydantic says of a value, with the value."""
    try:
        Row.model_validate({"number": TOLD})
    except ValueError as error:
        return error
    raise AssertionError


ERRORS = (
    *(KeyError(TOLD), ValueError(TOLD), AssertionError(TOLD), invalid(), UnicodeError(TOLD)),
    *(kind(TOLD) for kind in (NothingDone, PageChanged, PluginWrong, Refused, TargetRefused)),
    *(kind(TOLD) for kind in (TargetDown, OutcomeUnknown)),
)


@pytest.mark.parametrize("where", ["check", "change"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_what_a_bot_raises_is_in_no_log_and_on_no_terminal(
    bureau: Bureau, where: str, error: Exception, capfd: pytest.CaptureFixture[str]
) -> None:
    class Failing(BookingBot):
        def check(self, case: Any, desk: Any) -> Iterable[Finding]:
            if where == "check":
                raise error
            return super().check(case, desk)

        def change(self, case: Any, desk: Any) -> Change[Any]:
            raise error

    bureau.with_bot(Failing)
    bureau.story(booking("A-1"))
    try:
        raise error
    except Exception:
        bureau.centre.log.exception("case_failed", case=bureau.case("A-1").uid, why=TOLD)
    bureau.close()
    out, err = capfd.readouterr()
    logs = bureau.home / "logs"
    assert any(logs.iterdir())
    assert leaks([NAME, BSN, SECRET], [logs, out, err]) == []
