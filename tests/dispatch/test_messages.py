"""What hands may send to their worker at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from paraplu.dispatch.children import LARGEST, Child, Children
from paraplu.engine.hands import HandsLost, Tools
from paraplu.errors import Refused


def say(much: int) -> Tools:
    """Say so much, instead of making hands."""
    raise Refused("x" * much)


@pytest.fixture
def saying() -> Iterator[Callable[[int], Child]]:
    """A child that says so much when it starts."""
    started: list[Child] = []

    def start(much: int) -> Child:
        started.append(Children(partial(say, much), tuple).take("run"))
        return started[-1]

    yield start
    for child in started:
        child.end()


def test_a_large_message_comes_through(saying: Callable[[int], Child]) -> None:
    with pytest.raises(Refused, match=r"^x{1000}"):
        saying(LARGEST // 8).wait_ready()


def test_hands_that_send_more_than_they_may_at_once_are_ended(
    saying: Callable[[int], Child],
) -> None:
    child = saying(LARGEST)
    with pytest.raises(HandsLost, match="sent more than they may at once"):
        child.wait_ready()
    assert not child.alive
