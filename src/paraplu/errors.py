"""Everything that Paraplu raises.

An error answers two questions. *Was anything done outside?* decides whether it may be tried again:
`NothingDone` may, `OutcomeUnknown` is looked at first, `Collateral` and `IntegrityBroken` stop.
*Whose problem is it?* decides who hears of it: `TargetDown` the operator, `PageChanged` the bot
developer, `Refused` the person who asked. Things that a case is set aside for are not errors: they
are exceptions in the sense of the service centre, see `paraplu.domain.finding`.

Error texts are for operators and stand in the operational log: they never carry a value of a case.
"""

from __future__ import annotations


class ParapluError(Exception):
    """The root of all errors of Paraplu. The text says what is wrong and what to do."""


class Refused(ParapluError):
    """What was asked cannot be accepted as it is; nothing was changed."""


class NotFound(Refused):
    """The thing named does not exist, or not for this person."""


class NotAllowed(Refused):
    """The person may not do this: no mandate, no role, or the case is their own."""


class SettingsWrong(Refused):
    """A setting, client file or credential is missing or wrong."""


class SchemaMismatch(ParapluError):
    """The database is of another version than this program."""


class PluginWrong(ParapluError):
    """A bot, target or connector breaks its contract; its developer must look."""


class MailFailed(ParapluError):
    """A mail was not sent. `code` says why, as a code; `for_ever` that trying again is of no use."""

    def __init__(self, text: str, code: str, *, for_ever: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.for_ever = for_ever


class NothingDone(ParapluError):
    """It failed before anything was done outside: it may be tried again."""


class TargetDown(NothingDone):
    """The target does not answer, is closed or asks to wait. Nothing was done.

    `retry_after` is the number of seconds the target itself asked for, or None.
    """

    def __init__(self, text: str, *, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class NotCovered(TargetDown):
    """The audit log cannot be signed or witnessed as the agreement asks before an act. Nothing was done."""


class PageChanged(NothingDone):
    """A page is not what the target expects: a field or button is missing. Nothing was done."""


class TargetRefused(NothingDone):
    """The target said no, in its own words, and did nothing."""


class WriteStopped(NothingDone):
    """A rehearsal tried to change the target; the safety net stopped the request."""


class OutcomeUnknown(ParapluError):
    """It failed while something may have been done outside: look before anything else."""


class Collateral(ParapluError):
    """Something changed in the target that nobody asked for."""


class IntegrityBroken(ParapluError):
    """The audit log, a digest or a fence does not hold. Nothing more is done."""


class FenceLost(IntegrityBroken):
    """Somebody else holds the case by now; what this holder wanted to write is refused."""
