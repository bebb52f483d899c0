"""A home that the first release left behind (schema 1), kept as text."""

from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from pathlib import Path

from paraplu.settings import Home, load_home

RELEASED = Path(__file__).with_name("schema_1")


def unpack_home(folder: Path, *, demo: bool = False) -> Home:
    """A home that the first release left behind: closed and open cases, one of them in the middle."""
    kept = json.loads((RELEASED / "home.json").read_text("utf-8"))
    for name, data in kept["files"].items():
        path = folder / "home" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data))
        path.chmod(0o600)
    for name, target in (
        ("schema-1.sql", folder / "home" / "paraplu.db"),
        ("keys.sql", folder / "home" / "keys.db"),
        ("ledger.sql", folder / "ledger.db"),
    ):
        with closing(sqlite3.connect(target)) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.executescript((RELEASED / name).read_text("utf-8"))
    ledger = {"ledger": str(folder / "ledger.db")}
    home = Home(folder / "home", kept["log"], demo, targets=ledger)
    home.save()
    return load_home(folder / "home")
