"""The crowd against a stranger's server that can freeze, refuse and hang up: what it counts is what happened."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import pairwise
from random import Random

import msgspec
import pytest

from parvis.load import crowd, page
from parvis.load.connection import Answer, Connection
from parvis.load.crowd import Crowd, judge, retry_after_s
from parvis.load.parameters import ENTRY, LOADS, MIX, SIGN_UP, Load
from parvis.load.people import Member
from parvis.load.plan import Plan
from parvis.load.report import Report, report_of
from parvis.load.run import Result
from parvis.load.tally import Histogram, Outcome, Tally
from parvis.load.target import Refused, Target, target_of
from parvis.load.text import text
from parvis.load.world import Seen, World

BODY = b'{"id":"128000","acct":"newcomer","access_token":"new"}'
OK = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY)
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n"
Reply = Callable[[bytes, int], bytes]


class Stranger:
    """A server of a few lines. `reply` gets the head of a request and its number; b"" hangs up."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.asked: list[tuple[float, bytes]] = []
        self.frozen_until = 0.0
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                for line in head.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        await reader.readexactly(int(line[15:]))
                self.asked.append((loop.time(), head))
                await asyncio.sleep(max(0.0, self.frozen_until - loop.time()))
                reply = self.reply(head, len(self.asked))
                if not reply:
                    return
                writer.write(reply)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def stranger(reply: Reply = lambda head, number: OK) -> AsyncIterator[Stranger]:
    made = Stranger(reply)
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


def world_of(port: int) -> World:
    return World(
        target=target_of(f"http://127.0.0.1:{port}", owned=False),
        members=[Member(str(number << 7), f"m{number}", f"token{number}") for number in range(50)],
        password="a password",
        posts=deque(Seen(str(number), str(number << 7), f"m{number}") for number in range(100)),
        tags=["parvis"],
        app_token="app",
        client=("id", "secret"),
    )


async def came_of(there: Stranger, plan: Plan, **options: int) -> Tally:
    return await Crowd(plan, world_of(there.port), seed=1, **options).run()


def reported(plan: Plan, tally: Tally) -> Report:
    result = Result(plan, "http://127.0.0.1:1", 1, 1, 50, 0, datetime(2026, 11, 26, tzinfo=UTC), tally, [])
    report = report_of(result)
    check_sums(report)
    return report


def check_sums(report: Report) -> None:
    """Everybody who came is in exactly one outcome, however it is cut."""
    rows = [report.everything, *report.classes, *report.kinds]
    assert all(row.offered == sum(row.outcomes.values()) for row in rows)
    for part in (report.classes, report.kinds):
        assert sum(row.offered for row in part) == report.everything.offered
        for outcome, count in report.everything.outcomes.items():
            assert sum(row.outcomes[outcome] for row in part) == count
    offered = Counter[str]()
    served = Counter[str]()
    for moment in report.moments:
        offered.update(moment.offered)
        served.update(moment.served)
    assert {row.name: row.offered for row in report.classes if row.offered} == dict(offered)
    assert served.total() == report.everything.outcomes["served"]


# ── what is counted ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_everybody_comes_at_their_moment_and_is_served() -> None:
    plan = Plan("launch-day", 0.5, 3, level=True)
    async with stranger() as there:
        tally = await came_of(there, plan)
    report = reported(plan, tally)
    assert 450 < report.everything.offered < 800
    assert report.everything.outcomes["served"] > 0.95 * report.everything.offered
    assert len(there.asked) == report.everything.attempts >= report.everything.offered - 1
    names = {row.name for row in report.kinds}
    assert {"home timeline", "thread", "profile page", "favourite", "now serving", "sign-up form"} <= names
    assert not any(b"None" in head.split(b"\r\n")[0] for _, head in there.asked)


async def test_a_server_that_freezes_for_a_second_shows_it_in_the_percentiles() -> None:
    """A closed loop would have sent a handful of requests into the second, and told of a fine p95."""
    plan = Plan("launch-day", 0.5, 4, level=True)
    async with stranger() as there:
        loop = asyncio.get_running_loop()
        loop.call_later(1.6, lambda: setattr(there, "frozen_until", loop.time() + 1))
        tally = await came_of(there, plan, connections=4)
    report = reported(plan, tally)
    latency = report.everything.latency
    # A quarter of all came while it stood still, and waited half a second on average.
    assert latency.p95 is not None
    assert latency.p95 > 700
    assert latency.p50 is not None
    assert latency.p50 < 400
    slow = sum(count for step, count in tally.classes["P2"].latency.counts.items() if step >= step_of(100))
    assert 0.15 < slow / tally.classes["P2"].latency.count < 0.6


def step_of(duration_ms: float) -> int:
    counted = Histogram()
    counted.add(duration_ms)
    return next(iter(counted.counts))


async def test_who_is_shed_comes_back_twice_at_most_and_mostly_waits_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "BACK_OFF_S", 0.2)
    plan = Plan("launch-day", 0.3, 2, level=True)
    async with stranger(lambda head, number: BUSY) as there:
        tally = await came_of(there, plan)
    report = reported(plan, tally)
    assert report.everything.outcomes["shed"] == report.everything.offered
    assert report.everything.attempts == 3 * report.everything.offered == len(there.asked)
    gaps = _gaps(there)
    assert sorted(gaps)[len(gaps) // 2] < 1.7  # the rest is a busy machine
    patient = sum(1 for gap in gaps if gap >= 0.99) / len(gaps)
    assert 0.84 < patient < 0.96  # nine of ten
    assert min(gaps) < 0.2  # and the others come back when they please


def _gaps(there: Stranger) -> list[float]:
    """From one attempt to the next, of requests that only one person made."""
    times: dict[bytes, list[float]] = {}
    for at, head in there.asked:
        times.setdefault(head, []).append(at)
    return [later - earlier for all_ in times.values() if len(all_) == 3 for earlier, later in pairwise(all_)]


async def test_who_is_served_at_the_second_try_has_waited_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "RESPECTFUL", 1.0)
    monkeypatch.setattr(crowd, "BACK_OFF_S", 0.1)
    plan = Plan("launch-day", 0.1, 2, level=True)
    refused: set[bytes] = set()

    def once(head: bytes, number: int) -> bytes:
        if head in refused:
            return OK
        refused.add(head)
        return BUSY

    async with stranger(once) as there:
        tally = await came_of(there, plan)
    report = reported(plan, tally)
    everything = report.everything
    assert everything.outcomes["shed"] == 0
    assert everything.shed_attempts > 0.5 * everything.offered
    assert everything.latency.p50 is not None
    assert everything.latency.p50 < 100  # the answer itself was quick
    assert everything.until_served.p50 is not None
    assert 950 < everything.until_served.p50 < 1300  # the person waited


async def test_silence_ends_after_the_time_out_and_a_hang_up_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "TIME_OUT_S", 0.3)
    monkeypatch.setattr(crowd, "RETRIES", 0)
    plan = Plan("launch-day", 0.2, 1, level=True)
    async with stranger() as there:
        there.frozen_until = asyncio.get_running_loop().time() + 60
        silent = reported(plan, await came_of(there, plan))
    assert silent.everything.outcomes["timed out"] == silent.everything.offered > 40
    async with stranger(lambda head, number: b"") as there:
        rude = reported(plan, await came_of(there, plan))
    assert rude.everything.outcomes["broken"] == rude.everything.offered
    async with stranger() as there:
        there.frozen_until = asyncio.get_running_loop().time() + 60
        few = reported(plan, await came_of(there, plan, connections=2))
    assert few.everything.outcomes["missed"] > 0.9 * few.everything.offered
    assert few.generator.saturated
    assert "the crowd itself was at its limit" in few.verdict.because[-1]


async def test_people_who_sign_up_wait_until_they_are_in_and_then_act_like_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crowd, "ENTRY_EVERY_S", 0.3)
    few = Load("door", "", 1, 0.35, requests=20 * 86_400, sign_ups=5 * 86_400, streams=0)
    monkeypatch.setitem(LOADS, "door", few)
    plan = Plan("door", 1, 5, level=True)
    calls = Counter[bytes]()

    def door(head: bytes, number: int) -> bytes:
        line = head.split(b"\r\n")[0]
        if line.startswith(b"POST /api/v1/accounts "):
            return _json(b'{"access_token":"new%d"}' % number)
        if b"Bearer new" in head and b"verify_credentials" in line:
            token = head.partition(b"Bearer ")[2].split(b"\r\n")[0]
            calls[token] += 1
            if calls[token] < 2:
                return b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\n{}"
            return _json(b'{"id":"128000","acct":"newcomer"}')
        return _json(b'{"id":"5"}')

    async with stranger(door) as there:
        made = Crowd(plan, world_of(there.port), seed=1)
        tally = await made.run()
    report = reported(plan, tally)
    new = report.newcomers
    assert 0 < new.entered <= new.received <= new.asked
    assert report.waiting == new.received - new.entered
    last = report.moments[-1].newcomers
    assert (last.asked, last.received, last.entered) == (new.asked, new.received, new.entered)
    entry = next(row for row in report.kinds if row.name == ENTRY.name)
    assert entry.outcomes["served"] >= 2 * new.entered
    assert sum(calls.values()) >= 2 * new.entered  # each was turned away once
    assert sum(1 for member in made._world.members if member.handle == "newcomer") == new.entered


def _json(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.SERVED),
        (303, Outcome.SERVED),
        (304, Outcome.SERVED),
        (404, Outcome.REFUSED),
        (422, Outcome.REFUSED),
        (429, Outcome.SHED),
        (503, Outcome.SHED),
        (500, Outcome.FAILED),
        (502, Outcome.FAILED),
    ],
)
def test_what_an_answer_means(status: int, outcome: Outcome) -> None:
    assert judge(MIX[0], status) is outcome
    assert judge(ENTRY, 403) is Outcome.SERVED
    assert judge(SIGN_UP, 403) is Outcome.REFUSED


def test_retry_after_is_read_in_seconds() -> None:
    assert retry_after_s(Answer(503, b"HTTP/1.1 503 X\r\nRetry-After: 7\r\nx: y")) == 7
    assert retry_after_s(Answer(503, b"HTTP/1.1 503 X\r\nretry-after: 3")) == 3
    assert retry_after_s(Answer(503, b"HTTP/1.1 503 X\r\nretry-after: tomorrow")) == 0
    assert retry_after_s(Answer(503, b"HTTP/1.1 503 X")) == 0


# ── the reader of answers ────────────────────────────────────────────────────────────────────────────────────────

ANSWERS = [
    (OK, 200, BODY),
    (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", 200, b"abcde"),
    (b"HTTP/1.1 303 See Other\r\nContent-Length: 0\r\nlocation: /\r\n\r\n", 303, b""),
]


class Silent(asyncio.Transport):
    def write(self, data: bytes | bytearray | memoryview) -> None: ...
    def abort(self) -> None: ...


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
async def test_answers_are_read_however_they_are_cut(size: int) -> None:
    connection = Connection()
    connection.connection_made(Silent())
    for data, status, body in ANSWERS * 2:
        waiting = connection.ask(b"GET", keep_body=True)
        for start in range(0, len(data), size):
            assert not waiting.done()
            connection.data_received(data[start : start + size])
        answer = waiting.result()
        assert (answer.status, answer.body) == (status, body)


# ── percentiles, reports ─────────────────────────────────────────────────────────────────────────────────────────


def test_percentiles_are_within_two_per_cent_and_add_up_over_processes() -> None:
    random = Random(2)
    durations = [random.lognormvariate(3, 1) for _ in range(20_000)]
    parts = [Histogram() for _ in range(4)]
    for number, duration in enumerate(durations):
        parts[number % 4].add(duration)
    whole = Histogram()
    for part in parts:
        whole.merge(part)
    ordered = sorted(durations)
    for share in (0.5, 0.95, 0.99, 0.999):
        assert whole.percentile_ms(share) == pytest.approx(ordered[int(share * len(ordered)) - 1], rel=0.021)
    assert whole.most_ms == max(durations)
    assert Histogram().percentile_ms(0.5) is None


async def test_the_report_is_a_page_that_needs_nothing_and_speaks_json() -> None:
    plan = Plan("launch-day", 0.5, 2)
    async with stranger() as there:
        report = reported(plan, await came_of(there, plan))
    html = page.page(report)
    assert html.count("<svg") > 4
    assert html.count('role="img"') == html.count("<details>") - 1 == 4  # each chart has its table
    for alien in ("<script", "http-equiv", "src=", "href=", "@import", "url("):
        assert alien not in html
    assert msgspec.json.decode(msgspec.json.encode(report))["everything"]["offered"] == report.everything.offered
    assert f"{report.everything.offered:,}" in text(report)


# ── where a crowd may go ─────────────────────────────────────────────────────────────────────────────────────────


def test_only_this_machine_is_a_target_unless_the_server_is_ones_own() -> None:
    for near in ("http://127.0.0.1:8000", "127.0.0.1:8000", "http://localhost:80/", "http://[::1]:8000"):
        assert target_of(near, owned=False).local
    for far in ("http://192.0.2.1", "https://192.0.2.1:8443", "http://[2001:db8::1]/", "http://0.0.0.0:8000"):
        with pytest.raises(Refused, match="not this machine"):
            target_of(far, owned=False)
    theirs = target_of("https://192.0.2.1:8443/some/path", owned=True)
    assert theirs == Target("https://192.0.2.1:8443", "192.0.2.1", 8443, "192.0.2.1", True)
    for nonsense in ("ftp://127.0.0.1", "http://", "http://127.0.0.1:99999999"):
        with pytest.raises(Refused):
            target_of(nonsense, owned=False)
