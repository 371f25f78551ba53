"""A release publishes its entries of the desk's knowledge room."""

from __future__ import annotations

from unittest.mock import patch

from django_tenants.utils import tenant_context

from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from support.knowledge import shipped_texts
from support.knowledge.actions import publish_shipped
from support.knowledge.shipped_texts import Shipped
from tests.audit.verdicts.company import Company
from tests.factories import tenants

RELEASE = {"support.knowledge.ship"}


def a_release(_company: Company) -> None:
    """A release with one article more."""
    more = (*shipped_texts.shipped(), Shipped("article", "new", "New", "Something new.", {}))
    public = tenants.public()
    actor = system("public", "release", Permission.SUPPORT_MANAGE_KNOWLEDGE)
    with tenant_context(public), patch.object(shipped_texts, "shipped", return_value=more):
        publish_shipped(new_act(public, actor))
