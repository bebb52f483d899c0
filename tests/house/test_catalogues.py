"""Every translation catalogue can be read, says each thing once, and keeps the places for values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, PoFileParser

ROOT = Path(__file__).resolve().parents[2]
_CATALOGUES = [
    path for name in ("src", "bots", "connectors") for path in sorted((ROOT / name).rglob("*.po"))
]


class Counting(Catalog):
    """A catalogue that remembers how often each message was written into it; Babel merges them."""

    def __init__(self) -> None:
        super().__init__()
        self.times: Counter[tuple[str, str | None]] = Counter()

    def __setitem__(self, id: str | tuple[str, ...], message: Message) -> None:
        self.times[first(id), message.context] += 1
        super().__setitem__(id, message)


def first(id: str | Sequence[str]) -> str:
    return id if isinstance(id, str) else id[0]


def read(data: bytes) -> Counting:
    catalogue = Counting()
    parser = PoFileParser(catalogue, abort_invalid=True)
    parser.parse(BytesIO(data))
    return catalogue


def strings(words: str | Iterable[str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def said_twice(catalogue: Counting) -> list[str]:
    return [text for (text, _), times in catalogue.times.items() if times > 1]


def misplaced(catalogue: Catalog) -> list[str]:
    """The messages of which a translation has other places than the English sentence."""
    found: list[str] = []
    for message in catalogue:
        if not message.id:
            continue
        allowed = [places(one) for one in strings(message.id)]
        for translation in filter(None, strings(message.string)):
            if places(translation) not in allowed:
                found.append(f"{message.lineno}: {first(message.id)}")
    return found


def test_there_are_catalogues() -> None:
    assert {"nl", "da"} <= {path.stem for path in _CATALOGUES}


@pytest.mark.parametrize("path", _CATALOGUES, ids=lambda path: "/".join(path.parts[-3:]))
class TestCatalogue:
    """Of each catalogue."""

    def test_can_be_read_and_says_its_language(self, path: Path) -> None:
        catalogue = read(path.read_bytes())
        assert len(catalogue) > 0
        assert str(catalogue.locale) == path.stem

    def test_says_each_thing_once(self, path: Path) -> None:
        assert said_twice(read(path.read_bytes())) == []

    def test_keeps_the_places_for_values(self, path: Path) -> None:
        assert misplaced(read(path.read_bytes())) == []

    def test_leaves_nothing_untranslated_or_in_doubt(self, path: Path) -> None:
        messages = [message for message in read(path.read_bytes()) if message.id]
        assert [first(one.id) for one in messages if not all(strings(one.string))] == []
        assert [first(one.id) for one in messages if one.fuzzy] == []


_HEAD = b'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def test_a_message_written_twice_is_seen() -> None:
    twice = _HEAD + b'msgid "Yes"\nmsgstr "Ja"\n\nmsgid "Yes"\nmsgstr "Jawel"\n'
    assert said_twice(read(twice)) == ["Yes"]


def test_a_lost_place_is_seen() -> None:
    lost = _HEAD + b'msgid "{found} was found."\nmsgstr "{gevonden} gevonden."\n'
    assert len(misplaced(read(lost))) == 1


def test_a_broken_catalogue_is_seen() -> None:
    with pytest.raises(PoFileError):
        read(_HEAD + b'msgid "Yes"\nmsgstrr "Ja"\n')
