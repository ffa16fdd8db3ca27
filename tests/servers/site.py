"""The site itself, as people start and stop it, in a process of its own."""

import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from django.conf import settings

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]


def free_port():
    """A loopback port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def manage(site, *words):
    """Run a management command there to its end."""
    return subprocess.run([*MANAGE, *words], env=site, capture_output=True, text=True, timeout=600, check=False)


class Serving:
    """A running server: what it printed until it took requests, and how to ask it."""

    def __init__(self, process, port):
        self.process, self.port = process, port
        self.lines = []
        for line in process.stdout:
            self.lines.append(line.rstrip())
            if " is at http" in line:
                return
        pytest.fail("\n".join(["The server ended before it took requests.", *self.lines]))

    def status(self, path):
        """The HTTP status of a GET there."""
        try:
            return urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30).status
        except HTTPError as error:
            return error.code

    def stop(self, number=signal.SIGTERM):
        """End it with a signal, and answer its exit code."""
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return self.process.returncode


@contextmanager
def start(site):
    """`serve`, until the block ends."""
    words = [*MANAGE, "serve"]
    with subprocess.Popen(words, env=site, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield Serving(process, site["PORT"])
        finally:
            if process.poll() is None:  # ended in order: of one that is killed, workers hold the port a moment longer
                process.terminate()
                process.wait(60)
