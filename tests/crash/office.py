"""The practice office of one trial: forked, on a free port, with a file of its own."""

from __future__ import annotations

import json
import os
import select
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from crash.processes import ended, forked
from paraplu.practice import moods, schema
from paraplu.practice.server import serve

FILE = "office.db"
_BEGIN = 60.0  # seconds for it to accept connections
_END = 10.0  # seconds for it to end


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, int]]:
    """An office on the file in `folder`: its address and process id. The file is seeded when it is new.

    It ends with the process that asked for it, too.
    """
    theirs_in, ours_in = os.pipe()
    ours_out, theirs_out = os.pipe()

    def work() -> None:
        os.close(ours_in)
        os.close(ours_out)
        os.dup2(theirs_in, 0)
        os.dup2(theirs_out, 1)
        serve(
            folder / FILE,
            port=0,
            today=None,
            passwords=None,
            idle=timedelta(hours=1),
            until_stdin_closes=True,
        )

    process = forked(work, folder / "office.log")
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        ready, _, _ = select.select([ours_out], [], [], _BEGIN)
        line = os.read(ours_out, 4096) if ready else b""
        if not line:
            said = (folder / "office.log").read_text("utf-8", "replace")
            raise RuntimeError(f"The practice office did not start: {said}")
        yield str(json.loads(line)["address"]), process
    finally:
        os.close(ours_in)
        os.close(ours_out)
        if ended(process, _END) is None:
            os.kill(process, 9)
            ended(process, _END)


def set_mood(folder: Path, name: str, value: str) -> None:
    """Set a mood in the office's file for good."""
    database = schema.connect(folder / FILE)
    try:
        with schema.transaction(database):
            moods.set_mood(database, moods.checked(name, value))
    finally:
        database.close()
