"""Reading environment variables for the settings.

Asora's own variables are named ASORA_…, because a login shell or another program may set the plain name: MAIL is the
mailbox file on an ordinary Linux. Only DATABASE_URL, SECRET_KEY, SECRET_KEY_FALLBACKS and PORT have the names that
hosting platforms use.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

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
