"""Stories that bureaus live through before somebody asks about them."""

from __future__ import annotations

from bureau import CLIENT, ORDER, Bureau, booking, order


def live_through(bureau: Bureau) -> None:
    """A whole story: every ending, every decision, answers, exports and readings."""
    desks, who = bureau.centre.desks, bureau.who
    bureau.books.fault("pictures", left=-1)
    bureau.books.fault("drops-a-line", "2200")
    bureau.send(
        booking("KENMERK-771", requested_by="carla.visser"),
        booking("KENMERK-772", "10002", now="3100", wanted="7654.32", remark="bel Jolanda eerst"),
        booking("KENMERK-773", "10003", now="1799.99", wanted="1801"),
        booking("KENMERK-774", "10004", now="2000", wanted="2000"),
        booking("KENMERK-775", "10005", now="2750", wanted="8642.10"),
        booking("KENMERK-775", "10005"),
        booking("KENMERK-776", "5", line="zz", remark="slordig ingevuld"),
        booking("KENMERK-777", "10004", line="2100", now="10", wanted="9753.19"),
        booking("KENMERK-778", "10002", line="2100", now="99.99", requested_by="jan.onbekend"),
    )
    bureau.rehearse()
    bureau.run()
    desks.take(bureau.case("KENMERK-772").uid, who("olga"))
    desks.reply(bureau.case("KENMERK-772").uid, who("olga"), "Jolanda is gebeld")
    bureau.hand_back("KENMERK-772", "Jolanda vindt het goed")
    bureau.run()
    desks.approve(bureau.case("KENMERK-772").uid, who("anna"), "akkoord volgens Jolanda")
    desks.decline(bureau.case("KENMERK-775").uid, who("paul"), "te veel voor Pieter")
    bureau.run()
    desks.withdraw(bureau.case("KENMERK-777").uid, who("carla"), "vergissing van Mieke")
    desks.close_by_hand(bureau.case("KENMERK-771").uid, who("olga"), "hersteld door Fatima")
    bureau.story(*order("BESTEL-55", remark=None), service=ORDER)
    bureau.centre.answers.answer_all(CLIENT)
    bureau.centre.parts.records.export(CLIENT, who("ines"))
    bureau.shown()
    bureau.centre.log.info("run_ended", run="x", ending="finished")
