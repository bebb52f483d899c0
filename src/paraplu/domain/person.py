"""People: who they are, what they may do and for which clients."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from paraplu.domain.agreement import Setting


class Role(StrEnum):
    """What a person does here."""

    OPERATOR = "operator"
    APPROVER = "approver"
    CLIENT_CONTACT = "client-contact"
    AUDITOR = "auditor"
    LEAD = "lead"
    ADMINISTRATOR = "administrator"


class Person(Setting):
    """A person known to Paraplu. `handle` is the user name, unique; `clients` empty means all.

    `system_user` is the operating-system user that the person is on the command line. `subjects` are the
    records that are about this person (``waterland/00412``): they decide on none of them.
    """

    handle: str = Field(pattern=r"^[a-z][a-z0-9._-]{1,39}$")
    name: str = Field(min_length=1, max_length=120)
    email: str | None = Field(default=None, max_length=200)
    roles: tuple[Role, ...] = ()
    clients: tuple[str, ...] = ()
    system_user: str | None = Field(default=None, max_length=120)
    subjects: tuple[str, ...] = ()

    def sees(self, client: str) -> bool:
        """Whether the person works for or with `client`."""
        return not self.clients or client in self.clients

    def has(self, *roles: Role) -> bool:
        """Whether the person has one of `roles`."""
        return any(role in self.roles for role in roles)
