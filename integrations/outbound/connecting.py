"""Connections to other systems: each address is checked, and connected to as it was checked, before the deadline.

`Backend` is the part of httpcore that opens sockets. It resolves a name once, refuses it if one of its addresses is
not allowed, and connects to one of exactly these addresses, so a name that changes in between has no effect.
"""

from __future__ import annotations

import contextlib
import ipaddress
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore
from django.conf import settings

from integrations.outbound.faults import Fault
from integrations.outbound.rules import Address, is_public

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 5.0
#: Headers and the first kilobyte of an answer fit easily. A receiver that sends more headers is cut off.
MAX_BYTES = 64 * 1024
READ_BYTES = 4096
MAX_PROXY_ANSWER = 8 * 1024
#: How many addresses of a name are tried within the time for connecting.
MAX_TRIES = 3
#: Look-ups cannot be interrupted. More than so many that hang at once would use up the process's threads.
_looking_up = threading.BoundedSemaphore(16)

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
        """Count the bytes that were read. Raises Stopped if the receiver sends too many headers."""
        self._bytes -= amount
        if self._bytes < 0:
            raise Stopped(Fault.PROTOCOL)


class Stream(httpcore.NetworkStream):
    """A connection whose every step ends when the request's time is over. httpcore's own time-outs are not used."""

    def __init__(self, connected: socket.socket, limits: Limits) -> None:
        self._socket = connected
        self._limits = limits

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there, or wait for it."""
        try:
            self._socket.settimeout(self._limits.seconds())
            found = self._socket.recv(min(max_bytes, READ_BYTES))
        except TimeoutError as error:
            raise Stopped(Fault.TIMEOUT) from error
        except OSError as error:
            raise Stopped(Fault.CUT_OFF) from error
        self._limits.spend(len(found))
        self._limits.is_ended = not found
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send everything. A receiver that closed the connection may have answered before, so httpcore reads on."""
        try:
            self._socket.settimeout(self._limits.seconds())
            self._socket.sendall(buffer)  # the time-out is that of all of it
        except TimeoutError as error:
            raise Stopped(Fault.TIMEOUT) from error
        except OSError as error:
            raise httpcore.WriteError from error

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        """The same connection, with TLS, once the certificate was verified for the host's name."""
        try:
            self._socket.settimeout(self._limits.seconds())  # of the whole handshake
            return Stream(
                ssl_context.wrap_socket(self._socket, server_hostname=server_hostname), self._limits
            )
        except TimeoutError as error:
            raise Stopped(Fault.TIMEOUT) from error
        except ssl.SSLCertVerificationError as error:
            raise Stopped(_VERIFICATION_FAULTS.get(error.verify_code, Fault.TLS)) from error
        except (OSError, ValueError) as error:
            raise Stopped(Fault.TLS) from error
        finally:
            # `wrap_socket` takes the connection over. If it failed, this closes it.
            self._socket.close()

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
    ) -> Stream:
        """A connection to one of the host's addresses. Raises Stopped."""
        end = time.monotonic() + min(CONNECT_SECONDS, self._limits.seconds())
        addresses = resolve(host, port, seconds=end - time.monotonic())
        if (host, port) not in settings.ASORA_OUTBOUND_ALLOWED and not all(map(is_public, addresses)):
            raise Stopped(Fault.ADDRESS)
        if settings.ASORA_OUTBOUND_PROXY is None:
            return Stream(_connect(addresses, port, end=end), self._limits)
        proxy_host, proxy_port, credentials = settings.ASORA_OUTBOUND_PROXY
        with _as_proxy_fault():
            proxies = resolve(proxy_host, proxy_port, seconds=end - time.monotonic())
            connected = _connect(proxies, proxy_port, end=end)
        _through_proxy(connected, addresses[0], port, credentials=credentials, end=end)
        return Stream(connected, self._limits)


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
    tried = addresses[:MAX_TRIES]
    for position, address in enumerate(tried):
        left = end - time.monotonic()
        if left <= 0:
            raise Stopped(Fault.CONNECT_TIMEOUT)
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        try:
            connecting = socket.socket(family, socket.SOCK_STREAM)
        except OSError:  # this machine has no IPv6
            continue
        try:
            connecting.settimeout(left / (len(tried) - position))
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
