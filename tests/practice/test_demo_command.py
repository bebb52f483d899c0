"""What the demo says when something is missing: one sentence, before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from paraplu.cli.demo import demo
from paraplu.errors import SettingsWrong


def test_without_a_browser_it_says_so_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARAPLU_BROWSER", str(tmp_path / "no-browser"))
    home = tmp_path / "home"
    ended = CliRunner().invoke(demo, ["--home", str(home)])
    assert isinstance(ended.exception, SettingsWrong)
    assert "PARAPLU_BROWSER" in str(ended.exception)
    assert not home.exists()


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear all", encoding="utf-8")
    ended = CliRunner().invoke(demo, ["--home", str(tmp_path)])
    assert ended.exception is not None and "holds no demo" in str(ended.exception)
    assert [one.name for one in tmp_path.iterdir()] == ["letter.txt"]
