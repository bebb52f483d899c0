"""Serves a witness: the socket, TLS, and the end."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn

from paraplu.errors import SettingsWrong
from paraplu.witness.app import create_app
from paraplu.witness.memory import Memory


def serve(
    memory: Memory,
    host: str,
    port: int,
    certificate: Path | None,
    key: Path | None,
    say: Callable[..., Any],
) -> None:
    """Serve until told to stop. Raises `SettingsWrong` when it cannot begin."""
    if (certificate is None) != (key is None):
        raise SettingsWrong("--certificate and --key belong together: give both, or neither.")
    try:
        listening = socket.create_server((host, port))
    except (OSError, OverflowError) as error:
        raise SettingsWrong(
            f"{host}:{port} cannot be listened on ({error}): choose another with --host and --port."
        ) from None
    config = uvicorn.Config(
        create_app(memory, say),
        http="h11",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        timeout_graceful_shutdown=2,
    )
    scheme = "http" if certificate is None else "https"
    address = f"{scheme}://{host}:{listening.getsockname()[1]}"
    say(f"Witness {memory.cosigner.name} listens on {address}", address=address)
    with listening:
        uvicorn.Server(config).run(sockets=[listening])
