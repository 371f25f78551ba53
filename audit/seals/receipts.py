"""Receipts: copies of seals outside of their schema, by which a restored database is recognised.

The last receipt of each stream is in public (after a restore of one tenant it is newer than the tenant) and in a folder
outside of the database (after a restore of everything). Only receipts that our own keys have signed count.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import structlog
from django.conf import settings
from django.db import connection, transaction
from django_tenants.utils import schema_context

from asora.kernel import binding
from audit.seals import keys
from audit.seals.checkpoint import BadNote, Checkpoint, opened, unverified
from audit.seals.models import Seal, SealReceipt

log = structlog.get_logger(__name__)
LATEST = """
SELECT number, note FROM public.audit_sealreceipt WHERE schema_name = %s AND stream_name = %s
ORDER BY number DESC LIMIT 1
"""


def last_known(stream: str) -> tuple[Checkpoint, str] | None:
    """The newest receipt of a stream of the bound schema that exists outside of it, and its note."""
    found = [(is_ours(note, stream=stream), note) for note in (_mirrored(stream), _filed(stream)) if note]
    ours = [(checkpoint, note) for checkpoint, note in found if checkpoint is not None]
    return max(ours, key=lambda receipt: receipt[0].seal, default=None)


def is_ours(note: str, *, stream: str = "") -> Checkpoint | None:
    """The contents of a note if a sealing key of the bound schema has signed it, of the present seed or an earlier.

    `stream`: the note has to be of this stream. The streams of a schema have one key, so the signature does not say so.
    """
    try:
        origin = unverified(note).origin
    except BadNote:
        return None
    if stream and origin.rpartition("/")[2] != stream:
        return None
    for seed in settings.ASORA_SEALING_KEYS:
        key = keys.derive(seed, schema=binding.schema_name(), origin=origin).verifier
        try:
            return opened(note, key)
        except BadNote:
            continue
    return None


def give_out(seal: Seal) -> None:
    """Copy a committed seal to public and to the folder, unless that is done. Call it outside of a transaction.

    A crash before the copy is no problem: the next pass of the sealer does it.
    """
    schema = binding.schema_name()
    with schema_context(binding.PUBLIC), transaction.atomic(durable=True):
        known = SealReceipt.objects.filter(schema_name=schema, stream_name=seal.stream_id, number=seal.number)
        if not known.exists():
            copy = SealReceipt(
                schema_name=schema,
                stream_name=seal.stream_id,
                number=seal.number,
                size=seal.size,
                root=seal.root,
                vkey=seal.vkey,
                note=seal.note,
                sealed_at=seal.sealed_at,
            )
            SealReceipt.objects.bulk_create(
                [copy], ignore_conflicts=True
            )  # another sealer may be doing the same
    _file(schema, seal)


def accept(note: str, *, stream: str) -> None:
    """Keep a receipt in public that somebody brought back and that is newer than every seal here.

    The next pass of the sealer then declares the restore. A receipt that no key of ours signed is not kept.
    """
    receipt = is_ours(note)
    if receipt is None:
        return
    schema = binding.schema_name()
    key = next(
        key
        for seed in settings.ASORA_SEALING_KEYS
        if (key := keys.derive(seed, schema=schema, origin=receipt.origin).verifier).key_id.hex()
        == receipt.key_id
    )
    with schema_context(binding.PUBLIC), transaction.atomic(durable=True):
        copy = SealReceipt(
            schema_name=schema,
            stream_name=stream,
            number=receipt.seal,
            size=receipt.size,
            root=receipt.root,
            vkey=str(key),
            note=note,
            sealed_at=receipt.time,
        )
        SealReceipt.objects.bulk_create([copy], ignore_conflicts=True)


def file_name(slug: str, seal: Seal) -> str:
    """The name of a receipt as a file."""
    return f"{slug}-{seal.stream_id}-seal-{seal.number}.txt"


def _mirrored(stream: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(LATEST, [binding.schema_name(), stream])
        row = cursor.fetchone()
    return str(row[1]) if row else ""


def _filed(stream: str) -> str:
    path = _path(binding.schema_name(), stream)
    return path.read_text() if path and path.is_file() else ""


def _file(schema: str, seal: Seal) -> None:
    """Replace the file of a stream's last receipt, unless it is newer. An error is logged: the seal is committed."""
    path = _path(schema, seal.stream_id)
    if path is None:
        return
    try:
        filed = is_ours(path.read_text()) if path.is_file() else None
        if filed and filed.seal >= seal.number:
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
            file.write(seal.note)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError:
        log.exception("a receipt could not be stored in the folder", stream=seal.stream_id)


def _path(schema: str, stream: str) -> Path | None:
    folder = settings.ASORA_RECEIPTS_FOLDER
    return Path(folder) / f"{schema}.{stream}.txt" if folder else None
