"""A file is one noun, says what it is for, and can be read in one go."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

_LONGEST = 400
# Handed to auditors, who need it whole and alone.
_ONE_FILE = "src/paraplu/assurance/handout/verify.py"
_SAYS_NOTHING = {
    *("utils", "util", "helpers", "helper", "common", "base", "manager", "handler", "service"),
    *("processor", "misc"),
}


def test_every_module_says_what_it_is_for(root: Path, modules: Sequence[Path]) -> None:
    silent = [
        str(path.relative_to(root))
        for path in modules
        if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []


def test_no_file_has_more_than_400_lines(root: Path, modules: Sequence[Path]) -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in modules}
    too_long = {
        str(path.relative_to(root)): length for path, length in lengths.items() if length > _LONGEST
    }
    assert too_long.pop(_ONE_FILE, 0) <= 550
    assert too_long == {}


def test_every_file_is_called_after_what_is_in_it(root: Path, modules: Sequence[Path]) -> None:
    names = {path: {path.stem, *path.relative_to(root).parts[1:-1]} for path in modules}
    vague = [
        str(path.relative_to(root))
        for path, words in names.items()
        if any(_SAYS_NOTHING & set(word.strip("_").split("_")) for word in words)
    ]
    assert vague == []
