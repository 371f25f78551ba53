"""Where a request comes from: the client's address behind trusted proxies, and the network that it counts for."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

IPV6_PREFIX = 64  # what one subscriber is given: whoever has it has 2**64 addresses


def client_address(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    """The address of the client, which the trusted proxies have seen; None if nothing says it.

    Each trusted proxy appends to X-Forwarded-For who asked it, so the list is read from the right. What stands further
    left was written by the client itself. A list that is too short came past the proxies: then the peer counts.
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
    """What is counted together: one IPv4 address, or the /64 that an IPv6 address is in."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_PREFIX), strict=False))
    return str(address) if address else "unknown"


def counted_address(request: HttpRequest) -> str | None:
    """AXES_CLIENT_IP_CALLABLE: the network as one address, since axes has room for no more."""
    network = network_of(client_address(request)).partition("/")[0]
    return None if network == "unknown" else network


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it: with a port, in brackets, or an IPv4 address in the clothes of an IPv6 one."""
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
