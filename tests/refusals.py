"""Refusals that a test expects."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from asora.kernel.refusals import (
    Reason,
    Refusal,
)


def refused(kind: type[Refusal], reason: Reason, work: Callable[[], object]) -> Refusal:
    """The refusal of this kind and for this reason that the work ends in; otherwise the test fails."""
    with pytest.raises(kind) as caught:
        work()
    assert caught.value.reason == reason
    return caught.value
