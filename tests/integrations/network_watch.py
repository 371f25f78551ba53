"""Sees every look-up and every connection of this process, below all libraries, and answers look-ups itself.

Python reports both as audit events before they happen, so nothing can pass unseen. A hook cannot be removed, so one is
added for the whole process and writes to the watch that is open at the moment.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from integrations.outbound import connecting
from tests.integrations.receiver import Receiver


@dataclass(slots=True)
class Seen:
    """What a process did while it was watched. Connections to sockets of the file system are left out."""

    looked_up: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)


_watching: list[Seen] = []
_is_hooked = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching or not event.startswith("socket."):
        return
    if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        _watching[-1].looked_up.append(str(arguments[0]))
    elif event in {"socket.connect", "socket.sendto"} and isinstance(arguments[1], tuple):
        _watching[-1].connected.append((str(arguments[1][0]), int(arguments[1][1])))


@contextlib.contextmanager
def watch() -> Iterator[Seen]:
    """Everything that this process looks up and connects to, by every library and thread."""
    global _is_hooked  # noqa: PLW0603 (hooks cannot be removed)
    if not _is_hooked:
        sys.addaudithook(_hook)
        _is_hooked = True
    seen = Seen()
    _watching.append(seen)
    try:
        yield seen
    finally:
        _watching.remove(seen)


#: The addresses of a name, or a function that gives those of each look-up.
Addresses = Sequence[str] | Callable[[], Sequence[str]]


def answer_look_ups(monkeypatch: pytest.MonkeyPatch, names: Mapping[str, Addresses]) -> list[str]:
    """Stand in for the resolver: these names have these addresses, and all others none. Returns the names asked for."""
    asked: list[str] = []

    def stand_in(host: str, port: int, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        addresses = names.get(host)
        if addresses is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        found = addresses() if callable(addresses) else addresses
        return [_entry(address, port) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", stand_in)
    return asked


@dataclass(slots=True)
class Internet:
    """The receiver as if it was at every public address. `told`: each address that was connected to, and its port."""

    receiver: Receiver
    told: list[tuple[str, int]] = field(default_factory=list)


def pretend_internet(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> Internet:
    """Lead connections to public addresses to the receiver. All others go where they are told to go."""
    made = Internet(receiver)

    class Dialled(socket.socket):
        def connect(self, address: Any) -> None:
            made.told.append(address[:2])
            is_public = ipaddress.ip_address(address[0]).is_global
            super().connect(("127.0.0.1", receiver.port) if is_public else address)

    monkeypatch.setattr(connecting.socket, "socket", Dialled)
    return made


def _entry(address: str, port: int) -> tuple[Any, ...]:
    plain, _, scope = address.partition("%")
    if ipaddress.ip_address(plain).version == 4:
        return socket.AF_INET, socket.SOCK_STREAM, 6, "", (plain, port)
    return socket.AF_INET6, socket.SOCK_STREAM, 6, "", (plain, port, 0, int(scope or 0))
