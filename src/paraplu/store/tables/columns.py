"""What all tables share: the metadata, and the widths of columns."""

from __future__ import annotations

from sqlalchemy import MetaData, String

metadata = MetaData()

UID = String(36)
HASH = String(64)
CODE = String(80)
ACTOR = String(120)  # a person's uid, or the name of a robot account
ABOUT = String(200)  # a uid, or client, service and day
