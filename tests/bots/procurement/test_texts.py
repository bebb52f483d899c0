"""Every sentence that the bot can say has its translation, with the same places for values."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

import paraplu_procurement
from paraplu_procurement import ProcurementBot

HERE = Path(str(paraplu_procurement.__file__)).parent
_PLACE = {"to_client": 2, "to_person": 1, "ValueError": 0}
_OWN = {"targets"}  # what a target raises stands in the operational log, in English


def sentences() -> dict[str, str]:
    """Every template in the package with the file it stands in."""
    found = dict.fromkeys((ProcurementBot.does, *ProcurementBot.never), "bot.py")
    for file in HERE.rglob("*.py"):
        if file.parent.name in _OWN:
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                place = _PLACE.get(node.func.id)
                if place is not None:
                    template = node.args[place]
                    assert isinstance(template, ast.Constant), f"{file.name}:{node.lineno}"
                    found[str(template.value)] = file.name
    return found


def catalogue(language: str) -> dict[str, str]:
    with (HERE / "locale" / f"{language}.po").open("rb") as file:
        messages = read_po(file, abort_invalid=True)
    return {str(one.id): str(one.string) for one in messages if one.id}


def places(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("language", ["nl", "da"])
def test_every_sentence_is_translated_with_the_same_places(language: str) -> None:
    translated = catalogue(language)
    for text, file in sentences().items():
        assert translated.get(text), f"{language}.po lacks the text of {file}: {text}"
        assert places(translated[text]) == places(text), text


@pytest.mark.parametrize("language", ["nl", "da"])
def test_no_translation_is_left_over(language: str) -> None:
    assert set(catalogue(language)) - set(sentences()) == set()


def test_validators_say_sentences_without_values() -> None:
    for text, file in sentences().items():
        if file in ("request.py", "order_line.py"):
            assert not places(text) and text.endswith((".", "!"))
