"""What is wrong in reviewed files beside each other, the bots that are installed and what is on record."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from paraplu.engine.clientfile import ClientFile
from paraplu.engine.reviewed import Reviewed, Wrong, unknown_key


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What files are checked against: the user names known here and what is on record, by client."""

    handles: frozenset[str] = frozenset()
    clients: Mapping[str, ClientFile] = field(default_factory=dict)


def wrong_places(
    files: Sequence[Reviewed], bots: Mapping[str, Any], known: OnRecord
) -> list[tuple[Reviewed, list[Wrong]]]:
    """Every wrong place of files that are to be put into force together, by file."""
    handles = known.handles | {person.handle for file in files for person in file.content.person}
    found = []
    seen: dict[str, Reviewed] = {}
    for file in files:
        wrong = list(file.wrong)
        wrong += _twice(file)
        client = file.content.client
        if client is None:
            wrong += _homeless(file)
        else:
            if client.id in seen:
                first = seen[client.id].name
                wrong.append(
                    Wrong(
                        ("client", "id"),
                        f"client '{client.id}' stands in {first} already; leave one out",
                    )
                )
            seen.setdefault(client.id, file)
            wrong += _foreign(file, client.id)
            wrong += _agreements(file, bots, known.clients.get(client.id, ClientFile()))
            wrong += _mandates(file, bots, handles)
        found.append((file, wrong))
    return found


def _twice(file: Reviewed) -> Iterator[Wrong]:
    """Tables that have the name of an earlier one."""
    for kind, key, why in (
        ("person", "handle", "stands twice in the file; leave one [[person]] out"),
        ("agreement", "service", "there are two; a file holds the newest version only"),
    ):
        seen: set[Any] = set()
        for number, item in enumerate(_tables(file, kind)):
            name = item.get(key)
            if isinstance(name, str) and name in seen:
                place = (kind, number, key)
                yield Wrong(place, f"{file.label(place)}: {why}")
            seen.add(name)


def _tables(file: Reviewed, kind: str) -> list[Mapping[str, Any]]:
    found = file.data.get(kind)
    if not isinstance(found, (list, tuple)):
        return []
    return [item if isinstance(item, dict) else {} for item in found]


def _homeless(file: Reviewed) -> Iterator[Wrong]:
    """Tables of a client in a file without one; when it has one that is wrong, that is told already."""
    if file.data.get("client") is None:
        for kind in ("agreement", "mandate"):
            if _tables(file, kind):
                place = (kind, 0)
                yield Wrong(
                    place,
                    f"{file.label(place)}: the file has no [client]; write: [client] with id and name",
                )


def _foreign(file: Reviewed, client: str) -> Iterator[Wrong]:
    for kind in ("agreement", "mandate"):
        for number, one in enumerate(getattr(file.content, kind)):
            if one.client != client:
                place = file.at(kind, number, "client")
                yield Wrong(
                    place,
                    f"{file.label(place)}: '{one.client}' is not the client of this file, '{client}'; "
                    "leave it out",
                )


def _agreements(file: Reviewed, bots: Mapping[str, Any], now: ClientFile) -> Iterator[Wrong]:
    old = {one.service: one for one in now.agreement}
    for number, one in enumerate(file.content.agreement):

        def at(what: str, *keys: str | int, number: int = number) -> Wrong:
            place = file.at("agreement", number, *keys)
            return Wrong(place, f"{file.label(place)}: {what}")

        before = old.get(one.service)
        if before is not None and before != one and one.version <= before.version:
            yield at(
                f"it was changed but is still version {one.version}; "
                f"write: version = {before.version + 1}",
                "version",
            )
        if one.valid_until is not None and one.valid_until < one.valid_from:
            yield at(f"it ends before it begins, on {one.valid_from}", "valid_until")
        if one.service not in bots:
            yield at(_no_bot(one.service, bots), "service")
            continue
        try:
            bots[one.service].variants.model_validate(one.variants)
        except ValidationError as error:
            for item in error.errors(include_url=False, include_context=False):
                keys = ("variants", *item["loc"])
                if item["type"] == "extra_forbidden" and len(keys) == 2:
                    what = unknown_key(str(keys[1]), bots[one.service].variants.model_fields)
                    yield at(f"variants: {what}", *keys)
                else:
                    yield at(f"{'.'.join(map(str, keys))}: {item['msg']}", *keys)


def _mandates(file: Reviewed, bots: Mapping[str, Any], handles: frozenset[str]) -> Iterator[Wrong]:
    for number, one in enumerate(file.content.mandate):
        for key in ("person", "granted_by", "deputy_of"):
            handle = getattr(one, key)
            if handle is not None and handle not in handles:
                place = file.at("mandate", number, key)
                near = difflib.get_close_matches(handle, handles, n=1)
                todo = f"write: {near[0]}, or add" if near else "add"
                yield Wrong(
                    place,
                    f"{file.label(place)}: {key}: nobody knows '{handle}'; {todo} a [[person]] with that "
                    "handle",
                )
        if one.service not in bots:
            place = file.at("mandate", number, "service")
            yield Wrong(place, f"{file.label(place)}: {_no_bot(one.service, bots)}")
        if one.valid_until is not None and one.valid_until < one.valid_from:
            place = file.at("mandate", number, "valid_until")
            yield Wrong(
                place, f"{file.label(place)}: it ends before it begins, on {one.valid_from}"
            )


def _no_bot(service: str, bots: Mapping[str, Any]) -> str:
    known = ", ".join(sorted(bots)) or "none"
    return f"no bot offers the service '{service}'; write one of: {known}"
