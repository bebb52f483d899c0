"""A bot whose change must be done before a moment that a test says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bureau import Bureau
from paraplu_ledger import BookingBot, SetLine

from paraplu import Bot, Change


def bot_with_latest(bureau: Bureau, hours: int) -> type[Bot[Any]]:
    """Books before so many hours from now at the latest."""

    class Late(SetLine):
        latest = bureau.time.now + timedelta(hours=hours)

    class LateBot(BookingBot):
        def change(self, case: Any, desk: Any) -> Change[Any]:
            return Late(case, desk["ledger"])

    return LateBot
