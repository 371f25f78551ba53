"""Sending requests to other systems, each one once."""

from __future__ import annotations

import contextlib
import functools
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import certifi
import httpcore
from django.conf import settings

from integrations.outbound import rules
from integrations.outbound.connecting import Backend
from integrations.outbound.faults import Fault
from integrations.outbound.limits import Limits, Stopped

#: So many bytes of an answer are kept.
ANSWER_BYTES = 1024
#: A connection that was idle for longer is not used again: the receiver may be about to close it.
IDLE_SECONDS = 2.0
USER_AGENT = "Asora-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of one request.

    `status`: the HTTP status, None if none came. `first_kilobyte`: the first bytes of the answer's body, as sent.
    `encoding`: its Content-Encoding. `fault`: why it counts as not delivered; None if the receiver answered
    completely with a status from 200 to 299.
    """

    status: int | None
    first_kilobyte: bytes
    duration_ms: int
    fault: Fault | None
    encoding: str = ""

    @property
    def is_delivered(self) -> bool:
        """Returns True if the receiver accepted the request."""
        return self.fault is None

    @property
    def text(self) -> str:
        """The first kilobyte as text that the database can store. A compressed answer is never unpacked."""
        if self.encoding:
            return f"[{len(self.first_kilobyte)} bytes, Content-Encoding: {self.encoding}]"
        decoded = self.first_kilobyte.decode("utf-8", errors="replace").replace("\r\n", "\n")
        return "".join(
            sign if sign.isprintable() or sign in "\n\t" else "\N{REPLACEMENT CHARACTER}" for sign in decoded
        )


class Session:
    """Sends requests one after the other and uses connections again. A session belongs to one thread."""

    def __init__(self) -> None:
        self._limits = Limits()
        self._pool = httpcore.ConnectionPool(
            ssl_context=_context(settings.ASORA_OUTBOUND_CA_FILE),
            max_connections=1,
            keepalive_expiry=IDLE_SECONDS,
            retries=0,
            network_backend=Backend(self._limits),
        )

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send `body` once and read the beginning of the answer. Takes at most 5 seconds.

        Never raises for anything that a receiver does: see `Answer.fault`. Redirects are not followed, nothing is
        tried again, cookies and the environment's proxies are ignored.
        """
        started = time.monotonic()
        self._limits.begin()
        received = _Received()
        try:
            target = rules.target(
                url, allowed=settings.ASORA_OUTBOUND_ALLOWED, denied=settings.ASORA_OUTBOUND_DENIED
            )
            self._send(target, headers=headers, body=body, received=received)
        except rules.NotAllowed:
            fault: Fault | None = Fault.ADDRESS
        except Stopped as stopped:
            fault = stopped.fault
        except httpcore.RemoteProtocolError:
            fault = Fault.CUT_OFF if self._limits.is_ended else Fault.PROTOCOL
        else:
            fault = None
        return Answer(
            status=received.status,
            first_kilobyte=bytes(received.body[:ANSWER_BYTES]),
            duration_ms=round((time.monotonic() - started) * 1000),
            fault=_fault_of(received.status) or fault,
            encoding=received.encoding,
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _send(
        self, target: rules.Target, *, headers: Mapping[str, str], body: bytes, received: _Received
    ) -> None:
        with self._pool.stream(
            "POST",
            httpcore.URL(
                scheme=b"https", host=target.host.encode(), port=target.port, target=target.path.encode()
            ),
            headers=[
                ("Host", target.authority),
                ("User-Agent", USER_AGENT),
                ("Accept", "*/*"),
                ("Accept-Encoding", "identity"),
                ("Content-Length", str(len(body))),
                *headers.items(),
            ],
            content=body,
        ) as response:
            received.status = response.status
            for name, value in response.headers:
                if name.lower() == b"content-encoding" and value.lower() != b"identity":
                    received.encoding = value.decode("ascii", errors="replace")[:40]
            for part in response.iter_stream():
                received.body += part
                if len(received.body) > ANSWER_BYTES:
                    return  # leaving the block closes the connection: nobody reads the rest


@contextlib.contextmanager
def session() -> Iterator[Session]:
    """A session for many requests. Its connections are closed at the end."""
    made = Session()
    try:
        yield made
    finally:
        made.close()


def post(url: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
    """Send one request: `Session.post` in a session of its own."""
    with session() as made:
        return made.post(url, headers=headers, body=body)


class _Received:
    """What has come of an answer so far."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.body = bytearray()
        self.encoding = ""


def _fault_of(status: int | None) -> Fault | None:
    """The fault that a status is, whatever came after it."""
    if status is None or 200 <= status <= 299:
        return None
    return Fault.REDIRECT if 300 <= status <= 399 else Fault.STATUS


class _Context(ssl.SSLContext):
    """A context for all threads of the process.

    httpcore sets the same protocols again before each connection. OpenSSL then frees the list that another thread's
    new connection may be copying, so only the first call is passed on.
    """

    def set_alpn_protocols(self, protocols: Iterable[str]) -> None:
        """Ignored: `_context` has set them."""


@functools.cache
def _context(ca_file: str) -> ssl.SSLContext:
    """What certificates are verified with: the authorities of certifi, and those of the operator's file."""
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificates and host names
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile=certifi.where())
    ssl.SSLContext.set_alpn_protocols(context, ["http/1.1"])
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context
