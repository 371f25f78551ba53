"""The ticket and the drafts of the tests of replies."""

from tests.support.replies.conftest import tenant, ticket, write

__all__ = ["tenant", "ticket", "write"]
