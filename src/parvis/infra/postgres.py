"""PostgreSQL: a pool of connections, transactions, and JSON columns as text that msgspec decodes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from time import perf_counter
from types import TracebackType
from typing import Any

import asyncpg
from asyncpg.connection import LoggedQuery
from asyncpg.pool import PoolConnectionProxy

from parvis.infra import tracing, waits

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
Row = asyncpg.Record

# A page's statement takes longer to plan than to run. Its plan is made once a connection: statements here are written so
# that one plan serves every parameter (coalesce instead of "or null").
ACQUIRE_S = 5  # for a free connection, and for a fresh one
KEPT_PLANS = 200  # a connection
GENERIC_PLANS = {"plan_cache_mode": "force_generic_plan"}


# The database is gone or going, or takes nothing now; what was under way may or may not have been committed.
# (BlockingIOError is an OSError.)
OUTAGES = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,  # a full disk and too many connections among them
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby that is not the first yet
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what the driver says of a connection that broke in between two of its steps
    OSError,
    TimeoutError,
)


class _QuietConnection(asyncpg.Connection):
    """A connection without the reset query: nothing here leaves session state behind, and a reset costs a round trip."""

    def get_reset_query(self) -> str:
        return ""


@dataclass(slots=True)
class Loans:
    """How often connections were lent, how long borrowers waited for them, and how long they kept them, so far."""

    count: int = 0
    waited_s: float = 0.0
    kept_s: float = 0.0


class Database:
    """One process's connections. `watch`, when set, is told each statement sent (tests count round trips with it)."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.loans = Loans()
        self.watch: Callable[[str], None] | None = None
        # Connections at rest are kept here, outside the pool: to take one from the pool and to give it back costs as much
        # processor time as a small statement.
        self._resting: list[PoolConnectionProxy] = []
        self._most_resting = pool.get_max_size() - 1  # whoever asks the pool itself gets one
        # The pool lets whoever comes last be first, and under load some would wait for ever. So who waits, waits here.
        self._line: deque[asyncio.Future[PoolConnectionProxy | None]] = deque()
        self._out = 0  # connections that are not in the pool: at rest here, or lent
        self._closed = False

    def connection(self) -> _Borrowed:
        """A connection for reading, without a transaction, for the length of an `async with`."""
        return _Borrowed(self)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside a transaction: committed at the end, rolled back by any exception."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    @property
    def waiting(self) -> int:
        """How many wait for a connection at this moment."""
        return sum(not one.done() for one in self._line)  # who gave up stays in the line until it moves

    async def close(self) -> None:
        """Every connection has ended."""
        self._closed = True
        while (first := self._first()) is not None:
            first.set_exception(asyncpg.InterfaceError("The pool is closed."))
        while self._resting:
            await self.pool.release(self._resting.pop())
        await self.pool.close()

    async def take(self) -> PoolConnectionProxy:
        """A connection that is open, as far as is known. Raises: TimeoutError when none is free for long."""
        if not self._line:
            while self._resting:
                connection = self._resting.pop()
                if not connection.is_closed():
                    return connection
                await self._release(connection)
            if self._out < self.pool.get_max_size():
                self._out += 1
                return await self._acquire()
        with tracing.span("wait for a connection"):
            connection = await self._turn()
        return await self._acquire() if connection is None else connection

    async def give_back(self, connection: PoolConnectionProxy, *, spoilt: bool) -> None:
        """The connection is free for others, for whoever has waited longest first. `spoilt`: its last statement may not
        have ended well."""
        fine = not (spoilt or connection.is_closed() or connection.is_in_transaction())
        if not fine or self._closed:
            await self._release(connection)
        elif (first := self._first()) is not None:
            first.set_result(connection)
        elif len(self._resting) < self._most_resting:
            self._resting.append(connection)
        else:
            await self._release(connection)

    async def _turn(self) -> PoolConnectionProxy | None:
        """What the one before leaves: a connection, or the right to ask the pool for one."""
        mine: asyncio.Future[PoolConnectionProxy | None] = asyncio.get_running_loop().create_future()
        self._line.append(mine)
        try:
            async with asyncio.timeout(ACQUIRE_S):
                return await mine
        except BaseException:
            # It may have come as we were leaving; then it is for the next.
            if mine.done() and not mine.cancelled() and mine.exception() is None:
                left = mine.result()
                if left is None:
                    self._leave_right()
                else:
                    await self.give_back(left, spoilt=False)
            raise

    async def _acquire(self) -> PoolConnectionProxy:
        try:
            return await self.pool.acquire(timeout=ACQUIRE_S)
        except BaseException:
            self._leave_right()
            raise

    async def _release(self, connection: PoolConnectionProxy) -> None:
        try:
            await self.pool.release(connection)
        finally:
            self._leave_right()

    def _leave_right(self) -> None:
        """One connection less is out, or the next in the line may take one out."""
        if (first := self._first()) is not None:
            first.set_result(None)
        else:
            self._out -= 1

    def _first(self) -> asyncio.Future[PoolConnectionProxy | None] | None:
        """Who has waited longest and still does; no longer in the line."""
        while self._line:
            first = self._line.popleft()
            if not first.done():
                return first
        return None


class _Borrowed:
    """A connection taken for a while; given back also by an exception."""

    __slots__ = ("_before", "_connection", "_database", "_lent", "_spent", "_watching")

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __aenter__(self) -> Connection:
        asked = perf_counter()
        self._spent = spent = waits.current
        if spent is None:
            self._connection = await self._database.take()
        else:
            await self._take_for(spent)
        self._lent = perf_counter()
        self._database.loans.waited_s += self._lent - asked
        self._watching = None
        watch = self._database.watch
        trace = tracing.statements()
        if watch is not None or trace is not None:
            self._watching = _watched(self._connection, watch, trace)
            self._watching.__enter__()
        return self._connection

    async def _take_for(self, spent: waits.Spent) -> None:
        """While the request holds a connection, its pauses are the database's."""
        self._before, spent.label = spent.label, waits.POOL
        try:
            self._connection = await self._database.take()
            spent.label = waits.SQL
        except BaseException:
            spent.label = self._before
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watching is not None:
            self._watching.__exit__(None, None, None)
            await asyncio.sleep(0)  # the driver tells of statements in the loop's next turn
        loans = self._database.loans
        loans.count += 1
        loans.kept_s += perf_counter() - self._lent
        if self._spent is not None:
            self._spent.label = self._before
        await self._database.give_back(self._connection, spoilt=kind is not None)


async def connect(
    url: str,
    *,
    size: int,
    application: str = "parvis",
    session: Mapping[str, str] | None = None,
    statement_s: float = 30,
    **options: Any,
) -> Database:
    """A pool of at most `size` connections to `url` (postgresql://…), each with these session settings.

    Raises, when used: TimeoutError for a statement of over `statement_s` seconds, or for want of a connection.
    """
    pool = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        command_timeout=statement_s,
        timeout=ACQUIRE_S,
        connection_class=_QuietConnection,
        statement_cache_size=KEPT_PLANS,
        max_cached_statement_lifetime=0,  # a plan is as good in an hour as now
        max_cacheable_statement_size=0,  # the longest statements are those that take longest to plan
        server_settings={"application_name": application, "timezone": "UTC", **GENERIC_PLANS, **(session or {})},
        **options,
    )
    return Database(pool)


@contextmanager
def _watched(
    connection: Connection, watch: Callable[[str], None] | None, trace: Callable[[LoggedQuery], None] | None
) -> Iterator[None]:
    def note(record: LoggedQuery) -> None:
        if watch is not None:
            watch(record.query)
        if trace is not None:
            trace(record)

    connection.add_query_logger(note)
    try:
        yield
    finally:
        connection.remove_query_logger(note)
