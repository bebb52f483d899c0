"""Settings of record: applied from files, compared, written out again, never overwritten unseen."""

from __future__ import annotations

from typing import Any

import pytest
from bureau import CLIENT, MANDATES, PEOPLE, SETTINGS, Bureau, agreement, mandate
from pydantic import ValidationError

from paraplu import Client
from paraplu.domain.person import Person
from paraplu.engine.clientfile import ClientFile
from paraplu.engine.reviewed import given
from paraplu.errors import NotFound, Refused, SettingsWrong


def changed(file: ClientFile = SETTINGS, **changes: Any) -> ClientFile:
    """The settings with something else in them."""
    return file.model_copy(update=changes)


def applied(bureau: Bureau, file: ClientFile, *, force: bool = False) -> list[str]:
    """Apply a file; the lines of what changed."""
    return [str(line) for line in bureau.apply(file, force=force)]


def exported(bureau: Bureau) -> ClientFile:
    """The records as a file."""
    return bureau.centre.parts.records.export(CLIENT, bureau.who("ines"))


def test_what_is_applied_is_exported_and_applied_again_without_a_difference(
    bureau: Bureau,
) -> None:
    file = exported(bureau)
    assert file.client == SETTINGS.client
    assert {one.id for one in file.agreement} == {one.id for one in SETTINGS.agreement}
    key = repr
    assert sorted(file.mandate, key=key) == sorted(MANDATES, key=key)
    assert {one.handle for one in file.person} >= {"carla.visser", "anna.kok", "gerda.prins"}
    before = len(bureau.kinds())
    assert applied(bureau, file) == []
    assert len(bureau.kinds()) == before  # nothing changed, nothing to tell


def test_the_same_file_survives_its_own_text_form(bureau: Bureau) -> None:
    file = exported(bureau)
    assert ClientFile.model_validate_json(file.model_dump_json()) == file


def test_the_difference_is_shown_before_anything_is_written(bureau: Bureau) -> None:
    file = changed(
        client=Client(id=CLIENT, name="Gemeente Noordwijk-Binnen"),
        agreement=(agreement(version=2, days_to_finish=9), SETTINGS.agreement[1]),
        person=(*PEOPLE[:1], PEOPLE[1].model_copy(update={"name": "Olga de Smit"})),
        mandate=(*MANDATES[1:], mandate("dirk.mol", "ask", None)),
    )
    (lines,) = bureau.centre.parts.records.difference([given(file)])
    assert [str(line) for line in lines] == [
        "~ person olga.smit",
        "~ client noordwijk",
        "~ agreement noordwijk/ledger-booking@1 -> noordwijk/ledger-booking@2",
        "+ mandate of dirk.mol to ask ledger-booking, any amount",
        "- mandate of carla.visser to ask ledger-booking, up to 500",
    ]
    assert exported(bureau).client == SETTINGS.client
    assert applied(bureau, file, force=True) == [str(line) for line in lines]
    assert exported(bureau).client == file.client


def test_records_that_changed_since_the_export_are_not_overwritten(bureau: Bureau) -> None:
    mine, yours = exported(bureau), exported(bureau)
    applied(bureau, changed(yours, mandate=yours.mandate[1:]))
    with pytest.raises(Refused, match=r"have changed since .*Run 'paraplu export noordwijk'"):
        applied(bureau, changed(mine, mandate=mine.mandate[:-1]))
    assert len(exported(bureau).mandate) == len(mine.mandate) - 1
    applied(bureau, changed(mine, mandate=mine.mandate[:-1]), force=True)
    forced = [
        one.rpa["detail"]["forced"] for one in bureau.entries() if "settings-applied" in one.kind
    ]
    assert forced == [False, False, True]


def test_a_file_without_a_revision_is_for_new_clients_only(bureau: Bureau) -> None:
    with pytest.raises(Refused, match="file: no revision"):
        applied(bureau, changed(mandate=MANDATES[1:]))
    fresh = ClientFile(client=Client(id="zuidwijk", name="Zuidwijk"))
    assert applied(bureau, fresh) == ["+ client zuidwijk"]


def test_a_changed_agreement_needs_a_new_version(bureau: Bureau) -> None:
    file = exported(bureau)
    same_version = (agreement(days_to_finish=9), *file.agreement[1:])
    with pytest.raises(Refused, match="still version 1; write: version = 2"):
        applied(bureau, changed(file, agreement=same_version))
    applied(bureau, changed(file, agreement=(agreement(version=2, days_to_finish=9),)))
    file = exported(bureau)
    with pytest.raises(Refused, match="write: version = 3"):
        applied(bureau, changed(file, agreement=(agreement(),)))


def test_nothing_of_a_file_that_is_refused_is_kept(bureau: Bureau) -> None:
    file = exported(bureau)
    eva = Person(handle="eva.berg", name="Eva Berg")
    with pytest.raises(Refused):
        applied(bureau, changed(file, person=(eva,), agreement=(agreement(days_to_finish=9),)))
    with bureau.centre.parts.database.read() as connection:
        assert bureau.centre.parts.people.by_handle(connection, "eva.berg") is None
    assert exported(bureau).revision == file.revision


def test_mandates_are_added_and_ended_and_an_ended_one_counts_no_more(bureau: Bureau) -> None:
    file = exported(bureau)
    more = mandate("dirk.mol", "ask", "1", cost_centres=("4700",))
    applied(bureau, changed(file, mandate=(*file.mandate, more)))
    assert more in exported(bureau).mandate
    file = exported(bureau)
    applied(bureau, changed(file, mandate=()))
    assert exported(bureau).mandate == ()


def test_persons_stand_in_mandates_by_uid_and_never_by_name(bureau: Bureau) -> None:
    with bureau.centre.parts.database.read() as connection:
        from paraplu.store import clients

        texts = [text for _uid, text in clients.mandates_of(connection, CLIENT)]
    assert len(texts) == len(MANDATES)
    assert not any("visser" in text or "gerda" in text for text in texts)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (
            changed(mandate=(mandate("nobody.here", "ask", "1"),)),
            r"person: nobody knows 'nobody.here'; add a \[\[person\]\] with that handle",
        ),
        (
            changed(mandate=(mandate("anna.kok", "ask", "1", granted_by="nobody.else"),)),
            "nobody.else",
        ),
        (changed(person=(*PEOPLE, PEOPLE[0])), "person 'ines.bakker': stands twice"),
        (changed(client=None), r"the file has no \[client\]; write: \[client\] with id and name"),
        (
            changed(agreement=(agreement(), agreement(version=2))),
            "agreement about 'ledger-booking': there are two",
        ),
        (
            changed(client=Client(id="zuidwijk", name="Zuidwijk")),
            "'noordwijk' is not the client of this file, 'zuidwijk'",
        ),
        (
            changed(agreement=(agreement("ledger-nothing"),), mandate=()),
            "no bot offers the service 'ledger-nothing'; write one of: ledger-booking, ledger-order",
        ),
        (
            changed(agreement=(agreement(version=2, variants={"two_step": True}),)),
            "agreement about 'ledger-booking': variants: there is no key 'two_step'; write: two_steps",
        ),
        (
            changed(agreement=(agreement(version=2, variants={"months": 0}),)),
            "variants.months: Input should be greater",
        ),
    ],
)
def test_a_file_that_contradicts_itself_or_the_bots_says_where(
    bureau: Bureau, file: ClientFile, why: str
) -> None:
    before = exported(bureau).revision
    with pytest.raises(SettingsWrong, match=why):
        applied(bureau, file, force=True)
    assert exported(bureau).revision == before


def test_a_client_that_is_not_there_cannot_be_exported(bureau: Bureau) -> None:
    with pytest.raises(NotFound, match="no client 'zuidwijk'"):
        bureau.centre.parts.records.export("zuidwijk", bureau.who("ines"))


def test_who_applied_what_is_in_the_log(bureau: Bureau) -> None:
    bureau.settings(days_to_finish=7)
    entry = bureau.entries()[-1]
    assert entry.kind == "settings-applied"
    assert entry.actor == bureau.who("ines").uid
    assert entry.rpa["detail"]["agreements"] == [
        "noordwijk/ledger-booking@2",
        "noordwijk/ledger-order@1",
    ]
    shown = bureau.shown(kind="settings-applied")[-1:]
    assert shown[0].values["difference"] == [
        "~ agreement noordwijk/ledger-booking@1 -> noordwijk/ledger-booking@2"
    ]


def test_the_person_of_the_system_user_acts_and_others_are_told_what_to_do(bureau: Bureau) -> None:
    people = bureau.centre.parts.people
    ines = bureau.who("ines")
    assert people.acting(str(ines.person.system_user), None, demo=False).uid == ines.uid
    with pytest.raises(Refused, match="'stranger' of this computer is bound to nobody"):
        people.acting("stranger", None, demo=False)


def test_to_act_as_somebody_else_is_for_demos_and_told_in_every_entry(bureau: Bureau) -> None:
    people = bureau.centre.parts.people
    with pytest.raises(Refused, match="--as works in a demo home only"):
        people.acting("x", "anna.kok", demo=False)
    claimed = people.acting("x", "anna.kok", demo=True)
    assert claimed.claimed
    bureau.centre.parts.records.export(CLIENT, claimed)
    assert bureau.entries()[-1].rpa["detail"]["claimed"] is True
    with pytest.raises(NotFound, match="'nobody'"):
        people.acting("x", "nobody", demo=True)


@pytest.mark.parametrize(
    "wrong", [{"handle": "Ines"}, {"handle": "x" * 50}, {"name": ""}, {"roles": ["king"]}]
)
def test_a_person_with_something_wrong_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Person.model_validate({"handle": "ines", "name": "Ines", **wrong})
