"""Nouns, rules and the record take time, chance and files from their callers.

import-linter refuses the modules that are of no use to them; this looks at the calls that come with
modules they do use, such as `datetime.now`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

_PURE = ("domain", "audit")
_MODULES = {"time", "random", "secrets", "os", "io", "tempfile", "threading", "asyncio", "socket"}
# Called as a plain name.
_NAMES = {
    "open",
    "input",
    "print",
    "exec",
    "eval",
    "__import__",
    "uuid1",
    "uuid4",
    "uuid6",
    "uuid7",
}
# Of the classes `datetime` and `date`; a field of ours may be called `now`.
_CLOCKS = {"now", "utcnow", "today"}
# Of chance and of files, whatever they are called on.
_METHODS = {
    *("urandom", "uuid1", "uuid4", "uuid6", "uuid7", "token_bytes", "token_hex", "generate"),
    *(
        "open",
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "exists",
        "is_file",
        "is_dir",
    ),
    *("stat", "mkdir", "touch", "unlink", "iterdir", "glob", "rglob", "resolve", "cwd", "home"),
}


def impurities(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of everything in `source` that reaches for a clock, chance, a file or a thread."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found = [name.name for name in names if name.name.split(".")[0] in _MODULES]
            case ast.ImportFrom(module=str(module), names=names):
                whole = module.split(".")[0] in _MODULES
                found = [f"{module}.{name.name}" for name in names if whole or name.name in _NAMES]
            case ast.Call(func=ast.Name(id=name)):
                found = [name] if name in _NAMES else []
            # Named without a call as well: `default_factory=datetime.now`.
            case ast.Attribute(value=owner, attr=name) if name in _CLOCKS:
                of_a_class = ast.unparse(owner).split(".")[-1] in {"datetime", "date"}
                found = [name] if of_a_class else []
            case ast.Attribute(attr=name):
                found = [name] if name in _METHODS else []
            case _:
                found = []
        yield from ((node.lineno, name) for name in found)


@pytest.mark.parametrize("floor", _PURE)
def test_the_lowest_floor_reaches_for_nothing(root: Path, floor: str) -> None:
    files: Sequence[Path] = sorted((root / "src" / "paraplu" / floor).rglob("*.py"))
    assert files
    found = [
        f"{path.relative_to(root)}:{line}: {name}"
        for path in files
        for line, name in impurities(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\nx = datetime.now(tz)",
        "import datetime\nx = datetime.date.today()",
        "x = field(default_factory=datetime.now)",
        "import time",
        "from time import time",
        "import random",
        "import os.path",
        "def f():\n    from os import urandom",
        "from uuid import uuid4",
        "import uuid\nx = uuid.uuid4()",
        "x = open('a')",
        "x = Path('a').read_text()",
        "x = Path('a').open()",
        "x = Ed25519PrivateKey.generate()",
        "import threading",
    ],
)
def test_what_reaches_out_is_seen(source: str) -> None:
    assert list(impurities(source))


def test_what_is_passed_in_is_not_mistaken_for_reaching_out() -> None:
    source = "from datetime import datetime, timedelta\nx = [datetime(2026, 1, 1), self.now.date()]"
    assert list(impurities(source)) == []
