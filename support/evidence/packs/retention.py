"""What the worker does every hour: delete the files of packs after 90 days, and those of people who were erased."""

from __future__ import annotations

from itertools import chain

import structlog
from django.utils import timezone
from django_tenants.utils import schema_context

from asora.kernel import binding
from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from plans.models import Tenant
from support.evidence.packs import queries
from support.evidence.packs.actions import delete_file

TASK = "asora.support.delete_packs"
log = structlog.get_logger(__name__)


def delete_due() -> int:
    """Delete the files that are due. Returns their number. An error of one is logged and does not stop the others."""
    deleted = 0
    with schema_context(binding.PUBLIC):
        public = Tenant.objects.get(schema_name=binding.PUBLIC)
        due = chain(
            ((pack, "expired") for pack in queries.expired(timezone.now())),
            ((pack, "erased") for pack in queries.naming_erased_people()),
        )
        for pack, why in list(due):
            actor = system(binding.PUBLIC, "evidence_retention", Permission.SUPPORT_RECEIVE)
            try:
                delete_file(new_act(public, actor, route=f"TASK {TASK}"), pack=pack, why=why)
                deleted += 1
            except Exception:
                log.exception("the file of an evidence pack was not deleted", pack=str(pack.pk))
    return deleted
