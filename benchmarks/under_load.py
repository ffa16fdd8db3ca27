"""Readers and writers at once: what answers, how late, and whether any saved change is lost."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import parse_qs

from benchmarks.load import Connection, Server
from benchmarks.operations import operations

READERS, WRITERS = 20, 8
READ = {"list, first page", "list, deep page", "search, rare hit", "one registry"}
FAILED, SAVED = 500, 302  # HTTP statuses


class Seen(NamedTuple):
    """What was seen of one database: requests a second, p99 in ms, and how many answers were 5xx or writes lost."""

    reads: float
    read_p99: float
    writes: float
    write_p99: float
    failed: int
    lost: int


def under_load(case, seconds, log):
    """The Seen of the case's server under READERS and WRITERS, each with one request at a time."""
    server = Server(case.environment, log, case.database)
    try:
        server.first_answer()
        return _measured(server, case.facts, seconds)
    finally:
        server.stop()


def _measured(server, facts, seconds):
    found = {operation.key: operation for operation in operations(facts)}
    reading = [each for each in found.values() if each.label in READ and each.contender in {"ada", "mel"}]
    requests = [each.prepared(facts, None, 1)[0] for each in reading]
    edit = found["ada: edit"]
    places = [edit._replace(paths=[path]) for path in edit.paths[:WRITERS]]
    end, reads, writes = time.monotonic() + seconds, [], []
    lost: list = []
    readers = [(_read, server, requests[n % len(requests) :] + requests, end, reads) for n in range(READERS)]
    writers = [(_write, server, place, facts, end, writes, lost) for place in places]
    with ThreadPoolExecutor(READERS + WRITERS) as pool:
        for done in [pool.submit(*each) for each in readers + writers]:
            done.result()  # an error of a reader or writer is one of the benchmark
    failed = sum(status >= FAILED for _, status in reads + writes)
    return Seen(len(reads) / seconds, _p99(reads), len(writes) / seconds, _p99(writes), failed, sum(lost))


def _read(server, requests, end, seen):
    send = Connection(server.port)
    for request in itertools.cycle(requests):
        if time.monotonic() > end:
            return
        seen.append(_timed(send, request)[:2])


def _write(server, place, facts, end, seen, lost):
    """Edit one registry again and again; at the end it must show what was saved last."""
    send, last = Connection(server.port), None
    while time.monotonic() < end:
        request = place.prepared(facts, send, 1)[0]
        took, status, _ = _timed(send, request)
        seen.append((took, status))
        last = request[3] if status == SAVED else last
    shown = place._replace(fill=dict).prepared(facts, send, 1)[0][3]  # the form as it stands
    lost.append(last is not None and _description(last) != _description(shown))


def _description(body):
    return parse_qs(body.decode())["description"]


def _timed(send, request):
    began = time.perf_counter()
    answer = send(*request)
    return time.perf_counter() - began, answer.status, answer


def _p99(seen):
    times = sorted(took for took, _ in seen)
    return 1000 * times[int(len(times) * 0.99)] if times else 0.0
