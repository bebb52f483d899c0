"""A year of schedules in a minute: a clock that is set, schedulers that take turns, outages.

What should have been planned is enumerated by brute force (``tests/domain/brute_force.py``), which knows
nothing of how Paraplu goes about it: it asks each day whether a sentence names it.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bureau import BookingBot, Bureau
from sqlalchemy import bindparam, func, select

from domain.brute_force import (
    ZONES,
    Days,
    Question,
    after,
    before,
    clock_of,
    expected,
    last_of_month,
    of_month,
    pay_day,
    place_from_end,
    place_from_start,
)
from paraplu.domain.agreement import Agreement, Client
from paraplu.domain.missed import Ask, RunAll
from paraplu.domain.schedule import AfterService, Schedule, WorkbookArrives
from paraplu.domain.shared_calendar import SharedCalendar
from paraplu.engine.clock import from_ms, to_ms
from paraplu.engine.planned import Planner
from paraplu.store import calendars, clients, planned, runs, tables

YEAR = 2028
"""A leap year."""

COUNTRIES = ("NL", "DK", "SE", "FI", "IS")
CALENDAR = "payroll"
_SERVICES = tuple(f"simulated-{number}" for number in range(10))
_PAY_DAYS = {
    date(year, month, 20 + month % 5)
    for year in range(YEAR - 2, YEAR + 2)
    for month in range(1, 13)
}
_DAY = timedelta(days=1)
_DUE = select(func.count()).where(  # built once: a year asks thousands of times
    tables.runs.c.ended_at.is_(None), tables.runs.c.due_at <= bindparam("now")
)
_MINUTE = 60_000
_WHILE = 480 * _MINUTE


def _anything(_days: Days, _day: date) -> bool:
    return True


def _works(days: Days, day: date) -> bool:
    return days.works[day]


def _weekday(*numbers: int) -> Question:
    return lambda _days, day: day.weekday() in numbers


# Sentence: what brute force asks of a day, at which minutes of it, and how many of 500 schedules say so.
RULES: dict[str, tuple[Question, Sequence[int], int]] = {
    "3 working days before the 25th at 16:00": (before(3, of_month(25)), [960], 50),
    "1 working day after the 1st at 08:00": (after(1, of_month(1)), [480], 40),
    "on the 25th at 16:00, or the working day before": (before(0, of_month(25)), [960], 40),
    "on the last working day of the month at 15:00": (place_from_end(1), [900], 40),
    "on the 2nd working day of the month at 08:00": (place_from_start(2), [480], 30),
    "on the 29th or the last day at 16:00": (of_month(29), [960], 25),
    "on the last day of the month at 15:00": (lambda _days, day: last_of_month(day), [900], 20),
    "on the dates of payroll at 09:00": (pay_day, [540], 30),
    "2 working days before the dates of payroll at 16:00": (before(2, pay_day), [960], 30),
    "every Monday and Thursday at 08:00": (_weekday(0, 3), [480], 40),
    "every Sunday at 02:30": (_weekday(6), [150], 45),
    "every day at 02:30": (_anything, [150], 2),
    "every working day at 07:30": (_works, [450], 20),
    "cron: 30 7 * * mon-fri": (_weekday(0, 1, 2, 3, 4), [450], 7),
    "every 120 minutes between 08:00 and 16:00 on working days": (
        _works,
        [60 * hour for hour in range(8, 17, 2)],
        2,
    ),
    "cron: */30 1-3 * * sun": (_weekday(6), [30 * half for half in range(2, 8)], 6),
    f"once on {YEAR}-02-29 at 09:00": (
        lambda _days, day: day == date(YEAR, 2, 29),
        [540],
        33,
    ),
}
_AFTER = "after the first service has finished"
EVENTS = {_AFTER: 12, "when a workbook arrives": 14, "by hand": 14}
MISSED = ("run within 2 h", "run within 2 h", "run within 90 min", "ask", "run all")


@dataclass
class Simulation:
    """One bureau with many schedules and a clock; `share` of the 500 schedules are in force."""

    bureau: Bureau
    seed: int = 2028
    share: float = 1.0
    outages: int = 40
    services: tuple[str, ...] = _SERVICES
    at_once: int = 10  # how often both schedulers may look at the same moment: every so many looks
    begin: datetime = datetime(YEAR - 1, 12, 31, 12, tzinfo=UTC)
    end: datetime = datetime(YEAR, 12, 31, 22, tzinfo=UTC)
    schedules: list[Schedule] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    looked: list[int] = field(default_factory=list)
    ticks: int = 0

    def prepare(self) -> None:
        """Clients in five countries, their agreements, and their schedules."""
        self.random = random.Random(self.seed)
        for service in set(self.services) - set(self.bureau.bots):
            name = service.replace("-", "_")
            self.bureau.bots[service] = type(name, (BookingBot,), {"service": service})
        self.bureau.close()
        self.bureau.time.now = self.begin
        parts = self.bureau.centre.parts
        now, by = parts.clock.ms(), self.bureau.who("ines").uid
        shared = SharedCalendar(id=CALENDAR, name="Payroll", dates=tuple(sorted(_PAY_DAYS)))
        with parts.database.write(power_safe=False) as connection:
            calendars.put(connection, CALENDAR, shared.model_dump_json(), by, now)
            for number in range(25):
                self._add_client(connection, COUNTRIES[number % 5], number, by, now)
            for schedule in self._wanted():
                self.schedules.append(schedule)
                parts.ahead.put(connection, schedule, by)
        self.planners = [
            Planner(parts, self.bureau.centre.asking, parts.ahead) for _scheduler in range(2)
        ]
        self._plan_outages()
        span = to_ms(self.end) - to_ms(self.begin)
        self._arrivals = sorted(
            to_ms(self.begin) + self.random.randrange(span) for _ in range(int(120 * self.share))
        )

    def run(self) -> None:
        """Live through it."""
        now, end, going = to_ms(self.begin), to_ms(self.end), []
        arrivals = list(self._arrivals)
        with ThreadPoolExecutor(2) as pool:
            while now < end:
                self.bureau.time.now = from_ms(now)
                while arrivals and arrivals[0] <= now:
                    self._arrive(arrivals.pop(0))
                ended = [at for at in going if at <= now]
                if ended:
                    self._end_runs(now)
                    going = [at for at in going if at > now]
                upcoming = self._look(pool, now)
                waiting = self._due(now + 1000)
                if waiting:
                    # Runs take a while, and end at the same few moments, so that a year takes a minute.
                    going = [(now // _WHILE + 1) * _WHILE]
                times = [at for at in (*going, *arrivals[:1], upcoming) if at is not None]
                now = self._awake(max(now + 1, min(times, default=end)))
            self._settle_rest(pool, end)

    def due(self) -> dict[str, set[int]]:
        """What every schedule should have planned, by brute force (milliseconds)."""
        days = {
            country: Days(country, YEAR - 1, YEAR, _PAY_DAYS)
            for country in {one.country for one in self._clients.values()}
        }
        found: dict[tuple[str, str], list[int]] = {}
        first, last = to_ms(self.begin), to_ms(self.end)
        wanted: dict[str, set[int]] = {}
        for schedule in self.schedules:
            if schedule.when not in self._questions:
                continue
            country = self._clients[schedule.client].country
            if (country, schedule.when) not in found:
                question, minutes, _share = self._questions[schedule.when]
                clock = clock_of(ZONES[country], YEAR - 1, YEAR)
                whole = expected(
                    days[country],
                    clock,
                    question,
                    list(minutes),
                    self.begin.date() - _DAY,
                    self.end.date() + _DAY,
                )
                found[country, schedule.when] = [to_ms(at) for at in whole]
            wanted[schedule.id] = {at for at in found[country, schedule.when] if first < at <= last}
        return wanted

    def events(self) -> dict[str, set[int]]:
        """The events of every schedule that waits for one, as they are on record."""
        parts = self.bureau.centre.parts
        first, last = to_ms(self.begin), to_ms(self.end)
        wanted: dict[str, set[int]] = {}
        with parts.database.read() as connection:
            for schedule in self.schedules:
                rule = schedule.rule
                if isinstance(rule, WorkbookArrives):
                    query = select(tables.receipts.c.received_at).where(
                        tables.receipts.c.client == schedule.client,
                        tables.receipts.c.service == schedule.service,
                    )
                elif isinstance(rule, AfterService):
                    query = select(tables.runs.c.ended_at).where(
                        tables.runs.c.client == schedule.client,
                        tables.runs.c.service == rule.service,
                        tables.runs.c.ending == "finished",
                    )
                else:
                    continue
                times = connection.execute(query).scalars()
                wanted[schedule.id] = {at for at in times if first < at <= last}
        return wanted

    def first_look(self, at: int) -> int:
        """When a planner looked for the first time at or after an instant."""
        return self.looked[bisect_left(self.looked, at)]

    def lost_and_doubled(self) -> tuple[int, int]:
        """How many planned runs are not in the ledger, and how many are there twice or ran twice."""
        ledger, wanted = self.ledger(), {**self.due(), **self.events()}
        lost = doubled = 0
        for schedule in self.schedules:
            times = [row.planned_for for row in ledger[schedule.id]]
            lost += len(wanted.get(schedule.id, set()) - set(times))
            doubled += len(times) - len(set(times))
        with self.bureau.centre.parts.database.read() as connection:
            behind = Counter(connection.execute(select(tables.runs.c.planned_run)).scalars())
        return lost, doubled + sum(number - 1 for number in behind.values())

    def ledger(self) -> dict[str, list[Any]]:
        """All planned runs up to the end, by schedule."""
        found: dict[str, list[Any]] = defaultdict(list)
        with self.bureau.centre.parts.database.read() as connection:
            rows = planned.listed(connection, most=1_000_000, until=to_ms(self.end))
        for row in rows:
            found[row.schedule].append(row)
        return found

    def totals(self) -> dict[str, int]:
        """How many planned runs up to the end are in each state."""
        counted = Counter(row.state for rows in self.ledger().values() for row in rows)
        return dict(sorted(counted.items()))

    def must_be_missed(self, schedule: Schedule, at: int) -> bool:
        """Whether a run planned for an instant was looked at too late for the schedule's rule."""
        late = self.first_look(at) - at
        rule = schedule.if_missed
        if isinstance(rule, RunAll):
            return False
        limit = _MINUTE if isinstance(rule, Ask) else rule.window / timedelta(milliseconds=1)
        return late > limit

    def check(self) -> None:
        """Nothing lost, nothing doubled, everything accounted for."""
        ledger = self.ledger()
        wanted = {**self.due(), **self.events()}
        for schedule in self.schedules:
            times = [row.planned_for for row in ledger[schedule.id]]
            assert len(times) == len(set(times))
            assert set(times) == wanted.get(schedule.id, set()), schedule
            for row in ledger[schedule.id]:
                missed = self.must_be_missed(schedule, row.planned_for)
                assert (row.state == "missed") == missed, (schedule, row)
        rows = [row for lines in ledger.values() for row in lines]
        assert {row.state for row in rows} <= {"finished", "merged", "missed"}
        with self.bureau.centre.parts.database.read() as connection:
            every_run = connection.execute(tables.runs.select()).all()
        # Every run stands for one planned run, and every planned run that ran has a run of its own.
        behind = Counter(run.planned_run for run in every_run)
        assert set(behind.values()) == {1}
        assert {run.uid: run.planned_run for run in every_run} == {
            row.run: row.uid for row in rows if row.state == "finished"
        }
        assert {row.run for row in rows if row.state == "merged"} <= {run.uid for run in every_run}
        # And the log tells of every move.
        told: Counter[str] = Counter()
        for entry in self.bureau.entries():
            if entry.kind.startswith("planned-run-"):
                told[entry.kind.removeprefix("planned-run-")] += len(
                    entry.rpa["detail"]["planned_for"]
                )
        states = Counter(row.state for row in rows)
        assert told == {
            "due": states["finished"],
            "merged": states["merged"],
            "missed": states["missed"],
        }

    # How it goes ------------------------------------------------------------------------------------

    def _add_client(self, connection: Any, country: str, number: int, by: str, now: int) -> None:
        client = Client(
            id=f"client-{number:02}-{country.lower()}",
            name=f"Client {number}",
            country=country,
            timezone=ZONES[country],
        )
        self._clients = {**getattr(self, "_clients", {}), client.id: client}
        clients.put(connection, client.id, client.model_dump_json(), now)
        for service in self.services:
            agreement = Agreement.model_validate(
                {
                    "client": client.id,
                    "service": service,
                    "version": 1,
                    "valid_from": date(YEAR - 2, 1, 1),
                    "target": "ledger",
                    "credential": f"robot-{number}",
                    "calendar": {"country": country, "include": [CALENDAR]},
                }
            )
            clients.add_agreement(
                connection,
                client=client.id,
                service=service,
                version=1,
                settings=agreement.model_dump_json(),
                by=by,
                now=now,
            )

    def _wanted(self) -> list[Schedule]:
        sentences = [
            sentence
            for sentence, share in [
                *((sentence, rule[2]) for sentence, rule in RULES.items()),
                *EVENTS.items(),
            ]
            for _ in range(max(1, round(share * self.share)))
        ]
        ids = sorted(self._clients)
        made = []
        for number, sentence in enumerate(sentences):
            client = ids[number % len(ids)]
            if RULES.get(sentence, (None, (), 0))[0] is _works:  # fewer moments to look at
                client = ids[number % 3]
            own = self.services[0] if number % 7 == 0 else self.random.choice(self.services)
            if sentence == _AFTER:
                own, sentence = self.services[1], f"after {self.services[0]} has finished"
            made.append(
                Schedule(
                    client=client,
                    name=f"schedule-{number}",
                    service=own,
                    when=sentence,
                    timezone=self._clients[client].timezone,
                    missed=self.random.choice(MISSED),
                )
            )
        self._questions = {
            schedule.when: RULES[sentence]
            for schedule, sentence in zip(made, sentences, strict=True)
            if sentence in RULES
        }
        return made

    def _plan_outages(self) -> None:
        """Some over both clock changes, some over planned moments, one longer than what is planned ahead."""
        begin, end = to_ms(self.begin), to_ms(self.end)
        fixed = [
            (datetime(YEAR, 3, 26, 0, 50, tzinfo=UTC), timedelta(minutes=35)),
            (datetime(YEAR, 10, 29, 0, 20, tzinfo=UTC), timedelta(minutes=55)),
            (datetime(YEAR, 10, 28, 22, 0, tzinfo=UTC), timedelta(minutes=50)),
            (datetime(YEAR, 2, 29, 7, 55, tzinfo=UTC), timedelta(minutes=20)),
            (datetime(YEAR, 7, 3, 3, 0, tzinfo=UTC), timedelta(days=12)),
            (datetime(YEAR, 5, 24, 13, 59, tzinfo=UTC), timedelta(minutes=3)),
        ]
        spans = [(to_ms(at), to_ms(at + length)) for at, length in fixed]
        while len(spans) < self.outages:
            day = self.random.randrange(1, (self.end - self.begin).days)
            minute = self.random.choice((149, 449, 479, 895, 955, self.random.randrange(1440)))
            start = begin + day * 86_400_000 + (minute - 60) * _MINUTE
            length = self.random.choice((2, 10, 60, 119, 121, 300, 1500, 4000)) * _MINUTE
            spans.append((start, start + length))
        self.spans = sorted(span for span in spans if begin < span[0] and span[1] < end)

    def _awake(self, at: int) -> int:
        """The instant, or the end of the outage that it lies in."""
        for begin, end in self.spans:
            if begin <= at < end:
                at = end
        return at

    def _look(self, pool: ThreadPoolExecutor, now: int) -> int | None:
        """One of the two schedulers looks, or both at once. Gives when the next run is planned for."""
        self.ticks += 1
        self.looked.append(now)
        self.random.shuffle(self.planners)
        chosen = self.planners
        if self.ticks % self.at_once:
            chosen = chosen[:1]
        if len(chosen) == 1:
            return chosen[0].tick()
        answers = [job.result() for job in [pool.submit(one.tick) for one in chosen]]
        return min((at for at in answers if at is not None), default=None)

    def _due(self, now: int) -> int:
        with self.bureau.centre.parts.database.read() as connection:
            return int(connection.execute(_DUE, {"now": now}).scalar_one())

    def _end_runs(self, now: int) -> None:
        """A worker without trouble: takes what is due and ends it; now and then by the store's own way."""
        database = self.bureau.centre.parts.database
        with database.write(power_safe=False) as connection:
            if self.ticks % 25 == 0:
                for row in runs.to_take(connection, now):
                    taken = runs.take(connection, row.uid, "simulated", 10_000, 60_000, now)
                    assert taken is not None
                    runs.end(connection, row.uid, taken.token, "finished", now)
                return
            open_ones = tables.runs.c.ended_at.is_(None)
            lines = select(tables.runs.c.planned_run).where(open_ones)
            connection.execute(
                tables.planned_runs.update()
                .where(tables.planned_runs.c.uid.in_(lines))
                .values(state="finished", why="finished", changed_at=now)
            )
            connection.execute(
                tables.runs.update()
                .where(open_ones)
                .values(started_at=now, ended_at=now, ending="finished", token=1)
            )

    def _arrive(self, at: int) -> None:
        """A workbook is taken in for a schedule that waits for one, also while nothing is running."""
        waiting = [one for one in self.schedules if isinstance(one.rule, WorkbookArrives)]
        schedule = self.random.choice(waiting)
        uid = self.bureau.centre.parts.clock.uid()
        with self.bureau.centre.parts.database.write(power_safe=False) as connection:
            connection.execute(
                tables.receipts.insert().values(
                    uid=uid,
                    client=schedule.client,
                    service=schedule.service,
                    submitter="somebody",
                    channel="folder",
                    received_at=at,
                    cases=1,
                    file_hash=uid,
                    evidence="",
                    state="open",
                    sealed=b"",
                )
            )

    def _settle_rest(self, pool: ThreadPoolExecutor, end: int) -> None:
        """End what is going, until nothing that was due by the end waits any more."""
        for _ in range(1000):
            self.bureau.time.now = from_ms(end)
            self._end_runs(end)
            self._look(pool, end)
            if not self._due(end + 1000):  # looking takes time, too
                return
        raise AssertionError("runs go on and on")
