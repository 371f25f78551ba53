"""The forms about feed tokens. There is nothing to fill in: each confirms one change of one record."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from asora.kernel.forms import ActionForm
from asora.kernel.shapes import Values
from integrations.endpoints.models import Endpoint
from integrations.feed.models import FeedToken


class IssueForm(ActionForm):
    """Issue the first token of an endpoint."""

    def __init__(self, data: QueryDict | None = None, *, endpoint: Endpoint, **options: Any) -> None:
        super().__init__(data, **options)
        self.record = self.endpoint = endpoint

    def values(self) -> Values:
        """The arguments of the action."""
        return {"endpoint": self.endpoint}


class TokenForm(ActionForm):
    """Rotate or revoke a token."""

    def __init__(self, data: QueryDict | None = None, *, feed_token: FeedToken, **options: Any) -> None:
        super().__init__(data, **options)
        self.record = self.feed_token = feed_token

    def values(self) -> Values:
        """The arguments of the action."""
        return {"feed_token": self.feed_token}
