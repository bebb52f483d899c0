"""A product's server lives exactly as long as the process that started it, and is as shipped."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from products.coati import Coati

pytestmark = [pytest.mark.product, pytest.mark.slow]

HOLDER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from products.coati import Coati
print(Coati().address, flush=True)
time.sleep(600)
"""


def listens(address: str) -> bool:
    """Whether something answers at `http://host:port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) == 0


def status(address: str) -> int:
    """The HTTP status of a GET."""
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_a_server_ends_when_its_test_process_is_killed(coati: Coati) -> None:
    tests = Path(__file__).resolve().parents[1]
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tests)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    address = holder.stdout.readline().strip()
    assert listens(address)
    assert address != coati.address
    holder.kill()
    holder.communicate()
    deadline = time.monotonic() + 20
    while listens(address) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not listens(address)
    assert listens(coati.address)


def test_a_reset_keeps_the_address_and_a_stop_frees_it(coati: Coati) -> None:
    with Coati() as another:
        address = another.address
        another.reset()
        assert another.address == address
        assert status(f"{address}/auth/login") == 200
    assert not listens(address)
    with pytest.raises(RuntimeError, match="stopped"):
        _ = another.address


def test_the_limit_on_requests_is_off_unless_it_is_wanted_as_shipped(coati: Coati) -> None:
    said = {status(f"{coati.address}/auth/login") for _ in range(60)}
    assert said == {200}
    with Coati(rate_limit=True) as limited:
        said = {status(f"{limited.address}/auth/login") for _ in range(60)}
    assert said == {200, 429}
