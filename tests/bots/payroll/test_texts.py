"""Every sentence that the bot says is there in Dutch and Danish, with the same places."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

import paraplu_payroll
from paraplu_payroll import PayrollBot

PACKAGE = Path(paraplu_payroll.__file__).parent
WITHOUT_CLIENT = {"system.py", "variants.py"}
"""Modules whose ValueErrors are for developers and for who writes agreements."""


def sentences() -> Iterator[str]:
    """Every text of `to_client`, `to_person` and of a request's validators, and the catalogue's."""
    for file in sorted(PACKAGE.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if not isinstance(node, ast.Call) or name not in (
                "to_client",
                "to_person",
                "ValueError",
            ):
                continue
            if name == "ValueError" and file.name in WITHOUT_CLIENT:
                continue
            text = node.args[{"to_client": 2, "to_person": 1, "ValueError": 0}[name]]
            choices = (text.body, text.orelse) if isinstance(text, ast.IfExp) else (text,)
            for choice in choices:
                assert isinstance(choice, ast.Constant), f"{file.name}: a text that is no literal"
                yield str(choice.value)
    yield PayrollBot.does
    yield from PayrollBot.never


def places(text: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(text) if name is not None})


def catalogue(language: str) -> dict[str, str]:
    with (PACKAGE / "locale" / f"{language}.po").open("rb") as stream:
        return {str(item.id): str(item.string) for item in read_po(stream) if item.id}


@pytest.mark.parametrize("language", ["nl", "da"])
def test_every_sentence_is_translated_with_the_same_places(language: str) -> None:
    translated = catalogue(language)
    for text in sentences():
        assert translated.get(text), text
        assert places(translated[text]) == places(text), text


@pytest.mark.parametrize("language", ["nl", "da"])
def test_no_translation_is_left_over_or_the_same_as_the_english(language: str) -> None:
    translated = catalogue(language)
    assert set(translated) == set(sentences())
    assert not [text for text in translated if translated[text] == text]
