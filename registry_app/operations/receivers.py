"""Where the audit log is forwarded to: a file, or a syslog server over UDP, TCP or TLS.

A receiver's `write` returns once it has every line, as far as can be known, and raises OSError otherwise. Each call
opens the file or the connection anew: a file may have been rotated, and a server started again.
"""

import fcntl
import os
import socket
import ssl
import struct
import termios
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

TIMEOUT, EARLY = 10, 0.25  # seconds that a server may take to answer, and in which one that gives up closes
DATAGRAM_BYTES = 8192  # of one syslog message over UDP: what receivers take by default
PORTS = {"syslog+udp": 514, "syslog+tcp": 601, "syslog+tls": 6514}
DONE, REFUSED = 109, 108  # the facility “log audit” with the severities notice, and warning
MSGID_LENGTH = 32


class Line(NamedTuple):
    """An entry as it is forwarded: `text` is one line of JSON, `short` the same without what may be long."""

    at: str
    action: str
    refused: bool
    text: str
    short: str


def receiver_of(address: str, host: str) -> Callable[[Sequence[Line]], None]:
    """The `write` of the receiver at `address` (REGISTRY_AUDIT_FORWARD); `host` is what this site calls itself."""
    parts = urlsplit(address)
    if parts.scheme == "file":
        return lambda lines: write_file(unquote(parts.path), lines)
    server = (parts.hostname or "", parts.port or PORTS[parts.scheme])
    if parts.scheme == "syslog+udp":
        return lambda lines: _send_datagrams(server, [_datagram(line, host) for line in lines])
    context = ssl.create_default_context() if parts.scheme == "syslog+tls" else None
    return lambda lines: _send_stream(server, context, b"".join(_counted(_message(line, host)) for line in lines))


def write_file(path: str, lines: Sequence[Line]) -> None:
    """Append `lines` to the file, all or none, and wait until they are on the disk."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab", buffering=0) as file:
        end = os.fstat(descriptor).st_size
        half = end and os.pread(descriptor, 1, end - 1) != b"\n"  # a line that a power cut broke off
        data = memoryview((b"\n" if half else b"") + "".join(f"{line.text}\n" for line in lines).encode())
        try:
            while data:
                data = data[file.write(data) :]
            os.fsync(descriptor)
        except OSError:
            with suppress(OSError):
                os.ftruncate(descriptor, end)
            raise


def _send_datagrams(server, messages):
    """Send each message as a datagram. That nobody listens is told after a moment, if at all."""
    family, kind, protocol, _, address = socket.getaddrinfo(server[0], server[1], type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as sender:
        sender.settimeout(0.1)
        sender.connect(address)
        for message in messages:
            sender.send(message)
        with suppress(TimeoutError):
            sender.recv(1)  # raises what the network has answered


def _send_stream(server, context, data):
    """Send `data` on a connection of its own, and wait until the receiver has read it to the end.

    Syslog has no receipts. So we close our side: a receiver that has read everything closes its own. One that stopped
    in between closes earlier, leaves an error, or what its machine has not taken.
    """
    with socket.create_connection(server, TIMEOUT) as plain:
        stream = context.wrap_socket(plain, server_hostname=server[0]) if context else plain
        with stream:
            stream.sendall(data)
            _refuse_closed(stream)
            try:
                _close(stream)
            except TimeoutError:  # it doesn't close its side: what counts is that its machine has everything
                if struct.unpack("i", fcntl.ioctl(stream, termios.TIOCOUTQ, b"\0" * 4))[0]:
                    raise


def _close(stream):
    """Close our side, and wait for the other."""
    if isinstance(stream, ssl.SSLSocket):
        with suppress(ssl.SSLEOFError):  # closed without TLS's own word for it, as many do
            stream.unwrap()
    else:
        stream.shutdown(socket.SHUT_WR)
        while stream.recv(1024):
            pass


def _refuse_closed(stream):
    """Raise ConnectionAbortedError if the other side has closed before we did: then it hasn't read to the end."""
    stream.settimeout(EARLY)
    with suppress(TimeoutError):
        if not stream.recv(1):
            raise ConnectionAbortedError("The receiver closed the connection before it had everything.")
    stream.settimeout(TIMEOUT)


def _message(line, host, text=None):
    """A message of RFC 5424."""
    priority = REFUSED if line.refused else DONE
    head = f"<{priority}>1 {line.at} {host} registry - {line.action[:MSGID_LENGTH]} - "
    return (head + (line.text if text is None else text)).encode()


def _datagram(line, host):
    message = _message(line, host)
    return message if len(message) <= DATAGRAM_BYTES else _message(line, host, line.short)


def _counted(message):
    """With its length in front (RFC 6587, RFC 5425)."""
    return b"%d %s" % (len(message), message)
