"""What is wrong in reviewed files beside each other, the bots that are installed and what is on record."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import ValidationError

from paraplu.domain.agreement import Agreement
from paraplu.domain.calendar import categories_of
from paraplu.domain.chain import loops
from paraplu.domain.folder import shared_paths
from paraplu.domain.rule import AfterService
from paraplu.domain.schedule import Schedule
from paraplu.domain.shared_calendar import SharedCalendar
from paraplu.engine.calendars import dates_of
from paraplu.engine.clientfile import OF_THE_CLIENT, CalendarFile, ClientFile
from paraplu.engine.reviewed import Reviewed, Wrong, unknown_key


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What files are checked against: everything on record, as far as they speak of it.

    `handles` are the user names known here, `clients` those that the files speak of, `schedules` and
    `agreements` (the newest of each) all of the other clients.
    """

    handles: frozenset[str] = frozenset()
    clients: Mapping[str, ClientFile] = field(default_factory=dict)
    calendars: Mapping[str, SharedCalendar] = field(default_factory=dict)
    schedules: Sequence[Schedule] = ()
    agreements: Sequence[Agreement] = ()


NOTHING = OnRecord()
"""Files that are looked at by themselves."""


def wrong_places(
    files: Sequence[Reviewed], bots: Mapping[str, Any], known: OnRecord = NOTHING
) -> list[tuple[Reviewed, list[Wrong]]]:
    """Every wrong place of files that are to be put into force together, by file."""
    return _Check(files, bots, known).found()


class _Check:
    """One look at all files of a call."""

    def __init__(self, files: Sequence[Reviewed], bots: Mapping[str, Any], known: OnRecord) -> None:
        self._files = files
        self._bots = bots
        self._known = known
        self._calendars = dict(known.calendars)
        self._handles = set(known.handles)
        self._alone = known is NOTHING
        newest = {(one.client, one.service): one for one in known.agreements}
        newest |= {
            (one.client, one.service): one
            for content in [*known.clients.values(), *(file.content for file in files)]
            if isinstance(content, ClientFile)
            for one in content.agreement
        }
        self._folders = {one.id: one.folder for one in newest.values() if one.folder is not None}
        for file in files:
            if isinstance(file.content, CalendarFile):
                self._calendars[file.content.id] = file.content
            self._handles |= {str(item.get("handle")) for item in _tables(file, "person")}

    def found(self) -> list[tuple[Reviewed, list[Wrong]]]:
        """All wrong places, by file."""
        seen: dict[Any, str] = {}
        return [(file, [*file.wrong, *self._of(file, seen)]) for file in self._files]

    def _of(self, file: Reviewed, seen: dict[Any, str]) -> Iterator[Wrong]:
        content = file.content
        if content is None:
            return
        own = (
            content.id
            if isinstance(content, CalendarFile)
            else content.client and content.client.id
        )
        what = (type(content), own)
        if own is not None and what in seen:
            place: tuple[str, ...] = (
                ("id",) if isinstance(content, CalendarFile) else ("client", "id")
            )
            yield file.wrong_at(place, f"'{own}' stands in {seen[what]} already; leave one out")
        seen.setdefault(what, file.name)
        if isinstance(content, CalendarFile):
            yield from self._outlived(file, content)
            return
        yield from _twice(file)
        if content.client is None:
            yield from _homeless(file)
            return
        now = self._known.clients.get(content.client.id, ClientFile())
        yield from _foreign(file, content.client.id)
        yield from self._agreements(file, content, now)
        yield from self._mandates(file, content)
        yield from self._schedules(file, content, now)

    def _outlived(self, file: Reviewed, calendar: CalendarFile) -> Iterator[Wrong]:
        """Schedules of other clients that go on beyond a calendar that is changed."""
        for schedule in self._known.schedules:
            if dates_of(schedule) == calendar.id and (what := _outlives(schedule, calendar)):
                yield file.wrong_at(("ends",), f"schedule '{schedule.id}' uses it, and {what}")

    def _agreements(self, file: Reviewed, content: ClientFile, now: ClientFile) -> Iterator[Wrong]:
        old = {one.service: one for one in now.agreement}
        for number, one in enumerate(content.agreement):
            place = file.at("agreement", number)
            before = old.get(one.service)
            if before is not None and before != one and one.version <= before.version:
                yield file.wrong_at(
                    (*place, "version"),
                    f"it was changed but is still version {one.version}; "
                    f"write: version = {before.version + 1}",
                )
            if one.valid_until is not None and one.valid_until < one.valid_from:
                yield file.wrong_at((*place, "valid_until"), _ends_early(one.valid_from))
            for index, name in enumerate(one.calendar.include):
                if name not in self._calendars:
                    where = (*place, "calendar", "include", index)
                    yield file.wrong_at(where, f"include: {self._no_calendar(name)}")
            yield from self._folder(file, place, one)
            known = categories_of(one.calendar.country)
            for index, category in enumerate(one.calendar.categories):
                if category not in known:
                    where = (*place, "calendar", "categories", index)
                    country = one.calendar.country
                    what = f"categories: {country} has none of this name; write: {_one_of(known)}"
                    yield file.wrong_at(where, what)
            if one.service not in self._bots:
                yield file.wrong_at((*place, "service"), self._no_bot(one.service))
                continue
            variants = self._bots[one.service].variants
            try:
                variants.model_validate(one.variants)
            except ValidationError as error:
                for item in error.errors(include_url=False, include_context=False):
                    keys = ("variants", *item["loc"])
                    what = f"{'.'.join(map(str, keys))}: {item['msg']}"
                    if item["type"] == "extra_forbidden" and len(keys) == 2:
                        what = f"variants: {unknown_key(str(keys[1]), variants.model_fields)}"
                    yield file.wrong_at((*place, *keys), what)

    def _folder(
        self, file: Reviewed, place: tuple[str | int, ...], one: Agreement
    ) -> Iterator[Wrong]:
        """Only a client writes into its folder, which proves who delivers: somebody who may ask."""
        if one.folder is None:
            return
        who, place = one.folder.submitter, (*place, "folder")
        asking = {
            item.get("person")
            for item in _tables(file, "mandate")
            if (item.get("service"), item.get("may")) == (one.service, "ask")
        }
        if who not in asking:
            what = (
                f"submitter: '{who}' may not ask; add a [[mandate]] of '{who}' with may = \"ask\""
            )
            yield file.wrong_at((*place, "submitter"), what)
        for first, second in shared_paths(self._folders):
            if one.id in (first, second):
                other = second if one.id == first else first
                what = (
                    f"path: this folder and that of {other} are one, or one lies in the other; "
                    "write: a folder of its own"
                )
                yield file.wrong_at((*place, "path"), what)

    def _mandates(self, file: Reviewed, content: ClientFile) -> Iterator[Wrong]:
        for number, one in enumerate(content.mandate):
            place = file.at("mandate", number)
            for key in ("person", "granted_by", "deputy_of"):
                handle = getattr(one, key)
                if handle is None or handle in self._handles:
                    continue
                if self._alone:  # people may stand in other files, or be known already
                    continue
                near = difflib.get_close_matches(handle, self._handles, n=1)
                todo = f"write: {near[0]}, or add" if near else "add"
                what = f"{key}: nobody knows '{handle}'; {todo} a [[person]] with that handle"
                yield file.wrong_at((*place, key), what)
            if one.service not in self._bots:
                yield file.wrong_at((*place, "service"), self._no_bot(one.service))
            if one.valid_until is not None and one.valid_until < one.valid_from:
                yield file.wrong_at((*place, "valid_until"), _ends_early(one.valid_from))

    def _schedules(self, file: Reviewed, content: ClientFile, now: ClientFile) -> Iterator[Wrong]:
        agreed = {one.service for one in (*content.agreement, *now.agreement)}
        # One that is wrong in itself is told already; what is wrong with its schedules shows then.
        agreed |= {str(item.get("service")) for item in _tables(file, "agreement")}
        good = {index: number for number, index in enumerate(file.indexes.get("schedule", ()))}
        for index, item in enumerate(_tables(file, "schedule")):
            service = item.get("service")
            if isinstance(service, str) and service:
                yield from self._service(file, ("schedule", index, "service"), service, agreed)
            if index not in good:
                continue
            schedule, place = content.schedule[good[index]], ("schedule", index, "when")
            if isinstance(schedule.rule, AfterService):
                yield from self._service(file, place, schedule.rule.service, agreed)
            name = dates_of(schedule)
            if name is not None:
                yield from self._calendar(file, place, schedule, name)
        # A file holds all schedules of its client: those that are not in it are ended.
        for loop in loops(content.schedule):
            number = next(n for n, one in enumerate(content.schedule) if one is loop[0])
            yield file.wrong_at(file.at("schedule", number, "when"), _for_ever(loop))

    def _service(
        self, file: Reviewed, place: tuple[str | int, ...], service: str, agreed: set[str]
    ) -> Iterator[Wrong]:
        if service not in self._bots:
            yield file.wrong_at(place, self._no_bot(service))
        elif service not in agreed:
            what = f"nothing was agreed about '{service}'; add an [[agreement]] about it"
            yield file.wrong_at(place, what)

    def _calendar(
        self, file: Reviewed, place: tuple[str | int, ...], schedule: Schedule, name: str
    ) -> Iterator[Wrong]:
        calendar = self._calendars.get(name)
        if calendar is None:
            yield file.wrong_at(place, self._no_calendar(name))
        elif not calendar.dates:
            yield file.wrong_at(place, f"calendar '{name}' has no dates; add dates = [...] to it")
        elif what := _outlives(schedule, calendar):
            if schedule.valid_until is not None:
                place = (*place[:2], "valid_until")
            yield file.wrong_at(place, what)

    def _no_calendar(self, name: str) -> str:
        return f"there is no calendar '{name}'; write: {_nearest(name, self._calendars)}"

    def _no_bot(self, service: str) -> str:
        known = ", ".join(sorted(self._bots)) or "none"
        return f"no bot offers the service '{service}'; write one of: {known}"


def _outlives(schedule: Schedule, calendar: SharedCalendar) -> str | None:
    """What to write when a schedule goes on after its calendar has ended."""
    end = calendar.last_day
    if end is None or (schedule.valid_until is not None and schedule.valid_until <= end):
        return None
    return (
        f"calendar '{calendar.id}' ends on {end}, before the schedule; write: valid_until = {end}"
    )


def _for_ever(loop: Sequence[Schedule]) -> str:
    """What to write in place of schedules that set each other off again and again."""
    others = ", ".join(f"'{one.name}'" for one in loop[1:])
    way = " -> ".join(one.service for one in (*loop, loop[0]))
    return (
        f'"{loop[0].when}": with {others} runs would set each other off for ever ({way}); write a time in '
        'one of them, for instance: when = "every working day at 07:30"'
    )


def _nearest(word: str, known: Iterable[str]) -> str:
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1)
    return near[0] if near else _one_of(words)


def _one_of(words: Iterable[str]) -> str:
    return "one of " + (", ".join(words) or "none yet")


def _ends_early(begins: date) -> str:
    return f"valid_until lies before valid_from; write a day after {begins}, or leave it out"


def _twice(file: Reviewed) -> Iterator[Wrong]:
    """Tables that have the name of an earlier one."""
    for kind, key, why in (
        ("person", "handle", "stands twice in the file; leave one [[person]] out"),
        ("agreement", "service", "there are two; a file holds the newest version only"),
        ("schedule", "name", "there are two of this name; give one of them another name"),
    ):
        seen: set[Any] = set()
        for number, item in enumerate(_tables(file, kind)):
            name = item.get(key)
            if not isinstance(name, str):
                continue
            if name in seen:
                yield file.wrong_at((kind, number, key), why)
            seen.add(name)


def _tables(file: Reviewed, kind: str) -> list[Mapping[str, Any]]:
    found = file.data.get(kind)
    if not isinstance(found, (list, tuple)):
        return []
    return [item if isinstance(item, dict) else {} for item in found]


def _homeless(file: Reviewed) -> Iterator[Wrong]:
    """Tables of a client in a file without one; when it has one that is wrong, that is told already."""
    if file.data.get("client") is None:
        for kind in OF_THE_CLIENT:
            if _tables(file, kind):
                what = "the file has no [client]; write: [client] with id and name"
                yield file.wrong_at((kind, 0), what)


def _foreign(file: Reviewed, client: str) -> Iterator[Wrong]:
    for kind in OF_THE_CLIENT:
        for number, one in enumerate(getattr(file.content, kind)):
            if one.client != client:
                what = f"'{one.client}' is not the client of this file, '{client}'; leave it out"
                yield file.wrong_at(file.at(kind, number, "client"), what)
