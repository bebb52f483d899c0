"""What runs in a child process: the hands of one run, behind a pipe to the worker.

A child knows the settings, the plugins and the credentials; it has no connection to a database and no key.
Each action is sent to the worker, and the next one begins when the worker says that it is written. When
the worker dies, the child ends itself and everything below it, whatever that is doing. It does the same
when it is out of memory, and when its session is broken: the worker takes new hands, which look first.

The messages, in order: the worker sends ``(open, terms)`` once and then ``(call, method, arguments)``. The
child answers with any number of ``(record, action)``, each of which the worker answers with whether it is
written, and then ``(given, value)`` or ``(raised, error)``; or with nothing more, when it dies.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

from paraplu.dispatch.trees import kill_below
from paraplu.domain.connector import Action
from paraplu.engine.hands import HandsTerms, OwnHands, Tools
from paraplu.errors import IntegrityBroken, ParapluError, PluginWrong

OPEN, CALL, RECORD, GIVEN, RAISED, READY = "open", "call", "record", "given", "raised", "ready"


_LAST = ("sign_out", "close")
"""What is asked of hands at the end: nothing comes after it that a broken session could spoil."""


class NotWritten(IntegrityBroken):
    """The worker could not write an action down: the next one is not begun."""


def child_main(
    pipe: Connection,
    make_tools: Callable[[], Tools],
    warm: Sequence[str],
    environment: Mapping[str, str],
) -> None:
    """The whole life of a child. `warm` names the connectors that are started ahead."""
    _part_from_terminal()
    os.environ.update(environment)
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, inbox), daemon=True).start()
    try:
        tools = make_tools()
        for name in warm:
            with contextlib.suppress(ParapluError):  # told when a session is opened
                getattr(tools.connectors(name), "warm", _nothing)()
    except MemoryError:
        _die()
    except Exception as error:
        _answer(pipe, RAISED, _told(error))
        return
    _answer(pipe, READY, None)
    _, terms = inbox.get()
    try:
        hands = OwnHands(tools, terms, _Recorder(pipe, inbox))
    except MemoryError:
        _die()
    except Exception as error:
        _answer(pipe, RAISED, _told(error))
        return
    _answer(pipe, GIVEN, None)
    _work(pipe, inbox, hands, terms)


def _work(
    pipe: Connection, inbox: queue.SimpleQueue[Any], hands: OwnHands, terms: HandsTerms
) -> None:
    while True:
        _, method, arguments = inbox.get()
        try:
            answer = GIVEN, getattr(hands, method)(*arguments[0], **arguments[1])
        except MemoryError:
            # What was half done here is not to be relied on; the next hands begin with a look.
            _die()
        except Exception as error:
            answer = RAISED, _told(error)
        if method not in _LAST and _failed(answer[1]) and hands.broken:
            _die()
        _answer(pipe, *answer)
        if method == "close":
            return


class _Recorder:
    """Sends an action to the worker and waits until it is written."""

    def __init__(self, pipe: Connection, inbox: queue.SimpleQueue[Any]) -> None:
        self._pipe = pipe
        self._inbox = inbox

    def __call__(self, action: Action) -> None:
        self._pipe.send((RECORD, action))
        _, written = self._inbox.get()
        if not written:
            raise NotWritten("An action could not be written down: nothing more is done.")


def _listen(pipe: Connection, inbox: queue.SimpleQueue[Any]) -> None:
    """Hand on what the worker says. When it is gone, so is everything here."""
    try:
        while True:
            inbox.put(pipe.recv())
    except (EOFError, OSError, MemoryError):
        _die()


def _answer(pipe: Connection, kind: str, value: object) -> None:
    try:
        pipe.send((kind, value))
    except (TypeError, AttributeError, pickle.PicklingError):
        what = f"What the bot gave ({type(value).__name__}) cannot be sent to the worker."
        pipe.send((RAISED, PluginWrong(what)))
    except (OSError, MemoryError):
        _die()


def _failed(answer: object) -> bool:
    """Whether an answer says that something went wrong outside; `act` gives its error as a value."""
    return isinstance(answer, ParapluError) and not isinstance(answer, IntegrityBroken)


def _die() -> NoReturn:
    """End everything below this process and then itself, at once. The worker hears the pipe close."""
    try:
        kill_below(os.getpid())
    finally:  # also when there is no memory left to look for them: the worker ends what it knows of
        os._exit(1)


def _told(error: Exception) -> ParapluError:
    """An error as it may be sent: ours as it is, without what stands behind it; others by their type."""
    if isinstance(error, ParapluError):
        error.__cause__ = error.__context__ = None
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes: whether it can be sent
        except Exception:
            return PluginWrong(f"The bot failed with {type(error).__name__}.")
        return error
    return PluginWrong(f"The bot failed with {type(error).__name__}.")


def _nothing() -> None:
    """What a connector does that has nothing to start ahead and does not say so."""


def _part_from_terminal() -> None:
    """Ctrl-C is for the worker: it decides what becomes of the case in hand."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setsid"):
        with contextlib.suppress(OSError):
            os.setsid()
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            # The first to go when memory runs out is the browser's side, never the worker.
            Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
