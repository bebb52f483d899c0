"""Cases that share a recalculation are never worked on at the same time by two runs."""

from __future__ import annotations

from typing import Any

from bureau import CLIENT, Bureau, booking
from paraplu_ledger import Booking, BookingBot

from paraplu import Client
from paraplu.store import claims


class ByAccount(BookingBot):
    """Bookings on one account share its total."""

    def shares(self, request: Booking, client: Client) -> str | None:
        return request.account


def claimed(bureau: Bureau, run: str) -> list[Any]:
    """The cases that a run would get now."""
    with bureau.centre.parts.database.write() as connection:
        return claims.claim_next(
            connection, CLIENT, BookingBot.service, run, 2**60, many=100, first=5
        )


def test_a_case_waits_while_another_run_holds_one_that_shares_with_it(bureau: Bureau) -> None:
    bureau.with_bot(ByAccount).send(
        booking("A-1"),
        booking("A-2", line="2200", now="75.25", wanted="80"),
        booking("B-1", "10002", now="3100", wanted="3200"),
    )
    runs = bureau.centre.runs
    with runs.leases.working():
        with bureau.centre.parts.database.write() as connection:
            by = bureau.who("olga").uid
            three = [runs.ask(connection, CLIENT, BookingBot.service, by) for _ in range(3)]
            for uid in three:
                assert runs.leases.take(connection, uid, 3) is not None
        one, other, last = three
        assert [row.uid for row in claimed(bureau, one)] == [bureau.case("A-1").uid]
        assert [row.uid for row in claimed(bureau, other)] == [bureau.case("B-1").uid]
        assert claimed(bureau, last) == []
