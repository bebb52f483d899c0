"""One turn over a prepared backlog of corrections, in a process whose CPU time is measured from outside.

``engine``: as a worker does it. ``bare``: the same bot's check, look, act and look on the same cases, and
nothing else: no plan is kept, no approval asked, no entry written, no picture taken. ``pictures``: as bare,
with the two pictures of each case that the engine takes.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / "tests")]

from crash.scene import opened  # noqa: E402


def engine(folder: Path) -> int:
    """Gives how many cases were done."""
    centre = opened(folder)
    done: list[int] = []
    worker = centre.worker(1, lambda _run, outcome: done.append(sum(outcome.handled.values())))  # type: ignore[union-attr]
    worker.work(until_idle=True)
    centre.close()
    return sum(done)


def bare(folder: Path, *, pictures: bool = False) -> int:
    """Gives how many cases the last look confirmed."""
    from paraplu.bootstrap import tools_of
    from paraplu.engine.hands import HandsTerms, OwnHands
    from paraplu.store import claims

    centre = opened(folder)
    runs, parts = centre.runs, centre.parts
    done = 0
    with runs.leases.working():
        row = runs.to_take()[0]
        with parts.database.write() as connection:
            row = runs.leases.take(connection, row.uid, 1)
            now = parts.clock.ms()
            cases = claims.claim_next(
                connection, row.client, row.service, row.uid, now, most=100, many=10**6, first=5
            )
        turn = runs._turn(row, runs._asking.terms(row.client, row.service))
        agreement = turn.terms.agreement
        terms = HandsTerms(
            row.uid, row.service, agreement.target, agreement.credential, False, 300, 900
        )
        hands = OwnHands(tools_of(centre.home, centre.plugins), terms, lambda _action: None)
        hands.sign_in()
        for one in cases:
            local = parts.clock.now().astimezone(turn.terms.client.zone)
            hands.take_up(turn.case_in_hand(one), local)
            hands.check()
            intent = hands.look()
            if pictures:
                hands.picture(show=True)
            hands.act(None)
            done += hands.look_again(intent).comparison.verdict == "confirmed"
            if pictures:
                hands.picture(show=True)
        hands.sign_out()
        hands.close()
    centre.close()
    return done


if __name__ == "__main__":
    turns = {"engine": engine, "bare": bare, "pictures": partial(bare, pictures=True)}
    print(turns[sys.argv[1]](Path(sys.argv[2])))
