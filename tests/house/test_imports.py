"""What a first look costs: `import paraplu` and `paraplu --help` load next to nothing."""

from __future__ import annotations

import json
import subprocess
import sys

_PROBE = """
import contextlib, io, json, sys
before = set(sys.modules)
shown = io.StringIO()
with contextlib.redirect_stdout(shown):
    {what}
print(json.dumps([sorted(set(sys.modules) - before), shown.getvalue()]))
"""
_HELP = """
    from paraplu.cli.main import main
    sys.argv = ["paraplu", "--help"]
    with contextlib.suppress(SystemExit):
        main()
"""


def loaded_by(what: str) -> tuple[set[str], str]:
    """The top-level packages outside the standard library that `what` loads; what it prints."""
    command = [sys.executable, "-I", "-c", _PROBE.format(what=what.strip())]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names, shown = json.loads(done.stdout)
    tops = {name.partition(".")[0] for name in names}
    return {top for top in tops if top not in sys.stdlib_module_names}, shown


def test_importing_paraplu_loads_nothing_else() -> None:
    loaded, _ = loaded_by("import paraplu")
    assert loaded == {"paraplu"}


def test_help_loads_nothing_from_others_but_click() -> None:
    loaded, shown = loaded_by(_HELP)
    assert shown.startswith("Usage: paraplu")
    assert loaded <= {"paraplu", "click"}
