"""Every sentence of the connector is there in Dutch and in Danish, with the same places."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

import paraplu_spreadsheet
from paraplu import Message
from paraplu_spreadsheet.wording import translator

PACKAGE = Path(paraplu_spreadsheet.__file__).parent


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    for path in sorted(PACKAGE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield path, node, node.func.id


def literal(path: Path, node: ast.AST) -> str:
    assert isinstance(node, ast.Constant), f"{path.name}: a sentence must stand there in full"
    assert isinstance(node.value, str)
    return node.value


def sentences() -> set[str]:
    found = {literal(path, node.args[1]) for path, node, name in calls() if name == "Message"}
    return found | {literal(path, node.args[0]) for path, node, name in calls() if name == "say"}


def places(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("language", ["nl", "da"])
def test_every_sentence_is_translated_with_the_same_places(language: str) -> None:
    with (PACKAGE / "locale" / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    texts = {str(m.id): str(m.string) for m in catalogue if m.id}
    assert not [m.id for m in catalogue if m.id and m.fuzzy]
    assert set(texts) == sentences()
    for english, other in texts.items():
        assert other.strip(), english
        assert places(other) == places(english), english
        assert other.endswith(".") == english.endswith("."), english


def test_a_message_has_a_value_for_each_of_its_places_and_a_plain_code() -> None:
    for path, node, name in calls():
        if name != "Message":
            continue
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", literal(path, node.args[0]))
        wanted = places(literal(path, node.args[1]))
        if len(node.args) < 3:
            assert not wanted
        elif isinstance(node.args[2], ast.Dict):
            keys = [literal(path, key) for key in node.args[2].keys if key is not None]
            assert sorted(set(wanted)) == sorted(keys), path.name


def test_a_code_always_has_the_same_sentence() -> None:
    texts: dict[str, set[str]] = {}
    for path, node, name in calls():
        if name == "Message":
            texts.setdefault(literal(path, node.args[0]), set()).add(literal(path, node.args[1]))
    assert not {code: found for code, found in texts.items() if len(found) > 1}


def test_sentences_are_put_into_words_in_the_clients_language() -> None:
    message = Message(
        "not-a-date",
        "“{found}” is not a date. Write it like {expected}.",
        {"found": "morgen", "expected": "31-12-2026"},
    )
    words = message.in_words(translator("nl"))
    assert words == "‘morgen’ is geen datum. Schrijf de datum zoals 31-12-2026."
    assert message.in_words(translator("fr")) == message.in_words()
    assert message.in_words(translator("../nl")) == message.in_words()
