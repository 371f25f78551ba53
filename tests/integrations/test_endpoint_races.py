"""Several owners at the same moment: the ceiling is exact, a name is used once, and one secret is the newest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, Refusal
from integrations.endpoints import actions
from integrations.endpoints.actions import WithSecret
from integrations.endpoints.models import Endpoint, EndpointSecret
from integrations.endpoints.secrets import signing_secrets
from integrations.signatures.secrets import decoded
from plans.catalogue import ceiling
from tests.factories.endpoints import RECEIPT, make_endpoint

Acts = Callable[..., Act]
MANY = 8


def reasons(results: list[Any]) -> list[Reason]:
    """Why the refused ones were refused; anything else that was raised is a failure."""
    unexpected = [
        result for result in results if isinstance(result, Exception) and not isinstance(result, Refusal)
    ]
    assert not unexpected, unexpected
    return [result.reason for result in results if isinstance(result, Refusal)]


def test_the_ceiling_is_exact(committed_tenant: Any, act_as: Acts, threads: Any) -> None:
    committed_tenant(plan="pro")
    most = ceiling(plan="pro", resource="integrations")
    assert most == 5
    acts = [act_as("owner") for _ in range(MANY)]
    results = threads(MANY, lambda which: make_endpoint(acts[which], name=f"Endpoint {which}"))
    assert reasons(results) == [Reason.PLAN_INTEGRATIONS] * (MANY - most)
    assert Endpoint.everything.count() == EndpointSecret.objects.count() == most


def test_a_name_is_given_once(committed_tenant: Any, act_as: Acts, threads: Any) -> None:
    committed_tenant(plan="enterprise")
    acts = [act_as("owner") for _ in range(MANY)]
    spellings = ("Web shop", "WEB SHOP")
    results = threads(MANY, lambda which: make_endpoint(acts[which], name=spellings[which % 2]))
    assert reasons(results) == [Reason.CODE_TAKEN] * (MANY - 1)
    assert Endpoint.everything.count() == 1


def test_rotations_at_once_leave_one_newest_secret_and_lose_none(
    committed_tenant: Any, act_as: Acts, threads: Any
) -> None:
    committed_tenant(plan="enterprise")
    endpoint = make_endpoint(act_as("owner"))
    first = signing_secrets(endpoint)
    acts = [act_as("owner") for _ in range(MANY)]
    made: list[WithSecret] = threads(
        MANY, lambda which: actions.rotate_secret(acts[which], endpoint=endpoint)
    )
    assert reasons(made) == []
    assert sorted(signing_secrets(endpoint)) == sorted([*first, *(decoded(each.secret) for each in made)])
    newest = endpoint.secrets.get(expires_at=None)
    older = endpoint.secrets.exclude(pk=newest.pk)
    assert older.count() == MANY
    assert all(row.expires_at > timezone.now() + timedelta(hours=23) for row in older)


def test_of_several_changes_from_one_page_one_is_saved(
    committed_tenant: Any, act_as: Acts, threads: Any
) -> None:
    committed_tenant(plan="enterprise")
    endpoint = make_endpoint(act_as("owner"))
    acts = [act_as("owner") for _ in range(MANY)]

    def change(which: int) -> Endpoint:
        return actions.change_endpoint(
            acts[which],
            endpoint=endpoint,
            version=1,
            name=f"Name {which}",
            url=endpoint.url,
            event_types=[RECEIPT],
            hubs=None,
            with_values=False,
        )

    assert reasons(threads(MANY, change)) == [Reason.STALE_FORM] * (MANY - 1)
    assert Endpoint.objects.get().version == 2


def test_an_endpoint_is_removed_once(committed_tenant: Any, act_as: Acts, threads: Any) -> None:
    committed_tenant(plan="enterprise")
    endpoint = make_endpoint(act_as("owner"))
    acts = [act_as("owner") for _ in range(MANY)]
    work: list[Callable[[Act], Any]] = [
        lambda act: actions.remove_endpoint(act, endpoint=endpoint),
        lambda act: actions.rotate_secret(act, endpoint=endpoint),
    ]
    results = threads(MANY, lambda which: work[which % 2](acts[which]))
    assert set(reasons(results)) == {Reason.NOT_ACTIVE}
    assert sum(isinstance(result, Endpoint) for result in results) == 1
    assert not EndpointSecret.objects.exists(), "a rotation at the same moment revives no secret"
