"""What an erasure cannot reach, and says so: copies that are elsewhere, and files of several persons."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from paraplu.assurance.erasure.doomed import Doomed
from paraplu.audit.entry import Entry
from paraplu.domain.retention import parse
from paraplu.engine.clock import from_ms
from paraplu.engine.drops import CHANNEL
from paraplu.engine.parts import Parts
from paraplu.store import entries, receipts

# What was handed out as a file: zips for auditors, extracts for the person, settings of record.
_HANDED_OUT = ("bundle-exported", "extract-written")


@dataclass(frozen=True, slots=True)
class Backups:
    """For how many days copies are kept, as the settings state it; None when they state nothing."""

    database_days: int | None = None
    keys_days: int | None = None


@dataclass(frozen=True, slots=True)
class Beyond:
    """What cannot be reached: in English, and in numbers for the entry."""

    lines: tuple[str, ...]
    counts: dict[str, int | None]


def beyond(parts: Parts, connection: Connection, doomed: Doomed, backups: Backups) -> Beyond:
    """What an erasure cannot reach of this."""
    lines: list[str] = []
    shared = _workbooks(parts, connection, doomed)
    if shared:
        lines.append(
            f"{len(doomed.workbooks)} deliveries of several persons, with the workbooks as received and as "
            f"answered, under the key of the client ({', '.join(shared)}), and the answered ones in the "
            "folder answers"
        )
    folders = [
        uid
        for uid in (*doomed.workbooks, *doomed.receipts)
        if (row := receipts.get(connection, uid)) is not None and row.channel == CHANNEL
    ]
    if folders:
        lines.append(
            f"the copies of {len(folders)} workbooks that came by a watched folder and lie there for "
            "the client to keep or delete"
        )
    handed = _handed_out(connection, doomed)
    for one in handed:
        lines.append(
            f"a file handed out on {from_ms(one.time_ms):%Y-%m-%d} ({one.kind}, entry {one.uid}): ask "
            "whoever has it to delete it"
        )
    lines.append(_window("database and the evidence", backups.database_days, "database_days"))
    lines.append(_window("key store", backups.keys_days, "keys_days", keys=True))
    if not parts.database.is_sqlite:
        lines.append(
            "the write-ahead log of the PostgreSQL server of the keys, until its segments are used again, "
            "and wherever it is archived"
        )
    if doomed.cases:
        lines.append("what the target systems hold themselves, and mails that people wrote")
    counts: dict[str, int | None] = {
        "left_workbooks": len(doomed.workbooks),
        "left_folders": len(folders),
        "left_handed_out": len(handed),
        "left_backup_days": backups.database_days,
        "left_key_backup_days": backups.keys_days,
    }
    return Beyond(tuple(lines), counts)


def _workbooks(parts: Parts, connection: Connection, doomed: Doomed) -> list[str]:
    """The classes, years and last days of the keys under which workbooks of several persons stay."""
    found: set[tuple[str, int]] = set()
    held = {one.uid: one for one in parts.keys.held()} if doomed.workbooks else {}
    for uid in doomed.workbooks:
        row = receipts.get(connection, uid)
        key = None if row is None else held.get(parts.keys.key_of(row.sealed))
        if key is not None:
            found.add((key.retention, key.year))
    return [f"{code} {year}, until {parse(code).last_day(year)}" for code, year in sorted(found)]


def _handed_out(connection: Connection, doomed: Doomed) -> list[Entry]:
    """The entries of files handed out that may hold something of this."""
    mine, found = set(doomed.cases), []
    for one in entries.chosen(connection, kinds=_HANDED_OUT):
        entry = Entry(one.data)
        detail = entry.rpa.get("detail", {})
        named = {*detail.get("cases", ()), *([entry.case] if entry.case else [])}
        client = entry.rpa.get("client")
        # One that does not say which cases are in it may hold any of the client's.
        may = (
            bool(named & mine)
            if named
            else doomed.client is None or client in (None, doomed.client)
        )
        if may:
            found.append(entry)
    return found[::-1]


def _window(what: str, days: int | None, name: str, *, keys: bool = False) -> str:
    if days is None:
        return (
            f"backups of the {what}: for how long they are kept is not stated ([backups] {name} in "
            "settings.toml)"
        )
    if keys:
        return (
            f"backups of the {what}, for {days} more days: until then, somebody with the master key could "
            "open what is erased"
        )
    return f"backups of the {what}, for {days} more days: unreadable without the keys"
