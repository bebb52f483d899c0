"""What every command gets: the options that all share, the opened home, and the person who acts."""

from __future__ import annotations

import functools
import getpass
import os
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from paraplu.cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paraplu.bootstrap import Centre
    from paraplu.engine.people import Known

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Session:
    """The options of one call: where the home is, who is claimed to act, how to print."""

    home: str | None
    claimed: str | None
    out: Output

    @contextmanager
    def centre(self) -> Iterator[Centre]:
        """Open the home; the log's head is signed at the end, whatever happened."""
        from paraplu.bootstrap import open_centre
        from paraplu.settings import home_folder

        centre = open_centre(home_folder(self.home))
        try:
            yield centre
        finally:
            centre.close()

    def acting(self, centre: Centre) -> Known:
        """The person who acts: bound to the operating-system user, or claimed in a demo home."""
        return centre.parts.people.acting(system_user(), self.claimed, demo=centre.home.demo)


def system_user() -> str:
    """The operating-system user of this process, as the system knows it, whatever the environment says."""
    if os.name == "posix":
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    return getpass.getuser()


def shared(function: F) -> F:
    """Give a command --home, --as and --json, and hand it a `Session` as its first argument."""

    @click.option(
        "--home", metavar="FOLDER", help="Where everything lies (else PARAPLU_HOME, ~/.paraplu)."
    )
    @click.option(
        "--as", "claimed", metavar="NAME", help="Act as this person (in a demo home only)."
    )
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON line at the end.")
    @functools.wraps(function)
    def with_session(
        *args: Any, home: str | None, claimed: str | None, as_json: bool, **kwargs: Any
    ) -> Any:
        return function(Session(home, claimed, Output(as_json)), *args, **kwargs)

    return with_session  # type: ignore[return-value]
