"""Settings of record on both databases: of several people at once, none overwrites another unseen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial

from bureau import BOOKING, CLIENT, SETTINGS, Bureau, agreement

from paraplu.domain.person import Person, Role
from paraplu.domain.schedule import Schedule
from paraplu.engine.clientfile import CalendarFile, ClientFile
from paraplu.engine.reviewed import given
from paraplu.errors import Refused, SettingsWrong

LEA = Person(handle="lea.groot", name="Lea Groot", roles=(Role.LEAD,))


def test_files_are_applied_proposed_and_accepted(bureau: Bureau) -> None:
    parts, ines = bureau.centre.parts, bureau.who("ines")
    calendar = CalendarFile(id="closed", name="Closed", closed=(date(2030, 1, 2),))
    first = agreement(version=2, two_people=True, calendar={"include": ["closed"]})
    people = (*SETTINGS.person, LEA)
    agreements = (first, SETTINGS.agreement[1])
    client = SETTINGS.model_copy(update={"agreement": agreements, "person": people})
    parts.records.apply([given(client), given(calendar)], ines, force=True)
    daily = Schedule(
        client=CLIENT,
        name="daily",
        service=BOOKING,
        when="every working day at 07:30",
        timezone="Europe/Amsterdam",
    )
    file = parts.records.export(CLIENT, ines).model_copy(update={"schedule": (daily,)})
    (applied,) = parts.records.apply([given(file)], ines)
    assert applied.proposal is not None
    with parts.database.read() as connection:
        lea = parts.people.by_handle(connection, "lea.groot")
    assert lea is not None
    parts.proposals.accept(applied.proposal, lea)
    assert parts.records.export(CLIENT, ines).schedule == (daily,)
    with parts.database.read() as connection:
        view = parts.calendars.view(connection)
        days, _dates = parts.calendars.of(connection, CLIENT, BOOKING)
    assert len(view.accepted["NL", ("public",)]) == 2
    assert not days.is_working_day(date(2030, 1, 2))


def test_of_two_changes_of_the_same_records_at_once_one_is_refused(bureau: Bureau) -> None:
    records, ines = bureau.centre.parts.records, bureau.who("ines")
    for _ in range(5):
        now = records.export(CLIENT, ines)
        assert now.client is not None
        names = [now.client.model_copy(update={"name": f"{now.revision} {n}"}) for n in range(4)]
        files = [now.model_copy(update={"client": client}) for client in names]
        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(partial(came_into_force, bureau), files)) == 1


def came_into_force(bureau: Bureau, file: ClientFile) -> bool:
    """Whether a file could be applied; it may only be refused because another one was quicker."""
    try:
        return bool(bureau.apply(file, force=False))
    except SettingsWrong as error:
        assert "have changed since this file was exported" in str(error)
        return False


def test_one_proposal_is_carried_out_once_however_many_accept_it(bureau: Bureau) -> None:
    parts, ines = bureau.centre.parts, bureau.who("ines")
    first = agreement(version=2, two_people=True)
    client = SETTINGS.model_copy(
        update={"agreement": (first, SETTINGS.agreement[1]), "person": (*SETTINGS.person, LEA)}
    )
    parts.records.apply([given(client)], ines, force=True)
    file = parts.records.export(CLIENT, ines).model_copy(update={"mandate": ()})
    uid = parts.records.apply([given(file)], ines)[0].proposal
    assert uid is not None
    with parts.database.read() as connection:
        lea = parts.people.by_handle(connection, "lea.groot")
    assert lea is not None

    def accept(_number: int) -> bool:
        try:
            parts.proposals.accept(uid, lea)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(accept, range(4))) == 1
    parts.journal.complete()
    assert bureau.kinds().count("proposal-accepted") == 1
