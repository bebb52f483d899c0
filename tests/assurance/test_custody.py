"""Heads reach the places where they are kept, and what is kept there finds what was done to the log."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bureau import Bureau, booking, moved_in
from places import Depot, depot

from mailserver import MailServer, mail_server
from paraplu.assurance.keeping.custody import Given, State
from paraplu.assurance.keeping.kept import Contradicted
from paraplu.audit import notefile
from paraplu.audit.checkpoint import open_checkpoint
from paraplu.audit.tree import Frontier
from paraplu.domain.custody import AuditSettings
from paraplu.domain.mail import MailSettings
from paraplu.errors import SettingsWrong
from paraplu.settings import load_home
from paraplu.store import entries, tables


@pytest.fixture
def share(tmp_path: Path) -> Path:
    """Another disk."""
    folder = tmp_path / "share"
    folder.mkdir()
    return folder / "heads"


@pytest.fixture
def kept(founded: Path, tmp_path: Path, share: Path) -> Iterator[Bureau]:
    """A bureau whose heads go to a file on that disk, each of them."""
    bureau = moved_in(founded, tmp_path / "bureau", audit=settings(share))
    yield bureau
    bureau.close()


def settings(share: Path, **more: Any) -> AuditSettings:
    values = {"name": "audit-share", "kind": "file", "path": str(share), "minutes": 0}
    return AuditSettings.model_validate({"copies": [{**values, **more}]})


def one(**values: Any) -> AuditSettings:
    return AuditSettings.model_validate({"copies": [{"name": "there", "minutes": 0, **values}]})


def signed(bureau: Bureau) -> list[Given]:
    bureau.centre.parts.journal.sign_head()
    return bureau.centre.custody.send()


def something(bureau: Bureau) -> None:
    """An entry more."""
    bureau.centre.search.readings.tell(bureau.who("ines"), "entries", 1)


def sizes(bureau: Bureau, share: Path) -> list[int]:
    """The sizes of the heads in a copy, each of which must be signed by our log."""
    journal = bureau.centre.parts.journal
    return [
        open_checkpoint(note, [journal.verifier], journal.log).size
        for note in notefile.read(share.read_bytes()).notes
    ]


def state(bureau: Bureau, name: str = "audit-share") -> State:
    (found,) = [one for one in bureau.centre.custody.states() if one.name == name]
    return found


def number(bureau: Bureau) -> int:
    with bureau.centre.parts.database.read() as connection:
        return entries.count(connection)


def written(bureau: Bureau, *statements: str) -> None:
    """Change the database behind Paraplu's back."""
    bureau.close()
    db = sqlite3.connect(bureau.home / "paraplu.db")
    with db:
        for statement in statements:
            db.execute(statement)
    db.close()


def test_each_head_is_added_to_the_file_and_said_to_be_there(kept: Bureau, share: Path) -> None:
    (given,) = signed(kept)
    assert (given.why, given.size) == ("", number(kept))
    something(kept)
    signed(kept)
    assert signed(kept) == []  # nothing new
    assert sizes(kept, share) == [given.size, given.size + 1]
    assert (state(kept).size, state(kept).failing_since) == (given.size + 1, None)
    kept.assert_intact()
    (vouch,) = kept.centre.proof.check().vouched.vouches
    assert (vouch.name, vouch.kind, vouch.size) == ("audit-share", "file", given.size + 1)
    assert vouch.checked is not None


def test_a_command_leaves_its_head_in_the_file_when_it_ends(kept: Bureau, share: Path) -> None:
    something(kept)
    kept.close()
    assert sizes(kept, share) == [number(kept)]


def test_one_head_goes_there_within_the_minutes_of_the_settings(
    founded: Path, tmp_path: Path, share: Path
) -> None:
    bureau = moved_in(founded, tmp_path / "b", audit=settings(share, minutes=30))
    assert len(signed(bureau)) == 1
    something(bureau)
    assert signed(bureau) == []
    bureau.time.go_on(minutes=31)
    assert len(signed(bureau)) == 1
    something(bureau)
    bureau.centre.parts.journal.sign_head()
    assert len(bureau.centre.custody.send(at_once=True)) == 1
    bureau.close()


def test_a_disk_that_is_not_there_is_tried_again_and_told_of_after_a_day(
    kept: Bureau, share: Path
) -> None:
    signed(kept)
    away = share.rename(share.with_name("away"))
    something(kept)
    (given,) = signed(kept)
    assert given.code == "gone"
    assert signed(kept) == []  # not before a minute is over
    kept.time.go_on(minutes=2)
    assert len(signed(kept)) == 1
    assert notices(kept, "heads-not-kept") == 0
    kept.time.go_on(hours=25)
    signed(kept)
    assert notices(kept, "heads-not-kept") == 1
    checked = kept.centre.proof.check()
    assert checked.intact  # a disk that is away says nothing about the log
    assert "is gone, or its disk is not there" in checked.vouched.remarks[0]
    away.rename(share)
    kept.time.go_on(hours=3)
    assert [one.why for one in signed(kept)] == [""]
    assert state(kept).failing_since is None


def notices(bureau: Bureau, kind: str) -> int:
    with bureau.centre.parts.database.read() as connection:
        rows = connection.execute(tables.notices.select().where(tables.notices.c.kind == kind))
        return len(rows.all())


def test_an_old_backup_is_found_by_the_copy(kept: Bureau, share: Path, tmp_path: Path) -> None:
    signed(kept)
    kept.close()
    shutil.copytree(kept.home, tmp_path / "backup")
    before = number(kept)
    for _ in range(3):
        something(kept)
    signed(kept)
    kept.close()
    shutil.rmtree(kept.home)
    shutil.copytree(tmp_path / "backup", kept.home)
    checked = kept.centre.proof.check()
    assert not checked.intact
    text = "\n".join(
        [*(one.message for one in checked.verdict.findings), *checked.vouched.troubles]
    )
    assert f"the tail was cut off: a head was signed over {before + 3} entries" in text
    assert "audit-share" in text
    something(kept)
    (given,) = signed(kept)
    assert given.code == "contradicts"
    assert max(sizes(kept, share)) == before + 3  # nothing was added to it
    assert kept.kinds()[-1] == "copy-contradicts"
    assert notices(kept, "audit-broken") >= 1


def test_a_copy_that_was_shortened_or_replaced_is_an_alarm(kept: Bureau, share: Path) -> None:
    signed(kept)
    old = share.read_bytes()
    something(kept)
    signed(kept)
    for changed in (old, old + b"x" * len(old), b""):
        share.write_bytes(changed)
        checked = kept.centre.proof.check()
        assert not checked.intact
        assert checked.verdict.intact
        assert len(checked.vouched.troubles) == 1
    share.write_bytes(old)
    something(kept)
    (given,) = signed(kept)
    assert given.code == "contradicts"
    assert "shorter than it was" in given.why
    assert share.read_bytes() == old


def test_what_was_written_before_we_died_is_not_written_again(kept: Bureau, share: Path) -> None:
    signed(kept)
    data = share.read_bytes()
    with kept.centre.parts.database.write() as connection:  # as if the note had not been noted
        connection.execute(tables.custody.update().values(size=0, extent=0, try_at=0))
    assert [one.why for one in signed(kept)] == [""]
    assert share.read_bytes() == data
    share.write_bytes(data + data[:40])  # and half a note
    something(kept)
    signed(kept)
    assert sizes(kept, share) == [number(kept) - 1, number(kept)]
    kept.assert_intact()


def test_two_installations_may_share_a_file(kept: Bureau, share: Path, tmp_path: Path) -> None:
    from bureau import found_home

    found_home(tmp_path / "other")
    other = moved_in(tmp_path / "other", tmp_path / "other-bureau", audit=settings(share))
    signed(kept)
    signed(other)
    something(kept)
    signed(kept)
    assert len(notefile.read(share.read_bytes()).notes) == 3
    kept.assert_intact()
    other.assert_intact()
    other.close()


def test_heads_go_by_mail_and_come_back_from_it(founded: Path, tmp_path: Path) -> None:
    with mail_server() as server:
        bureau = posting(founded, tmp_path, server)
        assert [given.why for given in signed(bureau)] == [""]
        (mail,) = server.of("audit@client.example")
        assert "signed head of" in str(mail.mail["Subject"])
        text = mail.text.encode()
        vouches = bureau.centre.proof.check().vouched.vouches
        assert [(one.kind, one.checked) for one in vouches] == [("mail", None)]
        checked = bureau.centre.proof.check({"mail.txt": text})
        assert [one.name for one in checked.vouched.vouches] == ["mail.txt", "there"]
        assert checked.intact
        bureau.close()


def posting(founded: Path, tmp_path: Path, server: MailServer) -> Bureau:
    mail = MailSettings("127.0.0.1", "paraplu@ssc.example", port=server.port, security="none")
    audit = one(kind="mail", to="audit@client.example")
    return moved_in(founded, tmp_path / "posting", audit=audit, mail=mail)


def test_heads_are_posted_with_the_token(
    founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARAPLU_DEPOT_USER", "paraplu")
    monkeypatch.setenv("PARAPLU_DEPOT_PASSWORD", "token-1")
    with depot() as there:
        audit = one(kind="http", url=f"{there.url}/heads", credential="depot")
        bureau = moved_in(founded, tmp_path / "b", audit=audit)
        assert [given.why for given in signed(bureau)] == [""]
        ((path, token, media_type, body),) = there.took
        assert (path, token) == ("/heads", "Bearer token-1")
        assert media_type == "text/plain; charset=utf-8"
        assert open_checkpoint(body, [bureau.centre.parts.journal.verifier], log(bureau))
        bureau.close()


def log(bureau: Bureau) -> str:
    return bureau.centre.parts.journal.log


@pytest.mark.parametrize("status", [500, 401, 302])
def test_a_server_that_does_not_take_it_or_sends_us_elsewhere_has_not_got_it(
    founded: Path, tmp_path: Path, status: int
) -> None:
    with depot() as there:
        there.status = status
        bureau = moved_in(founded, tmp_path / "b", audit=one(kind="http", url=there.url))
        (given,) = signed(bureau)
        assert given.code == "refused"
        assert len(there.took) == 1
        assert state(bureau, "there").size == 0
        bureau.close()


def test_a_server_that_is_down_says_so(founded: Path, tmp_path: Path, closed: Depot) -> None:
    bureau = moved_in(founded, tmp_path / "b", audit=one(kind="http", url=closed.url))
    (given,) = signed(bureau)
    assert given.code == "down"
    assert "does not answer" in given.why
    bureau.close()


@pytest.fixture
def closed() -> Depot:
    """A server that was there."""
    with depot() as there:
        pass
    return there


@pytest.mark.parametrize(
    ("copy", "why"),
    [
        ({"kind": "http", "url": "http://elsewhere.example/heads"}, "must begin with https://"),
        ({"kind": "http", "url": "https://user@there.example/"}, "no user, password"),
        ({"kind": "file"}, "needs path"),
        ({"kind": "mail", "to": "nobody"}, "must be a mail address"),
        ({"kind": "file", "path": "/x", "url": "https://x"}, "has no url"),
        ({"kind": "fax"}, "Input should be"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_what_is_wrong(
    bureau: Bureau, copy: dict[str, str], why: str
) -> None:
    bureau.close()
    file = bureau.home / "settings.toml"
    lines = "".join(f'{name} = "{value}"\n' for name, value in copy.items())
    file.write_text(file.read_text() + f'\n[[audit.copies]]\nname = "there"\n{lines}')
    with pytest.raises(SettingsWrong, match=why):
        load_home(bureau.home)


def test_settings_come_back_as_they_were_saved(kept: Bureau, share: Path) -> None:
    home = load_home(kept.home)
    assert home.audit == settings(share)
    assert home.audit.copies[0].every == timedelta(0)


def test_a_head_of_somebody_elses_key_in_a_copy_is_an_alarm(kept: Bureau, share: Path) -> None:
    from paraplu.audit.checkpoint import Checkpoint, sign_checkpoint
    from paraplu.audit.note import Signer

    signed(kept)
    forged = sign_checkpoint(Checkpoint(log(kept), 3, b"x" * 32), [Signer(log(kept), b"f" * 32)])
    share.write_bytes(share.read_bytes() + notefile.record(forged))
    checked = kept.centre.proof.check()
    assert "claims to be a head" in checked.vouched.troubles[0]
    something(kept)
    assert signed(kept)[0].code == "contradicts"


def test_a_head_by_our_own_key_of_a_log_that_is_not_here_is_an_alarm(
    kept: Bureau, share: Path
) -> None:
    signed(kept)
    gone = log(kept).rpartition("/")[0] + "/2025"
    frontier = Frontier()
    frontier.extend([bytes(32)] * 7)
    head = load_home(kept.home).signing().sign(gone, frontier)
    share.write_bytes(share.read_bytes() + notefile.record(head))
    checked = kept.centre.proof.check()
    assert checked.verdict.intact
    (trouble,) = checked.vouched.troubles
    assert f"a head over 7 entries of {gone}, signed by the key of this home" in trouble
    data = share.read_bytes()
    something(kept)
    assert [one.code for one in signed(kept)] == ["contradicts"]
    assert share.read_bytes() == data


def test_a_case_goes_on_while_a_place_contradicts(kept: Bureau, share: Path) -> None:
    signed(kept)
    share.write_bytes(b"")
    kept.story(booking("A-1"))
    assert kept.state("A-1") == "done"
    assert issubclass(Contradicted, Exception)
