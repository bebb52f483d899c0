"""One running copy of a product, with a database of its own that can be put back as seeded."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from products.environment import Environment
from products.server import Server


class Running:
    """A copy of a template and the server on it. A context manager that stops at its end.

    Everything in the folder `template` is copied into a new temporary folder, where the server
    `inside/<script>` is started; `{folder}` in an argument or variable becomes that folder. Raises
    DidNotStart.
    """

    def __init__(
        self,
        environment: Environment,
        template: Path,
        script: str,
        arguments: Sequence[str],
        variables: Mapping[str, str],
    ) -> None:
        self._environment = environment
        self._template = template
        self._script = script
        self._parent = tempfile.TemporaryDirectory(prefix=f"paraplu-{script.partition('_')[0]}-")
        self.folder: Final = Path(self._parent.name) / "data"
        """Where the product keeps its data; emptied and filled anew by a reset."""
        place = self.folder.as_posix()
        self._arguments = [argument.replace("{folder}", place) for argument in arguments]
        self._variables = {k: v.replace("{folder}", place) for k, v in variables.items()}
        self._server: Server | None = None
        try:
            self._start(port=0)
        except BaseException:
            self.stop()
            raise

    @property
    def address(self) -> str:
        """Where the product answers, without a slash at the end. The same after a reset."""
        if self._server is None:
            raise RuntimeError("The product has been stopped; make a new one.")
        return f"http://127.0.0.1:{self._server.port}"

    def reset(self) -> None:
        """Put the seeded state back. Sessions end; the address stays."""
        port = self._server.port if self._server else 0
        self._end()
        self._start(port)

    def restart(self) -> None:
        """End the server and start it again on the same data; what it kept in memory only is gone."""
        if self._server is None:
            raise RuntimeError("The product has been stopped; make a new one.")
        port = self._server.port
        self._server.stop()
        self._serve(port)

    def stop(self) -> None:
        """End the server and remove its data. Stopping twice does nothing."""
        self._end()
        self._parent.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _start(self, port: int) -> None:
        shutil.copytree(self._template, self.folder)
        self._serve(port)

    def _serve(self, port: int) -> None:
        self._server = Server.start(
            self._environment,
            self._script,
            [*self._arguments, "--port", str(port)],
            self._variables,
            Path(self._parent.name) / "server.log",
        )

    def _end(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None
        shutil.rmtree(self.folder, ignore_errors=True)
