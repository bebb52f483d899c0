"""What the hands of a child process are made of: the plugins that no distribution registers."""

from __future__ import annotations

from pathlib import Path

from paraplu.bootstrap import tools_of
from paraplu.engine.hands import Tools
from paraplu.plugins import Plugins
from paraplu.settings import load_home
from paraplu_ledger import BookingBot, LedgerTarget, OrderBot, connector


def make(home: Path) -> Tools:
    """The tools of the home in this folder; to be called in a child."""
    plugins = Plugins(
        bots={BookingBot.service: BookingBot, OrderBot.service: OrderBot},
        targets={"ledger": LedgerTarget},
        connectors={"ledger": connector},
    )
    return tools_of(load_home(home), plugins)
