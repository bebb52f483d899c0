"""Letters: notices put into one mail, in the reader's language.

Everything that a mail says stands here as an English sentence and in the catalogues as a translation. A
link or a command says where to read more; who opens it must be allowed to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import urlencode

from paraplu.domain.agreement import Client
from paraplu.domain.mail import Letter
from paraplu.domain.message import Message
from paraplu.domain.notice import Fact, NoticeKind, in_order, unpacked
from paraplu.engine.notices import facts_of
from paraplu.engine.wording import Wording

_MOST = 5  # of one kind and client in one mail; the rest is a number

K = NoticeKind
TITLES: Mapping[NoticeKind, str] = {
    K.RECEIPT_TAKEN_IN: "A delivery was taken in",
    K.RECEIPT_STOPPED: "A delivery was stopped",
    K.RECEIPT_HELD: "A delivery waits for a word",
    K.SET_ASIDE: "Cases need a person",
    K.COLLATERAL: "Something changed that nobody asked for",
    K.FAILING: "A run failed",
    K.OVERDUE: "Cases are overdue",
    K.STILL_OVERDUE: "Cases are still overdue",
    K.LATE: "Cases must be done soon, and no run has taken them up",
    K.MISSED: "A planned run was missed",
    K.CIRCUIT_OPEN: "A run has paused itself",
    K.WAITING: "A case waits for your approval",
    K.STILL_WAITING: "Cases still wait for your approval",
    K.NOBODY_DECIDES: "Nobody decides about a case",
    K.FOLDER_AWAY: "A watched folder is away",
    K.FOLDER_BACK: "A watched folder is back",
    K.PASSWORD_EXPIRES: "The password of a robot account expires",
    K.AUDIT_BROKEN: "The audit log or its evidence is not what was written",
    K.HEADS_NOT_KEPT: "Heads of the audit log do not reach where they are kept",
}

# Each sentence is said when all its values are there. A second key chooses by the fact `why` or `then`.
SENTENCES: Mapping[NoticeKind, Sequence[tuple[str | None, str]]] = {
    K.RECEIPT_TAKEN_IN: (
        (None, "{service}: a delivery of {rows} requests was taken in."),
        (None, "Received: {received}. Not accepted: {refused}. Known already: {duplicates}."),
        (None, "What was received should be done by {expected}."),
    ),
    K.RECEIPT_STOPPED: (
        (None, "{service}: a delivery was stopped and nothing of it was taken in."),
        (None, "The answered workbook says why."),
    ),
    K.RECEIPT_HELD: (
        (
            "first-cases-shown",
            "{service}: the first cases of a large delivery ({cases} cases) are through. "
            "The others wait until somebody has looked at them and lets it go on.",
        ),
        (
            "too-many-exceptions",
            "{service}: too many cases of a delivery ({cases} cases) were set aside. "
            "The others wait until somebody lets it go on.",
        ),
    ),
    K.SET_ASIDE: (
        (None, "{service}: a run set {set_aside} of {handled} cases aside for a person."),
    ),
    K.COLLATERAL: (
        (
            None,
            "{service}: after a change something was not as it should be. "
            "Nothing more is done there until a person has looked.",
        ),
    ),
    K.FAILING: (
        (None, "{service}: a run broke off with an error. The operational log says more."),
    ),
    K.OVERDUE: (
        (None, "{service}: {cases} cases are not finished and should have been by {day}."),
    ),
    K.STILL_OVERDUE: (
        (None, "{service}: {cases} cases are overdue, the oldest of them since {since}."),
    ),
    K.LATE: (
        (
            None,
            "{service}: {cases} cases must be done before {latest} and no run has taken them up.",
        ),
        (None, "See that a run comes in time, or find another way."),
    ),
    K.MISSED: (
        (
            None,
            "{service}: the run of the schedule {schedule} planned for {planned_for} was missed.",
        ),
        (None, "Somebody must say whether it is to be run now or skipped."),
    ),
    K.CIRCUIT_OPEN: (
        (None, "{service}: a run has paused itself, because {target} does not do its work."),
        (None, "The next run tries again at {again_at}."),
        ("no-again", "It is not tried again by itself: somebody must look, then run again."),
    ),
    K.WAITING: (
        (None, "{service}: a case waits for your approval."),
        (
            "next-holder",
            "If nobody decides by {until}, the next person who may decide is asked too.",
        ),
        (
            "operator",
            "If nobody decides by {until}, the service centre is told: there is nobody else to ask.",
        ),
        (
            None,
            "It must be carried out before {latest}: if nobody has decided a day earlier, the service "
            "centre looks for another way.",
        ),
    ),
    K.STILL_WAITING: (
        (None, "{service}: {cases} cases still wait for your approval, the oldest since {since}."),
    ),
    K.NOBODY_DECIDES: (
        ("away", "{service}: nobody who may decide about a case is there until {until}."),
        ("no-holder", "{service}: nobody has a mandate by which a case could be decided about."),
        ("silent", "{service}: everybody who may decide about a case was asked, and nobody has."),
    ),
    K.FOLDER_AWAY: (
        (None, "{service}: a watched folder has been away since {since}."),
        ("folder-missing", "It does not exist."),
        ("folder-not-allowed", "It may not be read or written."),
        ("folder-does-not-answer", "Its server does not answer."),
        ("folder-not-mounted", "Its own folders are missing: is the share mounted?"),
        ("folder-in-it-is-no-folder", "One of the folders in it is no folder any more."),
        ("folder-shared", "Another agreement has the same folder, so that it proves nothing."),
        ("out-folder-missing", "The folder for answers does not exist."),
        ("out-folder-is-no-folder", "The folder for answers is no folder."),
        (None, "Nothing is lost, but nothing is taken in or answered there until it is back."),
    ),
    K.FOLDER_BACK: ((None, "{service}: the watched folder that was away since {since} is back."),),
    K.PASSWORD_EXPIRES: (
        (
            None,
            "The password of the robot account {credential} expires on {expires} ({days} days).",
        ),
        (None, "Runs that use it fail from then on: change it in the system and here."),
    ),
    K.AUDIT_BROKEN: (
        (None, "The check found {findings} things wrong in the audit log and {files} in evidence."),
        (None, "Change nothing, keep the backups, and look at it now."),
    ),
    K.HEADS_NOT_KEPT: (
        (None, "Since {since} no head of the audit log could be kept at {place}."),
        (None, "Until it can, nobody else vouches there for what is written."),
    ),
}
# Of a sentence that counts: what is counted, and the sentence for one. English, Dutch, Danish, Norwegian,
# Swedish and Finnish say that of 1 only (Unicode CLDR, plural rules); Icelandic, to come, also of 21.
ONE: Mapping[str, tuple[str, str]] = {
    "{service}: a delivery of {rows} requests was taken in.": (
        "rows",
        "{service}: a delivery of one request was taken in.",
    ),
    "{service}: a run set {set_aside} of {handled} cases aside for a person.": (
        "handled",
        "{service}: a run set the one case that it took up aside for a person.",
    ),
    "{service}: {cases} cases are not finished and should have been by {day}.": (
        "cases",
        "{service}: one case is not finished and should have been by {day}.",
    ),
    "{service}: {cases} cases are overdue, the oldest of them since {since}.": (
        "cases",
        "{service}: one case is overdue, since {since}.",
    ),
    "{service}: {cases} cases must be done before {latest} and no run has taken them up.": (
        "cases",
        "{service}: one case must be done before {latest} and no run has taken it up.",
    ),
    "{service}: {cases} cases still wait for your approval, the oldest since {since}.": (
        "cases",
        "{service}: one case still waits for your approval, since {since}.",
    ),
    "The password of the robot account {credential} expires on {expires} ({days} days).": (
        "days",
        "The password of the robot account {credential} expires on {expires} (one day).",
    ),
    "The check found {findings} things wrong in the audit log and {files} in evidence.": (
        "findings",
        "The check found one thing wrong in the audit log and {files} in evidence.",
    ),
    "{title}, and {count} more notices": ("count", "{title}, and one more notice"),
}
MORE = "and {count} more like this"
SUBJECT_MORE = "{title}, and {count} more notices"
IN_ZONE = "{client} (times of {zone})"
OURSELVES = "The installation"
FOOT = (
    "Paraplu wrote this mail; nobody reads answers to it. It holds no case content: what it is about is "
    "read where the links or commands lead."
)
TEST_SUBJECT = "This is a test"
TEST_TEXT = "Mail from Paraplu reaches you. Nothing needs you."

_PATHS: Mapping[NoticeKind, tuple[str, str]] = {  # of the console, and on the command line
    K.RECEIPT_TAKEN_IN: ("receipts/{uid}", "paraplu receipts --client {client}"),
    K.RECEIPT_STOPPED: ("receipts/{uid}", "paraplu receipts --client {client}"),
    K.RECEIPT_HELD: ("receipts/{uid}", "paraplu receipts go-on {uid}"),
    K.SET_ASIDE: ("runs/{uid}", "paraplu cases list --client {client} --state with-person"),
    K.COLLATERAL: ("cases/{uid}", "paraplu cases show {uid}"),
    K.FAILING: ("runs/{uid}", "paraplu audit find --kind run-ended"),
    K.OVERDUE: ("cases?{query}", "paraplu cases list --client {client} --service {service}"),
    K.LATE: ("cases?{query}", "paraplu cases list --client {client} --service {service}"),
    K.MISSED: ("planned/{uid}", "paraplu schedules missed"),
    K.CIRCUIT_OPEN: ("runs/{uid}", "paraplu audit find --kind run-paused"),
    K.WAITING: ("cases/{uid}", "paraplu cases show {uid}"),
    K.STILL_WAITING: ("cases?{query}", "paraplu cases list --client {client} --state waiting"),
    K.NOBODY_DECIDES: ("cases/{uid}", "paraplu cases show {uid}"),
    K.FOLDER_AWAY: ("health", "paraplu folders look"),
    K.FOLDER_BACK: ("health", "paraplu folders look"),
    K.PASSWORD_EXPIRES: ("health", "paraplu doctor"),
    K.AUDIT_BROKEN: ("audit", "paraplu audit verify"),
    K.HEADS_NOT_KEPT: ("audit", "paraplu audit heads list"),
}
_STATES: Mapping[NoticeKind, Mapping[str, str]] = {
    K.OVERDUE: {"overdue": "yes"},
    K.STILL_WAITING: {"state": "waiting"},
}


class Letters:
    """Writes letters. `link` is the address of the console, empty for none."""

    def __init__(
        self, wording: Callable[[str], Wording], clients: Iterable[Client], link: str
    ) -> None:
        self._wording = wording
        self._clients = {client.id: client for client in clients}
        self._link = link.rstrip("/")

    def language(self, clients: Sequence[str]) -> str:
        """The language of a person who sees these clients (none: all): theirs when they share one."""
        spoken = {
            client.language
            for client in self._clients.values()
            if not clients or client.id in clients
        }
        return spoken.pop() if len(spoken) == 1 else "en"

    def write(self, uid: str, to: str, language: str, rows: Sequence[Any], now: datetime) -> Letter:
        """One mail for these notices (rows), those of one client together, the urgent ones first."""
        wording = self._wording(language)
        kinds = in_order([NoticeKind(row.kind) for row in rows])
        title = wording.text(TITLES[kinds[0]])
        if len(rows) > 1:
            values: dict[str, Any] = {"title": title, "count": len(rows) - 1}
            title = wording.say(_counted("notices", SUBJECT_MORE, values))
        parts: list[str] = []
        for client in sorted({row.client for row in rows}, key=lambda one: (one is not None, one)):
            parts += self._of_client(
                wording, client, kinds, [r for r in rows if r.client == client]
            )
        text = "\n".join([*parts, "-- ", wording.text(FOOT)]) + "\n"
        return Letter(uid, to, f"Paraplu: {title}", text, now)

    def write_test(self, uid: str, to: str, language: str, now: datetime) -> Letter:
        """A mail that only shows that mail works."""
        wording = self._wording(language)
        text = f"{wording.text(TEST_TEXT)}\n\n-- \n{wording.text(FOOT)}\n"
        return Letter(uid, to, f"Paraplu: {wording.text(TEST_SUBJECT)}", text, now)

    def _of_client(
        self, wording: Wording, name: str | None, kinds: Sequence[NoticeKind], rows: Sequence[Any]
    ) -> list[str]:
        client = self._clients.get(name or "")
        heading = wording.text(OURSELVES)
        if client is not None:
            names = {"client": client.name, "zone": client.timezone}
            heading = wording.say(Message("client", IN_ZONE, names))
        zone: tzinfo = UTC if client is None else client.zone
        lines = [heading, ""]
        for kind in kinds:
            mine = [row for row in rows if row.kind == kind.value]
            for row in mine[:_MOST]:
                facts = unpacked(kind, facts_of(row))
                lines += [
                    f"* {self._said(wording, kind, facts, zone)}",
                    f"  {self._where(row, facts)}",
                ]
            if len(mine) > _MOST:
                count = {"count": len(mine) - _MOST}
                lines.append(f"* {wording.say(Message('more', MORE, count))}")
        return [*lines, ""]

    def _said(
        self, wording: Wording, kind: NoticeKind, facts: Mapping[str, Fact], zone: tzinfo
    ) -> str:
        values = {
            name: fact.astimezone(zone) if isinstance(fact, datetime) else fact
            for name, fact in facts.items()
        }
        chosen = {None, values.get("why"), values.get("then")}
        if kind is K.CIRCUIT_OPEN and "again_at" not in values:
            chosen.add("no-again")
        said = []
        for choice, sentence in SENTENCES[kind]:
            message = _counted(kind.value, sentence, values)
            if choice in chosen and _sayable(message):
                said.append(wording.say(message))
        return " ".join(said) or wording.text(TITLES[kind])

    def _where(self, row: Any, facts: Mapping[str, Fact]) -> str:
        kind = NoticeKind(row.kind)
        kind = K.OVERDUE if kind is K.STILL_OVERDUE else kind
        path, command = _PATHS[kind]
        service = str(facts.get("service", ""))
        state = _STATES.get(kind, {})
        names = {
            "uid": row.about.partition("/")[0],
            "client": row.client or "",
            "service": service,
            "query": urlencode({"client": row.client or "", "service": service, **state}),
        }
        if self._link:
            return f"{self._link}/{path.format(**names)}"
        return command.format(**names)


def _counted(code: str, sentence: str, values: Mapping[str, Any]) -> Message:
    """The sentence, in its form for one when one is what it counts."""
    what, one = ONE.get(sentence, ("", sentence))
    return Message(code, one if values.get(what) == 1 else sentence, values)


def _sayable(message: Message) -> bool:
    """Whether all its values are there."""
    try:
        message.in_words()
    except KeyError:
        return False
    return True
