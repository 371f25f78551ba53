"""Plants secrets and searches for them: in any text, file, archive, table and log, in every usual spelling."""

from __future__ import annotations

import base64
import contextlib
import gzip
import html
import io
import json
import logging
import re
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog
from django.db import connection

from asora import embedded
from asora.logs import STRUCTURED

#: So many characters in a row of a secret are a leak. A feed token shows fewer, so that people can tell tokens apart.
PIECE = 12
KNOWN_PREFIXES = ("whsec_", "asora_feed_")
LINK = re.compile(r'(?:href|hx-get|action)="(/[^"#]*)')
#: What addresses of one kind differ in: ids of records and requests, and numbers.
RECORD = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[a-z0-9-]+-[0-9A-HJKMNP-TV-Z]{26}|\d+")
#: So many pages of one kind are opened, with different records and filters.
PER_KIND = 6


@dataclass
class Search:
    """Planted secrets by name, and where they were found."""

    pieces: dict[str, tuple[str, ...]] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    searched: Counter[str] = field(default_factory=Counter)

    def plant(self, name: str, text: str) -> str:
        """Search for this secret from now on. Returns it."""
        core = text
        for prefix in KNOWN_PREFIXES:
            core = core.removeprefix(prefix)
        assert len(core) > PIECE + 4, name
        self.pieces[name] = tuple(_spelled(core))
        return text

    def look(self, where: str, content: bytes | str, *, besides: Iterable[str] = ()) -> None:
        """Search one content, and what is packed inside it. `besides`: secrets that may be there."""
        self.searched[where.split(" ", maxsplit=1)[0]] += 1
        for path, text in _unpacked(content):
            for name in self.names_in(text) - set(besides):
                self.found.append(f"{name} in {where}{path}")

    def names_in(self, text: str) -> set[str]:
        """The names of the secrets of which a text has a piece."""
        return {name for name, pieces in self.pieces.items() if any(piece in text for piece in pieces)}


def _spelled(core: str) -> Iterator[str]:
    """Every fourth piece of a secret as it is, in JSON and URLs, as hexadecimal text, and the whole one in base64."""
    for start in range(0, len(core) - PIECE + 1, 4):
        piece = core[start : start + PIECE]
        yield piece
        yield quote(piece, safe="")
        yield html.escape(piece)
        yield json.dumps(piece)[1:-1].replace("/", "\\/")
        yield piece.encode().hex()
    for shift in range(3):  # inside a longer text that is in base64 as a whole
        coded = base64.b64encode(b"\0" * shift + core.encode()).decode().rstrip("=")
        yield coded[4:-4]
    with contextlib.suppress(ValueError):
        yield base64.b64decode(core, validate=True).hex()


def _unpacked(content: bytes | str) -> Iterator[tuple[str, str]]:
    """A content as text, and everything inside an archive or compressed file, with where it was."""
    if isinstance(content, str):
        yield "", content
        return
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield f" ({name})", name
                for path, text in _unpacked(archive.read(name)):
                    yield f" ({name}){path}", text
    elif content[:2] == b"\x1f\x8b":
        yield from _unpacked(gzip.decompress(content))
    yield "", content.decode("utf-8", "replace")


class Logs(logging.Handler):
    """Every line that any logger writes, as the product prints it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(structlog.stdlib.ProcessorFormatter(**STRUCTURED))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line. One that cannot be printed would be printed with its arguments, so these are kept."""
        try:
            self.lines.append(self.format(record))
        except Exception:  # noqa: BLE001 (a handler never raises)
            self.lines.append(f"{record.msg} {record.args}")


@contextlib.contextmanager
def logs(configured: dict[str, Any]) -> Iterator[Logs]:
    """All logs at the most talkative level that an operator can choose. `configured`: the product's own LOGGING."""
    handler, root = Logs(), logging.getLogger()
    before = {"": root.level} | {name: logging.getLogger(name).level for name in configured["loggers"]}
    for name, chosen in configured["loggers"].items():
        logging.getLogger(name).setLevel(chosen["level"])
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def dump(search: Search, schemas: Iterable[str], *, besides: Mapping[str, Collection[str]]) -> str:
    """Search every row of every table as a dump of the database has it. Returns all of it, for further questions.

    `besides`: by table, the secrets that may be there.
    """
    whole = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s) ORDER BY 1, 2",
            [list(schemas)],
        )
        tables = cursor.fetchall()
        for schema, table in tables:
            with cursor.copy(f'COPY (SELECT * FROM "{schema}"."{table}") TO STDOUT') as copied:
                text = b"".join(bytes(block) for block in copied).decode()
            search.look(f"table {schema}.{table}", text, besides=besides.get(table, ()))
            whole.append(text)
    assert len(tables) > 50
    return "\n".join(whole)


def server_log(search: Search, *, since: int) -> None:
    """Search what PostgreSQL logged. `since`: the length of the file before."""
    path = _server_log()
    if path is not None:
        with path.open("rb") as file:
            file.seek(since)
            search.look("server log", file.read())


def server_log_length() -> int:
    """The present length of PostgreSQL's log; 0 if the tests do not run it."""
    path = _server_log()
    return path.stat().st_size if path else 0


def _server_log() -> Path | None:
    path = embedded.home() / "postgresql.log"
    return path if path.exists() else None


def crawl(
    client: Any, starts: Iterable[str], search: Search, *, who: str, besides: Collection[str] = ()
) -> Counter[str]:
    """Open every page that links lead to, some of each kind, and search it. Returns how many of each kind answered.

    `besides`: the secrets that this person may see again.
    """
    waiting, seen, opened = list(starts), set(starts), Counter[str]()
    while waiting:
        address = waiting.pop(0)
        kind = RECORD.sub("…", address.partition("?")[0])
        if opened[kind] >= PER_KIND:
            continue
        response = client.get(address)
        content = response.getvalue()
        assert response.status_code < 500, f"{address} of {who}"
        search.look(f"page {address} of {who}", content, besides=besides)
        search.look(f"headers {address} of {who}", str(dict(response.items())))
        if response.status_code != 200:
            continue  # another method, or a page of other people
        opened[kind] += 1
        if not response.get("Content-Type", "").startswith("text/html"):
            continue
        for link in map(html.unescape, LINK.findall(content.decode())):
            if link not in seen and not link.startswith("/static/"):
                seen.add(link)
                waiting.append(link)
    return opened
