"""A stranger follows "Add a bot" and "Add a target" to the letter; the office's own database tells the truth.

Two wheels, Paraplu's and the stranger's, are built and installed into a clean environment. In between the
run that stops an allowance is killed right after the act.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
from how_to import Fence, HowTo
from openpyxl import load_workbook
from page_reader import Reader

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(sys.platform == "win32", reason="the pages' commands are for bash"),
]

MONTH = ("waterland", "2026-11")
PEOPLE = {"T-1": "00412", "T-2": "00523", "T-3": "00634", "T-4": "00745"}
PHONE = "2100"


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, root],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("paraplu-*.whl")
    return built


@dataclass
class Tale:
    """Somebody who has followed both pages to their end, and what stood in the office on the way."""

    reader: Reader
    nets: dict[str, Decimal] = field(default_factory=dict)
    version: int = 0
    after_the_kill: str = ""

    def follow(self, pages: Sequence[HowTo]) -> None:
        """Do everything the pages say, in their order; kill one run besides."""
        for page in pages:
            for fence in page.shell:
                match fence.title:
                    case "prepare":
                        self.reader.prepare(fence.text)
                        for one in pages:
                            self.reader.write(one.files)
                    case "second terminal":
                        self.reader.open_second_terminal(fence.text)
                        self.nets = self.reader.truth.nets(*MONTH)
                        self.version = self.reader.truth.run_version(*MONTH)
                    case "if you like":
                        pass
                    case _ if "approve T-2" in fence.text:
                        self._run_twice(fence)
                    case _:
                        self.reader.type(fence.text, fence.exit_code)
                if " template " in fence.text:
                    self.reader.fill_in(fence.text.rpartition("--out ")[2].strip(), page.rows)

    def _run_twice(self, fence: Fence) -> None:
        *first, run = fence.text.splitlines()
        self.reader.type("\n".join(first))
        self.reader.kill_right_after_the_act(run, "T-2")
        self.after_the_kill = self.reader.state("T-2")
        self.reader.type(run, fence.exit_code)


@pytest.fixture(scope="module")
def tale(
    pages: Sequence[HowTo], wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tale]:
    tale = Tale(Reader(tmp_path_factory.mktemp("stranger"), wheel))
    try:
        tale.follow(pages)
        yield tale
    finally:
        tale.reader.close_second_terminal()


@pytest.fixture
def reader(tale: Tale) -> Reader:
    return tale.reader


def phone(reader: Reader, reference: str) -> list[Decimal]:
    lines = reader.truth.slip_lines(*MONTH, PEOPLE[reference])
    return [line.amount for line in lines if line.component == PHONE]


def test_paraplu_comes_from_the_clean_environment(reader: Reader) -> None:
    python = reader.place / ".venv" / "bin" / "python"
    packages = ("paraplu", "paraplu_browser", "phone_allowance")
    script = f"import {', '.join(packages)}\n" + "\n".join(
        f"print({package}.__file__)" for package in packages
    )
    done = subprocess.run(
        [python, "-c", script], env=reader.environment, capture_output=True, text=True, check=True
    )
    places = done.stdout.splitlines()
    assert len(places) == len(packages)
    for place in places:
        assert Path(place).is_relative_to(reader.place / ".venv")


def test_bots_lists_the_bot_and_the_target_with_their_distribution(reader: Reader) -> None:
    listed = reader.ask("bots", "list")
    (bot,) = [one for one in listed["bots"] if one["service"] == "phone-allowance"]
    assert bot["distribution"] == "phone-allowance 1.0.0"
    assert bot["needs"] == {"payroll": "AllowanceSystem"}
    assert {
        one["distribution"] for one in listed["targets"] if one["target"] == "practice-allowances"
    } == {"phone-allowance 1.0.0"}
    assert "phone-allowance  (phone-allowance 1.0.0)" in reader.answer_to("paraplu bots list")


def test_doctor_finds_nothing_wrong(reader: Reader) -> None:
    assert "Nothing is wrong." in reader.answer_to("paraplu doctor")


def test_a_rehearsal_says_what_would_happen(reader: Reader, tale: Tale) -> None:
    said = reader.answer_to("paraplu rehearse")
    assert all(word in said for word in ("T-1: ready", "T-2: waiting", "T-3: returned"))
    net = tale.nets["00412-1"] + 15
    assert "lines.2100.amount: 25 -> 40" in said
    assert f"net: must be {net}" in said


def test_what_was_asked_stands_once_in_the_office(reader: Reader, tale: Tale) -> None:
    assert [phone(reader, one) for one in ("T-1", "T-2", "T-3")] == [[40], [], [25]]
    applied = reader.truth.mutations("T-%", state="applied")
    assert sorted(one.reference.partition("/")[0] for one in applied) == ["T-1", "T-2", "T-4"]
    assert len(reader.truth.mutations("T-%")) == len(applied)
    assert reader.truth.run_version(*MONTH) == tale.version + len(applied)


def test_everybody_else_is_paid_what_they_were_paid(reader: Reader, tale: Tale) -> None:
    now = reader.truth.nets(*MONTH)
    changed = {who: now[who] - net for who, net in tale.nets.items() if now[who] != net}
    lost = changed.pop("00745-1")
    assert changed == {"00412-1": Decimal(15), "00523-1": Decimal(-25)}
    assert lost < 0


def test_a_run_killed_right_after_the_act_is_found_out_and_not_done_twice(
    reader: Reader, tale: Tale
) -> None:
    assert tale.after_the_kill == "working"
    assert reader.state("T-2") == "done"
    kinds = [one["kind"] for one in reader.ask("audit", "find", "--case", "T-2")["entries"]]
    assert kinds.count("intent") == 1
    assert kinds.index("intent") < kinds.index("intent-resolved") < kinds.index("outcome-confirmed")


def test_the_client_is_answered_in_dutch(reader: Reader) -> None:
    (answered,) = (reader.place / "home" / "answers" / "waterland").glob("requests*.xlsx")
    rows = list(load_workbook(answered).worksheets[0].iter_rows(values_only=True))
    told = {str(row[0]): row[-3:] for row in rows if str(row[0]).startswith("T-")}
    assert told["T-1"] == ("Uitgevoerd", "Bedrag gewenst: 40,00", None)
    assert told["T-2"] == ("Uitgevoerd", "Bedrag gewenst: 0,00", None)
    assert told["T-3"] == ("Naar u terug", None, "Bedrag nu: Op de loonstrook staat 25,00.")


def test_a_line_that_vanished_is_named_to_a_person(reader: Reader) -> None:
    assert phone(reader, "T-4") == [30]
    said = reader.answer_to("cases show T-4")
    assert "with a person" in said
    assert "lines 1100 is gone (was: amount 125, cost_centre 4510)" in said


def test_there_is_evidence_and_the_log_is_whole(reader: Reader) -> None:
    checked = reader.ask("audit", "verify")
    assert checked["intact"]
    assert checked["evidence"] >= 6
    assert "The log is intact" in reader.answer_to("audit verify")
