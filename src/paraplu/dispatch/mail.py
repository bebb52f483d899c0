"""Hands letters to a mail server by SMTP, over a connection that is encrypted and checked.

RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 8314 (TLS from the first byte), RFC 3834 (mail that nobody should
answer to). What a server says is not repeated anywhere: it may quote an address. Its code is.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as FORM
from email.utils import format_datetime

from paraplu.domain.credential import Credential
from paraplu.domain.mail import Letter, MailSettings
from paraplu.errors import MailFailed, SettingsWrong

_STEP = 20.0  # seconds that a server may take for one answer
_WHOLE = 60.0  # seconds that one letter may take; the outbox holds its notices for longer


class Mail:
    """A mail server. `credential` gives user and password by name."""

    def __init__(
        self,
        settings: MailSettings,
        credential: Callable[[str], Credential],
        *,
        step: float = _STEP,
        whole: float = _WHOLE,
    ) -> None:
        self._settings = settings
        self._credential = credential
        self._step = step
        self._whole = whole

    def post(self, letter: Letter) -> None:
        """Hand over one letter; returns when the server has taken it.

        Raises `MailFailed` otherwise, with what to do about it: code ``put-off`` when the server says later
        (RFC 5321, 4yz) and ``refused`` when it never takes a mail for this person, ``address`` when theirs
        is none; others concern the server or these settings. Nobody knows whether a server that falls
        silent after the text has taken it: that counts as not sent.
        """
        message = _message(letter, self._settings)
        with self._told(), self._connection() as server:
            self._sign_in(server)
            refused = server.send_message(message, self._settings.sender, [letter.to])
            if refused:  # one recipient: a refusal is raised
                raise MailFailed("The mail server refused the recipient.", "refused")

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        settings = self._settings
        plain = settings.security != "tls"
        make: Callable[[], smtplib.SMTP]
        own = settings.domain  # not what the resolver says of this machine, which may take long
        if plain:
            make = lambda: smtplib.SMTP(local_hostname=own, timeout=self._step)  # noqa: E731
        else:
            context = self._context()
            make = lambda: smtplib.SMTP_SSL(  # noqa: E731
                local_hostname=own, timeout=self._step, context=context
            )
        server = make()
        # smtplib tells the server's name to TLS by this, and sets it only when it connects by itself.
        server._host = settings.host  # type: ignore[attr-defined]
        late = threading.Timer(self._whole, _cut, [server])
        late.daemon = True
        late.start()
        try:
            code, _said = server.connect(settings.host, settings.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, "")
            server.ehlo_or_helo_if_needed()
            if settings.security == "starttls":
                server.starttls(context=self._context())
                server.ehlo()
            yield server
        except BaseException:
            server.close()
            raise
        else:
            _quit(server)
        finally:
            late.cancel()

    def _context(self) -> ssl.SSLContext:
        file = self._settings.ca_file
        try:
            return ssl.create_default_context(cafile=file or None)
        except (OSError, ssl.SSLError):
            raise SettingsWrong(
                f"The file of trusted certificates {file} ([mail] ca_file) cannot be read: it must hold "
                "certificates in PEM form."
            ) from None

    def _sign_in(self, server: smtplib.SMTP) -> None:
        if self._settings.credential:
            known = self._credential(self._settings.credential)
            server.login(known.user, known.password.reveal())

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what smtplib, ssl and sockets raise into `MailFailed`."""
        where = f"{self._settings.host}:{self._settings.port}"
        try:
            yield
        except MailFailed:
            raise
        except SettingsWrong as error:
            raise MailFailed(str(error), "settings") from None
        except ssl.SSLCertVerificationError as error:
            why = error.verify_message.rstrip(".") or "it cannot be checked"
            raise MailFailed(
                f"The certificate of the mail server {where} is not trusted ({why}). Nothing was sent. If "
                "the server is yours, name the file of its authority: ca_file in [mail].",
                "certificate",
            ) from None
        except ssl.SSLError:
            raise MailFailed(
                f"The mail server {where} does not speak TLS as it should. Nothing was sent. Look at port "
                'and security in [mail]: "starttls" is usually on 587, "tls" on 465.',
                "tls",
            ) from None
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused(max(code for code, _said in error.recipients.values()), where) from None
        except smtplib.SMTPSenderRefused as error:
            raise MailFailed(
                f"The mail server {where} does not take mail from {self._settings.sender} "
                f"({error.smtp_code}): look at from and credential in [mail].",
                "put-off" if error.smtp_code < 500 else "sender-refused",
            ) from None
        except smtplib.SMTPDataError as error:
            raise _refused(error.smtp_code, where) from None
        except smtplib.SMTPAuthenticationError as error:
            raise MailFailed(
                f"The mail server {where} does not let the credential '{self._settings.credential}' in "
                f"({error.smtp_code}): look at its user and password.",
                "sign-in",
            ) from None
        except smtplib.SMTPNotSupportedError:
            raise MailFailed(
                f"The mail server {where} cannot do what [mail] asks of it: it offers no STARTTLS, or no "
                'sign-in. Nothing was sent. "tls" with port 465 may be what it speaks.',
                "not-offered",
            ) from None
        except (smtplib.SMTPException, OSError, ValueError, EOFError):
            raise MailFailed(
                f"The mail server {where} does not answer, or broke off: is it running, are host and port "
                "in [mail] right?",
                "down",
            ) from None


def _refused(code: int, where: str) -> MailFailed:
    if code < 500:
        return MailFailed(f"The mail server {where} puts the mail off ({code}).", "put-off")
    return MailFailed(
        f"The mail server {where} refuses this mail or its recipient for good ({code}): is the person's "
        "address right, and may Paraplu send there?",
        "refused",
        for_ever=True,
    )


def _message(letter: Letter, settings: MailSettings) -> EmailMessage:
    """The mail as it is sent. Raises `MailFailed` when the recipient's address is none."""
    message = EmailMessage(policy=FORM)
    try:
        message["To"] = Address(addr_spec=letter.to)
        if not letter.to.isascii():
            raise ValueError("an address beyond ASCII")
    except (MessageError, ValueError, IndexError):
        raise MailFailed(
            "The mail address of this person is none that mail can be sent to: correct email in the "
            "client file.",
            "address",
            for_ever=True,
        ) from None
    message["From"] = Address(addr_spec=settings.sender)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.moment)
    message["Message-ID"] = f"<{letter.uid}@{settings.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5: no answers from absent people
    message.set_content(letter.text, cte="quoted-printable")
    return message


def _cut(server: smtplib.SMTP) -> None:
    """End a connection from another thread: whoever waits for an answer gets an error."""
    connection = server.sock
    if connection is not None:
        try:
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
        except OSError:
            return


def _quit(server: smtplib.SMTP) -> None:
    """Say goodbye; the letter has been taken, whatever comes of that."""
    try:
        server.quit()
    except (smtplib.SMTPException, OSError, ValueError):
        server.close()
