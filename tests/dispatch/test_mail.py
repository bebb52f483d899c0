"""Mail goes to a real server, over a connection that is checked, and what fails is said in one sentence."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from leaks import leaks
from mailserver import (
    PASSWORD,
    USER,
    MailServer,
    drip,
    mail_server,
    make_certificates,
    talking,
)
from paraplu.dispatch.mail import Mail
from paraplu.domain.credential import Credential, Secret
from paraplu.domain.mail import Letter, MailSettings
from paraplu.errors import MailFailed, SettingsWrong
from paraplu.settings import Home, load_home

NOW = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
LETTER = Letter(
    "0193a5b0-7c1e-7d3a-9d55-0123456789ab",
    "olga@ssc.example",
    "Paraplu: En planlagt kørsel blev ikke gennemført",
    "Søren spørger: € 5?\n",
    NOW,
)
PLAIN = MailSettings("127.0.0.1", "paraplu@ssc.example", security="none")


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


def credential(_name: str, password: str = PASSWORD) -> Credential:
    return Credential("mail", USER, Secret(password))


def mail(server: MailServer | int, settings: MailSettings = PLAIN, **more: Any) -> Mail:
    port = server if isinstance(server, int) else server.port
    return Mail(replace(settings, port=port), credential, **more)


def failure(sender: Mail, letter: Letter = LETTER) -> MailFailed:
    with pytest.raises(MailFailed) as caught:
        sender.post(letter)
    assert PASSWORD not in str(caught.value)
    return caught.value


def secure(certificates: Path, security: Any = "starttls", **more: Any) -> MailSettings:
    values: dict[str, Any] = {
        "host": "localhost",
        "sender": "paraplu@ssc.example",
        "security": security,
        "ca_file": str(certificates / "ca.pem"),
    }
    return MailSettings(**{**values, **more})


def test_a_letter_arrives_with_what_a_mail_needs(server: MailServer) -> None:
    mail(server).post(LETTER)
    (one,) = server.took
    assert one.to == ["olga@ssc.example"]
    assert one.text == LETTER.text
    assert one.mail["Subject"] == LETTER.subject
    assert (one.mail["From"], one.mail["To"]) == ("paraplu@ssc.example", "olga@ssc.example")
    assert one.mail["Message-ID"] == f"<{LETTER.uid}@ssc.example>"
    assert parsedate_to_datetime(one.mail["Date"]) == NOW
    assert one.mail["Auto-Submitted"] == "auto-generated"  # RFC 3834
    assert one.mail.get_content_type() == "text/plain"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_text_and_password_go_over_an_encrypted_and_checked_connection(
    certificates: Path, security: str
) -> None:
    settings = secure(certificates, security, credential="mail")
    with mail_server(security=security, certificates=certificates, sign_in=True) as server:
        mail(server, settings).post(LETTER)
        assert [one.encrypted for one in server.took] == [True]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_whose_certificate_is_not_trusted_gets_nothing(
    certificates: Path, security: str
) -> None:
    settings = secure(certificates, security, ca_file="", credential="mail")
    with mail_server(security=security, certificates=certificates, sign_in=True) as server:
        error = failure(mail(server, settings))
        assert (error.code, error.for_ever) == ("certificate", False)
        assert "is not trusted" in str(error) and "ca_file in [mail]" in str(error)
        assert server.took == []


def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path) -> None:
    other = make_certificates(tmp_path / "other", "mail.elsewhere.example")
    with mail_server(security="tls", certificates=other) as server:
        assert failure(mail(server, secure(other, "tls"))).code == "certificate"
        assert server.took == []


def test_a_server_that_offers_no_starttls_gets_neither_password_nor_text(
    server: MailServer, certificates: Path
) -> None:
    error = failure(mail(server, secure(certificates, credential="mail")))
    assert error.code == "not-offered"
    assert server.took == []


def test_tls_on_a_port_that_speaks_plainly_is_said(server: MailServer, certificates: Path) -> None:
    error = failure(mail(server, secure(certificates, "tls")))
    assert error.code == "tls"
    assert '"starttls" is usually on 587' in str(error)


def test_a_file_of_authorities_that_holds_none_is_said(server: MailServer, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    error = failure(mail(server, secure(tmp_path, "tls")))
    assert error.code == "settings" and "PEM" in str(error)


def test_a_wrong_password_is_said_and_not_repeated(certificates: Path) -> None:
    settings = secure(certificates, credential="mail")
    with mail_server(security="starttls", certificates=certificates, sign_in=True) as server:
        sender = Mail(
            replace(settings, port=server.port), lambda name: credential(name, "wrong-Passw0rd")
        )
        error = failure(sender)
    assert error.code == "sign-in" and "'mail'" in str(error)
    assert leaks(["wrong-Passw0rd"], [str(error)]) == []


def test_a_credential_that_is_missing_is_said(server: MailServer) -> None:
    def missing(name: str) -> Credential:
        raise SettingsWrong(f"The credential '{name}' is missing.")

    sender = Mail(replace(PLAIN, port=server.port, credential="post"), missing)
    assert failure(sender).code == "settings"


def test_a_server_that_is_down_is_tried_again_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    error = failure(mail(port))
    assert (error.code, error.for_ever) == ("down", False)


def test_greylisting_puts_a_mail_off(server: MailServer) -> None:
    server.to_recipient[LETTER.to] = "451 4.7.1 Greylisted, try again later"
    error = failure(mail(server))
    assert (error.code, error.for_ever) == ("put-off", False)
    server.to_recipient.clear()
    mail(server).post(LETTER)
    assert len(server.took) == 1


def test_a_recipient_refused_for_good_is_not_tried_again(server: MailServer) -> None:
    server.to_recipient[LETTER.to] = "550 5.1.1 Unknown olga@ssc.example"
    error = failure(mail(server))
    assert (error.code, error.for_ever) == ("refused", True)
    assert "olga" not in str(error)


@pytest.mark.parametrize(("answer", "for_ever"), [("452 4.3.1 Full", False), ("554 No", True)])
def test_a_text_that_is_not_taken_was_not_sent(
    server: MailServer, answer: str, for_ever: bool
) -> None:
    server.to_text = answer
    assert failure(mail(server)).for_ever is for_ever


@pytest.mark.parametrize(
    "address", ["nobody", "a@b\nBcc: c@d", "", "two@x.example, three@x", "ø@x.dk"]
)
def test_an_address_that_is_none_is_given_up(server: MailServer, address: str) -> None:
    error = failure(mail(server), replace(LETTER, to=address))
    assert (error.code, error.for_ever) == ("address", True)
    assert server.took == []


def test_a_server_that_does_not_answer_is_not_waited_for_for_ever(server: MailServer) -> None:
    server.slow = 3600
    assert failure(mail(server, step=0.3)).code == "down"


def test_a_server_that_answers_byte_by_byte_is_cut_off() -> None:
    with talking(drip) as port:
        assert failure(mail(port, step=5, whole=0.5)).code == "down"


def test_a_server_that_says_nothing_that_makes_sense_is_one_that_is_down() -> None:
    with talking(lambda connection: connection.sendall(b"\xff" * 9000 + b"\r\n")) as port:
        assert failure(mail(port)).code == "down"


def test_tls_is_of_a_version_that_is_still_safe() -> None:
    context = Mail(PLAIN, credential)._context()
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.check_hostname and context.verify_mode is ssl.CERT_REQUIRED


# Settings ---------------------------------------------------------------------------------------------


def home(folder: Path, mail_table: str) -> Path:
    text = f'log = "x/audit/2026-1"\n[targets.x]\naddress = "y"\n{mail_table}'
    (folder / "settings.toml").write_text(text, "utf-8")
    return folder


def test_settings_of_mail_are_read_and_written_again(tmp_path: Path) -> None:
    table = (
        '[mail]\nhost = "smtp.ssc.example"\nfrom = "paraplu@ssc.example"\nsecurity = "tls"\n'
        'credential = "mail"\nca_file = "/etc/ca.pem"\nlink = "https://paraplu.example/"\n'
    )
    found = load_home(home(tmp_path, table))
    assert found.mail == MailSettings(
        "smtp.ssc.example",
        "paraplu@ssc.example",
        465,
        "tls",
        "mail",
        "/etc/ca.pem",
        "https://paraplu.example",
    )
    found.save()
    assert load_home(tmp_path) == found


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('[mail]\nhost = "x"\n', "from must be a mail address"),
        ('[mail]\nfrom = "a@b"\n', "host must be"),
        ('[mail]\nhost = "x"\nfrom = "a@b"\nsecurity = "none"\n', "on this machine only"),
        ('[mail]\nhost = "x"\nfrom = "a@b"\nsecurity = "ssl"\n', '"starttls", "tls" or "none"'),
        ('[mail]\nhost = "x"\nfrom = "a@b"\npassword = "hunter2"\n', "unknown: password"),
        ('[mail]\nhost = "x"\nfrom = "a@b"\nport = "25"\n', "port must be a number"),
        ('[mail]\nhost = 5\nfrom = "a@b"\n', "host must be a text"),
        ('[mail]\nhost = "x"\nfrom = "a@b"\nlink = "paraplu"\n', "begins with https://"),
    ],
)
def test_wrong_settings_of_mail_are_refused_with_what_to_write(
    tmp_path: Path, table: str, says: str
) -> None:
    with pytest.raises(SettingsWrong) as caught:
        load_home(home(tmp_path, table))
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_a_server_on_this_machine_may_do_without_tls(tmp_path: Path, host: str) -> None:
    table = f'[mail]\nhost = "{host}"\nfrom = "a@b"\nsecurity = "none"\n'
    assert load_home(home(tmp_path, table)).mail is not None


def test_the_day_on_which_a_password_expires_is_read_from_file_and_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secrets" / "credentials.toml"
    file.parent.mkdir()
    file.write_text('[a]\nexpires = 2027-01-31\n[b]\nexpires = "2027-02-01"\n[c]\nuser = "x"\n')
    file.chmod(0o600)
    monkeypatch.setenv("PARAPLU_D_E_EXPIRES", "2027-03-01")
    found = Home(tmp_path, "x").expiries({"a", "b", "c", "d-e"})
    assert found == {"a": date(2027, 1, 31), "b": date(2027, 2, 1), "d-e": date(2027, 3, 1)}
    monkeypatch.setenv("PARAPLU_D_E_EXPIRES", "soon")
    with pytest.raises(SettingsWrong, match="PARAPLU_D_E_EXPIRES=2027-01-31"):
        Home(tmp_path, "x").expiries({"d-e"})
