"""What is in a pack: read inside one tenant, and written as a signed zip file."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from asora import __version__
from asora.kernel.act import Act
from asora.kernel.ladder import GATES
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues, Values
from audit.events.models import Event
from audit.explorer.formats import document
from audit.seals import event_rows
from audit.seals.proof import files
from audit.seals.proof.rows import ProofRow, Sealed, sealed
from plans.models import Tenant
from support.evidence import checking, reading
from support.evidence.facts import EVENT, EventFact
from support.evidence.models import EvidenceLink
from support.evidence.packs import decisions, ledger_slice, signing
from support.evidence.packs.ledger_slice import Scope

STREAM = "audit"
EXPLANATION = Path(__file__).resolve().parent / "README.txt"
MAX_EVENTS, MAX_BYTES = 1_000, 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a pack is asked for. `requests`: ids; `links`: references of the same tenant. `rules`: rule sets by name."""

    tenant: Tenant
    purpose: str
    requests: Sequence[str]
    links: Sequence[EvidenceLink]
    scope: Scope | None
    story: str
    rules: ReadOnlyValues


@dataclass(frozen=True, slots=True)
class Contents:
    """A signed pack. `members`: file name to SHA-256. `seals`: the numbers of the seals over its events."""

    content: bytes
    members: Values
    events: int
    attempts: int
    seals: tuple[int, ...]


def read(within: Act, wanted: Wanted, *, made_at: datetime | None = None) -> Contents:
    """The pack, from the bound tenant.

    Refusals: STATE_CONFLICT NOT_SEALED, EVIDENCE_DIFFERS, OTHER_TENANT; VALIDATION_FAILED NO_DATA, TOO_LARGE. Raises
    NoSealingKey.
    """
    facts = _facts(within, wanted)
    events = sorted((fact for fact in facts if fact.kind == EVENT), key=lambda fact: fact.number or 0)
    attempts = [fact for fact in facts if fact.kind != EVENT]
    found = _sealed(events)
    slice_ = ledger_slice.read(wanted.scope, events)
    attached = {
        "events.jsonl": b"".join(_documents(wanted.tenant, events)),
        "decisions.txt": decisions.text(facts).encode(),
    }
    if attempts:
        attached["attempts.jsonl"] = b"".join(document.line(fact.as_json()) for fact in attempts)
    if slice_ is not None:
        attached["ledger.csv"] = slice_.content
    if wanted.story:
        attached["ticket.md"] = wanted.story.encode()
    key = signing.current_key()
    described: Values = {
        "tenant": {"slug": wanted.tenant.slug, "name": wanted.tenant.name},
        "purpose": wanted.purpose,
        "rules": {"asora": __version__, "gates": list(GATES), **wanted.rules},
        "events": [fact.record for fact in events],
        "seals": {fact.record: fact.seal.number for fact in events if fact.seal},
        "attempts": len(attempts),
        "ledger": slice_.described if slice_ else None,
        "key": str(key.verifier),
    }
    file = io.BytesIO()
    proof = files.Proof(
        "pack",
        found,
        _rows(found, events),
        {name: io.BytesIO(content) for name, content in attached.items()},
        {"pack": described},
        explanation=EXPLANATION,
    )
    files.write(proof, into=file, made_at=made_at or timezone.now())
    signing.sign_pack(file, key)
    content = file.getvalue()
    if len(content) > MAX_BYTES:
        raise ValidationFailed(
            _("The pack would have more than 20 MB. Choose fewer requests, or a shorter period."),
            reason=Reason.TOO_LARGE,
        )
    seals = tuple(sorted({fact.seal.number for fact in events if fact.seal}))
    return Contents(content, _members(content), len(events), len(attempts), seals)


def _facts(within: Act, wanted: Wanted) -> list[EventFact]:
    """Every event and attempt once: those of the references, which must be intact, then those of the requests."""
    checked = checking.check(within, wanted.links)
    checking.require_intact(checked)
    found = {one.now.record: one.now for one in checked if one.now is not None}
    unknown = []
    for request_id in wanted.requests:
        of_request = reading.events_of_request(within, request_id) or reading.attempts_of(
            within, request_id=request_id
        )
        if not of_request:
            unknown.append(request_id)
        found |= {fact.record: fact for fact in of_request}
    if unknown:
        text = _("There is no event of these requests: %(requests)s.") % {"requests": ", ".join(unknown)}
        raise ValidationFailed.at_field("requests", text, reason=Reason.NO_DATA)
    if len(found) > MAX_EVENTS:
        text = _("A pack can have at most %(most)s events. Choose fewer requests.") % {
            "most": f"{MAX_EVENTS:,}"
        }
        raise ValidationFailed.at_field("requests", text, reason=Reason.TOO_LARGE)
    return list(found.values())


def _sealed(events: Sequence[EventFact]) -> Sealed:
    """What is sealed of the trail, which has to cover all of the events."""
    if not events:
        text = _("A pack needs at least one audit event.")
        raise ValidationFailed.at_field("requests", text, reason=Reason.NO_DATA)
    found = sealed(STREAM)
    waiting = [str(fact.number) for fact in events if fact.seal is None]
    if found is None or waiting:
        raise StateConflict(
            _("These events are not sealed yet: %(numbers)s. Seals are made every minute. Try again then.")
            % {"numbers": ", ".join(waiting)},
            reason=Reason.NOT_SEALED,
        )
    return found


def _documents(tenant: Tenant, events: Sequence[EventFact]) -> Iterator[bytes]:
    """The events as documents, each on one line."""
    source = document.Source(tenant.slug)
    for event in Event.objects.filter(pk__in=[fact.record for fact in events]).order_by("number"):
        event.is_whole = True  # an agent reads in all hubs
        yield document.line(document.document(event, source))


def _rows(found: Sealed, events: Sequence[EventFact]) -> Iterator[ProofRow]:
    by_format: dict[int, list[UUID]] = {}
    for fact in events:
        by_format.setdefault(fact.row_format, []).append(UUID(fact.record))
    rows: dict[UUID, bytes] = {}
    for row_format, keys in by_format.items():
        rows |= event_rows.rows_of(keys, row_format=row_format)
    for fact in events:
        if fact.number is not None:
            yield ProofRow(found.index(fact.number), rows.get(UUID(fact.record)))


def _members(content: bytes) -> Values:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        manifest = json.loads(book.read("manifest.json"))
    return {name: described["sha256"] for name, described in manifest["files"].items()}
