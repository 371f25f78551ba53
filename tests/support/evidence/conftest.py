"""Fixtures of the tests of evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from asora.kernel.act import Act
from plans.models import Tenant
from tests.support.evidence.scene import Scene, scene


@pytest.fixture
def desk(public: Tenant, act_as: Callable[..., Act], client_as: Callable[..., Any]) -> Scene:
    """Acacia, and an agent with an open access session there."""
    return scene(act_as, client_as)
