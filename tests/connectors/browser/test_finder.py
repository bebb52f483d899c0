"""Which browser is found."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from paraplu import SettingsWrong
from paraplu_browser import find_browser


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    path.chmod(0o755)
    return path


def test_the_named_browser_comes_first(tmp_path: Path) -> None:
    named = program(tmp_path / "my browser")
    found = find_browser({"PARAPLU_BROWSER": str(named), "PATH": ""})
    assert (found.kind, found.path) == ("named", named)
    assert "PARAPLU_BROWSER" in found.how


def test_a_named_browser_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    program(tmp_path / "chromium")
    with pytest.raises(SettingsWrong, match="PARAPLU_BROWSER names /nowhere/browser") as raised:
        find_browser({"PARAPLU_BROWSER": "/nowhere/browser", "PATH": str(tmp_path)})
    assert "no such file" in str(raised.value)


def test_without_any_browser_one_sentence_says_what_to_install() -> None:
    with pytest.raises(SettingsWrong, match="install Chromium, Google Chrome or Microsoft Edge"):
        find_browser({"PATH": "", "HOME": "/nowhere"}, platform="win32")


def test_playwright_s_own_build_is_taken_when_it_is_complete(tmp_path: Path) -> None:
    spec = find_spec("playwright")
    assert spec is not None and spec.origin is not None
    listed = json.loads(
        (Path(spec.origin).parent / "driver/package/browsers.json").read_text("utf-8")
    )
    revision = next(b["revision"] for b in listed["browsers"] if b["name"] == "chromium")
    folder = tmp_path / f"chromium-{revision}"
    build = program(folder / "chrome-linux64" / "chrome")
    edge = program(tmp_path / "bin" / "microsoft-edge")
    settings = {"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path), "PATH": str(edge.parent)}
    assert find_browser(settings, platform="win32").kind == "edge"  # half installed
    (folder / "INSTALLATION_COMPLETE").write_text("")
    found = find_browser(settings, platform="win32")
    assert (found.kind, found.path) == ("playwright", build)
    older = tmp_path / "older"
    folder.rename(tmp_path / "chromium-1")
    older.mkdir()
    assert find_browser(settings, platform="win32").kind == "edge"  # another revision


def test_edge_goes_before_chrome_before_chromium(tmp_path: Path) -> None:
    settings = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    for name, kind in (
        ("chromium-browser", "chromium"),
        ("google-chrome", "chrome"),
        ("microsoft-edge", "edge"),
    ):
        program(tmp_path / name)
        assert find_browser(settings, platform="win32").kind == kind


def test_on_windows_the_program_folders_are_looked_at(tmp_path: Path) -> None:
    edge = program(tmp_path / "Microsoft/Edge/Application/msedge.exe")
    found = find_browser({"PROGRAMFILES(X86)": str(tmp_path), "PATH": ""}, platform="win32")
    assert (found.kind, found.path) == ("edge", edge)
