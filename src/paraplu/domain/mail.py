"""Mail: how it is sent, and one letter."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""The usual port for each kind of security (RFC 6409, RFC 8314)."""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """A mail server and how to talk to it.

    `security` is ``starttls``, ``tls`` from the first byte, or ``none``, which only a server on this very
    machine may have. `credential` names user and password, empty for a server that asks for none. `ca_file`
    holds the certificates that are trusted instead of the system's. `link` is where people read what a
    notice is about, without a slash at the end; empty: mails name the command.
    """

    host: str
    sender: str
    port: int = PORTS["starttls"]
    security: Literal["starttls", "tls", "none"] = "starttls"
    credential: str = ""
    ca_file: str = ""
    link: str = ""

    @property
    def domain(self) -> str:
        """The part of the sender's address after the @."""
        return self.sender.rpartition("@")[2]

    def wrong(self) -> str | None:
        """What is wrong with these settings, in words; None when nothing is."""
        if not self.host or any(character.isspace() for character in self.host):
            return "host must be the name of the mail server"
        local, _at, domain = self.sender.rpartition("@")
        if not local or not domain or not self.sender.isascii() or not self.sender.isprintable():
            return "from must be a mail address, for instance paraplu@ssc.example"
        if self.security not in PORTS:
            return 'security must be "starttls", "tls" or "none"'
        if not 0 < self.port < 65536:
            return "port must be a number from 1 to 65535"
        if self.security == "none" and not is_loopback(self.host):
            return (
                f'security = "none" is for a mail server on this machine only, and {self.host} is another: '
                'write "starttls" or "tls"'
            )
        if self.link and not self.link.startswith(("https://", "http://")):
            return "link must be an address that begins with https://"
        return None


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail, plain text. `uid` is that of the mail: sent twice, it has the same Message-ID."""

    uid: str
    to: str
    subject: str
    text: str
    moment: datetime


def is_loopback(host: str) -> bool:
    """Whether `host` is this very machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
