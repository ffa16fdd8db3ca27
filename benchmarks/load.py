"""A server as `make run` starts it, a load on it, and what /proc knows of both."""

import http.client
import os
import re
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from socket import create_server
from typing import NamedTuple

import psycopg

from benchmarks.operations import Answer

CLIENTS = 4  # connections, each with one request at a time
PATIENCE = 120  # seconds for the first answer


class Server:
    """`manage.py serve` in an environment, on a free port of loopback; `database` is the pid of PostgreSQL, or None."""

    command, health = (sys.executable, "manage.py", "serve"), "/healthz"

    def __init__(self, environment, log, database=None):
        with create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        environment = {**environment, "HOST": "127.0.0.1", "PORT": str(self.port)}
        self.database, self.log = database, log
        words = [word.format(port=self.port) for word in self.command]
        self.process = subprocess.Popen(words, env=environment, stdout=log, stderr=subprocess.STDOUT)

    def first_answer(self):
        """Wait for it; answers how many seconds the start took."""
        began = time.perf_counter()
        while time.perf_counter() - began < PATIENCE:
            if self.process.poll() is not None:
                raise RuntimeError(f"The server ended: {Path(self.log.name).read_text()[-2000:]}")
            with suppress(ConnectionError):
                if Connection(self.port)("GET", self.health, {}).status == 200:
                    return time.perf_counter() - began
            time.sleep(0.01)
        raise TimeoutError("The server does not answer.")

    def cpu(self):
        """Seconds of CPU used so far, PostgreSQL's processes included."""
        parents = [self.process.pid, *([self.database] if self.database else [])]
        return sum(_cpu(pid) for parent in parents for pid in _family(parent)) + sum(map(_cpu_of_ended, parents))

    def memory(self):
        """MiB that the workers hold, pages that they share counted once."""
        rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in _family(self.process.pid)]
        return sum(int(re.search(r"^Pss: +(\d+)", text, re.MULTILINE)[1]) for text in rollups) / 1024

    def stop(self):
        """End it."""
        self.process.terminate()
        self.process.wait(PATIENCE)


class Connection:
    """A kept connection to a server; called with method, path, headers and body it gives the Answer."""

    def __init__(self, port):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def __call__(self, method, path, headers, body=None):
        self.http.request(method, path, body, headers)
        response = self.http.getresponse()
        return Answer(
            response.status,
            response.getheader("Location", ""),
            response.getheader("Content-Encoding"),
            response.read(),
        )


class Round(NamedTuple):
    """One round of one operation: ms of CPU, p50 and p95 of a request, requests a second, wrong answers, kB."""

    cpu: float
    p50: float
    p95: float
    rate: float
    wrong: int
    size: float


def measure(server, requests, is_right):
    """Send `requests` over CLIENTS connections at once; answers the Round."""
    queue, seen, lock = iter(requests), [], threading.Lock()

    def client():
        send = Connection(server.port)
        while True:
            with lock:
                request = next(queue, None)
            if request is None:
                return
            began = time.perf_counter()
            answer = send(*request)
            seen.append((time.perf_counter() - began, answer))

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    cpu, began = server.cpu(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall, cpu = time.perf_counter() - began, server.cpu() - cpu
    times, count = sorted(seconds for seconds, _ in seen), len(requests)
    return Round(
        cpu=1000 * cpu / count,
        p50=1000 * times[count // 2],
        p95=1000 * times[int(count * 0.95)],
        rate=count / wall,
        wrong=sum(not is_right(answer) for _, answer in seen),
        size=sorted(len(answer.body) for _, answer in seen)[count // 2] / 1000,
    )


def first_visit(server, path, headers):
    """(kB, number) of style sheets, scripts and icons that the page at `path` brings along, as they are sent."""
    send = Connection(server.port)
    files = set(re.findall(r'"(/static/[^"#]+)', send("GET", path, headers).text))
    answers = {file: send("GET", file, headers) for file in files}
    assert files and all(answer.status == 200 for answer in answers.values())
    return sum(len(answer.body) for answer in answers.values()) / 1000, len(answers)


def _cpu(pid):
    """Seconds of CPU that a process has used; none where it ended just now."""
    with suppress(OSError):
        return time.clock_gettime((~pid << 3) | 2)  # the kernel's name for a process's CPU clock
    return 0


def _cpu_of_ended(pid):
    """The same of its children that have ended: PostgreSQL's workers come and go with a query."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _family(pid):
    """`pid`, its children, and theirs."""
    children = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return [pid, *(each for child in children for each in _family(child))]


def postmaster(address):
    """(pid, version) of the PostgreSQL server at `address`."""
    with psycopg.connect(address) as connection:
        backend = connection.execute("SELECT pg_backend_pid()").fetchone()[0]
        version = connection.execute("SHOW server_version").fetchone()[0]
        parent = int(Path(f"/proc/{backend}/stat").read_text().rsplit(")", 1)[1].split()[1])  # while it lives
    return parent, version
