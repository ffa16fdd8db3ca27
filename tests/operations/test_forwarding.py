"""The audit log is forwarded whole, in order and at least once, whatever the receiver does meanwhile."""

import json
import os
import socket
import ssl
import struct
import threading
from contextlib import contextmanager, suppress

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.urls import reverse

from registry_app.choices import Action
from registry_app.models import Actor, AuditEvent, AuditForward
from registry_app.models.event import record_refusals
from registry_app.operations import forwarding, receivers
from registry_app.operations.alone import try_alone
from registry_app.operations.forwarding import Forwarder
from tests.client import browser
from tests.factories import COMMAND_LINE, make_registry, make_token
from tests.servers.certificate import make_certificate

SEVERAL = 20


@pytest.fixture
def entries(acme, ada):
    """A log of some length. Answers a function that adds to it."""

    def add(number, text="x"):
        registry = make_registry(acme, ada, f"Shelf {AuditEvent.objects.count()}")
        for count in range(number):
            registry.edit(COMMAND_LINE, name=registry.name, description=f"{text} {count}")

    add(SEVERAL)
    return add


def all_numbers():
    """The numbers of all entries, in order."""
    return list(AuditEvent.objects.order_by("seq").values_list("seq", flat=True))


def numbers(lines):
    """The numbers of entries that are lines of JSON."""
    return [json.loads(line)["seq"] for line in lines]


def once(target):
    """Forward what there is."""
    return Forwarder(target, threading.Event()).run_once()


# To a file.


def test_each_entry_is_a_line_of_json_with_its_seal(tmp_path, entries):
    file = tmp_path / "log.jsonl"
    assert once(f"file:{file}") == len(all_numbers())
    lines = file.read_text().splitlines()
    assert numbers(lines) == all_numbers()
    for line, event in zip(lines, AuditEvent.objects.order_by("seq"), strict=True):
        assert json.loads(line) == {**event.content, "seq": event.seq, "hash": event.hash, "prev_hash": event.prev_hash}
    assert file.stat().st_mode & 0o077 == 0


def test_only_what_is_new_is_forwarded(tmp_path, entries):
    file = tmp_path / "log.jsonl"
    once(f"file:{file}")
    assert once(f"file:{file}") == 0
    entries(3, "zwei\nZeilen \u2028 \U0001f40d")
    assert once(f"file:{file}") == 4
    assert numbers(file.read_text().split("\n")[:-1]) == all_numbers()


def test_a_file_that_was_rotated_is_opened_anew(tmp_path, entries):
    file = tmp_path / "log.jsonl"
    once(f"file:{file}")
    file.rename(tmp_path / "log.jsonl.1")
    entries(2)
    once(f"file:{file}")
    parts = [(tmp_path / name).read_text().splitlines() for name in ("log.jsonl.1", "log.jsonl")]
    assert numbers(parts[0] + parts[1]) == all_numbers()
    assert len(parts[1]) == 3


def test_a_line_that_broke_off_stands_alone(tmp_path, entries):
    file = tmp_path / "log.jsonl"
    file.write_text('{"seq":')
    once(f"file:{file}")
    lines = file.read_text().splitlines()
    assert (lines[0], numbers(lines[1:])) == ('{"seq":', all_numbers())


def test_a_full_disk_leaves_no_half_line_and_loses_nothing(tmp_path, entries, monkeypatch):
    file = tmp_path / "log.jsonl"
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        once(f"file:{file}")
    assert file.read_text() == ""
    monkeypatch.undo()
    once(f"file:{file}")
    assert numbers(file.read_text().splitlines()) == all_numbers()


@pytest.mark.parametrize("batch", [1, 3, 7, 500])
def test_batches_follow_each_other(tmp_path, entries, monkeypatch, batch):
    monkeypatch.setattr(forwarding, "BATCH", batch)
    once(f"file:{tmp_path / 'log'}")
    assert numbers((tmp_path / "log").read_text().splitlines()) == all_numbers()


def test_what_fails_is_noted_and_forgotten_when_it_works(tmp_path, entries):
    target = f"file:{tmp_path / 'missing' / 'log'}"
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            once(target)
    row = AuditForward.objects.get()
    assert (row.seq, row.forwarded_at) == (0, None)
    assert row.failed_at is not None and "FileNotFoundError" in row.failure
    (tmp_path / "missing").mkdir()
    once(target)
    row.refresh_from_db()
    assert (row.seq, row.failed_at) == (all_numbers()[-1], None)


def test_no_secret_leaves(tmp_path, entries, ada):
    token = make_token(ada)
    once(f"file:{tmp_path / 'log'}")
    assert token.secret not in (tmp_path / "log").read_text()


# To syslog.


class Receiver:
    """A syslog server in a thread, over TCP or TLS: `messages` are those that it has read whole.

    It does with its connections what `faults` say, one after another, and receives from then on: `refuse` closes at
    once, `drop` reads a little and closes, `reset` does so rudely, `lose` reads all that comes at first and closes.
    """

    def __init__(self, faults=(), context=None, port=0):
        self.faults, self.context, self.messages = list(faults), context, []
        self.server = socket.create_server(("127.0.0.1", port))
        self.port = self.server.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        with suppress(OSError):
            while True:
                connection, _ = self.server.accept()
                with suppress(ssl.SSLError, ConnectionError), connection:
                    self._receive(connection)

    def _receive(self, connection):
        fault = self.faults.pop(0) if self.faults else None
        if fault == "refuse":
            return
        stream = self.context.wrap_socket(connection, server_side=True) if self.context else connection
        if fault == "reset":
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with stream:
            if fault:
                stream.recv({"lose": 10**6}.get(fault, 100))
                return
            data = b""
            while chunk := stream.recv(65536):
                data += chunk
        while data:
            length, _, rest = data.partition(b" ")
            self.messages.append(rest[: int(length)])
            data = rest[int(length) :]

    def close(self):
        with suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join(5)


@contextmanager
def receiving(*args, **options):
    """A Receiver until the block ends."""
    receiver = Receiver(*args, **options)
    try:
        yield receiver
    finally:
        receiver.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """The paths of a certificate of 127.0.0.1, signed by itself, and of its key."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=["syslog+tcp", "syslog+tls"])
def transport(request, certificate, monkeypatch):
    """(scheme, the TLS context of a server or None); our side trusts the certificate."""
    if request.param == "syslog+tcp":
        return request.param, None
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return request.param, context


def of_messages(messages):
    """The numbers of the entries in messages of RFC 5424."""
    return numbers(message.split(b" - ", 2)[2] for message in messages)


def test_syslog_gets_every_entry_with_its_length(transport, entries, settings):
    settings.PUBLIC_URL = "https://registry.example.com"
    scheme, context = transport
    with receiving(context=context) as receiver:
        once(f"{scheme}://127.0.0.1:{receiver.port}")
    assert of_messages(receiver.messages) == all_numbers()
    event = AuditEvent.objects.order_by("seq").first()
    start = f"<109>1 {event.at:%Y-%m-%dT%H:%M:%S.%f}Z registry.example.com registry - {event.action} - {{"
    assert receiver.messages[0].startswith(start.encode())


def test_a_refusal_is_a_warning(models, entries, ada):
    record_refusals(Actor(ada), Action.DELETE, ValidationError("no", code="core_stays"), models)
    with receiving() as receiver:
        once(f"syslog+tcp://127.0.0.1:{receiver.port}")
    assert receiver.messages[-1].startswith(b"<108>1 ")


@pytest.mark.parametrize(
    "faults",
    [["refuse"], ["drop"], ["reset"], ["lose"], ["drop", "reset", "refuse", "lose"], ["reset"] * 3],
    ids=" ".join,
)
@pytest.mark.parametrize("batch", [10, 500])
def test_a_receiver_that_breaks_off_loses_nothing(transport, entries, monkeypatch, faults, batch):
    monkeypatch.setattr(forwarding, "BATCH", batch)
    monkeypatch.setattr(receivers, "EARLY", 1)  # however busy the machine is
    entries(3, "long " * 12_000)
    scheme, context = transport
    with receiving(faults, context) as receiver:
        for _ in faults:
            with pytest.raises(OSError):
                once(f"{scheme}://127.0.0.1:{receiver.port}")
            entries(1)
        once(f"{scheme}://127.0.0.1:{receiver.port}")
    found = of_messages(receiver.messages)
    assert list(dict.fromkeys(found)) == all_numbers()  # in order; some may be there twice


def test_a_receiver_that_is_away_and_comes_back_gets_everything(transport, entries):
    scheme, context = transport
    with receiving(context=context) as first:
        once(f"{scheme}://127.0.0.1:{first.port}")
    entries(2)
    with pytest.raises(ConnectionRefusedError):
        once(f"{scheme}://127.0.0.1:{first.port}")
    with receiving(context=context, port=first.port) as second:
        once(f"{scheme}://127.0.0.1:{first.port}")
    assert of_messages(first.messages + second.messages) == all_numbers()


def test_a_certificate_that_nobody_vouches_for_gets_nothing(entries, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with receiving(context=context) as receiver, pytest.raises(ssl.SSLError):
        once(f"syslog+tls://127.0.0.1:{receiver.port}")
    assert (receiver.messages, AuditForward.objects.get().seq) == ([], 0)


def test_a_receiver_that_does_not_close_has_what_its_machine_took(entries, monkeypatch):
    monkeypatch.setattr(receivers, "TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        held = []
        threading.Thread(target=lambda: held.append(server.accept()[0]), daemon=True).start()
        assert once(f"syslog+tcp://127.0.0.1:{server.getsockname()[1]}") == len(all_numbers())
    held[0].close()


@pytest.fixture
def datagrams():
    """A socket for syslog over UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**22)
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        yield server


@pytest.mark.parametrize("size", [10, 5_000, 9_000, 60_000])
def test_a_datagram_is_never_longer_than_receivers_take(datagrams, entries, size):
    entries(1, "y" * size)
    once(f"syslog+udp://127.0.0.1:{datagrams.getsockname()[1]}")
    messages = [datagrams.recv(2**16) for _ in all_numbers()]
    assert of_messages(messages) == all_numbers()
    assert max(map(len, messages)) <= receivers.DATAGRAM_BYTES
    told = [json.loads(message.split(b" - ", 2)[2]) for message in messages]
    assert [each for each in told if "truncated" in each] == ([told[-1]] if size > 8000 else [])
    assert told[-1]["hash"] == AuditEvent.objects.first().hash


def test_nobody_who_listens_is_told_over_udp_too(datagrams, entries):
    port = datagrams.getsockname()[1]
    datagrams.close()
    with pytest.raises(ConnectionRefusedError):
        once(f"syslog+udp://127.0.0.1:{port}")
    assert AuditForward.objects.get().seq == 0


# One at a time, and for ever.


def test_one_process_at_a_time_forwards(tmp_path, entries):
    with try_alone(forwarding.LOCK) as take:
        assert take() and take()
        assert once(f"file:{tmp_path / 'log'}") is None
    assert once(f"file:{tmp_path / 'log'}") == len(all_numbers())


def test_who_finds_the_position_moved_stops(tmp_path, entries):
    forwarder = Forwarder(f"file:{tmp_path / 'log'}", threading.Event())
    forwarder.write = lambda lines: AuditForward.objects.update(seq=1)
    with pytest.raises(DatabaseError):
        forwarder.run_once()
    assert AuditForward.objects.get().seq == 1


@pytest.mark.django_db(transaction=True)
def test_it_goes_on_by_itself_through_every_failure(entries, monkeypatch):
    monkeypatch.setattr(forwarding, "IDLE", 0.05)
    stop, arrived = threading.Event(), threading.Event()
    with receiving(["reset", "refuse"]) as receiver:
        forwarder = Forwarder(f"syslog+tcp://127.0.0.1:{receiver.port}", stop)
        thread = threading.Thread(target=forwarder.run)
        thread.start()
        try:
            entries(3)
            for _ in range(600):
                if set(all_numbers()) <= set(of_messages(receiver.messages)) and not receiver.faults:
                    arrived.set()
                    break
                stop.wait(0.05)
        finally:
            stop.set()
            thread.join(30)
    assert arrived.is_set() and not thread.is_alive()
    assert list(dict.fromkeys(of_messages(receiver.messages))) == all_numbers()


# The command, and what staff see.


def test_the_command_sends_what_there_is(tmp_path, entries, run, settings):
    assert run("forward_audit", "--once").status == 1
    settings.AUDIT_FORWARD = f"file:{tmp_path / 'log'}"
    answer = run("forward_audit", "--once")
    assert (answer.status, answer.err) == (0, "")
    assert numbers((tmp_path / "log").read_text().splitlines()) == all_numbers()
    settings.AUDIT_FORWARD = f"file:{tmp_path}"
    answer = run("forward_audit", "--once")
    assert (answer.status, "Traceback" in answer.err) == (1, False)


def test_staff_see_how_far_it_is_and_what_went_wrong(tmp_path, entries, root, ada):
    with suppress(OSError):
        once(f"file:{tmp_path}/missing/log")
    address = reverse("admin:registry_app_auditforward_changelist")
    page = browser(root).get(address)
    assert "FileNotFoundError" in page.text and f'waiting">{all_numbers()[-1]}<' in page.text
    assert browser(ada).get(address).status_code == 302
