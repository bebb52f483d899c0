"""The practice office of a demo home: a program of its own that serves as long as the command does."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ACCOUNTS = ("payroll-robot", "purchasing-robot", "office")


def passwords(home: Path) -> Path:
    """The passwords of the practice office's accounts, made once, for its owner only."""
    path = home / "practice" / "passwords"
    if not path.exists():
        draft = path.with_suffix(".part")
        draft.touch(mode=0o600)
        lines = [f"{name}={secrets.token_urlsafe(12)}" for name in _ACCOUNTS]
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
        draft.replace(path)
    return path


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """The practice office on a free port, for as long as this process lives."""
    from paraplu.errors import ParapluError

    process = subprocess.Popen(  # noqa: S603 - our own program
        [
            sys.executable,
            "-m",
            "paraplu.practice",
            "serve",
            "--database",
            str(home / "practice" / "office.db"),
            "--passwords",
            str(passwords(home)),
            "--until-stdin-closes",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for us: the case in hand is finished in the office
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            why = process.stderr.read().strip() if process.stderr else ""
            raise ParapluError(f"The practice office did not start: {why or 'no reason given'}")
        yield str(json.loads(line)["address"])
    finally:
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
