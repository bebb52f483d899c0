"""A file with one line of JSON for each trial, so that a turn that was broken off can be gone on with."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from crash.batch import Outcome


@dataclass(frozen=True)
class Report:
    """Writes to `path` when there is one; with `resume` it knows what was right in an earlier turn."""

    path: Path | None = None
    resume: bool = False

    def outcomes(self, kind: str) -> list[Outcome]:
        """The trials of a kind (sweep, or the database of random kills) that were right before."""
        return [one for name, one in self._earlier() if name == kind and one.right]

    def wrong(self) -> list[Outcome]:
        """The trials of any kind that went wrong before."""
        return [one for _name, one in self._earlier() if not one.right]

    def _earlier(self) -> list[tuple[str, Outcome]]:
        if self.path is None or not self.resume or not self.path.exists():
            return []
        found = []
        for line in self.path.read_text("utf-8").splitlines():
            try:
                told = json.loads(line)
            except ValueError:  # broken off in the middle of it
                continue
            kind = told.pop("kind")
            found.append((kind, Outcome(**told)))
        return found

    def add(self, kind: str, outcome: Outcome) -> None:
        """Write down a trial that has ended."""
        if self.path is None:
            return
        line = json.dumps({"kind": kind, **asdict(outcome)}).encode()
        with self.path.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # broken off in the middle of a line
                    line = b"\n" + line
            file.write(line + b"\n")
