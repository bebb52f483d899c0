"""The register of controls names what exists: files, tests and commands; its page is the register."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from paraplu.assurance.review.controls import REGISTER, Control, page
from paraplu.cli.main import cli

ROOT = Path(__file__).resolve().parents[2]
each = pytest.mark.parametrize("control", REGISTER, ids=lambda one: one.id)


def test_numbers_follow_each_other() -> None:
    assert [one.id for one in REGISTER] == [f"C-{n:02d}" for n in range(1, len(REGISTER) + 1)]


@each
def test_what_a_control_is_built_in_exists(control: Control) -> None:
    for path in control.built:
        assert (ROOT / "src" / "paraplu" / path).is_file(), path


@each
def test_the_tests_of_a_control_exist(control: Control) -> None:
    assert control.test
    for named in control.test:
        path, _, name = named.partition("::")
        text = (ROOT / path).read_text("utf-8")
        assert re.search(rf"^def {name}\(", text, re.MULTILINE), named


@each
def test_the_command_that_shows_its_evidence_can_be_given(control: Control) -> None:
    program, *words = shlex.split(control.evidence)
    assert program == "paraplu"
    command: click.Command = cli
    while isinstance(command, click.Group) and words:
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, control.evidence
        command, words = found, words[1:]
    # The option --list wants a file that is there.
    given = [word if word != "mutations.csv" else str(ROOT / "README.md") for word in words]
    command.make_context(control.evidence, given)


def test_the_page_in_the_docs_is_the_register() -> None:
    published = (ROOT / "docs" / "reference" / "controls.md").read_text("utf-8")
    assert published == page(), "renew it: paraplu audit controls --markdown"
