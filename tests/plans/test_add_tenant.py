"""`manage.py add_tenant`, which skips confirmations and checks: for demos and tests only."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from plans.models import Tenant


def test_it_is_refused_where_a_real_database_is_in_use(public: Tenant, settings: Any) -> None:
    settings.EMBEDDED = False
    with pytest.raises(CommandError) as refused:
        call_command("add_tenant", "shortcut", "--name", "Shortcut")
    assert refused.value.returncode == 2
    assert "manage.py onboard" in str(refused.value)
    assert not Tenant.objects.filter(slug="shortcut").exists()


def test_a_refused_name_is_reported_with_its_code(public: Tenant, settings: Any) -> None:
    settings.EMBEDDED = True
    with pytest.raises(CommandError) as refused:
        call_command("add_tenant", "acacia corp", "--name", "Acacia")
    assert refused.value.returncode == 2
    assert str(refused.value).startswith("VALIDATION_FAILED ")
