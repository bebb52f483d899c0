"""What stands in a client file: a client with its people, agreements and mandates, and how two differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from paraplu.domain.agreement import Agreement, Client
from paraplu.domain.mandate import Mandate
from paraplu.domain.person import Person


class ClientFile(BaseModel):
    """The content of one file of `schedules/`: a client with its people, agreements and mandates.

    A file without a client holds people of the service centre only. `revision` is that of the records
    the file was exported from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    revision: str | None = None
    client: Client | None = None
    person: tuple[Person, ...] = ()
    agreement: tuple[Agreement, ...] = ()
    mandate: tuple[Mandate, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference: ``+`` added, ``-`` ended, ``~`` changed; `what` says what, in English.

    `service` is the one it belongs to, None when it belongs to none. `before` and `after` are the part as
    it was and becomes, as plain data.
    """

    sign: str
    what: str
    service: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.sign} {self.what}"


def difference(now: ClientFile, new: ClientFile) -> list[Line]:
    """What changes when `new` is put into force where `now` is on record.

    People and agreements that `new` does not name stay; mandates that it does not name end.
    """
    lines = []
    people = {person.handle: person for person in now.person}
    for person in new.person:
        lines += _line(f"person {person.handle}", people.get(person.handle), person)
    if new.client is None:
        return lines
    lines += _line(f"client {new.client.id}", now.client, new.client)
    agreements = {agreement.service: agreement for agreement in now.agreement}
    for agreement in new.agreement:
        old = agreements.get(agreement.service)
        what = f"agreement {agreement.id}"
        if old is not None:
            what = f"agreement {old.id} -> {agreement.id}"
        lines += _line(what, old, agreement, agreement.service)
    for mandate in new.mandate:
        if mandate not in now.mandate:
            lines += _line(_in_words(mandate), None, mandate, mandate.service)
    for mandate in now.mandate:
        if mandate not in new.mandate:
            lines += _line(_in_words(mandate), mandate, None, mandate.service)
    return lines


def _line(
    what: str, before: BaseModel | None, after: BaseModel | None, service: str | None = None
) -> list[Line]:
    if before == after:
        return []
    sign = "+" if before is None else "-" if after is None else "~"
    return [Line(sign, what, service, _plain(before), _plain(after))]


def _plain(part: BaseModel | None) -> Mapping[str, Any] | None:
    return None if part is None else part.model_dump(mode="json")


def _in_words(mandate: Mandate) -> str:
    limit = "any amount" if mandate.limit is None else f"up to {mandate.limit}"
    return f"mandate of {mandate.person} to {mandate.may} {mandate.service}, {limit}"
