"""A product's server, running in the product's own environment and ending with whoever started it.

The server is a child process that listens on loopback on a port of its choice and says which one as
its first line of output. It reads its standard input and ends when that closes, so a test process
that is killed leaves no server behind, whatever it was killed with.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from products.environment import INSIDE, Environment


class DidNotStart(Exception):
    """The product ended or stayed silent instead of listening. The message has its last words."""


@dataclass
class Server:
    """A running server. `process` is the only process that `stop` ends."""

    process: subprocess.Popen[str]
    port: int

    @classmethod
    def start(
        cls,
        environment: Environment,
        script: str,
        arguments: Sequence[str],
        variables: Mapping[str, str],
        log: Path,
        patience: float = 180,
    ) -> Server:
        """Start `inside/<script>` in the product's own environment and wait until it listens.

        `log` receives what the server writes to its error output; `patience` is in seconds. Raises
        DidNotStart.
        """
        with log.open("a", encoding="utf-8") as errors:
            process = subprocess.Popen(
                [str(environment.python), str(INSIDE / script), *arguments],
                env=dict(variables),
                cwd=log.parent,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
            )
        # Readline cannot time out; ending the process ends the wait.
        alarm = threading.Timer(patience, process.kill)
        alarm.start()
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            port = int(json.loads(line)["port"])
        except (ValueError, KeyError) as problem:
            code = process.poll()
            cls(process, 0).stop()
            last = "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-8:])
            raise DidNotStart(
                f"{script} did not say within {patience:.0f} s on which port it listens "
                f"(exit code {code}). Its last words:\n{last}"
            ) from problem
        finally:
            alarm.cancel()
        return cls(process, port)

    def stop(self) -> None:
        """End the server and wait until it is gone. Stopping twice does nothing."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
