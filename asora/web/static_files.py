"""Where static files are found: Django's finder of STATICFILES_DIRS, which serves each bundle as one file.

`collectstatic`, WhiteNoise in development and the tests all ask this finder, so they serve the same text. Nothing that
is generated is committed, and a file that changes is in the next answer.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from django.contrib.staticfiles.finders import FileSystemFinder
from django.core.files.storage import FileSystemStorage

from asora.web.bundles import Bundle

ENTRIES = ("css/app.css", "js/app.js")
NOTES = ".md"  # for people who read the folder, not for browsers


class BundlingStorage(FileSystemStorage):
    """A folder whose entries are read as bundles. The files of a bundle are hidden: no page asks for them."""

    def __init__(self, location: str | os.PathLike[str]) -> None:
        super().__init__(location=location)
        self._lock = Lock()
        self._bundles: dict[str, Bundle] = {}

    @cached_property
    def _folder(self) -> Path:
        """Where bundles are written.

        It outlives the storage: Django may make two finders at once and drop one, whose file is about to be sent.
        """
        folder = Path(tempfile.mkdtemp(prefix="asora-static-"))
        atexit.register(_remove, folder, of_process=os.getpid())
        return folder

    def path(self, name: str) -> str:
        """Where the file is. A bundle is written first when one of its files has changed."""
        if name not in ENTRIES:
            return super().path(name)
        self._bundle(name)
        return str(self._folder / name)

    def is_hidden(self, name: str) -> bool:
        """Whether the file is a note or only a part of a bundle."""
        path = Path(super().path(name))
        if name in ENTRIES or not path.is_file():
            return False
        return path.suffix == NOTES or any(path in self._bundle(entry).files for entry in ENTRIES)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """The folders and the files that are served."""
        folders, files = super().listdir(path)
        return folders, [name for name in files if not self.is_hidden(str(Path(path) / name))]

    def _bundle(self, entry: str) -> Bundle:
        with self._lock:
            bundle = self._bundles.get(entry)
            if bundle is None or not bundle.is_current:
                bundle = Bundle(Path(super().path(entry)))
                self._write(entry, bundle)
                self._bundles[entry] = bundle
            return bundle

    def _write(self, entry: str, bundle: Bundle) -> None:
        """As old as its youngest file, so that `collectstatic` and browsers see whether it is new."""
        target = self._folder / entry
        target.parent.mkdir(exist_ok=True)
        fresh = target.with_suffix(".new")
        fresh.write_text(bundle.text, encoding="utf-8")
        changed = max(bundle.files.values())
        os.utime(fresh, ns=(changed, changed))
        fresh.replace(target)


def _remove(folder: Path, *, of_process: int) -> None:
    """At the end of the process that made it, and not of one that was forked from it."""
    if os.getpid() == of_process:
        shutil.rmtree(folder, ignore_errors=True)


class Finder(FileSystemFinder):
    """Files of STATICFILES_DIRS, through BundlingStorage."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.storages = {root: BundlingStorage(root) for _prefix, root in self.locations}

    def find_location(self, root: str, path: str, prefix: str | None = None) -> str | None:
        """The path of a file that is served, None for any other."""
        if super().find_location(root, path, prefix) is None or self.storages[root].is_hidden(path):
            return None
        return str(self.storages[root].path(path))
