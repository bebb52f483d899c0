"""The front door keeps two lists, one for type checkers and one for the interpreter: they agree."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import paraplu


def seen_by_type_checkers(source: str) -> set[tuple[str, str]]:
    """Place and name of everything imported under `if TYPE_CHECKING:`, under its own name."""
    found: set[tuple[str, str]] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for inner in node.body:
                assert isinstance(inner, ast.ImportFrom), ast.unparse(inner)
                for name in inner.names:
                    # `import X as X` is what makes it public for type checkers.
                    assert name.asname == name.name, name.name
                    found.add((str(inner.module), name.name))
    return found


def test_both_lists_name_the_same(root: Path) -> None:
    source = (root / "src" / "paraplu" / "__init__.py").read_text("utf-8")
    table = next(
        ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_PLACES"
    )
    for_interpreter = {(place, name) for place, names in table.items() for name in names}
    assert for_interpreter == seen_by_type_checkers(source)


def test_every_name_at_the_front_door_is_there() -> None:
    assert [name for name in paraplu.__all__ if getattr(paraplu, name, None) is None] == []
    assert set(paraplu.__all__) == set(dir(paraplu))


def test_a_name_that_is_not_at_the_front_door_is_an_attribute_error() -> None:
    assert not hasattr(paraplu, "Umbrella")


def test_version_is_that_of_the_distribution(root: Path) -> None:
    assert f'\nversion = "{paraplu.__version__}"\n' in (root / "pyproject.toml").read_text("utf-8")


def test_plugins_are_listed_without_importing_one() -> None:
    script = (
        "import json, sys\n"
        "from importlib.metadata import entry_points\n"
        "named = [point.value for point in entry_points(group='paraplu.bots')]\n"
        "loaded = [name for name in sys.modules if name.startswith('paraplu')]\n"
        "print(json.dumps([named, loaded]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    named, loaded = json.loads(done.stdout)
    assert named
    assert loaded == []
