"""What stands in reviewed files: a client with all that is its own, or a shared calendar; how two differ."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from paraplu.domain.agreement import Agreement, Client
from paraplu.domain.mandate import Mandate
from paraplu.domain.person import Person
from paraplu.domain.schedule import Schedule
from paraplu.domain.shared_calendar import SharedCalendar

OF_THE_CLIENT = ("agreement", "mandate", "schedule")
"""The tables that belong to the client of their file, which is not written again in each."""


class ClientFile(BaseModel):
    """The content of one file of `schedules/`: a client with people, agreements, mandates, schedules.

    A file without a client holds people of the service centre only. `revision` is that of the records
    the file was exported from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    revision: str | None = None
    client: Client | None = None
    person: tuple[Person, ...] = ()
    agreement: tuple[Agreement, ...] = ()
    mandate: tuple[Mandate, ...] = ()
    schedule: tuple[Schedule, ...] = ()


class CalendarFile(SharedCalendar):
    """The content of one file of `schedules/calendars/`; `revision` as in a client file."""

    revision: str | None = None


def json_schema(model: type[ClientFile] | type[CalendarFile]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a file, for editors that check TOML files."""
    schema = model.model_json_schema()
    parts = schema.get("$defs", {})
    for name in ("Agreement", "Mandate", "Schedule"):
        if name in parts:  # the client of a file is not written again in each table
            del parts[name]["properties"]["client"]
            parts[name]["required"].remove("client")
    if "Schedule" in parts:
        parts["Schedule"]["required"].append("timezone")
    what = "client file" if model is ClientFile else "shared calendar"
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **schema, "title": f"A {what} of Paraplu"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a difference: ``+`` added, ``-`` ended, ``~`` changed; `what` says what, in English.

    `kind` is that of the part, `service` the one it belongs to, None when it belongs to none. `before` and
    `after` are the part as it was and becomes, as plain data.
    """

    sign: str
    what: str
    kind: str
    service: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.sign} {self.what}"


def revision_of(parts: Iterable[str]) -> str:
    """A short digest of settings of record."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def difference(now: ClientFile, new: ClientFile) -> list[Line]:
    """What changes when `new` is put into force where `now` is on record.

    People and agreements that `new` does not name stay; mandates and schedules that it does not name end.
    """
    lines = []
    people = {person.handle: person for person in now.person}
    for person in new.person:
        lines += _line("person", person.handle, people.get(person.handle), person)
    if new.client is None:
        return lines
    lines += _line("client", new.client.id, now.client, new.client)
    agreements = {agreement.service: agreement for agreement in now.agreement}
    for agreement in new.agreement:
        old = agreements.get(agreement.service)
        name = agreement.id if old is None else f"{old.id} -> {agreement.id}"
        lines += _line("agreement", name, old, agreement)
    for mandate in new.mandate:
        if mandate not in now.mandate:
            lines += _line("mandate", _in_words(mandate), None, mandate)
    for mandate in now.mandate:
        if mandate not in new.mandate:
            lines += _line("mandate", _in_words(mandate), mandate, None)
    before = {schedule.name: schedule for schedule in now.schedule}
    after = {schedule.name: schedule for schedule in new.schedule}
    for schedule in new.schedule:
        was = before.get(schedule.name)
        name = f"{schedule.id}: {_change(was, schedule) or schedule.when}"
        lines += _line("schedule", name, was, schedule)
    for schedule in now.schedule:
        if schedule.name not in after:
            lines += _line("schedule", f"{schedule.id}: {schedule.when}", schedule, None)
    return lines


def calendar_difference(now: SharedCalendar | None, new: CalendarFile) -> list[Line]:
    """What changes when `new` is put into force where `now` is on record."""
    calendar = plain_calendar(new)
    change = _change(now, calendar)
    return _line("calendar", f"{new.id}: {change}" if change else new.id, now, calendar)


def plain_calendar(file: CalendarFile) -> SharedCalendar:
    """The calendar of a file."""
    return SharedCalendar.model_validate(file.model_dump(exclude={"revision"}))


def _line(kind: str, name: str, before: BaseModel | None, after: BaseModel | None) -> list[Line]:
    if before == after:
        return []
    sign = "+" if before is None else "-" if after is None else "~"
    what = name if kind == "mandate" else f"{kind} {name}"
    service = getattr(after if before is None else before, "service", None)
    return [Line(sign, what, kind, service, _plain(before), _plain(after))]


def _plain(part: BaseModel | None) -> Mapping[str, Any] | None:
    return None if part is None else part.model_dump(mode="json")


def _change(before: BaseModel | None, after: BaseModel) -> str:
    """The keys that change: the value before and after or, of a list, what comes and goes."""
    if before is None:
        return ""
    changes = []
    for key in type(after).model_fields:
        old, new = getattr(before, key), getattr(after, key)
        if old == new:
            continue
        if isinstance(old, tuple):
            come = [f"+{_shown(one)}" for one in new if one not in old]
            go = [f"-{_shown(one)}" for one in old if one not in new]
            changes.append(f"{key} {' '.join([*go, *come])}")
        else:
            changes.append(f"{key} {_shown(old)} -> {_shown(new)}")
    return ", ".join(changes)


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, BaseModel):
        return value.model_dump_json(exclude_defaults=True)
    return f'"{value}"' if isinstance(value, str) else str(value)


def _in_words(mandate: Mandate) -> str:
    limit = "any amount" if mandate.limit is None else f"up to {mandate.limit}"
    return f"mandate of {mandate.person} to {mandate.may} {mandate.service}, {limit}"
