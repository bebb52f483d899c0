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

from paraplu.engine.clientfile import ClientFile
from paraplu.engine.tomllines import Place, line_at, lines_of
from paraplu.errors import SettingsWrong

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_CODE = re.compile(r"[a-z][a-z0-9._-]{0,39}")
_OF_THE_CLIENT = ("agreement", "mandate")
"""The tables that belong to the client of the file, which is not written again in each."""
_NAMED_BY = {
    "person": ("handle", "person '{}'"),
    "agreement": ("service", "agreement about '{}'"),
    "mandate": ("person", "mandate of '{}'"),
}
_FOR_INSTANCE = {
    "id": '"waterland"',
    "name": '"Gemeente Waterland"',
    "handle": '"anneke.vos"',
    "service": '"payroll-correction"',
    "version": "1",
    "valid_from": "2027-01-01",
    "target": '"practice-payroll"',
    "credential": '"payroll-robot"',
    "person": '"anneke.vos"',
    "may": '"ask"',
    "granted_by": '"gerda.walstra"',
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong place of a file; `what` says what is wrong and what to write instead, in English."""

    place: Place
    what: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One reviewed file.

    `content` holds the tables that are right in themselves; `indexes` gives for each kind of them where
    in the file they stand. `data` is the file as TOML reads it. A content that comes from no file has no
    `name` and no `lines`.
    """

    content: ClientFile
    name: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[Place, int] = field(default_factory=dict)
    indexes: Mapping[str, Sequence[int]] = field(default_factory=dict)
    wrong: tuple[Wrong, ...] = ()

    def at(self, kind: str, number: int, *keys: str | int) -> Place:
        """The place of a key of the table of a kind that is the `number`th of the content."""
        return (kind, self.indexes[kind][number], *keys)

    def told(self, wrong: Wrong) -> str:
        """The wrong place in one line, as editors and people find it: file, line, what is wrong."""
        if not self.name:
            return wrong.what
        return f"{self.name}:{line_at(self.lines, wrong.place)}: {wrong.what}"

    def label(self, place: Place) -> str:
        """What the table at a place is called: ``agreement about 'payroll-correction'``."""
        kind = str(place[0])
        key, text = _NAMED_BY.get(kind, ("", ""))
        if not text or len(place) < 2:
            return kind
        try:
            name = self.data[kind][place[1]][key]
        except (KeyError, IndexError, TypeError):
            name = None
        # What is no code may be anything, also something that must not be repeated.
        shown = isinstance(name, str) and _CODE.fullmatch(name) is not None
        return text.format(name) if shown else f"[[{kind}]]"


def require_right(found: Iterable[tuple[Reviewed, Iterable[Wrong]]]) -> None:
    """Raise `SettingsWrong` that names every wrong place, in the order of the files and their lines."""
    told = [
        file.told(wrong)
        for file, places in found
        for wrong in sorted(places, key=lambda one: line_at(file.lines, one.place))
    ]
    if told:
        raise SettingsWrong("\n".join(dict.fromkeys(told)))


def given(content: ClientFile) -> Reviewed:
    """A content that comes from no file."""
    data = content.model_dump(mode="json")
    kinds = [kind for kind in data if isinstance(data[kind], list)]
    return Reviewed(content, data=data, indexes={kind: range(len(data[kind])) for kind in kinds})


def read(path: Path) -> Reviewed:
    """Read a file; what is wrong in it stands in the result."""
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
    return _typed(str(path), data, lines_of(text))


def _unreadable(path: Path, line: int, what: str) -> Reviewed:
    return Reviewed(ClientFile(), str(path), lines={("",): line}, wrong=(Wrong(("",), what),))


def _typed(name: str, data: dict[str, Any], lines: Mapping[Place, int]) -> Reviewed:
    client = data.get("client")
    own = client.get("id") if isinstance(client, dict) else None
    for kind in _OF_THE_CLIENT:
        for item in _items(data, kind):
            if isinstance(item, dict) and own is not None:
                item.setdefault("client", own)
    whole = Reviewed(ClientFile(), name, data, lines)
    good, indexes, wrong = dict(data), {}, []
    for error in _errors(data):
        place = error["loc"]
        wrong.append(Wrong(place, _in_words(whole, error)))
        if len(place) == 1 or place[0] == "client":
            good.pop(place[0], None)
    bad = {one.place[:2] for one in wrong}
    for kind in ClientFile.model_fields:
        items = _items(good, kind)
        if items:
            indexes[kind] = [n for n in range(len(items)) if (kind, n) not in bad]
            good[kind] = [items[n] for n in indexes[kind]]
    content = ClientFile.model_validate(good)
    return Reviewed(content, name, data, lines, indexes, tuple(wrong))


def _items(data: Mapping[str, Any], kind: str) -> list[Any]:
    found = data.get(kind)
    return found if isinstance(found, list) else []


def _errors(data: Mapping[str, Any]) -> list[Any]:
    try:
        ClientFile.model_validate(data)
    except ValidationError as error:
        return list(error.errors(include_url=False))
    return []


def _in_words(file: Reviewed, error: Any) -> str:
    """One error of pydantic, as a person can act on it."""
    place: Place = error["loc"]
    table = place[:2] if isinstance(file.data.get(str(place[0])), list) else place[:1]
    key = ".".join(str(part) for part in place[len(table) :])
    label = file.label(place)
    last, text = str(place[-1]), str(error["msg"]).removeprefix("Value error, ")
    match error["type"]:
        case "extra_forbidden":
            what = unknown_key(last, _keys_around(place))
            return f"{label}: {what}" if len(place) > 1 else what
        case "missing":
            return f"{label}: {last} is missing; write: {last} = {_FOR_INSTANCE.get(last, '...')}"
        case "tuple_type" if not key:
            return (
                f"{label}: several are possible; write [[{label}]] above each, in double brackets"
            )
        case "model_type" | "model_attributes_type" if not key:
            return f"{label}: this is a table; write [{label}] above its keys"
    return f"{label}: {key}: {text}" if key else f"{label}: {text}"


def unknown_key(key: str, known: Iterable[str]) -> str:
    """What to write instead of a key that is not known."""
    near = difflib.get_close_matches(key, list(known), n=1, cutoff=0.5)
    what = near[0] if near else "one of " + ", ".join(sorted(known))
    return f"there is no key '{key}'; write: {what}"


def _keys_around(place: Place) -> list[str]:
    """The keys that are known beside the last one of a place."""
    model: Any = ClientFile
    for part in place[:-1]:
        if isinstance(part, int):
            continue
        found = model.model_fields[part].annotation
        kinds = [found, *(inner for kind in get_args(found) for inner in (kind, *get_args(kind)))]
        model = next(one for one in kinds if isinstance(one, type) and issubclass(one, BaseModel))
    return [key for key in model.model_fields if key != "client" or model is ClientFile]
