"""Waits until the log covers an intent as its agreement asks: by a signed head, or by a witness's word."""

from __future__ import annotations

import time
from dataclasses import dataclass

from paraplu.assurance.keeping.custody import Custody
from paraplu.assurance.keeping.kept import Contradicted
from paraplu.engine.signing import CannotSign
from paraplu.errors import NotCovered, SettingsWrong
from paraplu.store import entries, heads, logs
from paraplu.store.heads import Head

_LOOKS = 0.01  # seconds between two looks for a head
_OTHERS = 1.0  # seconds that whoever signs is given (the sequencer, on PostgreSQL)
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Cover:
    """Covers intents. `patience` is how long a signed head is waited for, in seconds."""

    custody: Custody
    patience: float = _PATIENCE

    def wait(self, level: str, uid: str) -> None:
        """Return when the entry `uid` is covered to `level` (``sequenced`` or ``witnessed``).

        Raises `NotCovered` when it cannot be now, `SettingsWrong` when no witness is named,
        `Contradicted` when a witness has seen another history.
        """
        settings = self.custody.settings
        if level == "witnessed" and not settings.witnesses:
            raise SettingsWrong(
                "The agreement asks for a witness before anything is changed, and this home names none: add "
                "[[audit.witnesses]] to its settings.toml. Nothing was done."
            )
        log, index = self._signed(uid)
        if level == "witnessed" and not self._countersigned(log, index):
            self._ask(log)

    def _signed(self, uid: str) -> tuple[str, int]:
        """The log of an entry and its index there, when a signed head covers it."""
        journal, database = self.custody.journal, self.custody.database
        begun = time.monotonic()
        while True:
            with database.read() as connection:
                place = entries.place_of(connection, uid)
                if place is not None:
                    log = next(
                        one for one in reversed(logs.every(connection)) if one.first <= place
                    )
                    if heads.signed_size(connection, log.log) > place - log.first:
                        return log.log, place - log.first
            waited = time.monotonic() - begun
            if waited > self.patience:
                raise NotCovered(
                    "No signed head of the audit log covers the intent yet, and the agreement asks for one. "
                    "Nothing was done. Where the signing key lies, paraplu up or a worker must be running."
                )
            # On SQLite nobody signs for us; a sequencer that does not is given a moment.
            ours = database.is_sqlite or waited > _OTHERS
            try:
                signed = journal.sign_head() if ours else None
            except CannotSign as error:
                raise NotCovered(f"{error} Nothing was done.") from None
            if signed is None:
                time.sleep(_LOOKS)

    def _countersigned(self, log: str, index: int) -> bool:
        names = {one.name for one in self.custody.settings.witnesses}
        with self.custody.database.read() as connection:
            lines = heads.cosigned(connection, log, index + 1)
        return any(one.witness in names for one in lines)

    def _ask(self, log: str) -> None:
        """Ask one witness after the other until one has countersigned the newest head."""
        with self.custody.database.read() as connection:
            head: Head | None = heads.newest(connection, log)
        said = ""
        for witness in self.custody.settings.witnesses:
            if head is None:
                break
            for given in self.custody.give(witness, head):
                if not given.why:
                    return
                if given.code == "contradicts":
                    raise Contradicted(f"{given.why} Nothing was done.")
                said = given.why
        raise NotCovered(
            "No witness has countersigned the intent, and the agreement asks for one before anything is "
            f"changed. Nothing was done; it is tried again. {said}"
        )
