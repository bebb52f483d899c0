"""Custody: where signed heads of the audit log are kept elsewhere, and who else signs them.

A copy that the administrators of this machine cannot reach is what shows that a tail was cut off or an old
backup put back. A witness is another organisation's: it signs a head only when that extends the last one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from paraplu.domain.mail import is_loopback
from paraplu.domain.setting import Setting, known_zone

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]

_MINUTES = {"file": 60, "http": 60, "mail": 1440}
FAILS_TOO_LONG = timedelta(days=1)
"""A copy or a witness that could not be reached for so long is told of."""


def wrong_address(url: str) -> str | None:
    """What is wrong with the address of something that heads are sent to; None when nothing is."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return "url must be an address that begins with https://"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "url must have no user, password, ? or # in it: a token is a credential, by name"
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return "url must begin with https://: only a server on this very machine may do without"
    return None


class Copy(Setting):
    """A place that signed heads go to: a `file` they are appended to, a `mail` address, an `http` server.

    At most every `minutes` one head goes there (0: each one). `credential` names the account whose password
    is the token for an http server, `ca_file` the certificates that are trusted there instead of the
    system's.
    """

    name: Name
    kind: Literal["file", "mail", "http"]
    path: str = ""
    to: str = ""
    url: str = ""
    credential: str = ""
    ca_file: str = ""
    minutes: int | None = Field(default=None, ge=0, le=10_080)

    @property
    def every(self) -> timedelta:
        """At most so often one head goes there."""
        return timedelta(minutes=_MINUTES[self.kind] if self.minutes is None else self.minutes)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        needs = {"file": "path", "mail": "to", "http": "url"}[self.kind]
        if not getattr(self, needs):
            raise ValueError(f"the copy '{self.name}' of kind {self.kind} needs {needs}")
        others = {"path", "to", "url"} - {needs}
        if self.kind != "http":
            others |= {"credential", "ca_file"}
        if strange := sorted(other for other in others if getattr(self, other)):
            raise ValueError(
                f"the copy '{self.name}' of kind {self.kind} has no {', '.join(strange)}"
            )
        if self.kind == "mail" and ("@" not in self.to or not self.to.isascii()):
            raise ValueError(f"to of the copy '{self.name}' must be a mail address")
        if self.kind == "http" and (wrong := wrong_address(self.url)):
            raise ValueError(f"{wrong} (the copy '{self.name}')")
        return self


class Witness(Setting):
    """A witness: where it answers, and its key (`vkey`, as its owner gave it to us)."""

    name: Name
    url: str
    vkey: str
    ca_file: str = ""
    minutes: int = Field(default=1, ge=0, le=10_080)

    @property
    def every(self) -> timedelta:
        """At most so often it is asked, but for an act that waits for it."""
        return timedelta(minutes=self.minutes)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if wrong := wrong_address(self.url):
            raise ValueError(f"{wrong} (the witness '{self.name}')")
        return self


class AuditSettings(Setting):
    """The table [audit] of a home's settings.

    `timezone` tells when a year is over and the next log begins. `sign_command` is asked to sign heads
    instead of the file `secrets/log.key`: it gets the bytes on standard input and writes the signature.
    """

    timezone: str = "Europe/Amsterdam"
    sign_command: tuple[str, ...] = ()
    copies: tuple[Copy, ...] = ()
    witnesses: tuple[Witness, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return known_zone(value)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.timezone)

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        names = [*(one.name for one in self.copies), *(one.name for one in self.witnesses)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two copies or witnesses have the name {', '.join(twice)}")
        return self
