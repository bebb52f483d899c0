"""Rounds are made again and again, and one that fails stops no other."""

from __future__ import annotations

import threading
from collections import Counter

from paraplu.dispatch.rounds import Round, Rounds
from paraplu.store.database import StorageDown


def made(*rounds: Round, until: int, of: Counter[str]) -> list[tuple[str, str]]:
    """Make rounds until one of them was made `until` times. Gives what went wrong."""
    ended, wrong = threading.Event(), list[tuple[str, str]]()

    def watch() -> None:
        of["watch"] += 1
        if max(of[one.name] for one in rounds) >= until:
            ended.set()

    thread = threading.Thread(
        target=Rounds(
            [*rounds, Round("watch", 0.001, watch)],
            lambda name, error: wrong.append((name, type(error).__name__)),
        ).beside,
        args=(ended,),
    )
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    return wrong


def test_each_round_is_made_when_its_time_has_come() -> None:
    counts: Counter[str] = Counter()
    often = Round("often", 0.01, lambda: counts.update(["often"]))
    seldom = Round("seldom", 60, lambda: counts.update(["seldom"]))
    assert made(often, seldom, until=5, of=counts) == []
    assert (counts["often"], counts["seldom"]) == (5, 1)


def test_a_round_that_fails_is_told_of_and_made_again_and_stops_no_other() -> None:
    counts: Counter[str] = Counter()

    def fail() -> None:
        counts.update(["bad"])
        raise ValueError(counts["bad"])

    bad, good = Round("bad", 0.01, fail), Round("good", 0.01, lambda: counts.update(["good"]))
    wrong = made(bad, good, until=4, of=counts)
    assert counts["bad"] >= 3 and counts["good"] >= 3
    assert set(wrong) == {("bad", "ValueError")} and len(wrong) == counts["bad"]


def test_a_database_that_is_away_is_the_workers_to_tell() -> None:
    counts: Counter[str] = Counter()

    def away() -> None:
        counts.update(["away"])
        raise StorageDown("away")

    assert made(Round("away", 0.01, away), until=3, of=counts) == []
