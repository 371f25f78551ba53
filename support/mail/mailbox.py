"""Fetches mails from the desk's mailbox by IMAP. Nothing is deleted there: what was taken in is marked."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings
from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from support.mail import addresses, rules
from support.mail.actions.receiving import take

#: The mark of mails that were taken in. A mail server that allows no marks of one's own has "seen" only.
KEYWORD = "AsoraTaken"
SEEN = "\\Seen"
#: The most mails of one run, and seconds of waiting for the server.
BATCH, PATIENCE = 100, 20
log = structlog.get_logger(__name__)


def is_on() -> bool:
    """Returns True if a mailbox is configured."""
    return addresses.is_on() and bool(settings.ASORA_IMAP_HOST)


def poll() -> int:
    """Take in the mails of the mailbox that were not taken yet; returns their number. Public is bound.

    A mail that cannot be taken now, for example because the database does not answer, is taken by a later run.
    """
    if not is_on():
        return 0
    taken = 0
    try:
        with _opened() as box:
            mark, unmarked = _mark(box)
            for uid in box.uids(unmarked)[:BATCH]:
                raw = _fetched(box, uid)
                if raw is None:
                    continue
                try:
                    taken += take(raw, channel="imap") is not None
                except Exception:
                    log.exception("a mail was not taken in; it is tried again", uid=uid)
                    continue
                box.flag([uid], [SEEN, *mark], value=True)
    except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
        log.warning("the mailbox of the desk cannot be read", why=type(error).__name__)
    return taken


@contextmanager
def _opened() -> Iterator[BaseMailBox]:
    host, port = settings.ASORA_IMAP_HOST, settings.ASORA_IMAP_PORT
    box: BaseMailBox
    if settings.ASORA_IMAP_TLS:
        box = MailBox(host, port, timeout=PATIENCE, ssl_context=ssl.create_default_context())
    else:
        box = MailBoxUnencrypted(host, port, timeout=PATIENCE)
    with box.login(settings.ASORA_IMAP_USER, settings.ASORA_IMAP_PASSWORD, settings.ASORA_IMAP_FOLDER):
        yield box


def _mark(box: BaseMailBox) -> tuple[list[str], str]:
    """The mark that the server allows, and the search for mails without it."""
    _name, values = box.client.response("PERMANENTFLAGS")
    allowed = b" ".join(value for value in values or [] if isinstance(value, bytes))
    return ([KEYWORD], f"UNKEYWORD {KEYWORD}") if b"\\*" in allowed else ([], "UNSEEN")


def _fetched(box: BaseMailBox, uid: str) -> bytes | None:
    """A mail, without marking it as read; of one that is too large only so much that it is seen to be."""
    _status, answer = box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{rules.MAX_SIZE + 1}>)")
    return next((part[1] for part in answer if isinstance(part, tuple) and isinstance(part[1], bytes)), None)
