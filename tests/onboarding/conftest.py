"""Fixtures of onboarding: an operator's act, a draft, one in a tenant that can be written to, and real commits.

- `act`: an operator on the public host, with a fresh proof.
- `draft`: an onboarding that has just begun.
- `in_acacia`: one whose tenant is Acacia, made and open, with nothing in it: fast, and rolled back.
- `committed`: makes onboardings with real commits, and removes their results.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from asora.kernel.act import Act
from plans import schemas
from plans.models import Onboarding, OnboardingConfirmation, Tenant
from tests.factories import onboardings, tenants

_numbers = itertools.count(1)


@pytest.fixture
def act(public: Tenant, act_as: Callable[..., Act]) -> Act:
    """An operator's act."""
    return act_as("operator", tenant=public)


@pytest.fixture
def draft(act: Act) -> Onboarding:
    """A draft with no step done."""
    return onboardings.start(act)


@pytest.fixture
def in_acacia(act: Act) -> Onboarding:
    """All steps up to the tenant are done; the tenant is the tests' Acacia."""
    tenant = Tenant.objects.get(slug="acacia")
    onboarding = Onboarding.objects.create(
        slug="acacia",
        name="Acacia",
        plan="pro",
        role_model="standard",
        tenant=tenant,
        opened_by="u-tests",
        **onboardings.TENANT,
    )
    for kind in OnboardingConfirmation.Kind.values:
        OnboardingConfirmation.objects.create(
            onboarding=onboarding, kind=kind, note="Seen", confirmed_by="u-tests"
        )
    return onboarding


@pytest.fixture
def committed(
    django_db_setup: None, django_db_blocker: Any, act_as: Callable[..., Act]
) -> Iterator[Callable[..., tuple[Act, Onboarding]]]:
    """`committed(until="tenant")`: an operator's act, and an onboarding with every step before that one taken."""
    begun: list[int] = []

    def make(
        *, until: str = "plan", plan: str = "pro", files: Any = onboardings.FILES
    ) -> tuple[Act, Onboarding]:
        connection.set_schema_to_public()
        act = act_as("operator", tenant=tenants.public())
        onboarding = onboardings.start(act, slug=f"onboarded-{next(_numbers)}")
        begun.append(onboarding.pk)
        return act, onboardings.go(act, onboarding, until=until, plan=plan, files=files)

    with django_db_blocker.unblock():
        yield make
        connection.set_schema_to_public()
        for onboarding in Onboarding.objects.filter(pk__in=begun):
            tenant = onboarding.tenant or Tenant.objects.filter(slug=onboarding.slug).first()
            if tenant is not None:
                tenants.remove_tenant(tenant)
            OnboardingConfirmation.objects.filter(onboarding=onboarding).delete()
            Onboarding.objects.filter(pk=onboarding.pk).delete()
            schemas.drop(f"t_{onboarding.slug.replace('-', '_')}")
