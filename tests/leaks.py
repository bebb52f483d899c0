"""Looks for what must not be somewhere, in every form in which it may have got there.

``leaks(values, places)`` takes texts, bytes, files and whole folders, and names each place and form.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

SECRET = 'p@ss"wörd/ü&1'

Place = str | bytes | Path


def forms(value: str) -> dict[str, bytes]:
    """The forms of a value by name: plain, quoted for URLs, JSON, HTML and Python, and in base64."""
    found: dict[str, bytes] = {
        "plain": value.encode(),
        "latin-1": value.encode("latin-1", "ignore"),
        "utf-16": value.encode("utf-16-le"),
        "url %20": quote(value, safe="").encode(),
        "url %20 with /": quote(value).encode(),
        "url as browsers do": quote(value, safe="!$%&'()*+,/:;=?@[\\]^`{|}").encode(),
        "url +": quote_plus(value).encode(),
        "json": json.dumps(value)[1:-1].encode(),
        "json utf-8": json.dumps(value, ensure_ascii=False)[1:-1].encode(),
        "html": html.escape(value).encode(),
        "python": repr(value)[1:-1].encode(),
        "python ascii": ascii(value)[1:-1].encode(),
    }
    for name in [one for one in found if one.startswith("url")]:
        found[f"{name} lower"] = _lower_escapes(found[name])
    raw = value.encode()
    for shift in range(3):
        # What stands before and after it in the encoded text shares a character with it.
        whole = base64.b64encode(b"\0" * shift + raw)
        inner = whole[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
        found[f"base64 {shift}"] = inner
        found[f"base64 urlsafe {shift}"] = inner.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def leaks(values: Iterable[str], places: Iterable[Place]) -> list[str]:
    """Each finding as ``form of value in place``; empty when there is none."""
    wanted = [(value, name, form) for value in values for name, form in forms(value).items()]
    return [
        f"{name} of {value!r} in {where}"
        for where, content in _contents(places)
        for value, name, form in wanted
        if form in content
    ]


def _contents(places: Iterable[Place]) -> Iterator[tuple[str, bytes]]:
    for number, place in enumerate(places):
        if isinstance(place, bytes):
            yield f"place {number}", place
        elif isinstance(place, str):
            yield f"place {number}", place.encode("utf-8", "surrogateescape")
        elif place.is_dir():
            yield from (
                (str(one), one.read_bytes()) for one in sorted(place.rglob("*")) if one.is_file()
            )
        elif place.exists():
            yield str(place), place.read_bytes()


def _lower_escapes(quoted: bytes) -> bytes:
    """``%C3`` as ``%c3``, which some products write."""
    first, *rest = quoted.split(b"%")
    return b"%".join([first, *(part[:2].lower() + part[2:] for part in rest)])
