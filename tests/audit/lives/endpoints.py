"""An owner sets up an endpoint, changes it, rotates its secret, hands it over and removes it."""

from __future__ import annotations

from integrations.endpoints import actions
from tests.audit.verdicts.company import Company
from tests.factories.endpoints import ISSUE, make_endpoint
from tests.factories.people import add_person

ENDPOINTS = {
    f"integrations.endpoint.{name}"
    for name in (
        "create",
        "change",
        "take_over",
        "enable",
        "disable",
        "rotate_secret",
        "end_older_secrets",
        "remove",
    )
}


def endpoints(company: Company) -> None:
    """One endpoint, from its first day to its last. Another owner takes it over in between."""
    owner = company.owner
    endpoint = make_endpoint(owner)
    actions.disable_endpoint(owner, endpoint=endpoint)
    actions.enable_endpoint(owner, endpoint=endpoint)
    endpoint.refresh_from_db()
    actions.change_endpoint(
        owner,
        endpoint=endpoint,
        version=endpoint.version,
        name="ERP",
        url="https://erp.example.com/",
        event_types=[ISSUE],
        hubs=None,
        with_values=True,
    )
    other = company.act_as(user=add_person("owner", name="successor"))
    actions.take_over_endpoint(other, endpoint=endpoint)
    actions.rotate_secret(other, endpoint=endpoint)
    actions.end_older_secrets(other, endpoint=endpoint)
    actions.remove_endpoint(other, endpoint=endpoint)
