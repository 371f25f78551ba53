"""Tenants, their host names, plans, freezes and onboardings. Public schema only."""

from plans.models.freezes import FreezeToggle, TenantFreeze
from plans.models.onboarding import Onboarding, OnboardingConfirmation
from plans.models.plan_changes import PlanChange
from plans.models.tenants import (
    RESERVED_SLUGS,
    Domain,
    Tenant,
    known_time_zone,
    schema_name_of,
    slug_shape,
)

__all__ = [
    "RESERVED_SLUGS",
    "Domain",
    "FreezeToggle",
    "Onboarding",
    "OnboardingConfirmation",
    "PlanChange",
    "Tenant",
    "TenantFreeze",
    "known_time_zone",
    "schema_name_of",
    "slug_shape",
]
