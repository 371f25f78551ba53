"""The receiver's process: an HTTPS server that behaves as a file tells it, and records everything that it got.

    python -m tests.integrations.receiver.server FOLDER PORT

It is written on bare sockets, because most of what it does no web server would do. What it got is on disk before
it answers, so that it survives kill -9.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import itertools
import json
import os
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOREVER = 60.0  # longer than anything that is tested
CERTIFICATES = ("good", "wrong_host", "expired", "not_yet", "self_signed", "untrusted")


class Server:
    """One receiver. `folder` has its certificates, its behaviour, and what it records."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.contexts = {name: _context(folder / f"{name}.pem") for name in CERTIFICATES}
        self.contexts["endless_tickets"] = _context(folder / "good.pem")
        self.contexts["endless_tickets"].num_tickets = 2**30
        self.contexts["client_certificate"] = _context(folder / "good.pem")
        self.contexts["client_certificate"].load_verify_locations(folder / "ca.pem")
        self.contexts["client_certificate"].verify_mode = ssl.CERT_REQUIRED
        self.record = os.open(folder / "received.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.connections = os.open(folder / "connections", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.lock = threading.Lock()
        self.plan: dict[str, Any] = {}
        self.counter = itertools.count()

    def behaviour(self) -> dict[str, Any]:
        """The present behaviour."""
        wanted = json.loads((self.folder / "behaviour.json").read_text())
        with self.lock:
            if wanted != self.plan:
                self.plan, self.counter = wanted, itertools.count()
        return dict(wanted)

    def next_behaviour(self, path: str) -> dict[str, Any]:
        """The behaviour for one request: of its path, or the next one of `first`, or the usual one."""
        wanted = self.behaviour()
        if path in wanted["at"]:
            return wanted | {"kind": wanted["at"][path]}
        position = next(self.counter)
        return wanted | ({"kind": wanted["first"][position]} if position < len(wanted["first"]) else {})

    def serve(self) -> None:
        """Accept connections until the process is killed."""
        while True:
            connected, _address = self.listener.accept()
            os.write(self.connections, b".")
            threading.Thread(target=self.talk, args=(connected,), daemon=True).start()

    def talk(self, connected: socket.socket) -> None:
        """Answer the requests of one connection."""
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        kind = self.behaviour()["kind"]
        with contextlib.suppress(OSError), contextlib.closing(connected):
            if kind == "silent":
                time.sleep(FOREVER)
            if kind == "dripping_tls":
                _drip(connected.sendall, b"\x16\x03\x03\x40\x00" + b"\x02" * 16_384)
            if kind == "plain":
                connected.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                return
            context = self.contexts[kind if kind in self.contexts else "good"]
            with context.wrap_socket(connected, server_side=True) as secure:
                if kind == "not_reading":
                    time.sleep(FOREVER)
                if kind == "too_large":
                    secure.recv(100)
                    _send(secure, "413 Content Too Large", body=b"at most one megabyte")
                    return
                rest = b""
                while (found := _read(secure, rest)) is not None:
                    head, body, rest = found
                    if not self.answer(secure, head, body):
                        return

    def answer(self, secure: ssl.SSLSocket, head: bytes, body: bytes) -> bool:
        """Record a request and answer it. Returns True if the connection stays open."""
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _version = first.split(" ")
        wanted = self.next_behaviour(path)
        self.note(
            method=method,
            path=path,
            headers=[line.split(": ", 1) for line in lines],
            body=base64.b64encode(body).decode(),
            behaviour=wanted["kind"],
            at=time.time(),
        )
        return _ANSWERS.get(wanted["kind"], _good)(secure, wanted, self)

    def note(self, **got: Any) -> None:
        """Write one line to the record, at once."""
        os.write(self.record, json.dumps(got).encode() + b"\n")


def _context(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def _read(secure: ssl.SSLSocket, rest: bytes) -> tuple[bytes, bytes, bytes] | None:
    """The next request as head, body and what came after it; None if the client closed the connection."""
    while b"\r\n\r\n" not in rest:
        more = secure.recv(65_536)
        if not more:
            return None
        rest += more
    head, rest = rest.split(b"\r\n\r\n", 1)
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(rest) < length:
        more = secure.recv(65_536)
        if not more:
            return None
        rest += more
    return head, rest[:length], rest[length:]


def _send(
    secure: ssl.SSLSocket, status: str, *headers: str, body: bytes = b"", length: int | None = None
) -> None:
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
        "",
        "",
    ]
    secure.sendall("\r\n".join(lines).encode("latin-1") + body)


def _drip(send: Callable[[bytes], object], content: bytes) -> None:
    for sign in content:
        send(bytes([sign]))
        time.sleep(0.2)


def _good(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    _send(secure, "200 OK", body=b"ok")
    return True


def _slow(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    time.sleep(wanted["seconds"])
    return _good(secure, wanted, server)


def _hold(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    while server.behaviour()["kind"] == "hold":
        time.sleep(0.01)
    return _good(secure, wanted, server)


def _dripping(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    _drip(secure.sendall, b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 300)
    return False


def _dripping_body(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    _send(secure, "200 OK", length=1000)
    _drip(secure.sendall, b"x" * 1000)
    return False


def _cut_off(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    return False


def _reset(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    secure.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def _cut_off_body(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    _send(secure, "200 OK", body=b"only this", length=100)
    return False


def _status(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    _send(secure, f"{wanted['status']} Status", body=wanted["body"].encode())
    return True


def _error(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    _send(secure, "500 Internal Server Error", "Content-Type: text/plain", body=b"the queue is full")
    return True


def _redirect(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    _send(secure, "302 Found", "Location: /elsewhere", "Set-Cookie: who=me; Path=/")
    return True


def _huge(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    _send(secure, "200 OK", length=10 * 2**30)
    while True:
        secure.sendall(b"h" * 65_536)


def _gzip_bomb(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    _send(secure, "200 OK", "Content-Encoding: gzip", body=gzip.compress(bytes(50 * 2**20)))
    return True


def _small_gzip(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    _send(secure, "200 OK", "Content-Encoding: gzip", body=gzip.compress(bytes(500_000)))
    return True


def _garbage(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    secure.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n")
    time.sleep(0.5)
    return False


def _endless_headers(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    secure.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        secure.sendall(b"X-More: " + b"m" * 1000 + b"\r\n")


def _endless_continue(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    while True:
        secure.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def _closing(secure: ssl.SSLSocket, wanted: dict[str, Any], server: Server) -> bool:
    """Answer as if the connection stayed open, and close it."""
    _good(secure, wanted, server)
    return False


_ANSWERS: dict[str, Callable[[ssl.SSLSocket, dict[str, Any], Server], bool]] = {
    "good": _good,
    "slow": _slow,
    "hold": _hold,
    "dripping": _dripping,
    "dripping_body": _dripping_body,
    "cut_off": _cut_off,
    "cut_off_body": _cut_off_body,
    "reset": _reset,
    "status": _status,
    "error": _error,
    "redirect": _redirect,
    "huge": _huge,
    "gzip_bomb": _gzip_bomb,
    "small_gzip": _small_gzip,
    "garbage": _garbage,
    "endless_headers": _endless_headers,
    "endless_continue": _endless_continue,
    "closing": _closing,
}
#: What it does before it has read a request.
_CONNECTING = {
    "too_large",
    "silent",
    "not_reading",
    "endless_tickets",
    "client_certificate",
    "dripping_tls",
    "plain",
    *CERTIFICATES,
}
KINDS = frozenset(_ANSWERS) | _CONNECTING

if __name__ == "__main__":
    Server(Path(sys.argv[1]), int(sys.argv[2])).serve()
