"""A product's own environment: its Python packages in a virtual environment and its web libraries.

What belongs to it stands in a folder beside this file: `requirements.txt` (pip), `package.json` and
`package-lock.json` (npm). Everything comes from the package registries that the ordinary clients are
set up for; these files pin every version (npm's lock every hash as well) and name no address.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from products.cache import Cache

HERE: Final = Path(__file__).resolve().parent
INSIDE: Final = HERE / "inside"
"""The scripts that run in the products' own environments."""

_WAY: Final = "1"
"""Raised when the commands that install change; what they install is named by the locks."""

# The products behave differently when they see that somebody is testing or that CI runs them, and
# would take another database or another store for their limits where these name one.
_MISLEADING: Final = {
    *("CI", "TESTING", "DATABASE_URL", "REDIS_URL", "SESSION_REDIS_URL"),
    *("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_REQUIRE_VIRTUALENV"),
}


def surroundings(**more: str) -> dict[str, str]:
    """The environment variables for a product: ours without those that would mislead it."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in _MISLEADING and not name.startswith(("PYTEST_", "TRYTOND_"))
    }
    return {**clean, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", **more}


class CannotInstall(Exception):
    """The product cannot be had here. The message says what is missing and what to do."""


@dataclass(frozen=True)
class Environment:
    """An installed product."""

    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter of the product's virtual environment."""
        if sys.platform == "win32":
            return self.folder / "venv" / "Scripts" / "python.exe"
        return self.folder / "venv" / "bin" / "python"

    @property
    def web(self) -> Path:
        """The folder with `node_modules`."""
        return self.folder / "web"

    def seed(
        self, script: str, arguments: Sequence[str], variables: Mapping[str, str], folder: Path
    ) -> None:
        """Run `inside/<script>` to its end in `folder`. Raises RuntimeError with its last words."""
        done = _run_to_its_end(
            [str(self.python), str(INSIDE / script), *arguments], variables, folder
        )
        if done.returncode:
            raise RuntimeError(f"{script} ended with {done.returncode}:\n{done.stdout[-2000:]}")


def digest(*parts: bytes | str) -> str:
    """Twelve hex digits that change when any of the parts does."""
    sha = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        sha.update(len(data).to_bytes(8, "big") + data)
    return sha.hexdigest()[:12]


def installed(product: str, cache: Cache) -> Environment:
    """The environment of `product` (`coati`, `tryton`), installed now if it is not in the cache.

    Raises CannotInstall where npm is missing or a registry cannot be reached.
    """
    recipe = HERE / f"{product}_environment"
    locks = [recipe / name for name in ("requirements.txt", "package.json", "package-lock.json")]
    # A virtual environment works with the interpreter it was made with, and with no other.
    key = digest(
        *(lock.read_bytes() for lock in locks),
        _WAY,
        platform.python_version(),
        platform.machine(),
        sys.base_prefix,
    )

    def build(folder: Path) -> None:
        web = folder / "web"
        web.mkdir()
        for lock in locks[1:]:
            shutil.copy(lock, web)
        _npm(product, web)
        _pip(product, folder / "venv", locks[0])

    return Environment(cache.folder(f"{product}-{key}", build))


def _npm(product: str, web: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise CannotInstall(
            f"{product} needs npm for its web libraries, and npm is not on the PATH. Install Node.js."
        )
    flags = ["--ignore-scripts", "--legacy-peer-deps", "--omit=dev", "--no-audit", "--no-fund"]
    _run(product, "npm", [npm, "ci", *flags, "--fetch-retries=1", "--loglevel=error"], web)


def _pip(product: str, venv: Path, requirements: Path) -> None:
    _run(product, "venv", [sys.executable, "-m", "venv", str(venv)], venv.parent)
    python = Environment(venv.parent).python
    # Not the `pip` script: it names the folder in which it was made, which is renamed later.
    command = [str(python), "-m", "pip", "install", "--quiet", "--retries=1"]
    _run(product, "pip", [*command, "--requirement", str(requirements)], venv.parent)


def _run(product: str, client: str, command: list[str], folder: Path) -> None:
    done = _run_to_its_end(command, surroundings(), folder)
    if done.returncode:
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        said = " / ".join(lines[:2] + lines[2:][-2:])
        raise CannotInstall(
            f"{product} could not be installed: {client} ended with {done.returncode}. Is there a "
            f"network, and is the package registry set up for {client}? It said: {said}"
        )


def _run_to_its_end(
    command: list[str], variables: Mapping[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
