"""`schedules next | missed | pause | resume | run-now | skip` as somebody types them."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bureau import CLIENT, Bureau
from timetable import local, put

from paraplu.cli.main import main
from paraplu.store import planned

Typed = Callable[..., Any]


@pytest.fixture
def typed(bureau: Bureau) -> Typed:
    """Types a command in this process; gives its JSON, or its text with `plain`."""
    bureau.time = lambda: datetime.now(UTC)  # commands look at the clock on the wall

    def type_(*arguments: str, code: int = 0, plain: bool = False) -> Any:
        bureau.close()
        out, argv = io.StringIO(), sys.argv
        sys.argv = ["paraplu", "schedules", *arguments, "--home", str(bureau.home)]
        sys.argv += [] if plain else ["--json"]
        try:
            with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as ended:
                main()
        finally:
            sys.argv = argv
        assert ended.value.code == code, out.getvalue()
        return out.getvalue() if plain else json.loads(out.getvalue())

    return type_


def missed_one(bureau: Bureau) -> int:
    """A planned run of yesterday that nobody began. Gives its time."""
    put(bureau, "by hand", "by-hand")
    moment = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(days=1)
    at = int(moment.timestamp() * 1000)
    with bureau.centre.parts.database.write() as connection:
        planned.plan(
            connection,
            uid=bureau.centre.parts.clock.uid(),
            schedule=f"{CLIENT}/by-hand",
            planned_for=at,
            client=CLIENT,
            service="ledger-booking",
            changed_at=at,
        )
    bureau.centre.planner.tick()
    return at


def test_what_is_next_is_told_with_pauses_events_and_a_calendar_that_ends(
    bureau: Bureau, typed: Typed
) -> None:
    bureau.settings(
        calendar={"freezes": [{"start": "2026-01-01", "end": "2036-01-01", "reason": "x"}]}
    )
    put(bureau, "every day at 07:30", "frozen")
    put(bureau, "when a workbook arrives", "arrivals")
    typed("pause", "--client", CLIENT, "--reason", "new system", "--until", "2036-12-21")
    found = typed("next", "--days", "2")
    # The service is no bot's in this installation, but the freeze comes first.
    assert {(one["runs"], one["why"]) for one in found["runs"]} == {(False, "freeze")}
    assert found["waiting"] == [
        {"schedule": f"{CLIENT}/arrivals", "when": "when a workbook arrives"}
    ]
    (pause,) = found["pauses"]
    assert (pause["scope"], pause["reason"]) == ("client", "new system")
    assert pause["until"] == "2036-12-21T23:00:00+00:00"  # the end of that day in Amsterdam
    text = typed("next", "--days", "2", plain=True)
    assert f"The client {CLIENT} is paused until 2036-12-21 23:00 UTC: new system" in text
    assert "nothing runs on that day (freeze)" in text
    assert f"{CLIENT}/arrivals: when a workbook arrives (ledger-booking)" in text
    assert typed("next", "--client", "nobody") == {
        "runs": [],
        "waiting": [],
        "ending": [],
        "pauses": found["pauses"],
    }


def test_a_pause_is_ended_by_what_it_is_about_or_by_its_uid(bureau: Bureau, typed: Typed) -> None:
    put(bureau, "by hand")
    uid = typed("pause", "--all", "--reason", "fire drill")["pause"]
    typed("pause", "--schedule", f"{CLIENT}/bookings", "--reason", "fire drill")
    assert typed("resume", uid) == {"pause": uid}
    typed("resume", "--schedule", f"{CLIENT}/bookings")
    assert typed("next")["pauses"] == []
    assert "not paused" in typed("resume", "--all", code=1)["error"]
    assert "Give one of" in typed("pause", "--reason", "x", code=2)["error"]
    assert (
        "Give one of" in typed("pause", "--all", "--client", "x", "--reason", "x", code=2)["error"]
    )
    wrong = ("pause", "--all", "--reason", "x", "--until", "soon")
    assert "is no time: write it like" in typed(*wrong, code=2)["error"]


def test_a_missed_run_is_listed_and_skipped_with_a_reason(bureau: Bureau, typed: Typed) -> None:
    at = missed_one(bureau)
    (one,) = typed("missed", code=3)["planned_runs"]
    assert (one["schedule"], one["state"], one["why"]) == (f"{CLIENT}/by-hand", "missed", "late")
    assert "too late when it could begin" in typed("missed", code=3, plain=True)
    named = (f"{CLIENT}/by-hand", "--planned-for", local(at), "--reason", "done by hand")
    assert typed("skip", *named)["state"] == "skipped"
    assert typed("missed") == {"planned_runs": []}
    assert "is skipped already" in typed("skip", *named, code=1)["error"]


def test_run_now_needs_a_schedule_and_a_bot(bureau: Bureau, typed: Typed) -> None:
    put(bureau, "by hand")
    assert "Name a schedule by client and name" in typed("run-now", "bookings", code=2)["error"]
    # The bots of this bureau are not installed where commands look for them.
    assert "No bot offers" in typed("run-now", f"{CLIENT}/bookings", code=1)["error"]
    assert "no schedule 'evening'" in typed("run-now", f"{CLIENT}/evening", code=1)["error"]
