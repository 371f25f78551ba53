"""Which addresses of other systems Asora may contact. Pure: no network and no settings.

A host is judged twice: as it is written in a URL (`target`), and as each IP address that its name has at the moment of
connecting (`is_public`). Only the second one is binding, because a name can get another address at any time.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

MAX_LENGTH = 2000
DEFAULT_PORT = 443
#: Ports below are those of other services (mail, SSH, …). Only the port of HTTPS is allowed among them.
FIRST_FREE_PORT = 1024

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_V4 = [
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by customers of a carrier; some clouds have their metadata here
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's own service for its virtual machines, although the address is public
        "169.254.0.0/16",  # link-local; most clouds have their metadata here
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT relays
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]
#: The only part of IPv6 that is given to hosts of the internet. Mapped and compatible IPv4 addresses, NAT64
#: (64:ff9b::/96 and 64:ff9b:1::/48), unique local, link-local and site-local addresses and multicast are outside.
_V6_HOSTS = ipaddress.IPv6Network("2000::/3")
_V6 = [
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, with Teredo (2001::/32), which contains IPv4 addresses
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which contains IPv4 addresses
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # a former test network
        "3fff::/20",  # documentation
    )
]
#: The lower half of an ISATAP address is one of these and an IPv4 address, in whatever network.
_ISATAP = {0x0000_5EFE, 0x0200_5EFE, 0x0100_5EFE, 0x0300_5EFE}

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_URL = re.compile(
    r"https://(?P<authority>[^/?#\\]+)(?P<target>(?:/[^?#\\]*)?(?:\?[^#\\]*)?)(?P<fragment>#.*)?", re.DOTALL
)
_AUTHORITY = re.compile(
    r"(?:\[(?P<literal>[^\[\]]*:[^\[\]]*)\]|(?P<name>[^\[\]:]+))(?::(?P<port>[0-9]{1,5}))?"
)
#: Endings of names that mean something inside a network only, or nothing at all.
_INNER_ENDINGS = (
    "corp",
    "home",
    "home.arpa",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
)


class NotAllowed(ValueError):
    """The URL is not one that Asora may contact. `str()` says why, for the person who entered it."""


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of an allowed URL. `host`: lower case, an IPv6 address without brackets. `path`: with its query."""

    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them; the port only if it is not that of HTTPS."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORT else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL in its one spelling."""
        return f"https://{self.authority}{self.path}"


def is_public(address: Address) -> bool:
    """Returns True if the address belongs to a host of the internet that Asora may contact."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not any(address in network for network in _V4)
    return (
        address.scope_id is None
        and address in _V6_HOSTS
        and address.is_global
        and not any(address in network for network in _V6)
        and (int(address) >> 32 & 0xFFFF_FFFF) not in _ISATAP
    )


def may_contact(address: Address, *, denied: Iterable[Network]) -> bool:
    """Returns True if the address is public and in none of the networks that the operator denies."""
    return is_public(address) and not any(address in network for network in denied)


def target(url: str, *, allowed: frozenset[tuple[str, int]], denied: Iterable[Network]) -> Target:
    """Take a URL apart. Raises NotAllowed. Whether a name has an allowed address is only known when connecting.

    `allowed`: hosts and ports that the operator allows although a rule refuses them. `denied`: networks that the
    operator denies although they are public.
    """
    if len(url) > MAX_LENGTH:
        raise _too_long()
    if not url.isascii():
        raise NotAllowed(
            _("Use plain ASCII characters only. A host with other letters has a form that starts with xn--.")
        )
    if not url.isprintable() or " " in url:
        raise NotAllowed(_("The address contains a space or a control character."))
    if url[:8].lower() != "https://":
        raise NotAllowed(_("The address must start with https://."))
    found = _URL.fullmatch("https://" + url[8:])
    if found is None:
        raise NotAllowed(_("This is not a valid address."))
    if found["fragment"] is not None:
        raise NotAllowed(_("Leave out the part that starts with #. It is never sent."))
    host, port = _host_and_port(found["authority"])
    path = found["target"] if found["target"].startswith("/") else f"/{found['target']}"
    if (host, port) not in allowed:
        _check_host(host, denied)
        _check_port(port)
    checked = Target(host=host, port=port, path=path)
    if len(checked.url) > MAX_LENGTH:  # a slash was added
        raise _too_long()
    return checked


def _too_long() -> NotAllowed:
    return NotAllowed(_("The address is longer than %(number)d characters.") % {"number": MAX_LENGTH})


def _host_and_port(authority: str) -> tuple[str, int]:
    if "@" in authority:
        raise NotAllowed(
            _(
                "Leave out the user name and the password. The receiver recognises payloads by their signature."
            )
        )
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        raise NotAllowed(_("The host name or the port is not valid."))
    host = found["literal"] or found["name"]
    return host.lower(), int(found["port"] or DEFAULT_PORT)


def _check_port(port: int) -> None:
    if not (port == DEFAULT_PORT or FIRST_FREE_PORT <= port <= 65535):
        raise NotAllowed(
            _("Port %(port)d is not allowed. Use 443, or a port from 1024 to 65535.") % {"port": port}
        )


def _check_host(host: str, denied: Iterable[Network]) -> None:
    address = _literal(host)
    if address is not None:
        if not may_contact(address, denied=denied):
            raise NotAllowed(_("This IP address is not reachable from the internet, so it is not allowed."))
        return
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise NotAllowed(_("The host name is not valid."))
    if len(labels) == 1 or any(host == ending or host.endswith(f".{ending}") for ending in _INNER_ENDINGS):
        raise NotAllowed(_("This host name is only known inside a network, so it is not allowed."))


def _literal(host: str) -> Address | None:
    """The IP address that a host is written as, or None for a name. Only the usual spelling is an address.

    Systems also read `127.1`, `0x7f.1` or `2130706433` as IPv4 addresses: what ends in a number is none or a plain one.
    """
    if ":" in host:
        try:
            address: Address = ipaddress.IPv6Address(host)
        except ValueError as error:
            raise NotAllowed(_("This is not a valid IPv6 address.")) from error
    elif re.fullmatch(r"[0-9]+|0x[0-9a-f]*", host.rstrip(".").rpartition(".")[2]):
        try:
            address = ipaddress.IPv4Address(host)
        except ValueError as error:
            raise NotAllowed(
                _("Write an IPv4 address as four numbers from 0 to 255, with points between them.")
            ) from error
    else:
        return None
    if str(address) != host:
        raise NotAllowed(_("Write the IP address as %(address)s.") % {"address": address})
    return address
