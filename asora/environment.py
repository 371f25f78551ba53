"""Reading environment variables for the settings.

Asora's own variables are named ASORA_…, because a login shell or another program may set the plain name: MAIL is the
mailbox file on an ordinary Linux. Only DATABASE_URL, SECRET_KEY, SECRET_KEY_FALLBACKS and PORT have the names that
hosting platforms use.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import ssl
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}
#: Names of releases before 0.5. They are no longer read; `check --deploy` warns if one of them is set.
FORMER = (
    "ALLOWED_HOSTS",
    "CLONE_TEMPLATE",
    "CSRF_TRUSTED_ORIGINS",
    "DEBUG",
    "DEFAULT_FROM_EMAIL",
    "DOMAIN",
    "HTTPS",
    "LOG_LEVEL",
    "MAIL",
    "MAIL_FOLDER",
    "SMTP_HOST",
    "SMTP_PASSWORD",
    "SMTP_PORT",
    "SMTP_TLS",
    "SMTP_USER",
    "STATIC_ROOT",
    "TRUSTED_PROXY_PROTO_HEADER",
)


def flag(name: str, *, default: bool) -> bool:
    """A variable as yes or no. Raises ImproperlyConfigured for anything else."""
    given = os.environ.get(name)
    if given is None:
        return default
    if given.strip().lower() not in YES | NO:
        raise ImproperlyConfigured(f"{name} must be 1 or 0.")
    return given.strip().lower() in YES


def number(name: str, *, default: int) -> int:
    """A variable as a whole number. Raises ImproperlyConfigured for anything else."""
    given = os.environ.get(name, "").strip()
    if given and not (given.isascii() and given.isdigit()):
        raise ImproperlyConfigured(f"{name} must be a number.")
    return int(given) if given else default


def listed(name: str, *, default: str = "", separator: str = ",") -> list[str]:
    """A variable as a list, without empty entries."""
    return [entry.strip() for entry in os.environ.get(name, default).split(separator) if entry.strip()]


def chosen(name: str, choices: dict[str, str], *, default: str) -> str:
    """A variable as one of a few words. Raises ImproperlyConfigured for anything else."""
    given = os.environ.get(name, default)
    if given not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(sorted(choices))}.")
    return given


def certificates(name: str) -> str:
    """A variable as the path of a PEM file with certificates, or empty. Raises ImproperlyConfigured for other files."""
    path = os.environ.get(name, "").strip()
    try:
        if path:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except OSError as error:  # also what OpenSSL says about the contents
        raise ImproperlyConfigured(f"{name} must be a PEM file with certificates.") from error
    return path


def hosts_with_ports(name: str) -> frozenset[tuple[str, int]]:
    """A variable as hosts with ports, separated by commas, such as `wms.internal:443` or `[fd00::5]:8443`.

    Raises ImproperlyConfigured for an entry without a port.
    """
    return frozenset(_host_with_port(name, f"//{entry}")[:2] for entry in listed(name))


def networks(name: str) -> tuple[Network, ...]:
    """A variable as networks, separated by commas, such as `198.41.0.0/24, 2606:4700::/32`; one address is one too.

    Raises ImproperlyConfigured for anything else, also for a network with bits after its length.
    """
    try:
        return tuple(ipaddress.ip_network(entry) for entry in listed(name))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be networks, such as 198.41.0.0/24.") from error


def http_proxy(name: str) -> tuple[str, int, str] | None:
    """A variable as the address of an HTTP proxy: host, port and credentials (user:password in base64, or empty).

    Returns None if it is not set. Raises ImproperlyConfigured for anything but `http://[user:password@]host:port`.
    """
    given = os.environ.get(name, "").strip()
    if not given:
        return None
    if not given.startswith("http://"):
        raise ImproperlyConfigured(f"{name} must start with http:// and name a host and a port.")
    return _host_with_port(name, given)


def _host_with_port(name: str, url: str) -> tuple[str, int, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.path.strip("/") or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{name} must name a host and a port, such as example.org:443.")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return host, port, base64.b64encode(f"{user}:{password}".encode()).decode() if user else ""


def keys(name: str, *, size: int) -> list[bytes]:
    """Keys in base64, the newest first: in a variable (separated by commas), or one per line in the file of NAME_FILE.

    Returns an empty list if neither is set. Raises ImproperlyConfigured for a key that has not `size` bytes.
    """
    path = os.environ.get(f"{name}_FILE", "")
    try:
        given = Path(path).read_text().split() if path else listed(name)
        found = [base64.b64decode(text, validate=True) for text in given]
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} cannot be read: it must be {size} bytes in base64.") from error
    if any(len(key) != size for key in found):
        raise ImproperlyConfigured(f"{name} must be {size} bytes in base64.")
    return found


def database(url: str) -> dict[str, object]:
    """Django's database settings for a `postgresql://` URL; options go in its query."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql://")
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": options.pop("port", "") or str(parts.port or ""),
        "OPTIONS": options,
    }
