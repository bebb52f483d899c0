"""Ties a server to the process that started it. Runs inside a product's own environment."""

import json
import os
import sys
import threading


class Parent:
    """The process that started us, which listens to our output and holds our input open."""

    def __init__(self) -> None:
        """From here on only `announce` reaches the parent; everything printed goes to the log."""
        self._line = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        threading.Thread(target=self._end_with_it, name="parent", daemon=True).start()

    def announce(self, port: int) -> None:
        """Say, as one line of JSON, that we listen on `port`."""
        self._line.write(json.dumps({"port": port}) + "\n")
        self._line.close()

    @staticmethod
    def _end_with_it() -> None:
        """End this process, at once and without ceremony, when the standard input closes."""
        while os.read(sys.stdin.fileno(), 1024):
            pass
        os._exit(0)
