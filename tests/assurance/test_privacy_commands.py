"""`erase`, `retention` and what is erased, as people meet them on the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bureau import CLIENT, Bureau
from click.testing import CliRunner, Result
from test_erasing import AFTERWARDS, GROUND, ask, erase, led, who

from paraplu.cli.main import cli

__all__ = ["led"]


@pytest.fixture
def said(led: Bureau, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calls the command line; everybody in it acts as who the test says."""
    import paraplu.bootstrap

    acting = {"handle": "ines.bakker"}

    def call(*arguments: str, by: str = "ines.bakker", refused: str = "") -> Result:
        acting["handle"] = by
        result = CliRunner().invoke(cli, [*arguments, "--home", str(led.home)])
        if refused:
            assert refused in str(result.exception)
        else:
            ended = result.exception is None or isinstance(result.exception, SystemExit)
            assert ended, (result.exception, result.output)
        return result

    monkeypatch.setattr(paraplu.bootstrap, "open_centre", lambda _home: led.centre)
    monkeypatch.setattr(type(led.centre), "close", lambda _self: None)
    monkeypatch.setattr(
        "paraplu.cli.session.Session.acting", lambda _self, _centre: who(led, acting["handle"])
    )
    return call


def last(result: Result) -> Any:
    return json.loads(result.output.splitlines()[-1])


def test_one_asks_another_accepts_and_everybody_sees_what_became_of_it(
    led: Bureau, said: Any
) -> None:
    asked = said("erase", "ask", "--client", CLIENT, "--person", "10002", "--ground", GROUND)
    assert "everything about person 10002 of noordwijk" in asked.output
    assert "NOT over yet" in asked.output
    assert "not reached: backups of the key store" in asked.output
    uid = asked.output.strip().split()[-1]
    done = said("erase", "accept", uid, by="lea.groot")
    assert "Erased on 2026-11-17 by Lea Groot, asked by Ines Bakker" in done.output
    erased = said("audit", "erasures")
    assert "1 erasure, 0 not finished" in erased.output
    assert GROUND in erased.output
    for arguments in (
        ("cases", "show", "KENMERK-772"),
        ("audit", "story", "KENMERK-772"),
        ("audit", "find", "--case", "KENMERK-772"),
    ):
        shown = said(*arguments)
        assert "rased on 2026-11-17 by Lea Groot, asked by Ines Bakker" in shown.output, arguments
        assert "7654.32" not in shown.output
    assert "erased (" in said("cases", "list").output
    assert "KENMERK-773" in said("cases", "list").output
    assert last(said("audit", "story", "--case", "KENMERK-772", "--json"))["cases"][0]["erased"]


def test_a_hold_is_set_listed_and_released(led: Bureau, said: Any) -> None:
    held = said("erase", "hold", "--client", CLIENT, "--person", "10003", "--reason", "AB 26/7")
    uid = held.output.strip().split()[-1]
    listed = said("erase", "holds")
    assert "10003" in listed.output
    assert "AB 26/7" in listed.output
    assert last(said("erase", "holds", "--json"))["holds"][0]["hold"] == uid
    assert "Released" in said("erase", "release", uid).output
    assert last(said("erase", "holds", "--json"))["holds"] == []


def test_what_is_due_is_destroyed_and_declared(led: Bureau, said: Any, tmp_path: Path) -> None:
    from test_retention import end_watches

    led.time.now = datetime(2033, 11, 15, 9, 0, tzinfo=UTC)
    assert "0 of 1 over" in said("retention", "due", "--within", "90d").output
    led.time.now = AFTERWARDS
    end_watches(led)
    assert "1 of 1 over" in said("retention", "due").output
    asked = said("retention", "destroy", "--client", CLIENT, "--class", "nl.7y", "--year", "2026")
    uid = asked.output.strip().split()[-1]
    assert "8 cases" in said("erase", "accept", uid, by="lea.groot").output
    out = tmp_path / "verklaring.txt"
    said("retention", "declare", uid, "--out", str(out))
    assert "VERKLARING VAN VERNIETIGING" in out.read_text("utf-8")
    assert "There is nothing to finish" in said("erase", "finish").output
    assert said("answer", "--client", CLIENT).output.startswith("There is nothing to answer")
    assert last(said("audit", "erasures", "--json"))["erasures"][0]["what"] == "class"


def test_an_extract_is_written_to_a_file_of_its_own(led: Bureau, said: Any, tmp_path: Path) -> None:
    out = tmp_path / "inzage.html"
    wrote = said(
        *("audit", "extract", "--client", CLIENT, "--person", "10002"),
        *("--language", "nl", "--out", str(out)),
    )
    assert "2 cases" in wrote.output
    assert "Read it before you hand it over" in wrote.output
    assert out.stat().st_mode & 0o077 == 0
    asked = ask(led)
    assert "handed out on 2026-11-17 (extract-written" in "\n".join(asked.lines)


@pytest.mark.parametrize(
    "arguments",
    [
        ("erase", "ask", "--client", CLIENT),
        ("erase", "ask", "--ours", "x", "--client", CLIENT, "--person", "1"),
        ("erase", "ask", "--client", CLIENT, "--person", "1", "--class", "nl.7y"),
        ("erase", "hold", "--client", CLIENT, "--reason", "x"),
        ("erase", "hold", "--person", "1", "--reason", "x"),
        ("retention", "due", "--within", "soon"),
        ("retention", "destroy", "--client", CLIENT, "--class", "seven", "--year", "2026"),
    ],
    ids=" ".join,
)
def test_what_is_not_clear_is_asked_again(led: Bureau, said: Any, arguments: tuple[str]) -> None:
    assert said(*arguments).exit_code == 2


def test_an_auditor_sees_what_was_erased_and_cannot_erase(led: Bureau, said: Any) -> None:
    from paraplu.domain.person import Person, Role

    led.settings(people=(Person(handle="aud.itor", name="Aud Itor", roles=(Role.AUDITOR,)),))
    erase(led)
    assert "1 erasure," in said("audit", "erasures", by="aud.itor").output
    asking = ("erase", "ask", "--client", CLIENT, "--person", "10003")
    said(*asking, by="aud.itor", refused="takes the role lead or administrator")
