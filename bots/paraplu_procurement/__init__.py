"""The procurement order bot: orders and cancellations, placed in a purchasing system and watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paraplu_procurement.bot import ProcurementBot as ProcurementBot

__all__ = ["ProcurementBot"]


def __getattr__(name: str) -> Any:
    # PEP 562: listing the plugins must not cost the import of the bot.
    if name == "ProcurementBot":
        from paraplu_procurement.bot import ProcurementBot

        return ProcurementBot
    raise AttributeError(f"module 'paraplu_procurement' has no attribute '{name}'")
