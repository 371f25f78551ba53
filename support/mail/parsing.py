"""Reads a mail as it came from the network: limits first, then headers, text and files. No database.

Everything in a mail is what a stranger wrote. What is too large, too deep or cannot be read raises `Unreadable`, and
nothing in it is executed, opened or unpacked.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from support.mail import rules, texts
from support.mail.addresses import ascii_form

MAX_ADDRESS, MAX_ID, MAX_NAME, MAX_SUBJECT = 254, 400, 120, 500
#: How much of one header is read, in characters.
MAX_HEADER = 4_000
_BOUNDARY = re.compile(rb"boundary(?:\*\d*\*?)?\s*=", re.IGNORECASE)
_NESTED = re.compile(rb"message/(?:rfc822|global|partial)", re.IGNORECASE)
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n|\r\r")
#: A line end for Python's parser, and none for mail servers: what follows would be a header that only Asora sees.
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,}>")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,38}/[a-z0-9][a-z0-9!#$&^_.+-]{0,38}\Z")
#: The headers with the address to which a mail was delivered. The first ones are written by the own mail server.
_RECIPIENTS = ("delivered-to", "x-original-to", "envelope-to", "to", "cc")


class Unreadable(Exception):
    """The mail cannot be read. `why`: a code."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class File:
    """A file of a mail. It is stored and handed out, and never opened."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadMail:
    """What a mail says. `text`: all of it; `answer`: without quotations. `left_out`: how many files were dropped."""

    message_id: str
    sender: str
    sender_name: str
    subject: str
    recipients: tuple[str, ...]
    text: str = field(repr=False)
    answer: str = field(repr=False)
    files: tuple[File, ...]
    left_out: int
    automatic: str


def digest_of_id(raw: bytes) -> str:
    """The SHA-256 of the Message-ID, by which a mail is taken once; without a Message-ID, of the mail itself."""
    found = message_id_of(raw)
    return hashlib.sha256(found.encode() if found else raw).hexdigest()


def message_id_of(raw: bytes) -> str:
    """The Message-ID of a mail with its angle brackets; empty if it has none."""
    return _message_id(_headers(message_from_bytes(_header_block(raw, strict=False))))


def read(raw: bytes) -> ReadMail:
    """Read a mail. Raises Unreadable with the codes too_large, too_many_headers, too_many_parts, unreadable, sender."""
    _check_limits(raw)
    try:
        message = message_from_bytes(raw)
        headers = _headers(message)
        if len(message.get_all("from", [])) > 1:
            raise Unreadable("sender")
        sender, name = _sender(message)
        parts = list(_leaves(message))
        text, answer = _texts(parts)
        files, left_out = _files(parts)
        return ReadMail(
            message_id=_message_id(headers),
            sender=sender,
            sender_name=name,
            subject=texts.line(headers.get("subject", ""))[:MAX_SUBJECT],
            recipients=_recipients(message),
            text=text,
            answer=answer,
            files=files,
            left_out=left_out,
            automatic=rules.why_automatic(
                headers, sender=sender, content_type=message.get_content_type().lower()
            ),
        )
    except Unreadable:
        raise
    # The standard library's parser has many ways to fail on what is no mail; each means the same here.
    except (MessageError, RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise Unreadable("unreadable") from error


def _check_limits(raw: bytes) -> None:
    if len(raw) > rules.MAX_SIZE or raw.count(b"\n") + raw.count(b"\r") > 2 * rules.MAX_LINES:
        raise Unreadable("too_large")
    _header_block(raw, strict=True)
    if sum(1 for _found in _BOUNDARY.finditer(raw)) > rules.MAX_PARTS:
        raise Unreadable("too_many_parts")
    if sum(1 for _found in _NESTED.finditer(raw)) > rules.MAX_DEPTH:
        raise Unreadable("too_many_parts")


def _header_block(raw: bytes, *, strict: bool) -> bytes:
    """The headers of a mail, at most as many as are read."""
    end = _END_OF_HEADERS.search(raw, 0, rules.MAX_HEADER_BYTES + 4)
    block = raw[: end.start() if end else rules.MAX_HEADER_BYTES]
    is_long = end is None and len(raw) > rules.MAX_HEADER_BYTES
    if strict and (is_long or block.count(b"\n") > rules.MAX_HEADER_LINES):
        raise Unreadable("too_many_headers")
    if strict and _LONE_RETURN.search(block):
        raise Unreadable("unreadable")
    return block


def _headers(message: Message) -> Mapping[str, str]:
    """The first header of each name, decoded, by small name."""
    found: dict[str, str] = {}
    for name, value in message.items():
        found.setdefault(name.lower(), _decoded(str(value)[:MAX_HEADER]))
    return found


def _decoded(value: str) -> str:
    """A header with its encoded words decoded. What cannot be decoded remains as it is."""
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError):
        return texts.visible(value)
    return texts.visible(
        "".join(
            texts.decoded(piece, charset) if isinstance(piece, bytes) else piece for piece, charset in pieces
        )
    )


def _message_id(headers: Mapping[str, str]) -> str:
    found = _MESSAGE_ID.search(headers.get("message-id", ""))
    return found[0][:MAX_ID] if found else ""


def _sender(message: Message) -> tuple[str, str]:
    """The address and name of the only sender. Raises Unreadable if there is none, or more than one.

    The header is parsed as it came and whole, as mail servers read it when they check who sent it. Only the name is
    decoded: decoded first, an encoded name could hold another address.
    """
    value = next((one for name, one in message.raw_items() if name.lower() == "from"), "")
    written = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if len(written) > MAX_HEADER:
        raise Unreadable("sender")
    named = [(name, address) for name, address in getaddresses([written]) if name or address]
    if len(named) != 1:
        raise Unreadable("sender")
    name, address = named[0]
    if len(address) > MAX_ADDRESS or "=?" in address:
        raise Unreadable("sender")
    try:
        validate_email(address)
        address = ascii_form(address)
    except (ValidationError, ValueError) as error:
        raise Unreadable("sender") from error
    return address, texts.line(_decoded(name))[:MAX_NAME]


def _recipients(message: Message) -> tuple[str, ...]:
    values = [
        str(value)[:MAX_HEADER]
        for name in _RECIPIENTS
        for value in message.get_all(name, [])[: rules.MAX_PARTS]
    ]
    addresses = (address.strip().lower() for _name, address in getaddresses(values))
    return tuple(dict.fromkeys(address for address in addresses if 0 < len(address) <= MAX_ADDRESS))


def _leaves(message: Message, depth: int = 0) -> Iterator[Message]:
    """The parts that have no parts. A mail inside a mail is one part."""
    if depth > rules.MAX_DEPTH:
        raise Unreadable("too_many_parts")
    payload = message.get_payload()
    if message.get_content_maintype() == "multipart" and isinstance(payload, list):
        for part in payload[: rules.MAX_PARTS]:
            if isinstance(part, Message):
                yield from _leaves(part, depth + 1)
    else:
        yield message


def _texts(parts: list[Message]) -> tuple[str, str]:
    """The text of a mail, and the text without what it quotes."""
    plain = next((part for part in parts if _is_text(part, "plain")), None)
    if plain is not None:
        whole = texts.tidy(_content(plain))
        return whole, texts.answer_of(whole)
    html = next((part for part in parts if _is_text(part, "html")), None)
    if html is None:
        return "", ""
    source = _content(html)
    return texts.tidy(texts.of_html(source)), texts.answer_of(texts.tidy(texts.of_html(source, quotes=False)))


def _is_text(part: Message, subtype: str) -> bool:
    is_file = part.get_content_disposition() == "attachment" or part.get_filename() is not None
    return part.get_content_type() == f"text/{subtype}" and not is_file


def _content(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return texts.decoded(payload, part.get_content_charset()) if isinstance(payload, bytes) else ""


def _files(parts: list[Message]) -> tuple[tuple[File, ...], int]:
    """The files of a mail, at most as many and as large as are stored; and the number of those left out."""
    shown = [part for part in parts if _is_text(part, "plain")][:1] or [
        part for part in parts if _is_text(part, "html")
    ][:1]
    found: list[File] = []
    left_out = 0
    for part in parts:
        if part in shown or (_is_text(part, "html") and shown):
            continue  # the text itself, or the same in another format
        content = _bytes(part)
        if len(found) == rules.MAX_FILES or len(content) > rules.MAX_FILE_BYTES:
            left_out += 1
        elif content:
            found.append(File(_file_name(part), _media_type(part), content))
    return tuple(found), left_out


def _bytes(part: Message) -> bytes:
    if part.get_content_maintype() == "message":
        inner = part.get_payload()
        first = inner[0] if isinstance(inner, list) and inner else None
        return first.as_bytes() if isinstance(first, Message) else b""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _file_name(part: Message) -> str:
    """A name without a path, with letters that can be seen."""
    given = texts.line(_decoded(str(part.get_filename() or "")[:MAX_HEADER]))
    base = re.split(r"[/\\]", given)[-1].strip(". ")
    return unicodedata.normalize("NFC", base)[-MAX_NAME:]


def _media_type(part: Message) -> str:
    named = part.get_content_type().lower()
    return named if _MEDIA_TYPE.match(named) else "application/octet-stream"
