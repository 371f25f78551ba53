"""Named reads of packs: which ones somebody may see, and which files have to be deleted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from django.db.models import QuerySet
from django_tenants.utils import schema_context

from asora.accounts.models import User
from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from plans.grants import managed_tenants
from plans.models import Tenant
from support.evidence.models import EvidencePack

Refs = Callable[[], Collection[str]]
_readers: dict[str, Refs] = {}


def visible(act: Act) -> QuerySet[EvidencePack]:
    """The packs of the tenants that somebody works for, those of security tickets only for people who handle these.

    Also packs that were made before their ticket was marked as a security matter.
    """
    rows = EvidencePack.objects.filter(tenant__in=managed_tenants(act.actor)).select_related("tenant", "file")
    if not act.actor.may(Permission.SUPPORT_HANDLE_SECURITY):
        rows = rows.filter(is_restricted=False).exclude(purpose__in=_restricted_refs())
    found: QuerySet[EvidencePack] = rows
    return found


def restrict_with(refs: Refs) -> None:
    """Register the function that reads whose packs, by the tickets' references, only security may see."""
    _readers["refs"] = refs


def has_file(pack: EvidencePack) -> bool:
    """Whether the file of a pack is still stored."""
    return hasattr(pack, "file")


def expired(now: datetime) -> QuerySet[EvidencePack]:
    """Packs whose files are still stored after their time."""
    rows: QuerySet[EvidencePack] = EvidencePack.objects.filter(file__isnull=False, expires_at__lte=now)
    return rows


def naming_erased_people() -> Iterator[EvidencePack]:
    """Packs whose files have the words of people who have been erased since."""
    stored = list(EvidencePack.objects.filter(file__isnull=False).exclude(people=[]))
    wanted: dict[str, set[str]] = {}
    for pack in stored:
        for person in pack.people:
            schema, _colon, ref = person.partition(":")
            wanted.setdefault(schema, set()).add(ref)
    reachable = set(Tenant.objects.reachable().values_list("schema_name", flat=True)) | {"public"}
    erased = {
        f"{schema}:{ref}"
        for schema in sorted(wanted.keys() & reachable)
        for ref in _erased(schema, wanted[schema])
    }
    yield from (pack for pack in stored if erased.intersection(pack.people))


def _restricted_refs() -> Collection[str]:
    read = _readers.get("refs")
    return read() if read else ()


def _erased(schema: str, people: set[str]) -> list[str]:
    with schema_context(schema):
        rows = User.objects.filter(ref__in=people, erased_at__isnull=False)
        return list(rows.values_list("ref", flat=True))
