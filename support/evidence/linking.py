"""Keeps a reference to a record that was read inside a tenant. Called in the body of an action, in public."""

from __future__ import annotations

from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, StateConflict
from plans.grants import require_managed
from plans.models import Tenant
from support.access.models import AccessSession
from support.evidence.facts import ATTEMPT, EventFact
from support.evidence.models import EvidenceLink


def link(act: Act, tenant: Tenant, fact: EventFact, access: AccessSession) -> EvidenceLink:
    """A new reference to an event or attempt of a tenant. `access`: the agent's session in which it was read.

    Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED; STATE_CONFLICT OTHER_TENANT if the fact, or the session, is of
    another tenant, agent or session; NOT_EVIDENCE for an event without a number.
    """
    require_managed(act, tenant)
    is_own = (access.tenant_id, access.agent) == (tenant.pk, act.actor.ref)
    if not is_own or (fact.schema, fact.access) != (tenant.schema_name, access.pk):
        raise StateConflict(
            _("This record was not read in your access session of %(tenant)s.") % {"tenant": tenant.name},
            reason=Reason.OTHER_TENANT,
            details={
                "missing": [_("A record of this tenant, read in your own access session.")],
                "remedy": _("Open an access session of this tenant, and read the record there."),
            },
        )
    if fact.kind != ATTEMPT and fact.number is None:
        raise StateConflict(
            _(
                "This event is older than the numbers of the audit trail, so no reference to it can be checked."
            ),
            reason=Reason.NOT_EVIDENCE,
            details={"missing": [_("An event with a number.")]},
        )
    row = EvidenceLink(
        tenant=tenant,
        kind=fact.kind,
        record=fact.record,
        request_id=fact.request_id,
        occurred_at=fact.occurred_at,
        action=fact.action,
        outcome=fact.outcome,
        code=fact.code,
        reason=fact.reason,
        rule_id=fact.rule,
        number=fact.number,
        event_hash=fact.event_hash,
        seal_size=fact.seal.size if fact.seal else None,
        facts=fact.as_json(),
        linked_by=act.actor.ref,
        access=access.pk,
    )
    row.save()
    return row
