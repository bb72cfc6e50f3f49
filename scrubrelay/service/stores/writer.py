"""The one thread of a process that touches its SQLite connection, many jobs to a commit."""

import asyncio
import queue
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from scrubrelay.core.errors import Reason, ScrubrelayError, StoreUnavailable
from scrubrelay.core.ledger import Booking, Fate
from scrubrelay.service.stores.reserve import Reserve
from scrubrelay.service.stores.schema import unavailable, vacuum
from scrubrelay.service.stores.sightings import Sightings

T = TypeVar("T")

_GROUP = 256
_PATIENCE = 0.1  # how long jobs in no hurry wait for one in a hurry, to ride along with its commit
_SOON = 0.002  # as long if somebody waits for them: a client of whose event nothing is kept
_HOUR = 3600
_BOOK = """INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity"""
_REPORT = """INSERT INTO report VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity"""

ReportKey = tuple[int, str, str, str, str]


class Transaction:
    """What a job works on: the connection, and sums that are written once for all jobs of a commit.

    Args:
        db: Inside a transaction that has the write lock.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self._before = dict(db.execute("SELECT name, value FROM counter"))
        self.counters: dict[str, int] = dict(self._before)
        self._books: Counter[tuple[int, int, str, str, str]] = Counter()
        self._reports: Counter[ReportKey] = Counter()
        self.sightings = Sightings()
        self.sums_up = False

    def sum_up(self) -> None:
        """Have what was sighted in this transaction, and in those before it, written with this one."""
        self.sums_up = True

    def next_id(self) -> int:
        """Return an id above all others, of this process or another."""
        self.counters["last_id"] += 1
        return self.counters["last_id"]

    def book(self, bookings: Iterable[Booking], now: float) -> None:
        """Add to the ledger; what waits is a level and has no hour."""
        hour = int(now // _HOUR)
        for account, quantity in bookings:
            at = 0 if account.fate == Fate.WAITING else hour
            self._books[(at, *account)] += quantity

    def report(self, key: tuple[int, str, str], reason: Reason, category: str, quantity: int) -> None:
        """Add to what a target must be told of; negative for what is taken back."""
        self._reports[(*key, reason, category)] += quantity

    def write_sums(self) -> None:
        """Write the sums so far: at the end, and before a job reads what they are added to."""
        changed = [(value, name) for name, value in self.counters.items() if value != self._before[name]]
        self.db.executemany("UPDATE counter SET value = ? WHERE name = ?", changed)
        self._before = dict(self.counters)
        self.db.executemany(
            _BOOK,
            [
                (hour, str(project), *rest, sum_)
                for (hour, project, *rest), sum_ in self._books.items()
                if sum_
            ],
        )
        self.db.executemany(
            _REPORT,
            [(str(project), *rest, sum_) for (project, *rest), sum_ in self._reports.items() if sum_],
        )
        self._books.clear()
        self._reports.clear()


@dataclass(frozen=True, slots=True)
class Job:
    """One call of the store.

    Args:
        work: May run twice, in another transaction; refuses with a `ScrubrelayError` before it has changed
            anything that it would not want kept.
        future: Where the result goes.
        lazy: It is in no hurry.
        patience: Seconds that it waits for others, if it is lazy.
        proves: Its success shows that the store can take envelopes.
    """

    work: Callable[[Transaction], Any]
    future: asyncio.Future[Any]
    lazy: bool
    proves: bool
    patience: float = _PATIENCE


class Writer:
    """Runs jobs in their order; those that wait at the same time share a transaction and its fsync.

    Args:
        connect: Opens the connection; called in the thread, and again after an error that may have spoilt it.
        turn: Holds back the other processes for the length of a transaction.
        reserve: What jobs in no hurry may use of a full disk: they are those that make room.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        turn: Callable[[], AbstractContextManager[None]],
        reserve: Reserve,
    ) -> None:
        self._connect = connect
        self._turn = turn
        self._reserve = reserve
        self._db: sqlite3.Connection | None = None
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        # Of what is committed; written with many others, as the rows of one envelope can cost as much as it.
        self._sightings = Sightings()
        self.writable = False

    @property
    def has_sightings(self) -> bool:
        """Whether something was sighted in what is committed that is in no sum yet."""
        return bool(self._sightings)

    async def start(self) -> None:
        """Open the connection.

        Raises:
            StoreUnavailable: It cannot be opened.
        """
        loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, args=(loop,), name="scrubrelay-store", daemon=True)
        self._thread.start()
        try:
            await self.submit(lambda _: None, proves=True)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Finish all jobs and close the connection."""
        if self._thread is None:
            return
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._thread = None

    def submit(
        self,
        work: Callable[[Transaction], T],
        *,
        lazy: bool = False,
        soon: bool = False,
        proves: bool = False,
    ) -> asyncio.Future[T]:
        """Queue a job; its future is done once it is committed. Lazy ones wait for others, some not long."""
        if self._thread is None:
            return self.refused(StoreUnavailable("the store is closed"))
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put(Job(work, future, lazy, proves, _SOON if soon else _PATIENCE))
        return future

    def refused(self, error: StoreUnavailable) -> asyncio.Future[Any]:
        """Return a future that has failed."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.set_exception(error)
        return future

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        while jobs := self._gather():
            done = self._commit([job for job in jobs if job is not None])
            if self._db is not None and not self._reserve.full:
                self._make_room(self._db)
            self._hand_back(loop, done)
            if jobs[-1] is None:
                break
        if self._sightings:
            with suppress(sqlite3.Error, OSError, StoreUnavailable):
                self._transact([], sums_up=True)
        self._close()

    def _gather(self) -> list[Job | None]:
        """Wait for a job and take all that wait with it; a None ends the list and the thread."""
        jobs = [self._jobs.get()]
        while len(jobs) < _GROUP and (last := jobs[-1]) is not None:
            lazy = last.lazy and all(job is not None and job.lazy for job in jobs)
            try:
                jobs.append(self._jobs.get(timeout=last.patience) if lazy else self._jobs.get_nowait())
            except queue.Empty:
                break
        return jobs

    def _hand_back(self, loop: asyncio.AbstractEventLoop, done: list[tuple[Job, Any]]) -> None:
        # A loop that was closed without stopping us first has nobody who waits for an answer.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_resolve, done)

    def _commit(self, jobs: list[Job]) -> list[tuple[Job, Any]]:
        """Commit jobs together; if that fails, each by itself: a bad one fails alone, deletes still work."""
        if not jobs:
            return []
        try:
            results = self._transact(jobs)
        except Exception as error:  # noqa: BLE001 -- whatever it is belongs to the caller whose job it was
            self._after(error)
            if len(jobs) == 1 and jobs[0].lazy and _is_full(error) and self._reserve.release():
                return self._commit(jobs)
            if len(jobs) == 1 or isinstance(error, StoreUnavailable) or _is_busy(error):
                ours = unavailable(error) if isinstance(error, sqlite3.Error | OSError) else error
                return [(job, ours) for job in jobs]
            return [pair for job in jobs for pair in self._commit([job])]
        if any(
            job.proves and not isinstance(result, Exception)
            for job, result in zip(jobs, results, strict=True)
        ):
            self.writable = self._reserve.fill()
        return list(zip(jobs, results, strict=True))

    def _transact(self, jobs: list[Job], *, sums_up: bool = False) -> list[Any]:
        db = self._db = self._db or self._connect()
        with self._turn():
            db.execute("BEGIN IMMEDIATE")
            transaction = Transaction(db)
            results = [_attempt(job.work, transaction) for job in jobs]
            transaction.write_sums()
            sighted = self._sightings + transaction.sightings
            is_written = sums_up or transaction.sums_up
            if is_written:
                sighted.write(db)
            db.execute("COMMIT")
        self._sightings = Sightings() if is_written else sighted
        return results

    def _make_room(self, db: sqlite3.Connection) -> None:
        """Give free pages and the log back to the file system; take the reserve again if that helped."""
        with suppress(sqlite3.Error):
            db.execute("BEGIN IMMEDIATE")
            vacuum(db)
            db.execute("COMMIT")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if db.in_transaction:
            self._roll_back(db)
        self._reserve.fill()

    def _after(self, error: Exception) -> None:
        """Leave no transaction open; after anything but a full or busy file, start from a new connection."""
        if isinstance(error, sqlite3.Error | StoreUnavailable | OSError):
            self.writable = False
        if isinstance(error, sqlite3.Error) and not _is_full(error) and not _is_busy(error):
            self._close()
        elif self._db is not None and self._db.in_transaction:
            self._roll_back(self._db)

    def _roll_back(self, db: sqlite3.Connection) -> None:
        try:
            db.execute("ROLLBACK")
        except sqlite3.Error:
            self._close()

    def _close(self) -> None:
        db, self._db = self._db, None
        if db is None:
            return
        with suppress(sqlite3.Error):  # if it fails, the WAL is read at the next start
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()


def _attempt(work: Callable[[Transaction], Any], transaction: Transaction) -> Any:
    try:
        return work(transaction)
    except StoreUnavailable:
        raise
    except ScrubrelayError as refusal:
        return refusal


def _is_full(error: Exception) -> bool:
    return getattr(error, "sqlite_errorname", "") == "SQLITE_FULL"


def _is_busy(error: Exception) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")


def _resolve(done: list[tuple[Job, Any]]) -> None:
    for job, result in done:
        if job.future.done():
            continue
        if isinstance(result, Exception):
            job.future.set_exception(result)
        else:
            job.future.set_result(result)
