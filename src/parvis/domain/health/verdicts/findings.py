"""What is known of the whole place at one moment: everything that rules look at, and nothing they would have to ask for."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from parvis.domain.health.types import Signal


class Blocker(msgspec.Struct, frozen=True):
    """A database session that others wait for. `idle`: it does nothing in the meantime."""

    pid: int
    application: str
    idle: bool
    open_s: float
    table: str
    victims: int
    longest_wait_s: float
    statement: str = ""


class Statement(msgspec.Struct, frozen=True):
    """A statement that takes long. `at_once`: how many sessions were busy with it, on average."""

    pid: int
    application: str
    age_s: float
    at_once: float
    text: str


class Idle(msgspec.Struct, frozen=True):
    """The oldest transaction in which nothing happens. `count`: how many there are."""

    pid: int
    application: str
    age_s: float
    count: int


class Rows(msgspec.Struct, frozen=True):
    """The table with the most dead rows."""

    table: str
    dead: int
    live: int


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """The database, as it sees itself. `waiting`: sessions by what they wait for, on average over the look."""

    sessions: int = 1
    most_sessions: int = 100
    waiting: dict[str, float] = {}
    blocker: Blocker | None = None
    slow: Statement | None = None
    idle: Idle | None = None
    wal_bytes: int = 0
    wal_wanted_bytes: int = 1 << 30
    slot: str = ""  # what keeps the most WAL
    slot_bytes: int = 0
    archive_failing_s: float = 0.0  # since when nothing could be archived
    follower_away_s: float = 0.0  # since when `parvis backup --follow` reads nothing, where it once did
    up_s: float = 1e6
    unapplied: tuple[str, ...] = ()  # migrations
    lost_indexes: tuple[str, ...] = ()  # the statements that make them
    half_indexes: tuple[str, ...] = ()  # names of those of them that are there and not whole
    unsafe: tuple[str, ...] = ()  # settings that may lose what was acknowledged
    oldest_row_age: int = 0  # in transactions
    rows: Rows | None = None
    size_bytes: int = 0


Holds = Literal["place", "media", "copies"]


class Disk(msgspec.Struct, frozen=True):
    """A file system that something of ours lies on. `holds`: the database and everything else, media only, or backups only.

    `full_in_s`, `files_end_in_s`: when it will be full, or cannot hold more files, if it goes on like this.
    """

    folder: str
    bytes: int
    free_bytes: int
    files: int = 0  # 0: it has no such bound
    free_files: int = 0
    full_in_s: float | None = None
    files_end_in_s: float | None = None
    holds: Holds = "place"

    @property
    def free(self) -> float:
        return self.free_bytes / max(1, self.bytes)


class Late(msgspec.Struct, frozen=True):
    """A kind of job that is due and not begun."""

    kind: str
    oldest_s: float
    jobs: int  # at most a thousand are counted
    in_all: int = 0  # at most ten thousand are


class Held(msgspec.Struct, frozen=True):
    """A kind of job that is under way, the oldest for so long."""

    kind: str
    jobs: int
    oldest_s: float


class Failing(msgspec.Struct, frozen=True):
    """A kind of job that does not work out and is tried again."""

    kind: str
    jobs: int
    failures: int  # of the one that was tried most often
    oldest_s: float
    error: str


class Parked(msgspec.Struct, frozen=True):
    """A kind of job that was given up. `killing`: because its workers died of it."""

    kind: str
    jobs: int
    newest_s: float
    killing: bool
    error: str


class Jobs(msgspec.Struct, frozen=True):
    """Work that can wait."""

    late: tuple[Late, ...] = ()
    held: tuple[Held, ...] = ()
    failing: tuple[Failing, ...] = ()
    parked: tuple[Parked, ...] = ()


class Store(msgspec.Struct, frozen=True):
    """The media store. `error` is empty when a small file could be written and read."""

    took_s: float = 0.0
    error: str = ""


class Door(msgspec.Struct, frozen=True):
    """How the gate stands, told by the room it belongs to."""

    mode: str = "auto"
    rate_per_s: float | None = None
    binding: str = ""
    waiting: int = 0
    message: str = ""


class Tide(msgspec.Struct, frozen=True):
    """Visits a day, as the mean of the last seven whole days and of the seven before; told by the room that counts them.

    `resource`: what is fullest in the busiest hours of these days, and the share that is used then.
    """

    visits_a_day: float
    before: float
    resource: str = ""
    use: float = 0.0

    @property
    def growth(self) -> float:
        """1.3: a third more, nearly, than the week before."""
        return self.visits_a_day / self.before if self.before else 1.0


class Deaths(msgspec.Struct, frozen=True):
    """Processes that went silent in the last ten minutes without taking their leave."""

    processes: int = 0
    role: str = ""
    newest_s: float = 0.0


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Backups and restore drills. `wanted`: a setting says where they are kept. Ages: since the last that went well."""

    wanted: bool = False
    backup_age_s: float | None = None
    backup_problem: str = ""  # of the latest
    drill_age_s: float | None = None
    drill_problem: str = ""


class Letters(msgspec.Struct, frozen=True):
    """Letters that the mail service has taken in the last day, about, and how many it takes in one."""

    sent: float
    quota: int


class Setup(msgspec.Struct, frozen=True):
    """Settings that matter to a verdict."""

    limiter: bool = True
    page_cache_bytes: int = 1 << 25
    database_pool: int = 8
    job_workers: int = 1
    transcodings: int = 1
    web_workers: int = 2
    sends_mail: bool = True
    has_broker: bool = True
    keeps_in_bucket: bool = False


Trouble = Literal["", "gone", "full", "starting"]


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """The place at one moment. `database` is None when it does not answer; then most of the rest is not known.
    `database_trouble`: whether it is away, has no connection left, or is about to be there again.

    `signals`: what all processes saw in their last few seconds; `before`: the same at the look before this one;
    `recent`: the mean of the last minutes.
    """

    at: datetime
    database: Database | None = Database()
    database_error: str = ""
    database_trouble: Trouble = ""
    signals: dict[str, Signal] = {}
    recent: dict[str, Signal] = {}
    before: dict[str, Signal] = {}
    roles: dict[str, int] = msgspec.field(default_factory=lambda: {"web": 2, "work": 1})
    deaths: Deaths = Deaths()
    disks: tuple[Disk, ...] = ()
    jobs: Jobs = Jobs()
    store: Store | None = None
    broker_error: str = ""
    broker_took_s: float = 0.0  # to connect, or to fail
    door: Door | None = None
    tide: Tide | None = None
    clock_ahead_s: float = 0.0
    certificate_ends_in_s: float | None = None
    certificate_lasts_s: float | None = None  # in all
    setup: Setup = Setup()
    kept: Kept = Kept()
    letters: Letters | None = None  # where the quota is known
    journal_full_in_s: float | None = None  # when the journal fills the disk it lies on here, if it goes on like this

    def use(self, resource: str) -> float:
        """The share of it that is used; 0 where nobody reports it."""
        signal = self.signals.get(resource)
        return signal.use if signal else 0.0

    def fact(self, resource: str, name: str) -> float:
        signal = self.signals.get(resource)
        return signal.facts.get(name, 0.0) if signal else 0.0

    def lately(self, resource: str, name: str) -> float:
        """The same, as the mean of the last minutes; what is seen now where there is no history."""
        signal = self.recent.get(resource)
        return signal.facts.get(name, 0.0) if signal else self.fact(resource, name)

    @property
    def our_disks(self) -> tuple[Disk, ...]:
        """Those that people feel when they are full: without such as hold nothing but backups."""
        return tuple(one for one in self.disks if one.holds != "copies")

    @property
    def asked_per_s(self) -> float:
        """How often something of the database is asked for by those who use the place."""
        return self.fact("pool", "lent_per_s")
