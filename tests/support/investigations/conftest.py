"""Fixtures of the tests of investigations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from asora.kernel.act import Act
from plans.models import Tenant
from tests.support.evidence.scene import Scene, scene
from tests.support.investigations.case import Case, case


@pytest.fixture
def desk(public: Tenant, act_as: Callable[..., Act], client_as: Callable[..., Any]) -> Scene:
    """Acacia, and an agent with an open access session there."""
    return scene(act_as, client_as)


@pytest.fixture
def rbac(desk: Scene) -> Case:
    """A triaged ticket about a refusal: the viewer may not create an item."""
    return case(desk, desk.refuse("viewer"), category="B")
