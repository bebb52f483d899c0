"""The page that answers an auditor's sixteen questions: each of its commands answers, on a small home."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bureau import BOOKING, CLIENT, booking, moved_in
from click.testing import CliRunner

from paraplu.cli.main import cli
from paraplu.settings import SETTINGS

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "answer-an-auditor.md"

# What must stand in the answer, on the page as on the home of the tests.
SAID = {
    1: ("Asked by ", "Approved by ", "granted by ", "picture before: ", "picture after: ", " -> "),
    2: (", effect ", ", asked by ", ", approved by ", " Times are in UTC."),
    3: (", 0 about something of their own (",),
    4: (": 0 without outcome, ",),
    5: ("The log is intact: ", "Who else vouches for the log:", "(all of these)", "checked "),
    6: ("here but not there", "there but not here", "Log and records agree"),
    7: ("put there by", "reviewed", "CHG-2291"),
    8: ("settings-applied", "code-deployed", "mandate of "),
    9: ("when (UTC)", "who", "what"),
    10: ("Erased:", "Due within 3650 days:", "kept until"),
    11: ("Asked by ", "Approved by nobody: no approval was asked for.", "picture after: "),
    12: ("Wrote ", "are readable in it.", "SHA-256 ", "Tell the auditor the key by another way"),
    13: ("cases, drawn with the seed '2026-Q4'.", "Wrote sample.xlsx."),
    14: ("stretches behind by more than 5 s.",),
    15: ("Wrote inzage.html: ", "Read it before you hand it over"),
    16: ("granted by", "put in by", "act as administrator", "ask ", "approve "),
}


def parts() -> dict[int, str]:
    """The numbered parts of the page, and under 0 what stands after them."""
    text = PAGE.read_text("utf-8")
    found = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    return {int(number[1]) if (number := re.match(r"(\d+)\. ", one)) else 0: one for one in found}


def commands(part: str) -> list[list[str]]:
    """The words of each command in the blocks of a part, without `paraplu`."""
    blocks = "\n".join(re.findall(r"^```\n(.*?)^```$", part, re.MULTILINE | re.DOTALL))
    lines = re.findall(r"^\$ (.*)$", blocks.replace("\\\n", " "), re.MULTILINE)
    found = [shlex.split(line) for line in lines]
    assert all(words[0] == "paraplu" for words in found)
    return [words[1:] for words in found]


EVERY = [
    pytest.param(number, words, id=" ".join((str(number), *words[:2])))
    for number, part in parts().items()
    for words in commands(part)
]


@pytest.fixture(scope="module")
def told(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Carries out a command of the page on a home of the tests; gives exit code and text.

    Heads are kept elsewhere, the code was put there by somebody, and there is a list of the target.
    """
    folder = tmp_path_factory.mktemp("asked")
    bureau = moved_in(lived, folder / "bureau")
    bureau.story(booking("KENMERK-779", "10004", line="2100", now="10", wanted="20"))
    bureau.centre.deployments.record(bureau.who("ines"), "CHG-2291, reviewed by Olga")
    picture = next(
        file["hash"] for one in bureau.entries_of("intent") for file in one.rpa.get("evidence", ())
    )
    marks = [bureau.mark(one) for one in ("KENMERK-772", "KENMERK-779")]
    rows = "".join(f"{mark};payroll-robot;1\n" for mark in marks)
    (folder / "mutations.csv").write_text(f"reference;entered_by;number\n{rows}", "utf-8")
    plugins = bureau.centre.plugins
    bureau.close()
    settings = bureau.home / SETTINGS
    share = f"name = 'audit-share'\nkind = 'file'\npath = '{folder / 'heads'}'\nminutes = 0\n"
    settings.write_text(f"{settings.read_text('utf-8')}\n[[audit.copies]]\n{share}", "utf-8")
    here = {
        "waterland": CLIENT,
        "payroll-correction": BOOKING,
        "payroll-correction@1": f"{BOOKING}@1",
        "00819": "10002",
        "NK-501": "KENMERK-779",
    }

    def tell(words: list[str]) -> tuple[int, str]:
        said = [picture if len(word) == 64 else here.get(word, word) for word in words]
        if "--amount" in said:  # the tests' ledger says a total, no amount
            said[said.index("--amount") : said.index("--amount") + 2] = []
        done = CliRunner().invoke(cli, [*said, "--home", str(bureau.home)], standalone_mode=False)
        if done.exception is not None:
            raise done.exception
        return (done.return_value or 0), done.output

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("paraplu.bootstrap.centre.Plugins", lambda: plugins)
        patched.chdir(folder)
        yield tell


def test_the_page_answers_sixteen_questions_each_by_one_command_with_its_output() -> None:
    found = parts()
    assert sorted(found) == list(range(17))
    for number, part in found.items():
        if number:
            # The second question names three filters, one after the other.
            assert len(commands(part)) == (3 if number == 2 else 1), number
            assert all(said in part for said in SAID[number]), number


def test_the_list_at_the_top_leads_to_every_question_in_their_order() -> None:
    text = PAGE.read_text("utf-8")
    heads = re.findall(r"^## (\d+\. .*)$", text, re.MULTILINE)
    listed = re.findall(r"^(\d+\. )\[(.*)\]\(#(.*)\)$", text, re.MULTILINE)
    assert [number + name for number, name, _anchor in listed] == heads
    for head, (_number, _name, anchor) in zip(heads, listed, strict=True):
        assert anchor == re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-")


@pytest.mark.parametrize(("number", "words"), EVERY)
def test_each_command_of_the_page_answers(number: int, words: list[str], told: Any) -> None:
    code, text = told(words)
    if "verify" in words:
        code, text = told(words)  # the first one has left its head in the copy
    assert code == 0, text
    for said in SAID.get(number, ()):
        if not (number == 2 and words[-1] == "--out-of-hours"):  # the tests' Tuesday is no weekend
            assert said in text
