"""Which browser is used, and how it was found. Looks at files only: nothing is started.

The order is `PARAPLU_BROWSER`, Playwright's own build, Microsoft Edge, Google Chrome, Chromium of the
system. `paraplu doctor` shows what `find_browser` answers.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from paraplu import SettingsWrong

Kind = Literal["named", "playwright", "edge", "chrome", "chromium"]

VARIABLE = "PARAPLU_BROWSER"

_ON_PATH: Mapping[Kind, tuple[str, ...]] = {
    "edge": ("microsoft-edge", "microsoft-edge-stable", "msedge"),
    "chrome": ("google-chrome", "google-chrome-stable", "chrome"),
    "chromium": ("chromium", "chromium-browser"),
}
_LINUX: Mapping[Kind, tuple[str, ...]] = {
    "edge": ("/opt/microsoft/msedge/msedge", "/usr/bin/microsoft-edge"),
    "chrome": ("/opt/google/chrome/chrome", "/usr/bin/google-chrome"),
    "chromium": (
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/snap/bin/chromium",
        "/usr/lib/chromium/chromium",
    ),
}
_MACOS: Mapping[Kind, tuple[str, ...]] = {
    "edge": ("/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",),
    "chrome": ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",),
    "chromium": ("/Applications/Chromium.app/Contents/MacOS/Chromium",),
}
_WINDOWS: Mapping[Kind, tuple[str, ...]] = {
    "edge": ("Microsoft/Edge/Application/msedge.exe",),
    "chrome": ("Google/Chrome/Application/chrome.exe",),
    "chromium": ("Chromium/Application/chrome.exe",),
}
_WINDOWS_ROOTS = ("PROGRAMFILES(X86)", "PROGRAMFILES", "LOCALAPPDATA")
_BUILDS = (
    "chrome-linux64/chrome",
    "chrome-linux/chrome",
    "chrome-linux-arm64/chrome",
    "chrome-win64/chrome.exe",
    "chrome-win/chrome.exe",
    "chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
    "chrome-mac-x64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
    "chrome-mac/Chromium.app/Contents/MacOS/Chromium",
)
_HOWS: Mapping[Kind, str] = {
    "named": f"named by {VARIABLE}",
    "playwright": "Playwright's own build",
    "edge": "Microsoft Edge of this machine",
    "chrome": "Google Chrome of this machine",
    "chromium": "Chromium of this machine",
}


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that is there: its kind, the path of its program and how it was found."""

    kind: Kind
    path: Path
    how: str


def find_browser(
    environment: Mapping[str, str] | None = None, platform: str = sys.platform
) -> Browser:
    """The browser to use. Raises `SettingsWrong` when there is none, or when the named one is not there.

    `environment` and `platform` (as `sys.platform`) are those of this process unless given.
    """
    settings = os.environ if environment is None else environment
    named = settings.get(VARIABLE, "").strip()
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise SettingsWrong(
                f"{VARIABLE} names {named}, and there is no such file. Let it name the program of a "
                "Chromium, Chrome or Edge browser, or take the variable away to have one looked for."
            )
        return Browser("named", path, _HOWS["named"])
    for kind, path in _candidates(settings, platform):
        if path.is_file():
            return Browser(kind, path, _HOWS[kind])
    raise SettingsWrong(
        "No browser was found: install Chromium, Google Chrome or Microsoft Edge (on Debian: apt install "
        f"chromium; anywhere: playwright install chromium), or let {VARIABLE} name the program of one."
    )


def _candidates(settings: Mapping[str, str], platform: str) -> Iterator[tuple[Kind, Path]]:
    for path in _own_builds(settings, platform):
        yield "playwright", path
    kinds: tuple[Kind, ...] = ("edge", "chrome", "chromium")
    for kind in kinds:
        for path in _known(kind, settings, platform):
            yield kind, path
        for name in _ON_PATH[kind]:
            found = shutil.which(name, path=settings.get("PATH", os.defpath))
            if found:
                yield kind, Path(found)


def _known(kind: Kind, settings: Mapping[str, str], platform: str) -> Iterator[Path]:
    if platform == "win32":
        for root in _WINDOWS_ROOTS:
            if settings.get(root):
                yield from (Path(settings[root], below) for below in _WINDOWS[kind])
        return
    yield from map(Path, (_MACOS if platform == "darwin" else _LINUX)[kind])


def _own_builds(settings: Mapping[str, str], platform: str) -> Iterator[Path]:
    """Where Playwright's installed version keeps the build made for it; no other revision will do."""
    spec = find_spec("playwright")
    if spec is None or spec.origin is None:
        return
    driver = Path(spec.origin).parent / "driver" / "package"
    try:
        browsers = json.loads((driver / "browsers.json").read_text("utf-8"))["browsers"]
        revision = next(str(one["revision"]) for one in browsers if one["name"] == "chromium")
    except (OSError, ValueError, KeyError, StopIteration):
        return
    folder = _registry(settings, platform, driver) / f"chromium-{revision}"
    if (folder / "INSTALLATION_COMPLETE").is_file():
        yield from (folder / build for build in _BUILDS)


def _registry(settings: Mapping[str, str], platform: str, driver: Path) -> Path:
    chosen = settings.get("PLAYWRIGHT_BROWSERS_PATH", "")
    if chosen == "0":
        return driver / ".local-browsers"
    if chosen:
        return Path(chosen)
    home = Path(settings.get("HOME") or settings.get("USERPROFILE") or Path.home())
    if platform == "win32":
        return Path(settings.get("LOCALAPPDATA") or home / "AppData" / "Local") / "ms-playwright"
    if platform == "darwin":
        return home / "Library" / "Caches" / "ms-playwright"
    return Path(settings.get("XDG_CACHE_HOME") or home / ".cache") / "ms-playwright"
