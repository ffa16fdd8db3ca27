"""The server behind `serve`: gunicorn starts, watches and ends the processes, waitress speaks HTTP in each of them.

waitress reads a request whole, headers and body, before one of its threads works on it. So a client that sends slowly,
or half, holds a connection and no thread; gunicorn's own workers read the body in the thread.
"""

import gc
import os
import time
from threading import Event, Thread

from django.conf import settings
from django.core.servers.basehttp import get_internal_wsgi_application
from gunicorn.app.base import BaseApplication
from gunicorn.workers.base import Worker
from waitress import create_server, wasyncore

from ..operations.forwarding import Forwarder

THREADS = 4  # in each process
CONNECTIONS = 300  # in each process; each may have a file open for what it sends, and one for what it gets
HEADER_BYTES = 32 * 1024
STATEMENT_SECONDS = 20  # the longest that PostgreSQL works on one statement of a request
STACK_SLOTS = 17_000  # of 8 bytes: a little more than 128 KiB


def limit_statements(connection):
    """Let PostgreSQL end what takes too long; the answer is 503 then. Only `serve` asks for it: commands take longer.

    Where DATABASE_URL says `statement_timeout`, that counts.
    """
    options = connection.settings_dict["OPTIONS"]
    if connection.vendor == "postgresql" and "statement_timeout" not in options["options"]:
        options["options"] += f" -c statement_timeout={STATEMENT_SECONDS}s"


def with_stack_room(function):
    """`function`, run on one piece of stack that is large enough for all calls below it.

    CPython keeps the frames of a thread in pieces of 16 KiB. It asks the system for a piece when a call doesn't fit,
    and gives it back when that call returns. Where a loop stands at the border of a piece, each call in it does that:
    up to half of a page's CPU. A frame that says it needs more than 128 KiB gets a piece of 256 KiB, and uses nothing
    of it: the rest is for the calls below it.
    """

    def call(*args, **kwargs):
        return function(*args, **kwargs)

    call.__code__ = call.__code__.replace(co_stacksize=STACK_SLOTS)
    return call


class Server(BaseApplication):
    """gunicorn, in this process, on a socket that listens already; calls `ready` once it takes requests."""

    def __init__(self, listener, ready):
        self.address, self.ready = f"fd://{listener.detach()}", ready
        super().__init__()

    def load_config(self):
        for name, value in {
            "bind": self.address,
            "worker_class": BufferingWorker,
            "workers": settings.WORKERS,
            "preload_app": True,
            "control_socket_disable": True,
            "loglevel": "warning",
            "when_ready": lambda arbiter: self.ready(),
            "pre_fork": _share,
        }.items():
            self.cfg.set(name, value)

    def load(self):
        return with_stack_room(get_internal_wsgi_application())


def _share(arbiter, worker):
    """Exclude what is loaded from garbage collection, whose marks would end the sharing of memory between processes."""
    gc.collect()
    gc.freeze()


class BufferingWorker(Worker):
    """A process of gunicorn's that serves with waitress."""

    def run(self):
        """Serve until gunicorn says stop or is gone; requests that are whole by then are still answered."""
        self.channels: dict = {}
        stop = Event()
        if settings.AUDIT_FORWARD:  # of all processes one forwards, and another goes on should it end
            Thread(target=Forwarder(settings.AUDIT_FORWARD, stop).run, name="forward_audit", daemon=True).start()
        server = create_server(
            self.wsgi,
            map=self.channels,
            sockets=[listener.sock for listener in self.sockets],
            threads=THREADS,
            connection_limit=CONNECTIONS,
            asyncore_use_poll=True,
            max_request_header_size=HEADER_BYTES,
            url_prefix=settings.FORCE_SCRIPT_NAME or "",
            max_request_body_size=settings.REQUEST_BYTES,
            clear_untrusted_proxy_headers=False,  # Django judges them: settings.SECURE_PROXY_SSL_HEADER
        )
        while self.alive and self.ppid == os.getppid():
            self._turn()
        server.accepting = False
        stop.set()
        end = time.monotonic() + self.cfg.graceful_timeout
        while any(_is_busy(channel) for channel in server.active_channels.values()) and time.monotonic() < end:
            self._turn()

    def _turn(self):
        """Tell gunicorn that this process lives, and wait half a second at most for something to read or write."""
        self.notify()
        wasyncore.loop(timeout=0.5, use_poll=True, map=self.channels, count=1)


def _is_busy(channel):
    """Whether a request is being worked on there, or an answer not sent to its end."""
    return channel.requests or channel.total_outbufs_len
