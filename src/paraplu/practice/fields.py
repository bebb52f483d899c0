"""Reading a form: every field is read, and everything that is wrong is said at once."""

from datetime import date
from decimal import Decimal

from paraplu.practice import numbers
from paraplu.practice.visit import Visit


class Fields:
    """The fields of one form, with what is wrong by field name."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self.errors: dict[str, str] = {}

    def wrong(self, name: str, message: str) -> None:
        """Note what is wrong with a field; the first thing stays."""
        self.errors.setdefault(name, message)

    def text(self, name: str, label: str, *, limit: int = 100, needed: bool = True) -> str:
        """A line of text."""
        value = self._visit.sent(name)
        if needed and not value:
            self.wrong(name, f"{label}: fill this in.")
        if len(value) > limit:
            self.wrong(name, f"{label}: at most {limit} characters.")
        return value

    def choice(self, name: str, label: str, known: set[str], *, needed: bool = True) -> str:
        """One of the known codes."""
        value = self.text(name, label, needed=needed)
        if value and value not in known:
            self.wrong(name, f"{label}: “{value}” is not known here.")
            return ""
        return value

    def number(self, name: str, label: str, *, needed: bool = True) -> Decimal | None:
        """A number in the office's notation."""
        value = self.text(name, label, needed=needed)
        if not value:
            return None
        try:
            return self._visit.notation.parse(value)
        except ValueError as wrong:
            self.wrong(name, f"{label}: {wrong}")
            return None

    def date(self, name: str, label: str) -> date | None:
        """A date as dd-mm-jjjj."""
        value = self.text(name, label)
        if not value:
            return None
        try:
            return numbers.read_date(value)
        except ValueError as wrong:
            self.wrong(name, f"{label}: {wrong}")
            return None
