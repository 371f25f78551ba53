"""Connections to other systems: each address is checked, and connected to as it was checked, before the deadline.

`Backend` is the part of httpcore that opens sockets. It resolves a name once, refuses it if one of its addresses is
not allowed, and connects to one of exactly these addresses, so a name that changes in between has no effect.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import httpcore
from django.conf import settings

from integrations.outbound.faults import Fault
from integrations.outbound.rules import Address, may_contact

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 5.0
#: Handshake, headers and the first kilobyte of an answer fit easily. A receiver that sends more is cut off.
MAX_BYTES = 64 * 1024
READ_BYTES = 4096
MAX_PROXY_ANSWER = 8 * 1024
#: An address that does not answer gets at least this part of the time for connecting that is left.
SHARE = 1 / 3
#: Look-ups cannot be interrupted. More than so many that hang at once would use up the process's threads.
_looking_up = threading.BoundedSemaphore(16)

Result = TypeVar("Result")

_VERIFICATION_FAULTS = {
    10: Fault.TLS_EXPIRED,  # X509_V_ERR_CERT_HAS_EXPIRED
    9: Fault.TLS_EXPIRED,  # X509_V_ERR_CERT_NOT_YET_VALID
    62: Fault.TLS_NAME,  # X509_V_ERR_HOSTNAME_MISMATCH
    64: Fault.TLS_NAME,  # X509_V_ERR_IP_ADDRESS_MISMATCH
    18: Fault.TLS_UNTRUSTED,  # X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
    19: Fault.TLS_UNTRUSTED,  # X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
    20: Fault.TLS_UNTRUSTED,  # X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    21: Fault.TLS_UNTRUSTED,  # X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE
}


class Stopped(Exception):
    """The request ended without a complete answer."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(str(fault))


class Limits:
    """The time and the bytes that the present request has left. One request at a time."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A new request starts now."""
        self._end = time.monotonic() + TOTAL_SECONDS
        self._bytes = MAX_BYTES
        #: The receiver closed the connection.
        self.is_ended = False

    def seconds(self) -> float:
        """The seconds that are left. Raises Stopped if there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise Stopped(Fault.TIMEOUT)
        return left

    def spend(self, amount: int) -> None:
        """Count the bytes that came. Raises Stopped if the receiver sends too many before its answer."""
        self._bytes -= amount
        if self._bytes < 0:
            raise Stopped(Fault.PROTOCOL)


class Plain(httpcore.NetworkStream):
    """A connection before TLS: nothing is read or sent without it."""

    def __init__(self, connected: socket.socket, limits: Limits) -> None:
        self._socket = connected
        self._limits = limits

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        """Begin TLS: verify the certificate for the host's name. Raises Stopped, and the connection is closed."""
        stream = Stream(self._socket, self._limits, ssl_context, server_hostname)
        try:
            stream.shake_hands()
        except BaseException:
            self._socket.close()
            raise
        return stream

    def close(self) -> None:
        """End the connection."""
        self._socket.close()


class Stream(httpcore.NetworkStream):
    """A connection with TLS whose every step ends when the request's time is over. httpcore's time-outs are not used.

    TLS works on buffers in memory, and this class moves the bytes. So every byte is counted, and the time is looked at
    between any two steps: a library that reads from the socket by itself goes on for as long as messages of TLS come.
    """

    def __init__(
        self, connected: socket.socket, limits: Limits, context: ssl.SSLContext, host: str | None
    ) -> None:
        self._socket = connected
        self._limits = limits
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    def shake_hands(self) -> None:
        """Agree on keys and verify the certificate. Raises Stopped."""
        try:
            self._exchange(self._tls.do_handshake)
        except TimeoutError as error:
            raise Stopped(Fault.TIMEOUT) from error
        except ssl.SSLCertVerificationError as error:
            with contextlib.suppress(OSError, Stopped):
                self._flush()  # tells the receiver why
            raise Stopped(_VERIFICATION_FAULTS.get(error.verify_code, Fault.TLS)) from error
        except OSError as error:
            raise Stopped(Fault.TLS) from error

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there, or wait for it. Returns nothing if the receiver closed the connection."""
        try:
            return self._exchange(functools.partial(self._tls.read, min(max_bytes, READ_BYTES)))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            self._limits.is_ended = True
            return b""
        except TimeoutError as error:
            raise Stopped(Fault.TIMEOUT) from error
        except ssl.SSLError as error:  # such as: the receiver wants a certificate of the sender
            raise Stopped(Fault.TLS) from error
        except OSError as error:
            raise Stopped(Fault.CUT_OFF) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send everything. A receiver that closed the connection may have answered before, so httpcore reads on."""
        try:
            self._tls.write(buffer)
            self._flush()
        except TimeoutError as error:
            raise Stopped(Fault.TIMEOUT) from error
        except OSError as error:
            raise httpcore.WriteError from error

    def close(self) -> None:
        """End the connection at once, without waiting for the receiver."""
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks before it uses a connection again: whether the receiver has closed it."""
        if info != "is_readable":
            return None
        if self._socket.fileno() < 0:
            return True
        watched = select.poll()
        watched.register(self._socket, select.POLLIN)
        return bool(watched.poll(0))

    def _exchange(self, step: Callable[[], Result]) -> Result:
        """Do one step of TLS, and move bytes for as long as it needs more of them."""
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._flush()
                self._feed()
            else:
                self._flush()
                return done

    def _flush(self) -> None:
        if waiting := self._outgoing.read():
            self._socket.settimeout(self._limits.seconds())
            self._socket.sendall(waiting)  # the time-out is that of all of it

    def _feed(self) -> None:
        self._socket.settimeout(self._limits.seconds())
        received = self._socket.recv(READ_BYTES)
        self._limits.spend(len(received))
        if received:
            self._incoming.write(received)
        else:
            self._incoming.write_eof()


class Backend(httpcore.NetworkBackend):
    """Opens connections to checked addresses only."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Plain:
        """A connection to one of the host's addresses. Raises Stopped."""
        end = time.monotonic() + min(CONNECT_SECONDS, self._limits.seconds())
        addresses = resolve(host, port, seconds=end - time.monotonic())
        if (host, port) not in settings.ASORA_OUTBOUND_ALLOWED:
            denied = settings.ASORA_OUTBOUND_DENIED
            if not all(may_contact(address, denied=denied) for address in addresses):
                raise Stopped(Fault.ADDRESS)
        if settings.ASORA_OUTBOUND_PROXY is None:
            return Plain(_connect(addresses, port, end=end), self._limits)
        proxy_host, proxy_port, credentials = settings.ASORA_OUTBOUND_PROXY
        with _as_proxy_fault():
            proxies = resolve(proxy_host, proxy_port, seconds=end - time.monotonic())
            connected = _connect(proxies, proxy_port, end=end)
        _through_proxy(connected, addresses[0], port, credentials=credentials, end=end)
        return Plain(connected, self._limits)


def resolve(host: str, port: int, *, seconds: float) -> list[Address]:
    """All addresses of a host, in the order of preference. Raises Stopped NAME, or CONNECT_TIMEOUT after `seconds`."""
    with contextlib.suppress(ValueError):
        return [ipaddress.ip_address(host)]
    found: list[Address] = []
    problems: list[Exception] = []

    def look_up() -> None:
        try:
            for *_rest, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                scope = f"%{place[3]}" if len(place) > 3 and place[3] and "%" not in str(place[0]) else ""
                address = ipaddress.ip_address(f"{place[0]}{scope}")
                if address not in found:
                    found.append(address)
        except (OSError, ValueError) as error:
            problems.append(error)
        finally:
            _looking_up.release()

    end = time.monotonic() + seconds
    if not _looking_up.acquire(timeout=max(0.0, seconds)):
        raise Stopped(Fault.CONNECT_TIMEOUT)
    thread = threading.Thread(target=look_up, name="outbound-look-up", daemon=True)
    thread.start()
    thread.join(timeout=max(0.0, end - time.monotonic()))
    if thread.is_alive():
        raise Stopped(Fault.CONNECT_TIMEOUT)
    if problems or not found:
        raise Stopped(Fault.NAME) from (problems[0] if problems else None)
    return found


def _connect(addresses: list[Address], port: int, *, end: float) -> socket.socket:
    """A connection to the first address that answers. Each one that is tried gets its share of the time."""
    fault = Fault.CONNECT
    for position, address in enumerate(addresses):
        left = end - time.monotonic()
        if left <= 0:
            raise Stopped(Fault.CONNECT_TIMEOUT)
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        try:
            connecting = socket.socket(family, socket.SOCK_STREAM)
        except OSError:  # this machine has no IPv6
            continue
        try:
            connecting.settimeout(left * max(SHARE, 1 / (len(addresses) - position)))
            connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connecting.connect((str(address), port))
        except OSError as error:
            connecting.close()
            fault = Fault.CONNECT_TIMEOUT if isinstance(error, TimeoutError) else Fault.CONNECT
        else:
            return connecting
    raise Stopped(fault)


@contextlib.contextmanager
def _as_proxy_fault() -> Iterator[None]:
    try:
        yield
    except Stopped as error:
        raise Stopped(Fault.PROXY) from error


def _through_proxy(
    connected: socket.socket, address: Address, port: int, *, credentials: str, end: float
) -> None:
    """Ask the proxy for a connection to the checked address; the proxy does not look up the name again."""
    place = f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if credentials:
        lines.append(f"Proxy-Authorization: Basic {credentials}")
    answer = b""
    try:
        connected.settimeout(max(0.001, end - time.monotonic()))
        connected.sendall("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in answer and len(answer) < MAX_PROXY_ANSWER:
            connected.settimeout(max(0.001, end - time.monotonic()))
            received = connected.recv(READ_BYTES)
            if not received:
                break
            answer += received
    except OSError as error:
        connected.close()
        raise Stopped(Fault.PROXY) from error
    words = answer.split(b"\r\n", 1)[0].split(b" ")
    if not answer.endswith(b"\r\n\r\n") or len(words) < 2 or not words[1].startswith(b"2"):
        connected.close()
        raise Stopped(Fault.PROXY)
