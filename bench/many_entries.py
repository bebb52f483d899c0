"""A log of a million entries: verified whole and by the piece, questioned, and weighed."""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from figure import Figure
from stage import ROOT, stage

_ENTRIES = int(os.environ.get("BENCH_ENTRIES", "1000000"))
_PEOPLE = 5_000
_A_CASE = ("case-received", "case-planned", "intent", *["action"] * 20, "outcome-confirmed")
_QUESTIONS = 100
_MORE = 10_000


def many_entries() -> list[Figure]:
    """Entries of a year, 24 a case, for 5,000 people; the head is signed at the end."""
    with stage("sqlite") as (bureau, _farm):
        before = _size(bureau.home)
        _fill(bureau, _ENTRIES)
        bureau.centre.parts.journal.sign_head()
        bureau.close()
        weight = (_size(bureau.home) - before) / _ENTRIES
        whole = _verified(bureau.home)
        waits = _questions(bureau)
        _fill(bureau, _MORE)
        bureau.centre.parts.journal.sign_head()
        bureau.close()
        piece = _verified(bureau.home, "--new")
    rate = whole["entries"] / whole["cpu"]
    waits.sort()
    middle, last = statistics.median(waits), waits[int(len(waits) * 0.99) - 1]
    return [
        Figure(
            f"verify {whole['entries']:,} entries",
            "0.3M per CPU-s, 33 MiB in the study",
            ">= 0.5M per CPU-s, <= 64 MiB",
            f"{rate / 1e6:.2f}M per CPU-s ({whole['cpu']:.1f} s of CPU, {whole['wall']:.1f} s), "
            f"{whole['mib']:.0f} MiB with Python and its libraries",
            rate >= 500_000 and whole["mib"] <= 64,
            "evidence included, the start of the command not",
        ),
        Figure(
            f"verify {_MORE:,} more entries after a verified head",
            "125 ms in the study",
            "<= 0.15 s",
            f"{piece['cpu']:.2f} s of CPU for {piece['entries']:,} entries",
            piece["cpu"] <= 0.15,
            "the check alone, without the start of the command",
        ),
        Figure(
            f"everything a bot did to one person's salary in March, {_ENTRIES:,} entries",
            "p99 62 ms in the study",
            "p99 <= 50 ms",
            f"p50 {middle * 1e3:.0f}, p99 {last * 1e3:.0f} ms of {_QUESTIONS}",
            last <= 0.050,
            "values opened; without the entry that tells of the reading",
        ),
        Figure(
            "bytes per entry with indexes and disclosures",
            "1,896 in the study",
            "<= 1,400",
            f"{weight:,.0f}",
            weight <= 1_400,
            "three sealed values an entry where a case is received, planned, announced and done, two an "
            "action",
        ),
    ]


def _fill(bureau: Any, many: int) -> None:
    """Write `many` entries of whole cases over the year 2026, evenly."""
    from bureau import BOOKING, CLIENT

    from paraplu.audit.part import UserType
    from paraplu.engine.clock import Clock
    from paraplu.engine.journal import Hand, Journal, Personal
    from paraplu.store import cases, entries
    from paraplu.store.keys import Scope

    bureau.close()
    parts = bureau.centre.parts
    chance = random.Random(many)  # noqa: S311  the same log each time
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    step = timedelta(days=364) / many
    clock = Clock(lambda: moment)
    journal = Journal(
        database=parts.database,
        keys=parts.keys,
        clock=clock,
        first=parts.journal.log,
        version="0.1.0",
        signing=parts.journal.signing,
        zone=bureau.centre.home.audit.zone,
    )
    olga = bureau.who("olga")
    people = [f"{number:05d}" for number in range(_PEOPLE)]
    keys = parts.keys.keys_for([Scope(f"bench/{one}", "nl.7y", 2026) for one in people])
    by_person = {scope.owner.removeprefix("bench/"): key for scope, key in keys.items()}
    robot = Hand("robot.ledger-robot", UserType.SERVICE, BOOKING, f"{BOOKING}@1", clock.uid())
    receipt = _receipt(bureau)
    names = {
        "client": CLIENT,
        "service": BOOKING,
        "target": "ledger",
        "agreement": f"{CLIENT}/{BOOKING}@1",
        "code": "c" * 64,
    }
    written = 0
    while written < many:
        batch: list[entries.NewEntry] = []
        rows: list[dict[str, Any]] = []
        while len(batch) < 1_000 and written + len(batch) < many:
            person, case = chance.choice(people), clock.uid()
            rows.append(_row(parts, receipt, case, person, by_person[person], olga.uid, clock.ms()))
            intent = clock.uid()
            for kind in _A_CASE:
                moment += step
                terms: dict[str, Any] = {"case": case, "fence": 1, **names}
                values = Personal(by_person[person], {"what": "field Amount", "value": "2600,00"})
                if kind != "action":
                    amounts = {"lines.1000.amount": "2500.00"}, {"lines.1000.amount": "2600.00"}
                    values = Personal(by_person[person], {"record": f"{person}, 1000"}, *amounts)
                if kind == "intent":
                    terms |= {"plan": "d" * 64, "credential": "ledger-robot"}
                if kind in ("action", "outcome-confirmed"):
                    terms["intent"] = intent
                hand = olga.hand if kind == "case-received" else robot
                batch.append(journal.entry(kind, hand, personal=values, **terms))
        with parts.database.write(power_safe=False) as connection:
            cases.add(connection, rows)
            journal.write(connection, *batch)
        written += len(batch)


def _receipt(bureau: Any) -> str:
    """A delivery that all cases of the bench belong to."""
    from bureau import booking

    return str(bureau.send(booking(f"R-{time.time_ns()}")).receipt)


def _row(
    parts: Any, receipt: str, case: str, person: str, key: str, submitter: str, now: int
) -> dict[str, Any]:
    from bureau import BOOKING, CLIENT

    return {
        "uid": case,
        "client": CLIENT,
        "service": BOOKING,
        "reference_hash": parts.keys.hash("reference", case),
        "turn": 1,
        "content_hash": parts.keys.hash("content", case),
        "subject_hash": parts.keys.hash("subject", CLIENT, person),
        "receipt": receipt,
        "place": 1,
        "submitter": submitter,
        "state": "done",
        "deadline": now,
        "received_at": now,
        "closed_at": now,
        "model": "0" * 64,
        "key": key,
        "sealed": b"",
    }


def _questions(bureau: Any) -> list[float]:
    """Seconds for each of many people: the person's cases, the bot's entries of March, opened."""
    from bureau import BOOKING, CLIENT

    from paraplu.assurance.questions.question import Question
    from paraplu.engine.clock import to_ms

    centre, reader = bureau.centre, bureau.who("ines")
    march = Question(
        bot=BOOKING,
        client=CLIENT,
        since=to_ms(datetime(2026, 3, 1, tzinfo=UTC)),
        until=to_ms(datetime(2026, 4, 1, tzinfo=UTC)),
    )
    chance = random.Random(1)  # noqa: S311  the same questions each time
    waits = []
    for _ in range(_QUESTIONS + 5):
        person = f"{chance.randrange(_PEOPLE):05d}"
        begun = time.perf_counter()
        with centre.parts.database.read() as connection:
            cases = centre.search.cases_of(connection, reader, person, CLIENT)
        centre.search.look(reader, march.with_cases(cases))
        waits.append(time.perf_counter() - begun)
    return waits[5:]


def _verified(home: Path, *options: str) -> dict[str, float]:
    """CPU, wall time and memory of a verification in a process of its own."""
    script = ROOT / "bench" / "one_verification.py"
    done = subprocess.run(
        [sys.executable, str(script), str(home), *options],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _size(home: Path) -> int:
    """Bytes of the main database, its log written back."""
    import sqlite3

    with sqlite3.connect(home / "paraplu.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (home / "paraplu.db").stat().st_size
