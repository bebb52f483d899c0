"""The way to the ledger: a session on its file that reports what it does, as a browser session would."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, TypeVar

from paraplu import Action, Outgoing, Recorder, SessionTerms, WriteStopped
from paraplu_ledger.books import Books, passing_by

T = TypeVar("T")
_PICTURE = b"\x89PNG\r\n\x1a\n a picture of the ledger for tests"


class LedgerPage:
    """What a target works with: reads and writes, each reported when it was done."""

    def __init__(self, terms: SessionTerms, record: Recorder) -> None:
        self.books = Books(terms.address)
        self._terms = terms
        self._record = record

    def read(self, what: str, work: Callable[[Books], T]) -> T:
        """Read something."""
        return self._do("read", what, None, lambda: work(self.books))

    def write(self, what: str, value: str, work: Callable[[Books], T]) -> T:
        """Change something, unless a rehearsal's safety net stops it."""
        outgoing = Outgoing("POST", f"ledger:/{what}", value.encode())
        if self._terms.writes is not None and self._terms.writes(outgoing):
            raise WriteStopped("A rehearsal does not write to the ledger.")
        return self._do("fill", what, value, lambda: work(self.books))

    def _do(self, verb: str, what: str, value: str | None, work: Callable[[], T]) -> T:
        try:
            done = work()
        except Exception as error:
            self._record(Action(verb, what, value, "ledger:/", failed=type(error).__name__))
            raise
        self._record(Action(verb, what, value, "ledger:/"))
        passing_by(f"after-{verb}")
        return done


class LedgerSession:
    """An open session."""

    def __init__(self, terms: SessionTerms, record: Recorder) -> None:
        self.page = LedgerPage(terms, record)

    @property
    def handle(self) -> LedgerPage:
        """What a target works with."""
        return self.page

    def picture(self, mask: Sequence[Any] = ()) -> bytes | None:
        """A picture when the file says that there are any."""
        if self.page.books._takes("picture-fails"):
            raise RuntimeError("no picture to be had")
        return _PICTURE if self.page.books._takes("pictures") else None


class LedgerConnector:
    """Opens sessions; the address is the path of the file."""

    def warm(self) -> None:
        """There is nothing to start ahead."""

    @contextmanager
    def open(self, terms: SessionTerms, record: Recorder) -> Iterator[LedgerSession]:
        """A fresh session."""
        yield LedgerSession(terms, record)


connector = LedgerConnector()


def line_text(key: str, amount: Decimal | None) -> str:
    """A line as it is typed."""
    return f"{key}: {'none' if amount is None else amount}"


def order_text(lines: Mapping[str, tuple[int, Decimal]]) -> str:
    """An order's lines as they are typed."""
    return ", ".join(f"{article} {number} x {price}" for article, (number, price) in lines.items())
