"""Connections to other systems: each address is checked, and connected to as it was checked, before the deadline.

`Backend` is the part of httpcore that opens sockets. It resolves a name once, refuses it if one of its addresses is
not allowed, and connects to one of exactly these addresses, so a name that changes in between has no effect.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore
from django.conf import settings

from integrations.outbound.faults import Fault
from integrations.outbound.limits import Limits, Stopped
from integrations.outbound.proxy import as_proxy_fault, through_proxy
from integrations.outbound.rules import Address, may_contact
from integrations.outbound.streams import Plain

CONNECT_SECONDS = 3.0
#: An address that does not answer gets at least this part of the time for connecting that is left.
SHARE = 1 / 3
#: Look-ups cannot be interrupted. More than so many that hang at once would use up the process's threads.
_looking_up = threading.BoundedSemaphore(16)


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
        with as_proxy_fault():
            proxies = resolve(proxy_host, proxy_port, seconds=end - time.monotonic())
            connected = _connect(proxies, proxy_port, end=end)
        through_proxy(connected, addresses[0], port, credentials=credentials, end=end)
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
