"""What somebody with access to the machine does to a home: each a function over an `Intruder`.

What an attack gives is what the words of `paraplu audit verify` about it may name.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

from intruder import Intruder, Marks

EARLY = 20
"""A place that every copy and witness has seen."""

Act = Callable[[Intruder], dict[str, object] | None]
At = Callable[[Marks], int]


def edit(by: Intruder) -> None:
    by.put(EARLY, by.forged(EARLY), leaf=False)


def edit_with_hash(by: Intruder) -> None:
    by.put(EARLY, by.forged(EARLY))


def alter_hash(by: Intruder) -> None:
    by.run("UPDATE entries SET leaf = zeroblob(32) WHERE place = ?", EARLY)


def alter_head(by: Intruder) -> None:
    altered = "CAST(replace(CAST(note AS TEXT), 'audit', 'audjt') AS BLOB)"
    by.run(f"UPDATE heads SET note = {altered} WHERE size = ?", by.marks.around(EARLY)[1])


def delete(by: Intruder) -> None:
    by.run("DELETE FROM entries WHERE place = ?", EARLY)


def delete_and_close_up(by: Intruder) -> None:
    delete(by)
    by.move(EARLY + 1, -1)


def insert(by: Intruder) -> None:
    by.insert(EARLY)


def swap_content(by: Intruder) -> None:
    by.swap(EARLY, EARLY + 1, "bytes")


def swap(by: Intruder) -> None:
    by.swap(EARLY, EARLY + 1)


def back_date(by: Intruder) -> None:
    by.put(EARLY, by.earlier(EARLY))


def cut(by: Intruder) -> None:
    by.cut(by.marks.size - 3)


def edit_unsigned(by: Intruder) -> None:
    by.run("DELETE FROM heads WHERE size > ?", by.marks.seen)
    by.put(by.marks.seen + 1, by.forged(by.marks.seen + 1))


def cut_unsigned(by: Intruder) -> None:
    by.run("DELETE FROM heads WHERE size > ?", by.marks.seen)
    cut(by)


def cut_with_heads(size: At, *, key: bool = False) -> Act:
    def act(by: Intruder) -> dict[str, object]:
        by.cut(size(by.marks))
        by.make_good(size(by.marks), key=key)
        return {"left": size(by.marks)}

    return act


def put_back(backup: str, *names: str) -> Act:
    def act(by: Intruder) -> dict[str, object]:
        by.put_back(backup, *names)
        return {"left": by.edge_of(0)[0]}

    return act


def swap_evidence(by: Intruder) -> dict[str, object]:
    one, other = by.evidence()[:2]
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    return {"one": one.name[:12], "other": other.name[:12]}


def remove_evidence(by: Intruder) -> dict[str, object]:
    file = by.evidence()[0]
    file.unlink()
    return {"one": file.name[:12]}


def replace_evidence(by: Intruder) -> dict[str, object]:
    """A file in the place of another, and on the list instead of it."""
    with by.database() as db:
        query = "SELECT hash FROM evidence WHERE case_uid IS NOT NULL ORDER BY hash"
        name = str(db.execute(query).fetchone()[0])
    (file,) = [path for path in by.evidence() if path.name == name]
    data = file.read_bytes() + b"x"
    new = hashlib.sha256(data).hexdigest()
    file.unlink()
    (by.home / "evidence" / new[:2]).mkdir(exist_ok=True)
    (by.home / "evidence" / new[:2] / new).write_bytes(data)
    by.run("UPDATE evidence SET hash = ? WHERE hash = ?", new, name)
    with by.database() as db:
        query = "SELECT place FROM entries WHERE instr(bytes, CAST(? AS BLOB)) ORDER BY place"
        (place,) = db.execute(query, (name,)).fetchone()
    return {"one": name[:12], "entry": place}


def rewrite(place: At, *, key: bool = False, heads_left: bool = False) -> Act:
    """Everything from a place on is made to fit an entry that was forged there."""

    def act(by: Intruder) -> None:
        at = next(
            at
            for at in range(place(by.marks), by.marks.size)
            if b'"status_id":1' in by.bytes_of(at)
        )
        by.put(at, by.forged(at))
        by.make_good(by.marks.size if heads_left else at, key=key)

    return act


def rewrite_intent(by: Intruder) -> None:
    """With the key: the intent never was, somebody read something instead."""
    with by.database() as db:
        query = "SELECT uid, bytes FROM entries WHERE kind = 'personal-data-read' ORDER BY place"
        uid, data = db.execute(query).fetchone()
        other = uid[:-4] + "ffff"
        place = by.marks.intent
        gone = db.execute("SELECT uid FROM entries WHERE place = ?", (place,)).fetchone()
        db.execute("DELETE FROM disclosures WHERE entry = ?", gone)
        for name in ("kind", "time", "case_uid", "actor", "run"):
            value = f"(SELECT {name} FROM entries WHERE uid = ?)"
            db.execute(f"UPDATE entries SET {name} = {value} WHERE place = ?", (uid, place))
        data = data.replace(uid.encode(), other.encode())
        db.execute("UPDATE entries SET uid = ?, bytes = ? WHERE place = ?", (other, data, place))
    by.make_good(place, key=True)


def remove_values(by: Intruder) -> dict[str, object]:
    place, uid = by.received()
    by.run("DELETE FROM disclosures WHERE entry = ?", uid)
    return {"entry": place}


def alter_values(by: Intruder) -> dict[str, object]:
    place, uid = by.received()
    by.run("UPDATE disclosures SET sealed = CAST(sealed || x'00' AS BLOB) WHERE entry = ?", uid)
    return {"entry": place}


def remove_key(by: Intruder) -> dict[str, object]:
    place, uid = by.received()
    with by.database() as db:
        query = "SELECT key FROM cases WHERE uid = (SELECT case_uid FROM entries WHERE uid = ?)"
        (key,) = db.execute(query, (uid,)).fetchone()
    with closing(sqlite3.connect(by.home / "keys.db")) as keys, keys:
        assert keys.execute("DELETE FROM keys WHERE uid = ?", (key,)).rowcount == 1
    return {"entry": place}


def hide(by: Intruder) -> None:
    by.run("UPDATE entries SET kind = 'action' WHERE place = ?", by.marks.intent)


def replace_closed(by: Intruder) -> None:
    by.put(5, by.forged(5))
    by.make_good(0, key=True, log=0)


def replace_both(by: Intruder) -> None:
    """A closed log, and the next one so that it names the new end."""
    _size, root = by.edge_of(0)
    replace_closed(by)
    _size, new = by.edge_of(0)
    opened = by.bytes_of(by.marks.until)
    assert root.hex().encode() in opened
    by.put(by.marks.until, opened.replace(root.hex().encode(), new.hex().encode()))
    by.make_good(0, key=True, log=1)


def remove_closed(by: Intruder) -> None:
    """A whole log, with its heads; the places after it are counted from 0 again."""
    log, until = by.marks.logs[0], by.marks.until
    by.run("DELETE FROM entries WHERE place < ?", until)
    by.move(until, -until)
    for table in ("tree", "heads", "cosignatures", "custody"):
        by.run(f"DELETE FROM {table} WHERE log = ?", log)
    by.run("UPDATE tree SET first = 0")


def rename(by: Intruder) -> None:
    """With the key: the same entries, less the last ones, as a log of another name."""
    log = by.marks.logs[0]
    other = log[:-6] + "ffffff"
    by.cut(by.marks.kept - 3)
    with by.database() as db:
        for place, data in db.execute("SELECT place, bytes FROM entries").fetchall():
            data = data.replace(log.encode(), other.encode())
            db.execute("UPDATE entries SET bytes = ? WHERE place = ?", (data, place))
        db.execute("DELETE FROM heads")
        db.execute("DELETE FROM cosignatures")
        db.execute("UPDATE tree SET log = ?", (other,))
    Intruder(by.folder, replace(by.marks, logs=(other,))).make_good(0, key=True)
