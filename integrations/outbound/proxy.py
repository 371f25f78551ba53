"""Connections through the operator's proxy, to an address that was checked before."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

from integrations.outbound.faults import Fault
from integrations.outbound.limits import READ_BYTES, Stopped
from integrations.outbound.rules import Address

MAX_ANSWER = 8 * 1024


@contextlib.contextmanager
def as_proxy_fault() -> Iterator[None]:
    """Whatever stops the block is the proxy's fault, not the receiver's. Raises Stopped."""
    try:
        yield
    except Stopped as error:
        raise Stopped(Fault.PROXY) from error


def through_proxy(
    connected: socket.socket, address: Address, port: int, *, credentials: str, end: float
) -> None:
    """Ask the proxy for a connection to the checked address; the proxy does not look up the name again.

    Raises Stopped, and the connection is closed.
    """
    place = f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if credentials:
        lines.append(f"Proxy-Authorization: Basic {credentials}")
    answer = b""
    try:
        connected.settimeout(max(0.001, end - time.monotonic()))
        connected.sendall("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in answer and len(answer) < MAX_ANSWER:
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
