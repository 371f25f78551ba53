"""Where a request comes from: the client's address behind trusted proxies, and its network."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

IPV6_PREFIX = 64  # the prefix of one subscriber, who has 2**64 addresses


def client_address(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    """The address of the client as the trusted proxies report it; None if it is unknown.

    Each trusted proxy appends the address of its own client to X-Forwarded-For, so the list is read from the right. The
    entries further left were written by the client itself. If the list is too short, the request did not come through
    the proxies, and the address of the connection is used.
    """
    peer = _parsed(request.META.get("REMOTE_ADDR", ""))
    trusted = settings.ASORA_TRUSTED_PROXIES
    if not trusted:
        return peer
    written = [part for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if len(written) < trusted:
        return peer
    return _parsed(written[-trusted]) or peer


def network_of(address: IPv4Address | IPv6Address | None) -> str:
    """The network of an address: the IPv4 address itself, or the /64 of an IPv6 address."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_PREFIX), strict=False))
    return str(address) if address else "unknown"


def counted_address(request: HttpRequest) -> str | None:
    """AXES_CLIENT_IP_CALLABLE: the network as one address, because axes stores only an address."""
    network = network_of(client_address(request)).partition("/")[0]
    return None if network == "unknown" else network


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Parse an address as proxies write it: with a port, in brackets, or as an IPv4 address mapped to IPv6."""
    plain = text.strip().strip('"')
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        address = ip_address(plain.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
