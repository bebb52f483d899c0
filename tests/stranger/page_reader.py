"""Somebody who follows the pages to the letter, in an empty folder, with Paraplu's wheel and no network."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from paraplu.practice import moods, schema
from paraplu.practice.truth import Truth

PORT = "8808"  # the one on the pages; a free one is taken instead
_LONGEST = 600  # seconds, for a command that hangs


class Reader:
    """Types what the pages say, block by block. `said` is what each block answered."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self._folder = folder
        self._wheel = wheel
        self._exports: list[str] = []
        self._port = _free_port()
        self._office: subprocess.Popen[str] | None = None
        self.said: list[tuple[str, str]] = []
        self.place = folder / "phone-allowance"
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("PIP_", "PYTHON")) and name != "VIRTUAL_ENV"
            },
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_CACHE_DIR": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    @property
    def truth(self) -> Truth:
        """The practice office's own database."""
        return Truth(self.place / "office.db")

    def prepare(self, block: str) -> None:
        """The first block; other people's packages are let in as soon as the environment is there."""
        block = block.replace("/path/to/paraplu", str(self._wheel))
        first, found, rest = block.partition("python3 -m venv .venv\n")
        assert found
        self.type(first + found, place=self._folder)
        (site,) = (self.place / ".venv" / "lib").glob("python*/site-packages")
        (site / "others.pth").write_text(f"{others(self._folder / 'others')}\n", encoding="utf-8")
        self.type(rest)

    def write(self, files: Mapping[str, str]) -> None:
        """Write the files of a page."""
        for name, text in files.items():
            (self.place / name).write_text(text, encoding="utf-8")

    def type(self, block: str, exit_code: int = 0, place: Path | None = None) -> str:
        """Type a block; its last command ends with `exit_code`, all others with 0."""
        done = subprocess.run(
            self._shell(block),
            cwd=place or self.place,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LONGEST,
        )
        self.said.append((block, done.stdout))
        assert done.returncode == exit_code, (
            f"{block}\nended with {done.returncode}:\n{done.stdout}"
        )
        self._exports += [line for line in block.splitlines() if line.startswith("export ")]
        return done.stdout

    def open_second_terminal(self, block: str) -> None:
        """Start the practice office, as the page says, and wait until it answers."""
        lines = block.splitlines()
        lines[-1] = f"exec {lines[-1]}"
        self._office = subprocess.Popen(
            self._shell("\n".join(lines)),
            cwd=self.place,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._office.stdout is not None
        assert json.loads(self._office.stdout.readline())["address"].endswith(f":{self._port}")

    def close_second_terminal(self) -> None:
        """End the practice office."""
        if self._office is not None:
            self._office.terminate()
            self._office.wait(timeout=60)
            if self._office.stdout is not None:
                self._office.stdout.close()

    def fill_in(self, workbook: str, rows: Sequence[Mapping[str, str]]) -> None:
        """Fill rows into a template below its headings: amounts as numbers, codes as texts."""
        book = load_workbook(self.place / workbook)
        sheet = book.worksheets[0]
        head = next(row for row in sheet.iter_rows() if str(row[0].value).startswith("Kenmerk"))
        columns = {str(cell.value).rstrip(" *"): cell.column for cell in head if cell.value}
        for number, row in enumerate(rows, start=int(head[0].row or 0) + 1):
            for heading, value in row.items():
                figure = heading.startswith(("Bedrag", "Dienstverband"))
                sheet.cell(number, columns[heading], Decimal(value) if figure else value)
        book.save(self.place / workbook)

    def kill_right_after_the_act(self, command: str, reference: str) -> None:
        """Start a run and kill -9 it as soon as the office has applied the correction of a case."""
        self._set_mood("slow", "500", "/payroll/waterland/mutations/")
        before = len(self._applied(reference))
        run = subprocess.Popen(
            self._shell(f"exec {command}"),
            cwd=self.place,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            while len(self._applied(reference)) == before:
                assert run.poll() is None, "the run ended before it could be killed"
                time.sleep(0.005)
        finally:
            run.kill()
            run.wait()
        database = schema.connect(self.truth.path)
        with schema.transaction(database):
            moods.clear(database)
        database.close()

    def ask(self, *arguments: str) -> Any:
        """What `paraplu ... --json` answers."""
        command = [str(self.place / ".venv" / "bin" / "paraplu"), *arguments, "--json"]
        done = subprocess.run(
            command,
            env={**self.environment, "PARAPLU_HOME": str(self.place / "home")},
            capture_output=True,
            text=True,
            timeout=_LONGEST,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def state(self, reference: str) -> str:
        """The state of a case."""
        found = self.ask("cases", "list", "--client", "waterland")["cases"]
        return str(next(one["state"] for one in found if one["reference"] == reference))

    def answer_to(self, words: str) -> str:
        """What the last block with these words in it answered."""
        return next(said for block, said in reversed(self.said) if words in block)

    def _applied(self, reference: str) -> list[Any]:
        return self.truth.mutations(f"{reference}/%", state="applied")

    def _set_mood(self, name: str, value: str, path: str) -> None:
        database = schema.connect(self.truth.path)
        with schema.transaction(database):
            moods.set_mood(database, moods.checked(name, value, path))
        database.close()

    def _shell(self, block: str) -> list[str]:
        typed = "\n".join([*self._exports, block]).replace(PORT, str(self._port))
        return [shutil.which("bash") or "bash", "-e", "-c", typed]


def others(folder: Path) -> Path:
    """A folder that shows every package of this environment but Paraplu, pip and setuptools."""
    folder.mkdir()
    hidden = ("paraplu", "_paraplu", "pip", "setuptools", "_distutils", "__pycache__")
    for base in dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib")):
        for path in Path(base).iterdir():
            if not path.name.startswith(hidden) and path.suffix != ".pth":
                (folder / path.name).symlink_to(path)
    return folder


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
