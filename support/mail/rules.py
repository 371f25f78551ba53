"""Which mails are automatic, and the limits of what is read and taken: pure functions, no database, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

#: The largest mail that is read, in bytes.
MAX_SIZE = 10 * 1024 * 1024
MAX_LINES = 300_000
MAX_HEADER_BYTES = 64 * 1024
MAX_HEADER_LINES = 500
#: The most parts of one mail, and the most parts inside parts.
MAX_PARTS = 50
MAX_DEPTH = 10
MAX_TEXT = 20_000
MAX_FILES = 10
MAX_FILE_BYTES = 5 * 1024 * 1024

#: How many answers of one sender are taken within `PERIOD` from somebody who takes part in the ticket, and how many new
#: tickets from others.
PERIOD = timedelta(hours=1)
MAX_OF_PARTICIPANT = 30
MAX_OF_STRANGER = 5
#: How many tickets all strangers together open within `PERIOD`. A sender's address can be made up.
MAX_NEW_TICKETS = 100

_PROGRAMS = frozenset({"mailer-daemon", "postmaster", "no-reply", "noreply", "do-not-reply", "donotreply"})
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_ANSWERING = ("x-autoreply", "x-autorespond", "x-autoresponder")
_LISTS = ("list-id", "list-unsubscribe", "list-post")


def why_automatic(headers: Mapping[str, str], *, sender: str, content_type: str) -> str:
    """Why a mail was written by a program, as a code; empty if a person seems to have written it.

    `headers`: by small name. `content_type`: the type of the whole mail, such as `multipart/report`.
    """
    submitted = headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    if submitted not in {"", "no"}:
        return "auto_submitted"
    if headers.get("return-path", "").strip() == "<>":
        return "null_sender"
    if content_type in {"multipart/report", "message/delivery-status", "message/disposition-notification"}:
        return "report"
    if headers.get("precedence", "").strip().lower() in _BULK:
        return "bulk"
    if any(name in headers for name in _ANSWERING):
        return "answering_machine"
    if any(name in headers for name in _LISTS):
        return "mailing_list"
    if sender.partition("@")[0].lower() in _PROGRAMS:
        return "sent_by_program"
    return ""
