"""Prints: rich on a terminal, plain text elsewhere, one JSON line when asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable


class Output:
    """Where a command says what it has to say."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.pretty = not as_json and sys.stdout.isatty()

    def line(self, text: str = "") -> None:
        """One line for people; nothing in JSON."""
        if not self.as_json:
            click.echo(text)

    def heading(self, text: str) -> None:
        """A line that begins a part."""
        if not self.as_json:
            click.echo(click.style(text, bold=True) if self.pretty else text)

    def result(self, data: Any) -> None:
        """The one JSON line; nothing for people."""
        if self.as_json:
            click.echo(json.dumps(data, default=str, ensure_ascii=False))

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """A table; figures (anything that is an int) to the right."""
        if self.as_json:
            return
        if not self.pretty:
            self._plain_table(headings, rows)
            return
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table

        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for index, heading in enumerate(headings):
            figures = bool(rows) and all(isinstance(row[index], int) for row in rows)
            table.add_column(heading, justify="right" if figures else "left", overflow="fold")
        for row in rows:
            table.add_row(*(_text(cell) for cell in row))
        Console().print(table)

    @contextmanager
    def progress(self, what: str) -> Iterator[Callable[[int, int, str], None]]:
        """A progress bar on a terminal; elsewhere silence. Gives the function that moves it."""
        if not self.pretty:
            yield lambda _done, _total, _state: None
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}"),
        )
        with Progress(*columns) as bar:
            task = bar.add_task(what, total=None, state="signing in")

            def move(done: int, total: int, state: str) -> None:
                bar.update(task, completed=done, total=total, state=state.replace("-", " "))

            yield move

    @contextmanager
    def bars(self, names: Sequence[str]) -> Iterator[Callable[[int, int, int], None]]:
        """Several bars on a terminal; elsewhere silence. Gives the function that moves one by its number."""
        if not self.pretty:
            yield lambda _number, _done, _total: None
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()) as bars:
            tasks = [bars.add_task(name, total=None) for name in names]
            yield lambda number, done, total: bars.update(
                tasks[number], completed=done, total=total
            )

    @staticmethod
    def _plain_table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        cells = [list(headings), *([_text(cell) for cell in row] for row in rows)]
        widths = [max(len(row[index]) for row in cells) for index in range(len(headings))]
        for number, row in enumerate(cells):
            parts = []
            for index, text in enumerate(row):
                figures = number > 0 and isinstance(rows[number - 1][index], int)
                parts.append(text.rjust(widths[index]) if figures else text.ljust(widths[index]))
            click.echo("  ".join(parts).rstrip())


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)
