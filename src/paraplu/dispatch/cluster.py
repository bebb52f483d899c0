"""Dispatch to many machines: Procrastinate on PostgreSQL brings the uids of runs to workers.

Procrastinate delivers a hint and nothing else. No lock and no retry of it is used, a job is finished the
moment it was heard, and a job that was lost is made up for by the worker's own look at the table of runs.
Its tables lie beside ours, so that a job is deferred in the transaction that makes a run due.

This module is loaded only where a home lies on PostgreSQL.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from paraplu.errors import ParapluError, SchemaMismatch, SettingsWrong
from paraplu.store import tables
from paraplu.store.database import CREATING, Connection, Database, StorageDown

try:
    import psycopg
    from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
    from procrastinate.connector import Notify
    from procrastinate.exceptions import ProcrastinateException
    from procrastinate.jobs import Status
    from procrastinate.schema import SchemaManager
except ModuleNotFoundError as missing:
    raise SettingsWrong(
        f"This home lies on PostgreSQL, and {missing.name} is not installed here. "
        "Run: pip install 'paraplu[cluster]'"
    ) from None

_QUEUE, _TASK = "paraplu", "paraplu.run"
_POLL = 1.0  # seconds between two looks for jobs that were to be heard of later
_AGAIN = 0.5  # seconds before a lost server is tried again
_CONNECT = 3  # seconds to wait for a connection
_CLOSE = 5.0  # seconds for the listening to end; it is left alone after that
_STALLED = 60.0  # seconds without a sign of life after which jobs of a listener are cleared away
_CHECK = 30.0  # seconds of silence after which the listening connection is tried
# A server that is gone without a word is seen to be gone (seconds; the last one: milliseconds).
_NETWORK: dict[str, Any] = {
    "connect_timeout": _CONNECT,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "application_name": "paraplu-dispatch",
}
_NO_TABLES = (
    "The database lacks the tables that bring runs to workers, or has those of another version. "
    "Run: paraplu db upgrade"
)


class ClusterDispatch:
    """Hints through PostgreSQL; see `Dispatch`. `database_url` is that of the home."""

    def __init__(self, database_url: str) -> None:
        self._address = database_url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._heard: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._begun: Future[None] = Future()
        self._thread: threading.Thread | None = None
        self._closing: Callable[[], object] = lambda: None
        # Never opened: it works on the connections that are handed to it.
        self._app = _app(SyncPsycopgConnector(), self._heard)

    def offer(self, connection: Connection, run: str, due_at: int) -> None:
        """See `Dispatch`."""
        later = due_at > time.time_ns() // 1_000_000
        deferrer = self._app.configure_task(
            _TASK,
            allow_unknown=False,
            schedule_at=datetime.fromtimestamp(due_at / 1000, UTC) if later else None,
            connection=_driver(connection),
        )
        try:
            deferrer.defer(run=run)
        except ProcrastinateException as error:
            raise _plain(error) from None

    def listen(self) -> None:
        """See `Dispatch`. Raises `SchemaMismatch` when Procrastinate's tables are not there."""
        self._begun = Future()
        self._thread = threading.Thread(target=self._live, name="dispatch", daemon=True)
        self._thread.start()
        try:
            self._begun.result()
        except BaseException:
            self.close()
            raise

    def wait(self, seconds: float) -> None:
        """See `Dispatch`."""
        try:
            self._heard.get(timeout=seconds)
            while True:  # whoever looks now sees all of them
                self._heard.get_nowait()
        except queue.Empty:
            return

    def wake(self) -> None:
        """See `Dispatch`."""
        self._heard.put("")

    def close(self) -> None:
        """See `Dispatch`."""
        self._closing()
        if self._thread is not None:
            self._thread.join(2 * _CLOSE)
            self._thread = None

    def _live(self) -> None:
        """The thread: an event loop of its own, as psycopg needs it also on Windows."""
        loop = asyncio.SelectorEventLoop()
        # What goes wrong in tasks that nobody waits for any more, when a connection was lost.
        loop.set_exception_handler(lambda _loop, _context: None)
        try:
            loop.run_until_complete(self._listen())
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            if left:
                loop.run_until_complete(asyncio.wait(left, timeout=1))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            self._tell(StorageDown("The listening to the database ended."))
            loop.close()

    def _tell(self, wrong: ParapluError | None) -> None:
        """Tell `listen` how it began; what comes after that is made up for here."""
        if self._begun.done():
            return
        if wrong is None:
            self._begun.set_result(None)
        else:
            self._begun.set_exception(wrong)

    async def _listen(self) -> None:
        """Listen until `close`; a connection that is lost is made anew."""
        loop, closing = asyncio.get_running_loop(), asyncio.Event()

        def close() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(closing.set)

        self._closing = close
        while not closing.is_set():
            try:
                await self._hear(closing)
            except SchemaMismatch as error:
                self._tell(error)
            except (psycopg.Error, ProcrastinateException, OSError) as error:
                self._tell(_plain(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(closing.wait(), _AGAIN)

    async def _hear(self, closing: asyncio.Event) -> None:
        """Have a worker of Procrastinate put what it hears into our queue, until the connection is lost."""
        network = {**_NETWORK, **_given(self._address)}
        connector = _Connector(
            conninfo=self._address,
            kwargs=network,
            min_size=1,
            max_size=2,
            timeout=_CONNECT,
            reconnect_timeout=_CONNECT,
        )
        async with (
            asyncio.timeout(2 * _CONNECT),
            await psycopg.AsyncConnection.connect(self._address, **network) as probe,
        ):
            found = await probe.execute("SELECT value FROM meta WHERE name = 'dispatch'")
            if await found.fetchone() != (_migrations()[-1].name,):
                raise SchemaMismatch(_NO_TABLES)
        app = _app(connector, self._heard)
        async with app.open_async():
            await _clear_away(app)
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[_QUEUE],
                    name=_QUEUE,
                    fetch_job_polling_interval=_POLL,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    stalled_worker_timeout=_STALLED,
                    shutdown_graceful_timeout=1.0,
                )
            )
            lost = asyncio.create_task(connector.lost.wait())
            ended = asyncio.create_task(closing.wait())
            begun = asyncio.create_task(connector.listening.wait())
            await asyncio.wait({working, lost, ended, begun}, return_when="FIRST_COMPLETED")
            if begun.done():
                self._tell(None)
                await asyncio.wait({working, lost, ended}, return_when="FIRST_COMPLETED")
            for task in (working, lost, ended, begun):
                task.cancel()
            # Bounded: with a broken connection the worker may never end (procrastinate#1513).
            await asyncio.wait({working}, timeout=_CLOSE)
            if working.done() and not working.cancelled() and (wrong := working.exception()):
                raise wrong


class _Connector(PsycopgConnector):
    """Listens, and tells when it does no more.

    A worker of Procrastinate that has no periodic tasks does not notice that its listener died
    (procrastinate#1597), and goes on polling.
    """

    def __init__(self, **terms: Any) -> None:
        super().__init__(**terms)
        self.listening, self.lost = asyncio.Event(), asyncio.Event()

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Hand on notifications until the connection is lost."""
        try:
            async with self._get_standalone_connection() as connection:
                for channel in channels:
                    name = psycopg.sql.Identifier(channel)
                    await connection.execute(psycopg.sql.SQL("LISTEN {}").format(name))
                self.listening.set()
                while True:
                    async for told in connection.notifies(timeout=_CHECK):
                        await on_notification(channel=told.channel, payload=told.payload)
                    await connection.execute("SELECT 1")
        finally:
            self.lost.set()


def apply_schema(database: Database) -> None:
    """Make Procrastinate's tables beside ours, or bring them to the version of the installed library.

    On PostgreSQL; our own tables must be there. Each of the library's steps has a transaction of its own,
    since some use what the one before has committed; what was broken off is gone on with. Raises
    `StorageDown` when the database does not take them.
    """
    while True:
        try:
            with database.write() as connection:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({CREATING})")
                if not _apply_next(connection):
                    return
        except psycopg.Error as error:
            raise StorageDown(
                "The tables that bring runs to workers could not be made: "
                f"{error.diag.message_primary or type(error).__name__}."
            ) from None


def _apply_next(connection: Connection) -> bool:
    """Take one step. False when there is none left."""
    raw, meta, steps = _driver(connection), tables.meta, _migrations()
    ours = meta.c.name == "dispatch"
    found = connection.execute(meta.select().where(ours)).first()
    if found is None:
        raw.execute(SchemaManager.get_schema())
        connection.execute(meta.insert().values(name="dispatch", value=steps[-1].name))
        return False
    step = next((one for one in steps if one.name > found.value), None)
    if step is None:
        return False
    raw.execute(step.read_text("utf-8"))
    connection.execute(meta.update().where(ours).values(value=step.name))
    return True


def _app(connector: Any, heard: queue.SimpleQueue[str]) -> App:
    app = App(connector=connector)

    @app.task(name=_TASK, queue=_QUEUE)
    async def hear(run: str) -> None:
        heard.put(run)

    return app


async def _clear_away(app: App) -> None:
    """Remove jobs whose listener died with them in hand: our tables know the runs."""
    stalled = await app.job_manager.get_stalled_jobs(queue=_QUEUE, seconds_since_heartbeat=_STALLED)
    for job in stalled:
        with contextlib.suppress(ProcrastinateException):  # somebody else was faster
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


def _migrations() -> list[Path]:
    """Procrastinate's own migrations, in their order."""
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def _driver(connection: Connection) -> Any:
    """The driver's connection below ours, in the same transaction."""
    return connection.connection.driver_connection


def _given(address: str) -> dict[str, Any]:
    """Those of the network settings that the URL itself says: they come first."""
    said = psycopg.conninfo.conninfo_to_dict(address)
    return {name: said[name] for name in _NETWORK if name in said}


def _plain(error: BaseException) -> ParapluError:
    """What an error of the library means."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    unknown = (psycopg.errors.UndefinedFunction, psycopg.errors.UndefinedTable)
    if isinstance(cause, (*unknown, psycopg.errors.UndefinedObject)):
        return SchemaMismatch(_NO_TABLES)
    return StorageDown(
        "The database does not bring runs to workers now: it cannot be reached or used."
    )
