"""Proof files in tests: making them, changing what is inside, and checking them where nothing of Asora is installed."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from audit.seals.proof import files
from audit.seals.proof.rows import genesis_rows, numbered_rows, salt_of, sealed


@dataclass(frozen=True)
class Result:
    """What the program printed, and its exit status."""

    status: int
    output: str

    @property
    def problems(self) -> list[str]:
        return [line.split(None, 1)[1] for line in self.output.splitlines() if line.startswith("PROBLEM")]


def whole_proof(stream: str = "audit") -> bytes:
    """A proof of everything that is sealed of a stream."""
    found = sealed(stream)
    assert found is not None
    file = io.BytesIO()
    salt = salt_of(stream)
    rows = [*genesis_rows(found, salt=salt), *numbered_rows(found, 1, found.last, salt=salt)]
    files.write(files.Proof("trail", found, rows, {}, {}), into=file, made_at=timezone.now())
    return file.getvalue()


def check(folder: Path, proof: bytes, *arguments: str, receipts: tuple[str, ...] = ()) -> Result:
    """Run the program of the product in an empty folder, isolated, without anything of Asora."""
    folder.mkdir()
    (folder / "verify.py").write_bytes(files.VERIFIER.read_bytes())
    (folder / "proof.zip").write_bytes(proof)
    for number, receipt in enumerate(receipts):
        (folder / f"receipt-{number}.txt").write_text(receipt)
        arguments = (*arguments, "--receipt", f"receipt-{number}.txt")
    for module in ("audit", "asora"):
        seen = run(folder, "-c", f"import {module}")
        assert "ModuleNotFoundError" in seen.output, "Asora can be imported, so the test proves nothing"
    return run(folder, "verify.py", "proof.zip", *arguments)


def run(folder: Path, *arguments: str) -> Result:
    """Run Python isolated: no environment variables, no folder of its own on the path."""
    done = subprocess.run(
        [sys.executable, "-I", *arguments], cwd=folder, env={}, capture_output=True, text=True, check=False
    )
    return Result(done.returncode, done.stdout + done.stderr)


def changed(proof: bytes, **edits: Callable[[bytes], bytes]) -> bytes:
    """The zip with some files edited, by somebody who also corrects the manifest. Names without their extension."""
    source = zipfile.ZipFile(io.BytesIO(proof))
    contents = {name: source.read(name) for name in source.namelist()}
    contents = {name: edits.get(name.split(".")[0], bytes)(content) for name, content in contents.items()}
    manifest = json.loads(contents["manifest.json"])
    if "manifest" not in edits:
        for name, described in manifest["files"].items():
            described |= {"bytes": len(contents[name]), "sha256": sha256(contents[name])}
        contents["manifest.json"] = json.dumps(manifest).encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in contents.items():
            book.writestr(name, content)
    return made.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
