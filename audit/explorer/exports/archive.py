"""Writes a ZIP file piece by piece, while it is sent: nothing is stored, and memory does not grow with the file."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime


class _Pipe:
    """A file that cannot be rewound, and gives back what was written since the last look."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def write(self, piece: bytes, /) -> int:
        self._pieces.append(bytes(piece))
        self._position += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        """Nothing is buffered elsewhere."""

    def close(self) -> None:
        """Nothing was opened."""

    def seekable(self) -> bool:
        return False

    def drain(self) -> bytes:
        piece = b"".join(self._pieces)
        self._pieces.clear()
        return piece


class Archive:
    """A ZIP file that is being written. The pieces of its files are given out as they are ready.

    `at`: the local time that its files get. `sha256`, `size`: of the latest file, uncompressed.
    """

    def __init__(self, *, at: datetime) -> None:
        self._pipe = _Pipe()
        self._zip = zipfile.ZipFile(self._pipe, "w", zipfile.ZIP_DEFLATED)
        self._at = at.timetuple()[:6]
        self.sha256 = ""
        self.size = 0

    def file(self, name: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Add a file; yields the archive's own bytes as they are ready."""
        digest, self.size = hashlib.sha256(), 0
        entry = zipfile.ZipInfo(name, date_time=self._at)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with self._zip.open(entry, "w", force_zip64=True) as written:
            for piece in pieces:
                digest.update(piece)
                self.size += len(piece)
                written.write(piece)
                if ready := self._pipe.drain():
                    yield ready
        self.sha256 = digest.hexdigest()
        yield self._pipe.drain()

    def end(self) -> bytes:
        """The last bytes. Without them, no program opens the archive."""
        self._zip.close()
        return self._pipe.drain()
