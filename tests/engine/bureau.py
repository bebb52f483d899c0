"""A service centre of the tests: a home, a client with people and agreements, and the ledger it works on."""

from __future__ import annotations

import getpass
import io
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from openpyxl import Workbook
from paraplu_ledger import BookingBot, Books, LedgerTarget, OrderBot, connector
from paraplu_ledger.target import PASSWORD
from paraplu_ledger.tools import make

from paraplu import Agreement, Bot, Client
from paraplu.assurance.questions.question import Question
from paraplu.assurance.questions.shown import Shown
from paraplu.audit.entry import Entry
from paraplu.bootstrap import Centre, create_home, open_centre
from paraplu.domain.mandate import Mandate
from paraplu.domain.person import Person, Role
from paraplu.engine.clientfile import ClientFile, Line
from paraplu.engine.clock import Clock
from paraplu.engine.intake import TakenIn
from paraplu.engine.people import Known
from paraplu.engine.report import RunReport
from paraplu.engine.reviewed import given
from paraplu.plugins import Plugins
from paraplu.settings import load_home
from paraplu.store import cases, entries, exceptions, plans, receipts, tables

CLIENT, BOOKING, ORDER = "noordwijk", "ledger-booking", "ledger-order"
ROBOTS = ("ledger-robot", "order-robot")
START = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)  # a Tuesday
ACCOUNTS = {
    "10001": {"1000": "2500.00", "2100": "150.00", "2200": "75.25"},
    "10002": {"1000": "3100.00", "2100": "99.99"},
    "10003": {"1000": "1800.00"},
    "10004": {"1000": "2000.00", "2100": "10.00"},
    "10005": {"1000": "2750.00"},
}
PEOPLE = (
    Person(
        handle="ines.bakker",
        name="Ines Bakker",
        roles=(Role.ADMINISTRATOR, Role.OPERATOR),
        system_user=getpass.getuser(),
    ),
    Person(handle="olga.smit", name="Olga Smit", roles=(Role.OPERATOR,)),
    Person(
        handle="carla.visser",
        name="Carla Visser",
        email="c.visser@noordwijk.example",
        roles=(Role.CLIENT_CONTACT, Role.APPROVER),
        clients=(CLIENT,),
    ),
    Person(handle="dirk.mol", name="Dirk Mol", roles=(Role.CLIENT_CONTACT,), clients=(CLIENT,)),
    Person(
        handle="anna.kok",
        name="Anna Kok",
        roles=(Role.APPROVER,),
        clients=(CLIENT,),
        subjects=(f"{CLIENT}/10005",),
    ),
    Person(handle="paul.jansen", name="Paul Jansen", roles=(Role.APPROVER,), clients=(CLIENT,)),
    Person(handle="gerda.prins", name="Gerda Prins", clients=(CLIENT,)),
)


def mandate(person: str, may: str, limit: str | None, **more: Any) -> Mandate:
    """A mandate for bookings, granted by Gerda."""
    values = {
        "client": CLIENT,
        "service": BOOKING,
        "person": person,
        "may": may,
        "limit": None if limit is None else Decimal(limit),
        "valid_from": date(2026, 1, 1),
        "granted_by": "gerda.prins",
    }
    return Mandate.model_validate({**values, **more})


def agreement(service: str = BOOKING, version: int = 1, **more: Any) -> Agreement:
    """An agreement with the client."""
    values = {
        "client": CLIENT,
        "service": service,
        "version": version,
        "valid_from": date(2026, 1, 1),
        "target": "ledger",
        "credential": "ledger-robot",
        "days_to_finish": 3,
    }
    # The ledger is never busy with what it was sent: nobody has to wait for it.
    limits = {"settle_seconds": 0, **more.pop("limits", {})}
    return Agreement.model_validate({**values, **more, "limits": limits})


MANDATES = (
    mandate("carla.visser", "ask", "500"),
    mandate("dirk.mol", "ask", "100", cost_centres=("4300",)),
    mandate("anna.kok", "approve", "10000"),
    mandate("paul.jansen", "approve", None),
    mandate("carla.visser", "approve", None),
    mandate("carla.visser", "ask", "5000", service=ORDER),
)
SETTINGS = ClientFile(
    client=Client(id=CLIENT, name="Gemeente Noordwijk aan Meer"),
    person=PEOPLE,
    agreement=(agreement(), agreement(ORDER, credential="order-robot")),
    mandate=MANDATES,
)


def booking(
    reference: str,
    account: str = "10001",
    line: str = "1000",
    now: str | None = "2500.00",
    wanted: str | None = "2600.00",
    **more: Any,
) -> dict[str, Any]:
    """One row of a workbook of bookings: by default a line goes up by 100."""
    row = {
        "reference": reference,
        "account": account,
        "line": line,
        "amount_now": None if now is None else Decimal(now),
        "amount_wanted": None if wanted is None else Decimal(wanted),
        "cost_centre": "4100",
    }
    return {**row, **more}


def order(reference: str, **more: Any) -> list[dict[str, Any]]:
    """The two rows of an order."""
    head = {
        "reference": reference,
        "supplier": "Boekhandel Smal",
        "cost_centre": "4100",
        "article": "FIR-200",
        "quantity": 1,
        "price": Decimal("89.50"),
    }
    return [{**head, **more}, {"article": "STAND", "quantity": 2, "price": Decimal("12.25")}]


def workbook(
    bot: type[Bot[Any]],
    rows: Sequence[Mapping[str, Any]],
    top: Mapping[str, Any] | None = None,
    language: str = "en",
) -> bytes:
    """A client's workbook: `top` are the control cells by their label."""
    book = Workbook()
    sheet = book.active
    columns = bot.request.form(bot.service).columns
    for label, value in (top or {}).items():
        sheet.append([label, value])
    if top:
        sheet.append([])
    sheet.append([column.heading(language) for column in columns])
    for row in rows:
        sheet.append([row.get(column.field) for column in columns])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class Ticking:
    """A clock that a test sets; every look at it takes a millisecond, as in life."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def passed(self) -> float:
        """Seconds of a clock that nobody sets: it goes on as this one does."""
        return self.now.timestamp()

    def go_on(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)


class Bureau:
    """One home in `folder`, open until `close`."""

    def __init__(self, folder: Path, **bots: type[Bot[Any]]) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.books = Books(folder / "ledger.db")
        self.time = Ticking()
        self.bots: dict[str, type[Bot[Any]]] = {BOOKING: BookingBot, ORDER: OrderBot}
        self.file = SETTINGS
        self.in_children = False  # whether runs have their hands in child processes
        self._sent = 0
        self._centre: Centre | None = None

    @property
    def centre(self) -> Centre:
        """The centre, opened when it is first used."""
        if self._centre is None:
            plugins = Plugins(
                bots=self.bots, targets={"ledger": LedgerTarget}, connectors={"ledger": connector}
            )
            tools = partial(make, self.home) if self.in_children else None
            clock = Clock(self.time, getattr(self.time, "passed", monotonic))
            self._centre = open_centre(self.home, clock=clock, plugins=plugins, tools=tools)
        return self._centre

    def close(self) -> None:
        """Close it; it opens again when it is next used, as another process would."""
        if self._centre is not None:
            self._centre.close()
            self._centre = None

    def with_bot(self, bot: type[Bot[Any]]) -> Bureau:
        """Another bot for one of the services, from the next opening on."""
        self.close()
        self.bots[bot.service] = bot
        return self

    # People and settings --------------------------------------------------------------------------

    def who(self, handle: str) -> Known:
        """Somebody by the beginning of the user name."""
        full = next(one.handle for one in PEOPLE if one.handle.startswith(handle))
        with self.centre.parts.database.read() as connection:
            known = self.centre.parts.people.by_handle(connection, full)
        assert known is not None
        return known

    def settings(
        self,
        *,
        by: str = "ines",
        mandates: Sequence[Mandate] | None = None,
        people: Sequence[Person] = (),
        **changes: Any,
    ) -> list[Line]:
        """Apply the settings with other mandates, more people, or a new version of the agreement."""
        agreements = list(self.file.agreement)
        if changes:
            old = agreements[0]
            version = {"version": old.version + 1, **changes}
            if "limits" in changes:
                version["limits"] = {"settle_seconds": 0, **dict(changes["limits"])}
            agreements[0] = Agreement.model_validate({**old.model_dump(), **version})
        self.file = self.file.model_copy(
            update={
                "agreement": tuple(agreements),
                "mandate": self.file.mandate if mandates is None else tuple(mandates),
                "person": (*self.file.person, *people),
            }
        )
        return self.apply(self.file, by)

    def apply(self, file: ClientFile, by: str = "ines", *, force: bool = True) -> list[Line]:
        """Put a file into force; what was changed."""
        (applied,) = self.centre.parts.records.apply([given(file)], self.who(by), force=force)
        return applied.lines

    # Work -----------------------------------------------------------------------------------------

    def send(
        self,
        *rows: Mapping[str, Any],
        by: str = "carla",
        top: Mapping[str, Any] | None = None,
        service: str = BOOKING,
    ) -> TakenIn:
        """Deliver a workbook with these rows."""
        return self.deliver(workbook(self.bots[service], rows, top), by=by, service=service)

    def deliver(self, data: bytes, *, by: str = "carla", service: str = BOOKING) -> TakenIn:
        """Deliver a file as it is."""
        self._sent += 1
        path = self.folder / f"delivery {self._sent}.xlsx"
        path.write_bytes(data)
        return self.centre.intake.receive(path, CLIENT, service, self.who(by))

    def run(self, service: str = BOOKING) -> RunReport:
        """One run."""
        return self.centre.runs.run(CLIENT, service, self.who("olga"))

    def run_on(self, service: str = BOOKING) -> RunReport:
        """Runs until no case is put off any more, with the time between them passing."""
        report = self.run(service)
        while report.again_at is not None:
            self.time.now = max(self.time.now, report.again_at)
            report = self.run(service)
        return report

    def run_only(self, reference: str) -> None:
        """A run that finds this case due and no other: the others are put off until it is over."""
        uid = self.case(reference).uid
        later = int((self.time.now + timedelta(hours=1)).timestamp() * 1000)
        with self.centre.parts.database.write() as connection:
            others = tables.cases.update().where(tables.cases.c.uid != uid)
            connection.execute(others.values(not_before=later))
        self.run()
        with self.centre.parts.database.write() as connection:
            connection.execute(tables.cases.update().values(not_before=None))

    def rehearse(self, service: str = BOOKING) -> RunReport:
        """One rehearsal."""
        return self.centre.runs.rehearse(CLIENT, service, self.who("olga"))

    def story(self, *rows: Mapping[str, Any], service: str = BOOKING) -> RunReport:
        """Deliver and run."""
        self.send(*rows, service=service)
        return self.run(service)

    # What became of it ----------------------------------------------------------------------------

    def case(self, reference: str, service: str = BOOKING) -> Any:
        """The case of a reference (the row)."""
        with self.centre.parts.database.read() as connection:
            return self.centre.desks.find(connection, reference, CLIENT, service)

    def state(self, reference: str, service: str = BOOKING) -> str:
        """Its state."""
        return str(self.case(reference, service).state)

    def told(self, reference: str, service: str = BOOKING) -> str:
        """What is said of a case, in English."""
        story = self.centre.parts.case_files.story(self.case(reference, service))
        return "\n".join(str(one.message) for one in story.said)

    def asks(self, reference: str, service: str = BOOKING) -> list[str]:
        """The codes of the open exceptions of a case."""
        uid = self.case(reference, service).uid
        with self.centre.parts.database.read() as connection:
            found = exceptions.of_case(connection, uid)
        return [one.code for one in found if one.closed_at is None]

    def intents(self, reference: str, service: str = BOOKING) -> list[str | None]:
        """The verdicts of the intents of a case; None is one that is open."""
        uid = self.case(reference, service).uid
        with self.centre.parts.database.read() as connection:
            return [one.verdict for one in plans.intents_of(connection, uid)]

    def mark(self, reference: str, service: str = BOOKING) -> str:
        """What a case leaves in the target."""
        row, model = self.case(reference, service), self.bots[service].request
        return self.centre.parts.case_files.content(row, model).mark

    def every_case(self) -> list[Any]:
        """All cases."""
        with self.centre.parts.database.read() as connection:
            return cases.listed(connection, most=100_000)

    def kinds(self, reference: str | None = None, service: str = BOOKING) -> list[str]:
        """The kinds of the entries, of a case if given, in order."""
        return [one.kind for one in self.entries(reference, service)]

    def entries(self, reference: str | None = None, service: str = BOOKING) -> list[Entry]:
        """The entries, of a case if given, in order."""
        uid = None if reference is None else self.case(reference, service).uid
        with self.centre.parts.database.read() as connection:
            if uid is None:
                return [Entry(one.data) for one in entries.in_order(connection)]
            found = list(entries.chosen(connection, cases=[uid]))
        return [Entry(one.data) for one in reversed(found)]

    def entries_of(self, *kinds: str) -> list[Entry]:
        """The entries of these kinds, in order."""
        return [one for one in self.entries() if one.kind in kinds]

    def totals(self, service: str | None = None) -> dict[str, int]:
        """The totals that are not zero; they must close."""
        with self.centre.parts.database.read() as connection:
            found = receipts.totals(connection, CLIENT, service)
        assert found.closes
        return {name: number for name, number in found.to_json().items() if number}

    def approve(self, reference: str, by: str = "anna") -> Any:
        """Say yes."""
        return self.centre.desks.approve(self.case(reference).uid, self.who(by))

    def hand_back(self, reference: str, reason: str = "looked at", service: str = BOOKING) -> None:
        """Give a case back to the bot."""
        self.centre.desks.hand_back(self.case(reference, service).uid, self.who("olga"), reason)

    def shown(self, *, case: str | None = None, kind: str | None = None) -> list[Shown]:
        """What Ines reads in the log: entries of a case (its uid) or of a kind, in order."""
        question = Question(
            cases=None if case is None else (case,),
            kinds=frozenset() if kind is None else frozenset({kind}),
        )
        return self.centre.search.find(self.who("ines"), question)

    def assert_intact(self) -> None:
        """The log, its heads and the evidence are whole."""
        checked = self.centre.proof.check()
        assert checked.intact, (checked.verdict.findings, checked.wrong_files)


def found_home(folder: Path, settings: ClientFile = SETTINGS, database: str = "") -> None:
    """Make a home and a ledger in `folder`, with the settings in force; `database` as in `create_home`."""
    folder.mkdir(parents=True, exist_ok=True)
    clock = Clock(Ticking(START - timedelta(days=1)))
    home, _known = create_home(folder / "home", PEOPLE[0], clock=clock, database=database)
    credentials = home.secrets / "credentials.toml"
    robots = (f'[{name}]\nuser = "robot"\npassword = "{PASSWORD}"\n' for name in ROBOTS)
    credentials.write_text("\n".join(robots), "utf-8")
    credentials.chmod(0o600)
    Books.create(folder / "ledger.db", ACCOUNTS)
    bureau = Bureau(folder)
    bureau.time.now = START - timedelta(hours=1)
    bureau.apply(settings, force=False)
    bureau.close()


def moved_in(template: Path, folder: Path, **settings: Any) -> Bureau:
    """A bureau of its own, copied from `template`; `settings` are those of `Home` that differ."""
    shutil.copytree(template, folder, dirs_exist_ok=True)
    home = load_home(folder / "home")
    replace(home, targets={"ledger": str(folder / "ledger.db")}, **settings).save()
    return Bureau(folder)
