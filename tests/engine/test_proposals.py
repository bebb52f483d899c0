"""Changes that need a second person: kept until another one accepts them, and only while they still fit."""

from __future__ import annotations

from typing import Any

import pytest
from bureau import CLIENT, SETTINGS, Bureau, agreement, mandate
from timetable import schedule

from paraplu.domain.person import Person, Role
from paraplu.engine.clientfile import ClientFile
from paraplu.engine.people import Known
from paraplu.engine.reviewed import given
from paraplu.errors import IntegrityBroken, NotAllowed, NotFound, Refused
from paraplu.store import tables

LEA = Person(handle="lea.groot", name="Lea Groot", roles=(Role.LEAD,))
FAR = Person(handle="femke.ver", name="Femke Ver", roles=(Role.LEAD,), clients=("zuidwijk",))


def who(bureau: Bureau, handle: str) -> Known:
    with bureau.centre.parts.database.read() as connection:
        known = bureau.centre.parts.people.by_handle(connection, handle)
    assert known is not None
    return known


def exported(bureau: Bureau) -> ClientFile:
    return bureau.centre.parts.records.export(CLIENT, bureau.who("ines"))


def propose(bureau: Bureau, by: str = "ines.bakker", **changes: Any) -> str:
    """Apply a change that needs a second person; the uid of what it became."""
    file = exported(bureau).model_copy(update=changes)
    (applied,) = bureau.centre.parts.records.apply([given(file)], who(bureau, by))
    assert applied.proposal is not None
    assert applied.revision is None
    return applied.proposal


@pytest.fixture
def guarded(bureau: Bureau) -> Bureau:
    """A bureau whose first agreement says that changes need two people."""
    first = agreement(version=2, two_people=True)
    people = {"agreement": (first, SETTINGS.agreement[1]), "person": (*SETTINGS.person, LEA, FAR)}
    bureau.apply(SETTINGS.model_copy(update=people))
    return bureau


def test_what_belongs_to_such_an_agreement_waits_and_comes_into_force_by_a_second_person(
    guarded: Bureau,
) -> None:
    before = exported(guarded)
    uid = propose(guarded, schedule=(schedule("every working day at 07:30"),), mandate=())
    assert exported(guarded) == before
    proposals, lea = guarded.centre.parts.proposals, who(guarded, "lea.groot")
    (waiting,) = proposals.waiting(lea)
    assert (waiting.uid, waiting.client, waiting.made_by) == (uid, CLIENT, "ines.bakker")
    assert "+ schedule noordwijk/bookings: every working day at 07:30" in waiting.lines
    assert proposals.show(uid, lea) == waiting
    assert proposals.accept(uid, lea) == waiting
    after = exported(guarded)
    assert [one.name for one in after.schedule] == ["bookings"]
    assert after.mandate == ()
    assert proposals.waiting(lea) == []
    with pytest.raises(Refused, match="was accepted already"):
        proposals.accept(uid, lea)


def test_the_entries_name_both_people(guarded: Bureau) -> None:
    uid = propose(guarded, schedule=(schedule("by hand"),))
    ines, lea = guarded.who("ines"), who(guarded, "lea.groot")
    guarded.centre.parts.proposals.accept(uid, lea)
    made, applied, accepted = (
        [one for one in guarded.entries() if one.kind == kind][-1]
        for kind in ("proposal-made", "settings-applied", "proposal-accepted")
    )
    assert made.actor == ines.uid
    assert applied.actor == accepted.actor == lea.uid
    assert applied.rpa["detail"]["proposed_by"] == accepted.rpa["detail"]["made_by"] == ines.uid
    assert applied.rpa["detail"]["proposal"] == accepted.rpa["detail"]["proposal"] == uid
    assert made.rpa["detail"]["digest"] == accepted.rpa["detail"]["digest"]
    guarded.assert_intact()


def test_whoever_made_it_has_no_role_or_does_not_work_for_the_client_cannot_accept_it(
    guarded: Bureau,
) -> None:
    uid = propose(guarded, schedule=(schedule("by hand"),))
    proposals = guarded.centre.parts.proposals
    for handle, why in (
        ("ines.bakker", "You made this proposal: a second person must accept it"),
        ("olga.smit", "takes the role administrator or lead"),
        ("femke.ver", "You do not work for this client"),
    ):
        with pytest.raises(NotAllowed, match=why):
            proposals.accept(uid, who(guarded, handle))
    assert proposals.waiting(who(guarded, "femke.ver")) == []
    assert exported(guarded).schedule == ()


def test_nobody_accepts_a_change_of_a_mandate_of_their_own(guarded: Bureau) -> None:
    own = mandate("lea.groot", "approve", None)
    uid = propose(guarded, mandate=(*exported(guarded).mandate, own))
    with pytest.raises(NotAllowed, match="A mandate of your own is changed by this"):
        guarded.centre.parts.proposals.accept(uid, who(guarded, "lea.groot"))
    assert own not in exported(guarded).mandate


def test_nobody_makes_the_second_person_alone(guarded: Bureau) -> None:
    accomplice = Person(handle="bob.klaar", name="Bob Klaar", roles=(Role.ADMINISTRATOR,))
    records, proposals = guarded.centre.parts.records, guarded.centre.parts.proposals
    ines, lea = who(guarded, "ines.bakker"), who(guarded, "lea.groot")
    for file in (
        ClientFile(person=(accomplice,)),
        exported(guarded).model_copy(update={"person": (accomplice,)}),
    ):
        (applied,) = records.apply([given(file)], ines)
        assert applied.proposal is not None
        with guarded.centre.parts.database.read() as connection:
            assert guarded.centre.parts.people.by_handle(connection, "bob.klaar") is None
        with pytest.raises(NotAllowed, match="second person"):
            proposals.accept(applied.proposal, ines)
        proposals.decline(applied.proposal, lea)
    (applied,) = records.apply([given(ClientFile(person=(accomplice,)))], ines)
    assert applied.proposal is not None
    (waiting,) = proposals.waiting(lea)
    assert waiting.lines == ("+ person bob.klaar",)
    proposals.accept(applied.proposal, lea)
    assert who(guarded, "bob.klaar").person == accomplice
    guarded.assert_intact()


def test_who_is_alone_may_make_the_first_who_can_accept(bureau: Bureau) -> None:
    bureau.apply(
        SETTINGS.model_copy(update={"agreement": (agreement(version=2, two_people=True),)})
    )
    (applied,) = bureau.centre.parts.records.apply(
        [given(ClientFile(person=(LEA,)))], bureau.who("ines")
    )
    assert applied.proposal is None
    assert who(bureau, "lea.groot").person == LEA


def test_turning_it_off_needs_the_second_person_too_and_turning_it_on_does_not(
    guarded: Bureau,
) -> None:
    off = (agreement(version=3), exported(guarded).agreement[1])
    uid = propose(guarded, agreement=off)
    assert exported(guarded).agreement[0].two_people
    guarded.centre.parts.proposals.accept(uid, who(guarded, "lea.groot"))
    assert not exported(guarded).agreement[0].two_people
    file = exported(guarded).model_copy(update={"schedule": (schedule("by hand"),)})
    assert guarded.apply(file, force=False)
    assert exported(guarded).schedule == (schedule("by hand"),)


def test_while_an_agreement_that_asks_for_it_is_in_force_a_later_version_does_not_end_it(
    guarded: Bureau,
) -> None:
    later = agreement(version=3, valid_from="2027-06-01")
    uid = propose(guarded, agreement=(later, exported(guarded).agreement[1]))
    guarded.centre.parts.proposals.accept(uid, who(guarded, "lea.groot"))
    propose(guarded, schedule=(schedule("by hand"),))


def test_what_belongs_to_another_service_comes_into_force_at_once(guarded: Bureau) -> None:
    other = exported(guarded).agreement[1].model_copy(update={"version": 2, "days_to_finish": 9})
    file = exported(guarded)
    file = file.model_copy(update={"agreement": (file.agreement[0], other)})
    (applied,) = guarded.centre.parts.records.apply([given(file)], guarded.who("ines"))
    assert applied.proposal is None
    assert exported(guarded).agreement[1] == other
    assert file.client is not None
    moved = file.client.model_copy(update={"timezone": "Europe/Copenhagen"})
    propose(guarded, client=moved)


def test_force_passes_over_a_revision_and_not_over_the_second_person(guarded: Bureau) -> None:
    file = exported(guarded).model_copy(update={"revision": None, "mandate": ()})
    (applied,) = guarded.centre.parts.records.apply([given(file)], guarded.who("ines"), force=True)
    assert applied.proposal is not None
    assert exported(guarded).mandate != ()


def test_a_proposal_is_void_when_the_records_have_changed_since(guarded: Bureau) -> None:
    first = propose(guarded, schedule=(schedule("by hand"),))
    second = propose(guarded, mandate=())
    proposals, lea = guarded.centre.parts.proposals, who(guarded, "lea.groot")
    proposals.accept(second, lea)
    with pytest.raises(Refused, match="have changed since this was proposed: decline it, run"):
        proposals.accept(first, lea)
    proposals.decline(first, guarded.who("ines"))  # who made it may take it back
    with pytest.raises(Refused, match="was declined already"):
        proposals.accept(first, lea)
    assert exported(guarded).schedule == ()
    assert guarded.kinds()[-2:] == ["proposal-declined", "settings-exported"]


def test_the_same_change_is_not_proposed_twice(guarded: Bureau) -> None:
    uid = propose(guarded, mandate=())
    with pytest.raises(Refused, match=f"waits for a second person already, as proposal {uid}"):
        propose(guarded, mandate=())
    with pytest.raises(NotFound, match="There is no proposal x"):
        guarded.centre.parts.proposals.show("x", guarded.who("ines"))


def test_a_proposal_that_was_tampered_with_is_not_carried_out(guarded: Bureau) -> None:
    uid = propose(guarded, mandate=())
    with guarded.centre.parts.database.write() as connection:
        connection.execute(tables.proposals.update().values(digest="0" * 64))
    with pytest.raises(IntegrityBroken):
        guarded.centre.parts.proposals.accept(uid, who(guarded, "lea.groot"))


def test_what_is_accepted_is_checked_again(guarded: Bureau) -> None:
    uid = propose(guarded, schedule=(schedule("by hand"),))
    del guarded.bots["ledger-booking"]  # the bot was taken out meanwhile
    guarded.close()
    with pytest.raises(Refused, match="no bot offers the service 'ledger-booking'"):
        guarded.centre.parts.proposals.accept(uid, who(guarded, "lea.groot"))
