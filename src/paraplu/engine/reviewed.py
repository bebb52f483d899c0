"""Reviewed files as they are read: what they say, and each wrong place of them with its line.

A file whose one table is wrong is still read on: all that is wrong is told together.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from paraplu.engine.clientfile import OF_THE_CLIENT, CalendarFile, ClientFile
from paraplu.engine.tomllines import Place, line_at, lines_of
from paraplu.errors import SettingsWrong

CALENDARS = "calendars"
"""The folder, beside the client files, of the shared calendars."""

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_CODE = re.compile(r"[a-z][a-z0-9._-]{0,39}")
_NAMED_BY = {
    "person": ("handle", "person '{}'"),
    "agreement": ("service", "agreement about '{}'"),
    "mandate": ("person", "mandate of '{}'"),
    "schedule": ("name", "schedule '{}'"),
}
_FOR_INSTANCE = {
    "id": '"waterland"',
    "name": '"corrections-morning"',
    "handle": '"anneke.vos"',
    "service": '"payroll-correction"',
    "version": "1",
    "valid_from": "2027-01-01",
    "target": '"practice-payroll"',
    "credential": '"payroll-robot"',
    "person": '"anneke.vos"',
    "may": '"ask"',
    "granted_by": '"gerda.walstra"',
    "when": '"every working day at 07:30"',
    "timezone": '"Europe/Amsterdam"',
    "start": '"02:00"',
    "end": '"04:00"',
    "reason": '"year-end closing"',
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong place of a file; `what` says what is wrong and what to write instead, in English."""

    place: Place
    what: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One reviewed file.

    `content` holds what is right in itself (None: nothing can be made of it); `indexes` gives for each kind
    of tables where in the file those stand. `data` is the file as TOML reads it. A content that comes from
    no file has no `name` and no `lines`.
    """

    content: ClientFile | CalendarFile | None
    name: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[Place, int] = field(default_factory=dict)
    indexes: Mapping[str, Sequence[int]] = field(default_factory=dict)
    wrong: tuple[Wrong, ...] = ()

    @property
    def client_file(self) -> ClientFile:
        """The content as a client file, empty when it is none."""
        return self.content if isinstance(self.content, ClientFile) else ClientFile()

    def at(self, kind: str, number: int, *keys: str | int) -> Place:
        """The place of a key of the table of a kind that is the `number`th of the content."""
        return (kind, self.indexes[kind][number], *keys)

    def told(self, wrong: Wrong) -> str:
        """The wrong place in one line, as editors and people find it: file, line, what is wrong."""
        if not self.name:
            return wrong.what
        return f"{self.name}:{line_at(self.lines, wrong.place)}: {wrong.what}"

    def wrong_at(self, place: Place, what: str) -> Wrong:
        """A wrong place, with what its table is called in front."""
        return Wrong(place, f"{self.label(place)}: {what}")

    def label(self, place: Place) -> str:
        """What the table at a place is called: ``agreement about 'payroll-correction'``."""
        kind = str(place[0])
        key, text = _NAMED_BY.get(kind, ("", ""))
        if not text or len(place) < 2:
            return "calendar" if "id" in self.data else kind
        try:
            name = self.data[kind][place[1]][key]
        except (KeyError, IndexError, TypeError):
            name = None
        # What is no code may be anything, also something that must not be repeated.
        shown = isinstance(name, str) and _CODE.fullmatch(name) is not None
        return text.format(name) if shown else f"[[{kind}]]"


def told(found: Iterable[tuple[Reviewed, Iterable[Wrong]]]) -> list[str]:
    """Every wrong place in one line, in the order of the files and their lines."""
    lines = [
        file.told(wrong)
        for file, places in found
        for wrong in sorted(places, key=lambda one: line_at(file.lines, one.place))
    ]
    return list(dict.fromkeys(lines))


def require_right(found: Sequence[tuple[Reviewed, Iterable[Wrong]]]) -> None:
    """Raise `SettingsWrong` that names every wrong place."""
    lines = told(found)
    if lines and any(file.name for file, _places in found):
        many = "1 place is" if len(lines) == 1 else f"{len(lines)} places are"
        lines.insert(0, f"{many} wrong, nothing was changed:")
    if lines:
        raise SettingsWrong("\n".join(lines))


def given(content: ClientFile | CalendarFile) -> Reviewed:
    """A content that comes from no file."""
    data = content.model_dump(mode="json")
    kinds = [kind for kind in data if isinstance(data[kind], list)]
    return Reviewed(content, data=data, indexes={kind: range(len(data[kind])) for kind in kinds})


def read(path: Path) -> Reviewed:
    """Read a client file or, from a folder `calendars`, a shared calendar; what is wrong is in the result."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return _unreadable(path, 1, "this is not UTF-8 text; save it as UTF-8")
    except OSError as error:
        return _unreadable(path, 1, f"this cannot be read: {error.strerror}")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, line = str(error), text.rstrip().count("\n") + 1
        position = _POSITION.search(what)
        if position is not None:
            line = int(position[1] or line)
            column = f" in column {position[2]}" if position[2] else " at the end of the file"
            what = what.removesuffix(position[0]) + column
        return _unreadable(path, line, f"this is no TOML: {what}")
    calendar = path.absolute().parent.name == CALENDARS or ("id" in data and "client" not in data)
    return _typed(CalendarFile if calendar else ClientFile, str(path), data, lines_of(text))


def _unreadable(path: Path, line: int, what: str) -> Reviewed:
    return Reviewed(None, str(path), lines={("",): line}, wrong=(Wrong(("",), what),))


def _typed(
    model: type[ClientFile] | type[CalendarFile],
    name: str,
    data: dict[str, Any],
    lines: Mapping[Place, int],
) -> Reviewed:
    client = data.get("client")
    own = client.get("id") if isinstance(client, dict) else None
    for kind in OF_THE_CLIENT:
        for item in _items(data, kind):
            if isinstance(item, dict) and own is not None:
                item.setdefault("client", own)
    whole = Reviewed(None, name, data, lines)
    good, indexes, wrong = dict(data), {}, []
    for error in _errors(model, data):
        place = error["loc"] or ("",)
        wrong.append(Wrong(place, _in_words(whole, model, error)))
        if len(place) == 1 or place[0] == "client":
            good.pop(str(place[0]), None)
    if model is CalendarFile:
        calendar = None if wrong else CalendarFile.model_validate(data)
        return Reviewed(calendar, name, data, lines, wrong=tuple(wrong))
    bad = {one.place[:2] for one in wrong}
    for kind in model.model_fields:
        items = _items(good, kind)
        if items:
            indexes[kind] = [n for n in range(len(items)) if (kind, n) not in bad]
            good[kind] = [items[n] for n in indexes[kind]]
    content = ClientFile.model_validate(good)
    return Reviewed(content, name, data, lines, indexes, tuple(wrong))


def _items(data: Mapping[str, Any], kind: str) -> list[Any]:
    found = data.get(kind)
    return found if isinstance(found, list) else []


def _errors(model: type[BaseModel], data: Mapping[str, Any]) -> list[Any]:
    try:
        model.model_validate(data)
    except ValidationError as error:
        return list(error.errors(include_url=False))
    return []


def _in_words(file: Reviewed, model: type[BaseModel], error: Any) -> str:
    """One error of pydantic, as a person can act on it."""
    place: Place = error["loc"] or ("",)
    table = place[:2] if place[0] in _NAMED_BY else place[:1] if place[0] == "client" else ()
    keys = [str(part) for part in place[len(table) :]]
    label = file.label(place) if table or model is CalendarFile else ""
    if len(place) == 1 and place[0] in _NAMED_BY:
        label, keys = "", []
    what = _what(file, model, error, place, keys)
    return f"{label}: {what}" if label else what


def _what(
    file: Reviewed, model: type[BaseModel], error: Any, place: Place, keys: Sequence[str]
) -> str:
    last = str(place[-1])
    text = calm(str(error["msg"]).removeprefix("Value error, "))
    match error["type"]:
        case "extra_forbidden":
            around = ".".join(keys[:-1])
            what = unknown_key(last, _keys_around(model, place))
            return f"{around}: {what}" if around else what
        case "missing":
            return f"{'.'.join(keys)} is missing; write: {last} = {_for_instance(file, last)}"
        case "string_pattern_mismatch" if last in _FOR_INSTANCE:
            text = (
                "this has letters or signs that it may not have; "
                f"write it like: {_FOR_INSTANCE[last]}"
            )
        case "tuple_type" if place[-1:] == place[:1] and last in _NAMED_BY:
            return f"[{last}] is one; write: [[{last}]], in double brackets, above each"
    if last == "timezone" and error["type"] == "value_error" and not error["input"]:
        return f"timezone is missing; write: timezone = {_for_instance(file, last)}"
    if last == "when" and isinstance(error["input"], str) and error["type"] == "value_error":
        return f'"{error["input"]}": {text}'
    key = ".".join(keys).strip(".")
    return f"{key}: {text}" if key else text


def _for_instance(file: Reviewed, key: str) -> str:
    client = file.data.get("client")
    own = client.get("timezone") if isinstance(client, dict) and key == "timezone" else None
    return f'"{own}"' if isinstance(own, str) and own else _FOR_INSTANCE.get(key, "...")


def calm(text: str) -> str:
    """A sentence or two as the end of a line: what is wrong; what to write instead."""
    text = re.sub(r"\. (?=[A-Z])", "; ", text.rstrip("."))
    text = re.sub(r"; ([A-Z])(?=[a-z ])", lambda found: f"; {found[1].lower()}", text)
    return re.sub(r"^[A-Z](?=[a-z ])", lambda found: found[0].lower(), text)


def unknown_key(key: str, known: Iterable[str]) -> str:
    """What to write instead of a key that is not known."""
    near = difflib.get_close_matches(key, list(known), n=1, cutoff=0.5)
    what = near[0] if near else "one of " + ", ".join(sorted(known))
    return f"there is no key '{key}'; write: {what}"


def _keys_around(model: Any, place: Place) -> list[str]:
    """The keys that are known beside the last one of a place."""
    for part in place[:-1]:
        if isinstance(part, int):
            continue
        found = model.model_fields[part].annotation
        kinds = [found, *(inner for kind in get_args(found) for inner in (kind, *get_args(kind)))]
        model = next(one for one in kinds if isinstance(one, type) and issubclass(one, BaseModel))
    return [key for key in model.model_fields if key != "client" or model is ClientFile]
