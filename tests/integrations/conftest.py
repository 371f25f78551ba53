"""Fixtures of integrations: a receiver, and an internet in which it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integrations.network_watch import Internet, pretend_internet
from tests.integrations.receiver import Receiver, running


@pytest.fixture(scope="session")
def _receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with running(tmp_path_factory.mktemp("receiver")) as made:
        yield made


@pytest.fixture
def receiver(_receiver: Receiver, settings: Any) -> Receiver:
    """A receiver that behaves well and has got nothing yet. Besides public hosts, only this one may be contacted."""
    _receiver.start()
    _receiver.reset()
    settings.ASORA_OUTBOUND_ALLOWED = _receiver.allowed
    settings.ASORA_OUTBOUND_CA_FILE = _receiver.ca_file
    return _receiver


@pytest.fixture
def internet(receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Internet:
    """The receiver as if it was at every public address, and nothing that the operator allows."""
    settings.ASORA_OUTBOUND_ALLOWED = frozenset()
    return pretend_internet(monkeypatch, receiver)
