"""Refusals that a test expects."""

from __future__ import annotations

import pytest

from asora.kernel.refusals import (
    Reason,
    Refusal,
)


def refused(kind: type[Refusal], reason: Reason, work) -> Refusal:
    with pytest.raises(kind) as caught:
        work()
    assert caught.value.reason == reason
    return caught.value
