"""The questions of an auditor, asked on the command line as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from bureau import CLIENT, Bureau, booking
from click.testing import CliRunner
from openpyxl import load_workbook

from paraplu.cli.audit.wording import change, short
from paraplu.cli.main import cli
from paraplu.errors import ParapluError


@pytest.fixture
def asked(after: Bureau, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Asks a question of a bureau whose story is lived; gives exit code, text and the JSON line."""
    plugins = after.centre.plugins
    after.close()
    monkeypatch.setattr("paraplu.bootstrap.centre.Plugins", lambda: plugins)

    def ask(*words: str) -> tuple[int, str, dict[str, Any]]:
        def run(*more: str) -> Any:
            return CliRunner().invoke(
                cli, ["audit", *words, "--home", str(after.home), *more], standalone_mode=False
            )

        shown, told = run(), run("--json")
        for one in (shown, told):
            if one.exception is not None:
                raise one.exception
        code = shown.return_value
        return (code if isinstance(code, int) else 0), shown.output, json.loads(told.output)

    return ask


def test_find_shows_before_and_after_and_says_how_many(asked: Any) -> None:
    code, text, told = asked("find", "--client", CLIENT, "--person", "10002", "--phase", "outcome")
    assert code == 0
    assert "lines.1000.amount: 3100 -> 7654.32" in text
    assert (
        "KENMERK-772 of noordwijk, effect 4554.32 EUR, asked by Carla Visser, approved by Anna"
        in text
    )
    assert text.endswith("1 entry. Times are in UTC.\n")
    assert [one["kind"] for one in told["entries"]] == ["outcome-confirmed"]


def test_a_story_is_told_by_its_reference(asked: Any) -> None:
    _code, text, told = asked("story", "KENMERK-772")
    assert text.startswith(f"KENMERK-772  {CLIENT}  ledger-booking  outcome-confirmed\n")
    assert "\n  Approved by Anna Kok on 2026-11-17" in text
    assert "to approve, granted by Gerda Prins\n" in text
    assert "Asked by Carla Visser" in text
    assert told["cases"][0]["reference"] == "KENMERK-772"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("intents",), 0, "intents: 0 without outcome"),
        (("decisions", "--own"), 0, "2 decisions, 0 about something of their own ("),
        (("powers", "--client", CLIENT, "--on", "2026-11-17"), 0, "Gerda Prins"),
        (("code",), 3, "nobody said so"),
        (("clocks",), 0, "0 stretches behind by more than 1 s"),
        (("readers", "--client", CLIENT, "--person", "10002"), 0, "Ines Bakker"),
        (("reconcile", "--client", CLIENT), 0, "Log and records agree, and the totals close."),
        (("sample", "--seed", "x", "--size", "1"), 0, "1 of 2 cases, drawn with the seed 'x'."),
        (("checks", "list"), 0, "0 of the finished cases are looked at afterwards"),
        (("controls",), 0, "C-01  Four eyes"),
        (("find", "--phase", "admin", "--by", "ines.bakker"), 0, "settings-applied"),
        (("find", "--above", "4000", "--phase", "outcome"), 0, "1 entry."),
        (("find", "--out-of-hours", "--client", CLIENT), 0, "0 entries."),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else None,
)
def test_each_question_is_answered(
    asked: Any, words: tuple[str, ...], code: int, said: str
) -> None:
    found, text, told = asked(*words)
    assert found == code, text
    assert said in text
    assert told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("find", "--kind", "aproved"), "'aproved' is no kind. They are: "),
        (("find", "--phase", "x"), "'x' is no phase."),
        (("find", "--above", "veel"), "'veel' is no amount: write 500 or 500.50."),
        (("find", "--version", "abc"), "first eight or more characters of a code hash"),
        (("find", "--client", "elders"), "elders"),
        (("reconcile",), "add --client"),
        (("reconcile", "--client", CLIENT, "--only", "x"), "write --only COLUMN=VALUE"),
        (("story", "NIETS-1"), "No case is known by the name 'NIETS-1'"),
        (("checks", "record", "KENMERK-772", "--wrong"), "--note and what is wrong"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else None,
)
def test_a_question_that_cannot_be_answered_says_what_to_write(
    asked: Any, words: tuple[str, ...], said: str
) -> None:
    with pytest.raises((ParapluError, click.ClickException)) as found:
        asked(*words)
    error = found.value
    assert said in (
        error.format_message() if isinstance(error, click.ClickException) else str(error)
    )


def test_code_was_put_there_whatever_part_of_what_ran_is_asked_about(
    after: Bureau, asked: Any
) -> None:
    after.centre.deployments.record(after.who("ines"), "CHG-12")
    after.close()
    code, text, told = asked("code", "--client", CLIENT, "--to", "2026-11-17")
    assert code == 0, text
    assert {one["reviewed"] for one in told["code"]} == {"CHG-12"}


def test_a_log_is_checked_whole_and_told_of_by_days(asked: Any) -> None:
    _code, text, told = asked("verify", "--from", "2026-11-17", "--to", "2026-11-17")
    (held,) = told["stretches"]
    assert f"{held['entries']} entries are of 2026-11-17 " in text
    code, text, told = asked("verify", "--from", "2031-01-01")
    assert (code, told["stretches"]) == (0, [])
    assert "No entry is of these days." in text
    assert "Checked here before: " in text


def test_settings_that_changed_show_only_what_differs_in_them() -> None:
    before = {"limit": "250.00", "roles": ["operator"], "email": None}
    assert change(before, {**before, "limit": "500.00"}) == "limit 250.00 -> 500.00"
    assert change(None, before) == "- -> limit 250.00, roles operator"
    assert change(before, None) == "limit 250.00, roles operator -> -"
    assert short(["a", {"b": 1, "c": [2, 3]}]) == "a, (b 1, c (2, 3))"


def test_a_case_that_nobody_had_to_approve_says_so(after: Bureau, asked: Any) -> None:
    after.story(booking("KENMERK-779", "10004", line="2100", now="10", wanted="20"))
    after.close()
    _code, text, told = asked("story", "KENMERK-779")
    assert "\n  Approved by nobody: no approval was asked for.\n" in text
    assert told["cases"][0]["decisions"] == []


def test_a_sample_is_written_as_a_work_paper_with_room_for_what_is_found(
    asked: Any, tmp_path: Path
) -> None:
    paper = tmp_path / "paper.xlsx"
    with pytest.raises(click.UsageError, match="is there already"):
        asked("sample", "--seed", "x", "--size", "1", "--out", str(paper))  # asked twice
    book = load_workbook(paper)
    rows = [[cell.value for cell in row] for row in book["Sample"].iter_rows()]
    assert rows[0][13] == "Seen right? (yes/no)"
    assert len(rows) == 2
    assert rows[1][13:] == [None, None, None]
    assert [cell.value for cell in book["Drawn by"][2]] == ["Seed", "x"]
