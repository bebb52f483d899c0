"""A large delivery does five, shows them, and waits for a person's word."""

from __future__ import annotations

import pytest
from bureau import Bureau, booking

from paraplu.errors import Refused


def test_a_large_delivery_does_five_and_waits_for_a_word(bureau: Bureau) -> None:
    bureau.settings(limits={"many": 8, "first": 5})
    rows = [
        booking(f"A-{number}", f"1000{number % 5 + 1}", f"{3000 + number}", None, "1.00")
        for number in range(9)
    ]
    taken = bureau.send(*rows)
    report = bureau.run()
    assert report.held == [taken.receipt]
    assert bureau.totals() == {"rows": 9, "received": 9, "done": 5, "working": 4}
    assert bureau.run().ending == "nothing-due"
    with pytest.raises(Refused, match="takes the role operator"):
        bureau.centre.desks.release(taken.receipt, bureau.who("carla"))
    bureau.centre.desks.release(taken.receipt, bureau.who("olga"))
    bureau.run()
    assert bureau.totals() == {"rows": 9, "received": 9, "done": 9}
    with pytest.raises(Refused, match="does not wait"):
        bureau.centre.desks.release(taken.receipt, bureau.who("olga"))
    assert [kind for kind in bureau.kinds() if kind.startswith("receipt-")] == [
        "receipt-taken-in",
        "receipt-stopped",
        "receipt-released",
    ]


def test_a_large_delivery_does_not_hold_up_a_small_one(bureau: Bureau) -> None:
    bureau.settings(limits={"many": 3, "first": 1})
    rows = [booking(f"A-{n}", line=f"{3000 + n}", now=None, wanted="1") for n in range(4)]
    bureau.send(*rows)
    bureau.run()
    bureau.send(booking("B-1", "10002", now="3100", wanted="3200"))
    bureau.run()
    assert bureau.state("B-1") == "done"
    assert bureau.totals()["working"] == 3


@pytest.mark.slow
def test_five_thousand_rows_are_taken_in_and_five_done(bureau: Bureau) -> None:
    rows = [
        booking(f"A-{number}", f"{10001 + number % 5}", f"{3000 + number // 5:04d}", None, "1.00")
        for number in range(5000)
    ]
    taken = bureau.send(*rows, top={"Number of rows": 5000, "Control total": 5000})
    assert taken.totals.received == 5000
    report = bureau.run()
    assert report.held == [taken.receipt]
    assert bureau.totals() == {"rows": 5000, "received": 5000, "done": 5, "working": 4995}
