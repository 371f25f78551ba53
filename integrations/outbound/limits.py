"""The time and the bytes that one request may take."""

from __future__ import annotations

import time

from integrations.outbound.faults import Fault

TOTAL_SECONDS = 5.0
#: Handshake, headers and the first kilobyte of an answer fit easily. A receiver that sends more is cut off.
MAX_BYTES = 64 * 1024
READ_BYTES = 4096


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
