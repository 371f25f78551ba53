"""What a seal signs: a C2SP checkpoint (origin, size, root) with extension lines, as a C2SP signed note.

The format is public, so a witness outside of Asora can countersign a seal and anybody can verify one.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from audit.seals.keys import SigningKey, VerifierKey

DASH = "\N{EM DASH} "
NONE = "-"
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
SPAN = re.compile(r"(\d+)-(\d+)")


class BadNote(ValueError):
    """A text is not a seal, or its signature is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The contents of a seal.

    `rows`: first and last number sealed; None if it seals no row, (0, 0) for events without a number. `previous`:
    SHA-256 of the whole note of the seal before, empty for the first. `next_key`: only at a rotation, the key of all
    later seals. `missing`: only after a restore, the numbers that a receipt had proved and that are gone.
    """

    origin: str
    size: int
    root: bytes
    seal: int
    kind: str
    rows: tuple[int, int] | None
    count: int
    time: datetime
    key_id: str
    row_format: int
    previous: bytes
    next_key: str = ""
    missing: tuple[int, int] | None = None

    def text(self) -> str:
        """The text that is signed, ending with a newline."""
        lines = [
            self.origin,
            str(self.size),
            _base64(self.root),
            f"seal {self.seal}",
            f"kind {self.kind}",
            f"rows {_span(self.rows)}",
            f"count {self.count}",
            f"time {self.time.astimezone(UTC).strftime(TIME)}",
            f"key {self.key_id}",
            f"format {self.row_format}",
            f"previous {_base64(self.previous) if self.previous else NONE}",
        ]
        if self.next_key:
            lines.append(f"next {self.next_key}")
        if self.missing:
            lines.append(f"missing {_span(self.missing)}")
        return "\n".join(lines) + "\n"


def sign(text: str, key: SigningKey) -> str:
    """The signed note: the text, an empty line, and one signature line."""
    signature = key.verifier.key_id + key.sign(text.encode())
    return f"{text}\n{DASH}{key.name} {_base64(signature)}\n"


def digest(note: str) -> bytes:
    """The SHA-256 of a whole note, by which the next seal names it."""
    return hashlib.sha256(note.encode()).digest()


def verified_text(note: str, key: VerifierKey) -> str:
    """The signed text of a note. Signature lines of other keys (witnesses) are passed over.

    Raises BadNote if the note is malformed, or this key has not signed it.
    """
    text, signatures = _split(note)
    for line in signatures:
        name, _, encoded = line.removeprefix(DASH).rpartition(" ")
        raw = _decode(encoded)
        if name == key.name and raw[:4] == key.key_id:
            if key.verifies(raw[4:], text.encode()):
                return text
            raise BadNote("the signature is wrong")
    raise BadNote("this key has not signed the note")


def opened(note: str, key: VerifierKey) -> Checkpoint:
    """The contents of a note that this key has signed. Raises BadNote."""
    checkpoint = parse(verified_text(note, key))
    if checkpoint.origin != key.name or checkpoint.key_id != key.key_id.hex():
        raise BadNote("the note names another key than the one that signed it")
    return checkpoint


def unverified(note: str) -> Checkpoint:
    """The contents of a note whose signature is not checked. Raises BadNote if it is malformed."""
    return parse(_split(note)[0])


def parse(text: str) -> Checkpoint:
    """The contents of a signed text. Raises BadNote unless writing them again gives the same text."""
    try:
        origin, size, root, *extensions = text.removesuffix("\n").split("\n")
        named = dict(line.split(" ", 1) for line in extensions)
        previous = named["previous"]
        checkpoint = Checkpoint(
            origin=origin,
            size=int(size),
            root=_decode(root),
            seal=int(named["seal"]),
            kind=named["kind"],
            rows=_parse_span(named["rows"]),
            count=int(named["count"]),
            time=datetime.strptime(named["time"], TIME).replace(tzinfo=UTC),
            key_id=named["key"],
            row_format=int(named["format"]),
            previous=b"" if previous == NONE else _decode(previous),
            next_key=named.get("next", ""),
            missing=_parse_span(named["missing"]) if "missing" in named else None,
        )
    except (KeyError, ValueError) as error:
        raise BadNote("this is not a seal of Asora") from error
    if checkpoint.text() != text:
        raise BadNote("this is not a seal of Asora")
    return checkpoint


def _split(note: str) -> tuple[str, list[str]]:
    text, gap, signatures = note.rpartition("\n\n")
    lines = signatures.removesuffix("\n").split("\n")
    if (
        not gap
        or not text
        or not signatures.endswith("\n")
        or not all(line.startswith(DASH) for line in lines)
    ):
        raise BadNote("this is not a signed note")
    return text + "\n", lines


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise BadNote("this is not a signed note") from error


def _span(span: tuple[int, int] | None) -> str:
    return NONE if span is None else f"{span[0]}-{span[1]}"


def _parse_span(text: str) -> tuple[int, int] | None:
    if text == NONE:
        return None
    found = SPAN.fullmatch(text)
    if found is None:
        raise BadNote("this is not a seal of Asora")
    return int(found[1]), int(found[2])
