"""What all settings of record share."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict


class Setting(BaseModel):
    """A piece of the settings of record: frozen, and nothing in it that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def known_zone(value: str) -> str:
    """`value`, when it is the name of a time zone of the IANA database. Raises ValueError otherwise."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("is no time zone, write for instance Europe/Amsterdam") from error
    return value
