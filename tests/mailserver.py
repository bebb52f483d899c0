"""A real mail server for tests: aiosmtpd on loopback, with TLS by certificates that are made here."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "paraplu", "post-and-horse-7"


@dataclass
class Received:
    """What a server has taken: for whom, the mail, and whether the connection was encrypted."""

    to: list[str]
    mail: EmailMessage
    encrypted: bool

    @property
    def text(self) -> str:
        """The text of the mail."""
        return str(self.mail.get_content()).replace("\r\n", "\n")


@dataclass
class MailServer:
    """One server. What it answers can be set while it runs: by recipient, and after the text."""

    port: int = 0
    took: list[Received] = field(default_factory=list)
    to_recipient: dict[str, str] = field(default_factory=dict)  # the answer to RCPT TO
    to_text: str = "250 OK"
    slow: float = 0.0  # seconds before the answer to RCPT TO
    calls: int = 0

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer to a recipient."""
        import asyncio

        self.calls += 1
        await asyncio.sleep(self.slow)
        answer = self.to_recipient.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        if self.to_text.startswith("250"):
            mail = message_from_bytes(cast(bytes, envelope.original_content), policy=default)
            encrypted = server.transport.get_extra_info("ssl_object") is not None
            taken = Received(list(envelope.rcpt_tos), cast(EmailMessage, mail), encrypted)
            self.took.append(taken)
        return self.to_text

    def of(self, address: str) -> list[Received]:
        """What came for somebody."""
        return [one for one in self.took if one.to == [address]]


@contextmanager
def mail_server(
    *, security: str = "none", certificates: Path | None = None, sign_in: bool = False
) -> Iterator[MailServer]:
    """A server that listens on a free port of 127.0.0.1.

    `security` as in [mail]; `certificates` is a folder of `make_certificates`.
    """
    server = MailServer()
    context = None
    if certificates is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    options: dict[str, Any] = {}
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if sign_in:
        options |= {
            "authenticator": _check,
            "auth_required": True,
            "auth_require_tls": security != "none",
        }
    if security == "tls":
        options |= {"ssl_context": context, "auth_require_tls": False}
    with socket.create_server(("127.0.0.1", 0)) as free:  # the controller cannot take just any
        server.port = int(free.getsockname()[1])
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def _check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=good, handled=False)


@contextmanager
def talking(say: Callable[[Any], None]) -> Iterator[int]:
    """A server of which each connection is handled by `say`. Gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    connection, _peer = listening.accept()
                except TimeoutError:
                    continue
                except OSError:
                    return
                with connection:
                    try:
                        say(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(listening.getsockname()[1])
        ended.set()
        thread.join(30)


def drip(connection: Any) -> None:
    """A greeting that never ends: one byte after the other, each in time."""
    while True:
        connection.sendall(b"2")
        time.sleep(0.05)


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def make_certificates(folder: Path, name: str = "localhost") -> Path:
    """An authority (``ca.pem``) and the certificate it gave a server called `name`, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = _certificate("Test authority", None)
    server = _certificate(name, authority)
    form = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(authority.public_bytes(form))
    (folder / "server.pem").write_bytes(server.public_bytes(form))
    plain = serialization.NoEncryption()
    (folder / "server.key").write_bytes(
        _key().private_bytes(form, serialization.PrivateFormat.PKCS8, plain)
    )
    return folder


def _certificate(name: str, issuer: x509.Certificate | None) -> x509.Certificate:
    """A certificate for `name` and 127.0.0.1, by `issuer`; without one an authority's own."""
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key_id = x509.SubjectKeyIdentifier.from_public_key(_key().public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(key_id, critical=False)
    )
    if issuer is not None:
        names: list[x509.GeneralName] = [x509.DNSName(name)]
        if name == "localhost":
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(_key().public_key())
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(authority, critical=False)
    return builder.sign(_key(), hashes.SHA256())
