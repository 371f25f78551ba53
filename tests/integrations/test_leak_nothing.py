"""No secret of integrations appears anywhere but once, on the page that shows it.

An owner sets up an endpoint and a feed, and everything goes wrong that can: addresses with passwords, receivers that
repeat what they know, tokens in the wrong place, errors inside the product. Afterwards everything is searched: pages of
everybody, logs, the trail, jobs, mails, exports, proofs, and every table of the database.
"""

from __future__ import annotations

import base64
import html
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from standardwebhooks import Webhook

from asora import settings as product
from asora.accounts.sign_in.sessions import SessionStore
from asora.jobs.models import Job
from audit.explorer.formats.catalogue import FORMATS
from audit.seals import sealer
from integrations.dispatch.models import Attempt
from integrations.endpoints.models import Endpoint, EndpointSecret
from integrations.endpoints.secrets import signing_secrets
from integrations.feed.models import FeedToken
from integrations.outbox.models import Payload
from integrations.signatures import secrets, signing
from plans.models import Tenant
from support.access.actions import request_access
from tests.commands import manage
from tests.factories import people, tenants
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import MasterData, make_master_data
from tests.integrations.leaks import Search, crawl, dump, logs, server_log, server_log_length
from tests.integrations.receiver import Receiver

RECEIPT = "inventory.posting.receipt.v1"
#: Some systems give addresses that contain a token. Who sets up endpoints sees the whole address, and nobody else.
IN_PATH = "token in the path of an address"
PASSWORD = "correct-horse-battery-7431"
SHOWN = re.compile(r">(whsec_[^<]+|asora_feed_[^<]+)<")


@dataclass
class Story:
    """The owner's browser, and what was planted."""

    tenant: Tenant
    owner: Any
    master_data: MasterData
    receiver: Receiver
    search: Search = field(default_factory=Search)

    def post(self, address: str, values: dict[str, Any] | None = None, **options: Any) -> Any:
        """Send a form, and search the answer."""
        besides = options.pop("besides", ())
        response = self.owner.post(address, values or {}, **options)
        self.search.look(f"answer {address}", response.getvalue(), besides=besides)
        return response

    def shown_once(self, name: str, address: str, values: dict[str, Any] | None = None) -> str:
        """Send a form whose answer shows a new secret, and plant it."""
        response = self.owner.post(address, values or {})
        page = response.getvalue().decode()
        [text] = {html.unescape(found) for found in SHOWN.findall(page)}
        assert "no-store" in response["Cache-Control"], address
        return self.search.plant(name, text)

    def receive(self, number: int) -> None:
        """A delivery, which queues a payload."""
        act = people.act_of(people.person("owner", self.tenant), self.tenant)
        deliver(
            act,
            self.master_data,
            receipt(self.master_data, line(self.master_data, "BOLT", "NORTH/A-1", str(number), "1")),
        )


@pytest.fixture
def story(
    committed_tenant: Callable[..., Tenant], client_as: Callable[..., Any], receiver: Receiver, settings: Any
) -> Story:
    settings.DEBUG_PROPAGATE_EXCEPTIONS = False
    tenant = committed_tenant(plan="enterprise")
    master_data = make_master_data()
    owner = client_as("owner", raise_request_exception=False)
    return Story(tenant=tenant, owner=owner, master_data=master_data, receiver=receiver)


def endpoint_form(url: str, name: str = "Web shop") -> dict[str, Any]:
    return {
        "name": name,
        "url": url,
        "event_types": [RECEIPT],
        "where": "all",
        "with_values": "on",
        "is_enabled": "on",
    }


def set_up(story: Story) -> Endpoint:
    """An endpoint whose secret is planted. Before, an address with a password is refused."""
    user_info = story.search.plant("password of an address", PASSWORD)
    wrong = f"https://robot:{user_info}@{story.receiver.host}:{story.receiver.port}/"
    refused = story.post("/integrations/new/", endpoint_form(wrong), besides={"password of an address"})
    assert "Web shop" in refused.content.decode()
    assert not Endpoint.objects.exists()
    path = "/hook/" + story.search.plant(IN_PATH, "T0K3N-that-the-path-contains")
    story.shown_once("first secret", "/integrations/new/", endpoint_form(story.receiver.url(path)))
    return Endpoint.objects.get()


def secrets_of(endpoint: Endpoint) -> str:
    """The newest secret of an endpoint, as it was shown."""
    return secrets.PREFIX + base64.b64encode(signing_secrets(endpoint)[0]).decode()


def read_feed(story: Story, header: str, query: str = "after=0") -> Any:
    """Poll the feed as a program."""
    program = type(story.owner)(story.tenant, raise_request_exception=False)
    response = program.get(f"/integrations/feed?{query}", headers={"Authorization": header})
    story.search.look("feed", response.getvalue())
    story.search.look("feed headers", str(dict(response.items())))
    assert not program.cookies
    return response


def use_feed(story: Story, endpoint: Endpoint) -> str:
    """Two tokens, which are sent where they belong and where they do not. Returns the second one."""
    first = story.shown_once("first token", f"/integrations/{endpoint.pk}/feed/issue/")
    row = FeedToken.objects.get()
    second = story.shown_once("second token", f"/integrations/feed/tokens/{row.pk}/rotate/")
    for token in (first, second):
        assert read_feed(story, f"Bearer {token}").status_code == 200
        cut, wrong = token[:-1], token[:-6] + "AAAAAA"
        for header in (f"Basic {token}", token, f"Bearer {cut}", f"Bearer {wrong}", f"Bearer {token}{token}"):
            assert read_feed(story, header).status_code == 401
        for query in (f"token={token}", f"after={token}", f"{token}=1"):
            assert read_feed(story, f"Bearer {token}", query).status_code == 400
    for address in (f"/integrations/feed/{first}", f"/{second}/", f"/integrations/{first}/queue/"):
        story.search.look(
            f"answer {address}", story.owner.get(address).getvalue(), besides={"first token", "second token"}
        )
    return second


def answer_with_secrets(story: Story, *texts: str) -> str:
    """What a careless receiver answers: everything that it knows."""
    known = {
        "error": "wrong signature",
        "expected": list(texts),
        "password": story.search.plant("password of a receiver", "hunter2-hunter2-hunter2"),
        "authorization": "Bearer "
        + story.search.plant("session of a receiver", "s3ss10n-of-the-receiver-99"),
    }
    return json.dumps(known)


def dispatch_all(story: Story, endpoint: Endpoint) -> None:
    """Send everything that is queued."""
    response = story.post(f"/integrations/{endpoint.pk}/dispatch/")
    assert response.status_code == 302, response.content


def other_processes(story: Story, endpoint: Endpoint) -> None:
    """A worker that sends for a long dispatch, and a command: they fail, and print what they log."""
    talkative = {**story.receiver.environment, "ASORA_LOG_LEVEL": "DEBUG"}
    story.receiver.behave("status", status=500, body=secrets_of(endpoint))
    for number in range(1, 25):
        story.receive(number)
    dispatch_all(story, endpoint)
    worker = manage("work", "--until-idle", **talkative)
    assert (worker.returncode, Job.objects.get().state) == (0, "done"), worker.stderr
    story.receive(1)
    command = manage("dispatch", story.tenant.slug, endpoint.name, **talkative)
    assert command.returncode == 1, command.stderr
    for process in (worker, command):
        story.search.look("process", process.stdout + process.stderr)


def failing_dispatches(story: Story, endpoint: Endpoint, first: str, token: str) -> None:
    """Attempts that fail in every way that could take a secret along."""
    shown = first.removeprefix("whsec_")
    spellings = (first, shown, secrets.decoded(first).hex(), base64.b64encode(first.encode()).decode())
    answers = (
        answer_with_secrets(story, *spellings),
        answer_with_secrets(story) + "x" * 900,  # cut off, so that it is no JSON
        "x" * (1024 - len(first) // 2) + first,  # cut off inside the secret
        "x" * (1024 - len(shown) // 2) + shown,
        f"who sent {token}?",
        "x" * (1024 - len(token) // 2) + token,
        *spellings,
    )
    for number, body in enumerate(answers, start=1):
        story.receiver.behave("status", status=500, body=body)
        story.receive(number)
        dispatch_all(story, endpoint)
    assert Attempt.objects.filter(outcome="failed").count() == len(answers)
    assert Attempt.objects.exclude(answer="").count() == len(answers)
    payload = Payload.objects.order_by("number").first()
    assert payload
    story.post(f"/integrations/payloads/{payload.pk}/again/", {"seen": "1"})
    story.post(f"/integrations/{endpoint.pk}/test/")
    for kind in ("wrong_host", "cut_off"):
        story.receiver.behave(kind)
        story.receive(1)
        dispatch_all(story, endpoint)


def errors_inside(story: Story, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors that nobody expects, while secrets are in variables."""

    def fail(*_given: Any, **_values: Any) -> None:
        raise RuntimeError("something broke")

    story.receive(1)
    for place, name, address in (
        (signing, "Webhook", f"/integrations/{endpoint.pk}/dispatch/"),
        (EndpointSecret, "save", f"/integrations/{endpoint.pk}/secret/"),
        (FeedToken, "save", f"/integrations/feed/tokens/{FeedToken.objects.latest('issued_at').pk}/rotate/"),
    ):
        with monkeypatch.context() as broken:
            broken.setattr(place, name, fail)
            assert story.post(address).status_code == 500, address


def take_files(story: Story) -> None:
    """Every kind of file that leaves the product."""
    sealer.seal_schema()
    for form in FORMATS:
        answer = story.post("/audit/export/", {"query": "", "format": form})
        assert answer.status_code == 200
    assert story.post("/audit/proof/", {"first": "", "last": ""}).status_code == 200
    made = story.post("/exports/create/", {"report": "stock-on-hand"})
    for address in (made.url, made.url.replace("download", "proof")):
        answer = story.owner.get(address)
        assert answer.status_code == 200, address
        story.search.look(f"file {address}", answer.getvalue())
    written = io.StringIO()
    call_command("event_types", stdout=written)
    story.search.look("file event types", written.getvalue())


def look_at_sessions(story: Story, schema: str) -> None:
    """What is in sessions, which are encoded in the database."""
    with connection.cursor() as cursor:
        table = SessionStore.get_model_class()._meta.db_table
        cursor.execute(f'SELECT session_data FROM "{schema}"."{table}"')
        for (coded,) in cursor.fetchall():
            story.search.look("session", json.dumps(SessionStore().decode(coded), default=str))


def look_as_strangers(story: Story, client_as: Callable[..., Any], act_as: Callable[..., Any]) -> None:
    """Operators and a support agent inside the tenant look at everything that they may."""
    tenant, public = story.tenant, tenants.public()
    connection.set_schema_to_public()
    request_access(act_as("agent", tenant=public), tenant=tenant, ticket="SUP-1", minutes=30)
    agent = client_as("agent", tenant=public)
    inside = f"/support/tenants/{tenant.slug}"
    starts = ["/support/", f"{inside}/audit/", f"{inside}/integrations/status/"]
    opened = crawl(agent, starts, story.search, who="agent")
    assert sum(opened.values()) > 10
    assert any(kind.endswith("/integrations/status/") for kind in opened)
    operator = client_as("platform_lead", tenant=public)
    opened = crawl(operator, ["/admin/"], story.search, who="operator")
    assert sum(opened.values()) > 10
    connection.set_tenant(tenant)


def test_no_secret_appears_anywhere(
    story: Story,
    client_as: Callable[..., Any],
    act_as: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    search, began = story.search, server_log_length()
    with logs(product.LOGGING) as lines:
        endpoint = set_up(story)
        first = secrets_of(endpoint)
        token = use_feed(story, endpoint)
        failing_dispatches(story, endpoint, first, token)
        second = story.shown_once("second secret", f"/integrations/{endpoint.pk}/secret/")
        other_processes(story, endpoint)
        story.receiver.reset()
        story.receive(1)
        dispatch_all(story, endpoint)
        [got] = story.receiver.received()
        for secret in (first, second):  # what is searched for is what really signs
            Webhook(secret).verify(got.body, dict(got.headers))
        errors_inside(story, endpoint, monkeypatch)
        take_files(story)
        opened = crawl(story.owner, ["/"], search, who="owner", besides={IN_PATH})
        crawl(client_as("manager"), ["/", "/integrations/"], search, who="manager")
        look_as_strangers(story, client_as, act_as)

    # What was searched has what it should have.
    assert any(kind.startswith("/integrations/…/queue/") for kind in opened)
    assert any(kind.startswith("/integrations/payloads/") for kind in opened)
    whole = dump(search, [story.tenant.schema_name, "public"], besides={"integrations_endpoint": {IN_PATH}})
    assert EndpointSecret.objects.latest("created_at").sealed.hex() in whole
    assert FeedToken.objects.latest("issued_at").digest in whole

    for written in lines.lines:
        search.look("log", written)
    for message in mail.outbox:
        search.look("mail", message.message().as_bytes())
    for schema in (story.tenant.schema_name, "public"):
        look_at_sessions(story, schema)
    server_log(search, since=began)
    assert {"page", "answer", "feed", "file", "process", "table", "log", "session"} <= set(search.searched)
    assert search.found == []
