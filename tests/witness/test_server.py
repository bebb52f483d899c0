"""The real server over loopback: killed at any moment, it never signs two histories of one log."""

from __future__ import annotations

import hashlib
import http.client
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from paraplu.witness.memory import Memory
from paraplu.witness.server import serve
from witness.histories import COMMON, History, two_histories

ROUNDS = 20


def _serve(folder: Path, pipe: Any) -> None:
    """The server, in a process of its own."""

    def say(_text: str, address: str = "") -> None:
        if address:
            pipe.send(address)

    serve(Memory(folder), "127.0.0.1", 0, None, None, say)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, int]]:
    """A server's port and process; killed at the end."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(folder, theirs))
    process.start()
    try:
        assert ours.poll(60), "the server did not start"
        yield int(ours.recv().rpartition(":")[2]), process.pid or 0
    finally:
        process.kill()
        process.join()


def post(port: int, body: bytes) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", "/add-checkpoint", body)
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read().decode()
    finally:
        connection.close()


def witness(folder: Path, *histories: History) -> Memory:
    memory = Memory.create(folder, "witness.example")
    for history in histories:
        memory.trust(history.signer.verifier.vkey, later_years=False)
    return memory


@pytest.mark.slow
def test_it_speaks_as_c2sp_says(tmp_path: Path) -> None:
    a, b = two_histories()
    witness(tmp_path / "w", a)
    name = hashlib.sha256(a.signer.name.encode()).hexdigest()
    with serving(tmp_path / "w") as (port, _pid):
        assert post(port, a.request(0, 20))[0] == 200
        assert post(port, a.request(5, 20)) == (409, "text/x.tlog.size", "20\n")
        assert post(port, b.request(20, 30))[0] == 422
        assert post(port, b"x" * 100_000)[0] == 400
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for path, status in ((f"/{name}/checkpoint", 200), ("/00/checkpoint", 404), ("/", 404)):
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == status
            if status == 200:
                assert body.startswith(a.head(20))
                assert body.count("\N{EM DASH} ".encode()) == 2
        connection.close()


@pytest.mark.slow
def test_a_witness_that_is_killed_at_any_moment_signs_one_history_only(tmp_path: Path) -> None:
    pairs = [two_histories(f"ssc.example/round/{number}") for number in range(ROUNDS)]
    witness(tmp_path / "w", *(a for a, _b in pairs))
    chance = random.Random(8)
    answered = 0
    for a, b in pairs:
        with serving(tmp_path / "w") as (port, pid):
            assert post(port, a.request(0, COMMON))[0] == 200
            signed: list[str] = []

            def ask(name: str, history: History, port: int, signed: list[str]) -> None:
                with suppress(OSError, http.client.HTTPException):
                    if post(port, history.request(COMMON, 30))[0] == 200:
                        signed.append(name)

            threads = [
                threading.Thread(target=ask, args=(name, history, port, signed))
                for name, history in (("a", a), ("b", b))
            ]
            for thread in threads:
                thread.start()
            time.sleep(chance.random() * 0.04)
            os.kill(pid, signal.SIGKILL)
            for thread in threads:
                thread.join(60)
        with serving(tmp_path / "w") as (port, _pid):
            for name, history in (("b", b), ("a", a)):  # each from what it says that it has seen
                status, _type, body = post(port, history.request(COMMON, 40))
                if status == 409:
                    status, _type, body = post(port, history.request(int(body), 40))
                if status == 200:
                    signed.append(name)
        assert len(set(signed)) == 1, signed
        answered += len(signed)
    assert answered >= ROUNDS


@pytest.mark.slow
def test_the_command_serves_and_lists(tmp_path: Path) -> None:
    a, b = two_histories()
    folder = tmp_path / "w"

    def command(*arguments: str) -> list[str]:
        words = ["witness", *arguments, "--folder", str(folder), "--json"]
        return [sys.executable, "-c", "from paraplu.cli.main import main; main()", *words]

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=120)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, json.loads(done.stdout.splitlines()[-1])

    assert run("log", "list")[0] == 1  # there is no witness yet
    code, made = run("init", "--name", "witness.example")
    assert (code, made["vkey"]) == (0, (folder / "witness.vkey").read_text().strip())
    assert run("log", "add", "nonsense")[0] == 1
    assert run("log", "add", a.signer.verifier.vkey)[0] == 0
    with subprocess.Popen(
        command("serve", "--port", "0"), stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        port = int(json.loads(server.stdout.readline())["address"].rpartition(":")[2])
        assert post(port, a.request(0, 20))[0] == 200
        assert post(port, b.request(20, 21))[0] == 422
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) in (0, -signal.SIGTERM)
    code, listed = run("log", "list")
    assert code == 4  # something was refused
    assert listed["logs"] == [{"log": a.signer.name, "size": 20}]
    assert listed["refused"][0]["note"].encode() == b.head(21)
