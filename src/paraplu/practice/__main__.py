"""`python -m paraplu.practice`: serve the practice office, set its moods, or lay out the demo.

`serve` prints one line of JSON, {"address": ..., "pid": ...}, when it accepts connections. `lay-out`
prints one line of JSON as well: where client files and workbooks are, and the robots' accounts with
their passwords, for a program that reads it through a pipe.
"""

import argparse
import json
import os
import sqlite3
import sys
from datetime import date, timedelta
from pathlib import Path

from paraplu.practice import moods, schema
from paraplu.practice.accounts import PasswordsMissing, gather_passwords
from paraplu.practice.clock import Clock


def main(arguments: list[str] | None = None) -> int:
    """Carry out the command; returns the exit code (1: cannot, 2: not understood)."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if chosen.command == "mood":
        return _mood(chosen)
    if chosen.command == "lay-out":
        return _lay_out(chosen)
    from paraplu.practice.server import CannotServe, serve

    try:
        serve(
            chosen.database,
            port=chosen.port,
            today=chosen.today,
            passwords=chosen.passwords,
            idle=timedelta(minutes=chosen.session_minutes),
            until_stdin_closes=chosen.until_stdin_closes,
        )
    except (CannotServe, PasswordsMissing) as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m paraplu.practice", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve the office on 127.0.0.1")
    serve.add_argument("--database", type=Path, required=True, help="the office's SQLite file")
    serve.add_argument("--port", type=int, default=0, help="0 (default): a free one")
    serve.add_argument(
        "--today", type=date.fromisoformat, help="the office's day, 2026-11-21 (default: today)"
    )
    serve.add_argument(
        "--passwords", type=Path, help="lines like office=..., readable by you only (mode 600)"
    )
    serve.add_argument(
        "--session-minutes", type=float, default=15, help="a session ends after sitting still"
    )
    serve.add_argument(
        "--until-stdin-closes", action="store_true", help="end when standard input closes"
    )
    mood = commands.add_parser("mood", help="set or clear moods, or list what there is")
    mood.add_argument("action", choices=("set", "clear", "list"))
    mood.add_argument("name", nargs="?", default="", help="for set: the mood")
    mood.add_argument("--database", type=Path, help="the office's SQLite file (set and clear)")
    mood.add_argument("--value", default="")
    mood.add_argument("--path", default="", help="a beginning of a path, or a pattern with *")
    mood.add_argument("--times", type=int, help="how often it bites (default: always)")
    lay_out = commands.add_parser("lay-out", help="write the demo's client files and workbooks")
    lay_out.add_argument("folder", type=Path, help="where to; what is there already is kept")
    lay_out.add_argument("--database", type=Path, required=True, help="the office's SQLite file")
    lay_out.add_argument("--today", type=date.fromisoformat, help="the office's day")
    lay_out.add_argument("--passwords", type=Path, help="as given to serve, also by environment")
    return parser


def _lay_out(chosen: argparse.Namespace) -> int:
    from paraplu.practice.workbooks import CannotLayOut, lay_out

    today = Clock.on(chosen.today).today()
    try:
        passwords = gather_passwords(chosen.passwords, os.environ)
        laid = lay_out(chosen.folder, chosen.database, today, passwords)
    except (CannotLayOut, PasswordsMissing) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(json.dumps(laid.to_json()))
    return 0


def _mood(chosen: argparse.Namespace) -> int:
    if chosen.action == "list":
        for kind in moods.KINDS:
            value = f" Value: {kind.value_means}." if kind.value_means else ""
            print(f"{kind.name:<18} {kind.does} Bites on: {kind.where}.{value}")
        return 0
    if chosen.database is None or not chosen.database.exists():
        print("Give the office's SQLite file with --database.", file=sys.stderr)
        return 2
    try:
        database = schema.connect(chosen.database)
        if chosen.action == "clear":
            moods.clear(database)
        else:
            moods.set_mood(
                database, moods.checked(chosen.name, chosen.value, chosen.path, chosen.times)
            )
    except ValueError as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except sqlite3.Error as problem:
        print(f"The database {chosen.database} cannot be used: {problem}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
