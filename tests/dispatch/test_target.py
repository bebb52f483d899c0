"""A target that is down, slow, busy or forgets who is signed in, in the middle of a real worker's run."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import psutil
import pytest
from farm import until
from town import PATIENCE, Town

from crash.scene import ROBOTS
from paraplu.audit.entry import Entry
from paraplu.practice.office import Office

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(not psutil.POSIX, reason="processes are stopped by signals here"),
]
FIRST, SECOND = "C-1", "C-2"


def failed(entry: Entry) -> str:
    """How an action failed, as a code; empty when it did not."""
    return str(entry.document.get("status_code", ""))


def let_go_on(town: Town) -> None:
    """Have somebody ask for what is still due, with the time over for what was put off."""
    town.ask_later()
    town.work()


def test_a_target_that_goes_down_in_the_middle_of_an_act_is_looked_at_when_it_is_back(
    town: Town,
) -> None:
    town.office.set_mood("slow", "4000", path="*/apply", times=1)
    worker = town.worker("--until-idle")
    town.await_bite("slow")
    port = urlsplit(town.office.address).port
    town.office.kill()
    town.await_end(worker)
    endings = {one["service"]: one["ending"] for one in worker.told}
    assert endings["payroll-correction"] == "paused"
    cases = town.cases()
    assert cases[FIRST].state == "working"
    assert {one.crashes for one in cases.values()} == {0}
    assert port is not None
    with Office.start(town.folder, passwords=ROBOTS, port=port) as town.office:
        let_go_on(town)
    town.assert_right()


def test_an_answer_that_takes_longer_than_an_action_may_is_looked_at_first(town: Town) -> None:
    # Longer than the 15 seconds of an action, shorter than what is waited for after it.
    town.office.set_mood("slow", "17000", path="*/apply", times=1)
    town.work()
    let_go_on(town)
    town.assert_right()
    assert len(town.office.truth.mutations(f"{FIRST}/%")) == 1


@pytest.mark.parametrize("path", ["*/slips/*", "*/mutations/new", "*/apply"])
def test_a_session_that_ends_in_the_middle_is_signed_in_anew(town: Town, path: str) -> None:
    town.office.set_mood("session-lost", path=path, times=1)
    worker = town.worker("--until-idle")
    town.await_end(worker)
    assert town.bitten("session-lost") == 1
    assert {one["ending"] for one in worker.told} == {"finished"}
    assert town.cases()[SECOND].state == "done"  # the others are not kept waiting
    let_go_on(town)
    town.assert_right()


def test_a_target_that_asks_to_wait_for_seconds_is_waited_for_within_the_run(town: Town) -> None:
    town.office.set_mood("too-many-requests", "3", path="*/apply", times=1)
    told = {one["service"]: one for one in town.work().told}
    assert told["payroll-correction"]["handled"] == {"done": 2}
    assert len(told) == len(town.runs()) == 2
    town.assert_right()
    actions = [one for one in town.entries() if one.kind == "action"]
    (asked,) = (at for at, one in enumerate(actions) if failed(one) == "target-down")
    assert actions[asked + 1].time_ms >= actions[asked].time_ms + 3000


def test_a_target_that_asks_to_wait_for_an_hour_is_left_alone_and_its_cases_stay_due(
    town: Town,
) -> None:
    town.office.set_mood("too-many-requests", "3600", path="/payroll/*")
    before = datetime.now(UTC)
    worker = town.worker()
    until(lambda: len(worker.told) == 2, PATIENCE)
    (paused,) = (one for one in worker.told if one["service"] == "payroll-correction")
    assert paused["ending"] == "paused"
    again = datetime.fromisoformat(paused["again_at"])
    assert again >= before + timedelta(hours=1)
    cases = town.cases()
    assert {cases[one].state for one in (FIRST, SECOND)} == {"received"}
    assert {cases[one].crashes for one in (FIRST, SECOND)} == {0}
    asked = town.bitten("too-many-requests")
    assert asked <= 2
    time.sleep(10)  # nobody tries again meanwhile
    assert town.bitten("too-many-requests") == asked
    worker.signal(signal.SIGTERM)
    town.await_end(worker)
    town.office.clear_moods()
    let_go_on(town)
    town.assert_right()


def test_an_act_that_is_answered_with_a_wait_of_an_hour_is_not_looked_at_before(
    town: Town,
) -> None:
    town.office.set_mood("too-many-requests", "3600", path="*/apply", times=1)
    worker = town.worker("--until-idle")
    town.await_end(worker)
    (paused,) = (one for one in worker.told if one["service"] == "payroll-correction")
    assert (paused["ending"], town.cases()[FIRST].state) == ("paused", "working")
    log = [one for one in town.entries() if one.case == town.cases()[FIRST].uid]
    assert [failed(one) for one in log if one.kind == "action"][-1] == "target-down"
    let_go_on(town)
    town.assert_right()
