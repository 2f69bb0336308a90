"""What a process looks at, every few seconds: how much of each resource was used since the last look."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable

from parvis.domain.health import machine
from parvis.domain.health.types import Signal
from parvis.infra import video
from parvis.infra.services import Services

# Says how its resource was used in the last so many seconds; called from the event loop, so it must not wait.
Probe = Callable[[float], Signal]

JUMPS_KEPT_S = 120.0
MINUTE_S = 60.0
FREE_HERE = f"free_bytes@{machine.HOST}"


def of_process(services: Services, role: str) -> list[Probe]:
    """What every process can see by itself."""
    own: list[Probe] = [_cpu(), _loop(role), _pool(services, role), _database(services), _disk(services)]
    own += [] if role == "web" else [_encoders]
    return [*own, _hashing(services, role), _mail(services), _outbound(services), _memory(), _clock()]


class Since:
    """How much a number that only grows has grown since it was last asked."""

    def __init__(self, read: Callable[[], float]) -> None:
        self._read = read
        self._before = read()

    def __call__(self) -> float:
        now = self._read()
        grown, self._before = now - self._before, now
        return max(0.0, grown)


class LastMinute:
    """What went well and what did not, counted over the last minute."""

    def __init__(self) -> None:
        self._kept: list[tuple[float, float, float]] = []

    def __call__(self, good: float, bad: float) -> tuple[float, float]:
        now = time.monotonic()
        self._kept.append((now, good, bad))
        self._kept = [one for one in self._kept if now - one[0] < MINUTE_S]
        return sum(one[1] for one in self._kept), sum(one[2] for one in self._kept)


def held(resource: str, read: Callable[[], float], capacity: float) -> Probe:
    """A resource of which so many are held at a moment, such as open streams."""

    def probe(_: float) -> Signal:
        used = read()
        return Signal(resource, used, used / capacity, capacity)

    return probe


def refusing(started: Callable[[], float], refused: Callable[[], float], level: Callable[[], float]) -> Probe:
    """Of those who write, the share that this process refuses for load, and how much it leaves out altogether."""
    served, turned_away = Since(started), Since(refused)

    def probe(elapsed_s: float) -> Signal:
        some, others = turned_away(), served()
        use = some / (some + others) if some else 0.0
        return Signal("shedding", some / elapsed_s, use, None, {"level": level()})

    return probe


def _cpu() -> Probe:
    """Cores that are in the way of requests: what lets them pass, such as an encoder, takes what is left over, and neither
    slows the gate nor is a cause. It is told beside, where it is known."""
    busy, patient = Since(machine.busy_s), Since(lambda: machine.patient_s() or 0.0)
    knows = machine.patient_s() is not None

    def probe(elapsed_s: float) -> Signal:
        capacity = machine.cores()
        gives_way = patient()
        used = max(0.0, min((busy() - gives_way) / elapsed_s, capacity))
        facts = {"patient": min(1.0, gives_way / elapsed_s / capacity)} if knows else {}
        return Signal("cpu", used, used / capacity, capacity, facts)

    return probe


def _loop(role: str) -> Probe:
    """The event loop's thread: one core at most, however many there are."""
    busy = Since(time.thread_time)

    def probe(elapsed_s: float) -> Signal:
        used = min(busy() / elapsed_s, 1.0)
        return Signal(role, used, used, 1.0)

    return probe


def _pool(services: Services, role: str) -> Probe:
    loans, size = services.db.loans, services.db.pool.get_max_size()
    count, waited, kept = Since(lambda: loans.count), Since(lambda: loans.waited_s), Since(lambda: loans.kept_s)

    def probe(elapsed_s: float) -> Signal:
        lent, used = count(), min(kept() / elapsed_s, float(size))
        mean_wait_s = waited() / lent if lent else 0.0
        facts = {"lent_per_s": lent / elapsed_s, "mean_wait_s": mean_wait_s, "waiting": float(services.db.waiting)}
        return Signal("pool" if role == "web" else "pool_of_workers", used, used / size, float(size), facts)

    return probe


def _database(services: Services) -> Probe:
    """Loans a second; how near the database is to its limit is known once it has been asked (`measure.py`)."""
    count = Since(lambda: services.db.loans.count)

    def probe(elapsed_s: float) -> Signal:
        return Signal("database", count() / elapsed_s, 0.0)

    return probe


def _hashing(services: Services, role: str) -> Probe:
    hasher = services.hasher
    count, worked = Since(lambda: hasher.count), Since(lambda: hasher.worked_s)

    def probe(elapsed_s: float) -> Signal:
        facts = {"waiting": float(hasher.waiting)}
        use = min(worked() / elapsed_s / hasher.threads, 1.0)
        return Signal("hashing" if role == "web" else "hashing_of_workers", count() / elapsed_s, use, None, facts)

    return probe


def _disk(services: Services) -> Probe:
    """`free_bytes` becomes the least of all machines; by the name of one, what is free there."""

    def probe(_: float) -> Signal:
        total, _used, free = shutil.disk_usage(services.settings.home)
        facts = {"free_bytes": float(free), FREE_HERE: float(free)}
        return Signal("disk", float(total - free), (total - free) / total, float(total), facts)

    return probe


def _memory() -> Probe:
    """What could still be had counts as free, caches among it; of a container with a limit, what that leaves."""
    killed = Since(machine.killed)

    def probe(elapsed_s: float) -> Signal:
        total, free, swapped = machine.memory_bytes()
        facts = {"free_bytes": float(free), "swapped_bytes": float(swapped), "killed_per_s": killed() / elapsed_s}
        return Signal("memory", float(total - free), (total - free) / max(1, total), float(total), facts)

    return probe


def _encoders(_: float) -> Signal:
    """Those that stand still on purpose, and for how long another one has said nothing. Watched: a film can wait."""
    facts = {"resting": float(video.resting()), "silent_s": video.longest_silence_s()}
    return Signal("encoders", 0.0, 0.0, None, facts)


def _clock() -> Probe:
    """By how much the clock moved otherwise than time did; the largest jump of the last two minutes is remembered."""
    ahead_s = time.time() - time.monotonic()
    jumps: list[tuple[float, float]] = []

    def probe(_: float) -> Signal:
        nonlocal ahead_s
        now, before, ahead_s = time.monotonic(), ahead_s, time.time() - time.monotonic()
        jumps.append((now, ahead_s - before))
        jumps[:] = [one for one in jumps if now - one[0] < JUMPS_KEPT_S]
        return Signal("clock", 0.0, 0.0, None, {"step_s": max((one[1] for one in jumps), key=abs)})

    return probe


def _mail(services: Services) -> Probe:
    """Watched, and never a reason to keep somebody out: confirming an address can wait."""
    mail = services.mail
    sent, deferred, refused = Since(lambda: mail.sent), Since(lambda: mail.deferred), Since(lambda: mail.refused)
    lately = LastMinute()

    def probe(elapsed_s: float) -> Signal:
        good, bad = sent(), refused()
        facts = {"deferred_per_s": deferred() / elapsed_s, "refused_per_s": bad / elapsed_s}
        facts["slowest_s"] = mail.pace.slowest_s()
        facts["sent"], facts["refused"] = lately(good, bad)  # letters are too few to be told by the second
        return Signal("mail", good / elapsed_s, 0.0, None, facts)

    return probe


def _outbound(services: Services) -> Probe:
    """How other servers answered in the last minute: they are asked too seldom for less."""
    http = services.http
    answered, unreachable = Since(lambda: http.answered), Since(lambda: http.unreachable)
    lately = LastMinute()

    def probe(elapsed_s: float) -> Signal:
        good, bad = answered(), unreachable()
        facts = {"slowest_s": http.pace.slowest_s()}
        facts["answered"], facts["unreachable"] = lately(good, bad)
        return Signal("outbound", (good + bad) / elapsed_s, 0.0, None, facts)

    return probe
