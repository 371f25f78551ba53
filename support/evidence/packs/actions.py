"""Making a pack, handing it out, and deleting its file. Each is an event of the platform that the tenant sees too."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import asked, binding
from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.erasure import register_eraser
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues
from plans.grants import require_managed
from plans.models import Tenant
from support.access.reading import inside
from support.evidence.models import EvidenceLink, EvidencePack, EvidencePackFile
from support.evidence.packs import contents, encryption, rules
from support.evidence.packs.contents import Contents, Wanted
from support.evidence.packs.ledger_slice import Scope

asked.register_fields(Scope, "evidence_scope", codes=("item", "hub", "bin"))
WORK_DESK = Permission.SUPPORT_WORK_DESK
PAGE = "support:evidence-pack"


@dataclass(frozen=True, slots=True)
class Derived:
    """A pack before it is stored: what is in it, its file, and the passphrase, which is empty inside of Asora."""

    contents: Contents
    file: bytes
    passphrase: str


@dataclass(frozen=True, slots=True)
class Made:
    """A pack, and the passphrase of an encrypted one. It is stored nowhere: show it now."""

    pack: EvidencePack
    passphrase: str


def _derive(
    act: Act,
    *,
    tenant: Tenant,
    purpose: str,
    requests: Sequence[str] = (),
    links: Sequence[EvidenceLink] = (),
    scope: Scope | None = None,
    story: str = "",
    rules_in_force: ReadOnlyValues | None = None,
    recipient: str = "",
    **_others: object,
) -> Derived:
    """Read the pack inside the tenant and sign it; encrypt it if it has a recipient."""
    wanted = Wanted(
        tenant=tenant,
        purpose=purpose,
        requests=list(dict.fromkeys(requests)),
        links=links,
        scope=scope,
        story=story,
        rules=rules_in_force or {},
    )
    address = f"/audit/requests/{wanted.requests[0]}/" if len(wanted.requests) == 1 else "/audit/"
    with inside(act, tenant, page=PAGE, address=address) as within:
        made = contents.read(within, wanted)
    if not recipient:
        return Derived(made, made.content, "")
    passphrase = encryption.new_passphrase()
    return Derived(made, encryption.encrypted(made.content, passphrase), passphrase)


@action(
    "support.evidence.pack",
    permission=WORK_DESK,
    subject="tenant",
    derive=_derive,
    done=gettext_lazy("made the evidence pack {label}"),
    tried=gettext_lazy("tried to make an evidence pack"),
)
def make_pack(
    act: Act,
    *,
    tenant: Tenant,
    purpose: str,
    requests: Sequence[str] = (),
    links: Sequence[EvidenceLink] = (),
    scope: Scope | None = None,
    story: str = "",
    people: Sequence[str] = (),
    rules_in_force: ReadOnlyValues | None = None,
    recipient: str = "",
    is_restricted: bool = False,
    derived: Derived = BY_DERIVE,
) -> Made:
    """Make a signed pack of a tenant's evidence, inside the agent's open access session.

    `purpose`: a reference, such as that of a ticket. `requests`, `links`: the events. `scope`: the stock; without it,
    the stock that the events moved. `story`: the file ticket.md, in Markdown.
    `people`: whose words are in it, as "<schema>:<pseudonym>", so that an erasure deletes the file. `rules_in_force`:
    the versions of rule sets. `recipient`: somebody outside of Asora; then the file is encrypted. `is_restricted`:
    only for people who handle security tickets.
    Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED, ACCESS_NOT_OPEN; STATE_CONFLICT NOT_SEALED, EVIDENCE_DIFFERS,
    OTHER_TENANT; VALIDATION_FAILED INVALID_INPUT, NO_DATA, TOO_LARGE.
    """
    require_managed(act, tenant)
    if not rules.is_reference(purpose):
        text = _("Enter a reference, such as that of a ticket: letters, digits and . _ / # - without spaces.")
        raise ValidationFailed.at_field("purpose", text, reason=Reason.INVALID_INPUT)
    if len(recipient) > rules.MAX_RECIPIENT:
        text = _("At most %(most)s characters.") % {"most": rules.MAX_RECIPIENT}
        raise ValidationFailed.at_field("recipient", text, reason=Reason.INVALID_INPUT)
    now = timezone.now()
    pack = EvidencePack(
        tenant=tenant,
        purpose=purpose,
        is_external=bool(recipient),
        is_restricted=is_restricted,
        recipient_length=len(recipient),
        sha256=hashlib.sha256(derived.file).hexdigest(),
        size=len(derived.file),
        members=derived.contents.members,
        people=sorted(set(people)),
        made_at=now,
        made_by=act.actor.ref,
        expires_at=now + rules.KEPT_FOR,
        request_id=act.request_id,
    )
    pack.save()
    EvidencePackFile(pack=pack, content=derived.file, recipient=recipient).save(force_insert=True)
    act.refers(ticket=purpose[:64])
    act.found(
        sha256=pack.sha256,
        size=pack.size,
        events=derived.contents.events,
        attempts=derived.contents.attempts,
        seals=list(derived.contents.seals),
        files=sorted(pack.members),
        is_external=pack.is_external,
        recipient_length=pack.recipient_length,
        expires_at=pack.expires_at.isoformat(),
    )
    act.changed(pack, after={"purpose": purpose, "sha256": pack.sha256, "is_external": pack.is_external})
    return Made(pack, derived.passphrase)


def _open(act: Act, *, pack: EvidencePack, **_others: object) -> None:
    """Record in the tenant's trail that the agent takes the file: it has what a look into the tenant would show."""
    with inside(act, pack.tenant, page=PAGE, address="/audit/"):
        return


@action(
    "support.evidence.download",
    permission=WORK_DESK,
    subject="pack",
    observes=True,
    derive=_open,
    done=gettext_lazy("downloaded the evidence pack {label}"),
    tried=gettext_lazy("tried to download the evidence pack {label}"),
)
def download_pack(act: Act, *, pack: EvidencePack, derived: None = BY_DERIVE) -> bytes:
    """The file of a pack, as it was made. The agent needs an open access session of its tenant.

    Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED, ACCESS_NOT_OPEN; ROUTE_NOT_FOUND NO_SUCH_RECORD if the file was
    deleted; STATE_CONFLICT EVIDENCE_DIFFERS if it was changed.
    """
    require_managed(act, pack.tenant)
    content = content_of(pack)
    act.found(sha256=pack.sha256, size=pack.size, is_external=pack.is_external)
    return content


def content_of(pack: EvidencePack) -> bytes:
    """The file of a pack. Call it in the body of an action that records who takes it.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD; STATE_CONFLICT EVIDENCE_DIFFERS.
    """
    file = EvidencePackFile.objects.filter(pack=pack).first()
    if file is None:
        raise RouteNotFound(
            _("The file of this pack has been deleted. What was in it, and its hash, are still listed."),
            reason=Reason.NO_SUCH_RECORD,
            details={"remedy": _("Make a new pack. It has the same events.")},
        )
    content = bytes(file.content)
    if hashlib.sha256(content).hexdigest() != pack.sha256:
        raise StateConflict(
            _("The stored file is not the one that was made. Tell the platform lead at once."),
            reason=Reason.EVIDENCE_DIFFERS,
            details={"missing": [_("A file with the hash %(sha256)s.") % {"sha256": pack.sha256}]},
        )
    return content


@action(
    "support.evidence.delete",
    permission=Permission.SUPPORT_RECEIVE,
    subject="pack",
    done=gettext_lazy("deleted the file of the evidence pack {label}"),
    tried=gettext_lazy("tried to delete the file of the evidence pack {label}"),
)
def delete_file(act: Act, *, pack: EvidencePack, why: str) -> None:
    """Delete the file of a pack; its row and hash remain. `why`: expired, or erased (a person in it was erased)."""
    act.reads(pack)
    rows = EvidencePackFile.objects.select_for_update().filter(pack=pack)
    if not rows.exists():
        act.noop(_("The file is already deleted."))
        return
    act.found(why=why, sha256=pack.sha256)
    act.changed(pack, before={"has_file": True}, after={"has_file": False})
    rows.delete()


def empty_recipients(agent: str) -> int:
    """Empty the recipients that an erased agent wrote; returns their number. Agents exist on the public host only."""
    if binding.schema_name() != binding.PUBLIC:
        return 0
    made = EvidencePack.objects.filter(made_by=agent).values("pk")
    return EvidencePackFile.objects.filter(pack__in=made).exclude(recipient="").update(recipient="")


register_eraser("evidence_recipients", empty_recipients)
