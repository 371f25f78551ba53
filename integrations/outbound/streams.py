"""A connection before TLS and with it. Every byte is counted, and the time is looked at between any two steps."""

from __future__ import annotations

import contextlib
import functools
import select
import socket
import ssl
from collections.abc import Callable
from typing import Any, TypeVar

import httpcore

from integrations.outbound.faults import Fault
from integrations.outbound.limits import READ_BYTES, Limits, Stopped

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
