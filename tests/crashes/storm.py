"""Clients that post without pause, each like a browser, and repeat each submission until they know its result.

A client opens a form, takes the submission of the page, and sends it until the answer is the posting itself,
ALREADY_POSTED, or a refusal. In between it may get 503 or no answer; any other answer is a fault.
"""

from __future__ import annotations

import random
import re
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.cookies import SimpleCookie
from json import loads
from typing import Any
from urllib.parse import urlencode

from tests.crashes.site import BINS, EMAIL, HUBS, PASSWORD, SKUS, TENANT

PATHS = {"receipt": "/receive/", "issue": "/issue/", "transfer": "/transfer/"}
SUBMISSION = re.compile(r'name="submission"\s+value="([0-9a-f-]{36})"')
POSTING = re.compile(r"^/ledger/(\d+)/$")
TIMEOUT, PAUSE = 15.0, 0.1
ADDRESSES = [f"{hub}/{code}" for hub in HUBS for code in BINS]


@dataclass(frozen=True)
class Line:
    """One line: out of `bin` or into it; for a transfer, on to `to_bin`."""

    sku: str
    bin: str
    quantity: int
    to_bin: str = ""
    unit_cost: str = ""


@dataclass
class Sent:
    """One submission, and the final answer to its sender: a position, or a refusal."""

    kind: str
    submission: str
    reference: str
    lines: list[Line]
    attempts: int = 0
    position: int | None = None
    refused: str = ""
    learned_late: bool = False  # from ALREADY_POSTED: an attempt without an answer had been posted


@dataclass(frozen=True)
class Answer:
    """An answer: status, redirect address, and text."""

    status: int
    location: str
    body: str

    @property
    def refusal(self) -> dict[str, Any]:
        """The reason of a refusal, if it is one."""
        try:
            refusal = loads(self.body)
        except ValueError:
            return {}
        return refusal if isinstance(refusal, dict) else {}


@dataclass
class Client:
    """One browser: its session, its submissions, and the faults that it found."""

    port: int
    number: int
    stop: threading.Event
    sent: list[Sent] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    unanswered: int = 0
    _cookies: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Sign in, and post until told to stop; the submission under way is completed."""
        self._chance = random.Random(f"storm {self.number}")
        try:
            self._insist("GET", "/sign-in/")
            answer = self._insist("POST", "/sign-in/", {"email": EMAIL, "password": PASSWORD, "next": ""})
            if answer.status != 302:
                self.faults.append(f"sign-in: {answer.status}")
                return
            while not self.stop.is_set() and len(self.faults) < 5:
                self._post()
        except Exception as error:  # noqa: BLE001 (a client that dies silently would prove nothing)
            self.faults.append(f"client {self.number}: {error!r}")

    def _post(self) -> None:
        kind = self._chance.choice(["receipt", *PATHS])
        page = self._insist("GET", PATHS[kind])
        found = SUBMISSION.search(page.body)
        if page.status != 200 or not found:
            self.faults.append(f"GET {PATHS[kind]}: {page.status}")
            return
        reference = f"S-{self.number}-{len(self.sent)}"
        document = Sent(kind, found[1], reference, self._lines(kind))
        self.sent.append(document)
        answer = self._insist("POST", PATHS[kind], _fields(document), of=document)
        self._learn(document, answer)

    def _learn(self, document: Sent, answer: Answer) -> None:
        refusal = answer.refusal
        if answer.status == 302 and (led := POSTING.match(answer.location)):
            document.position = int(led[1])
        elif answer.status == 409 and refusal.get("reason") == "ALREADY_POSTED" and document.attempts > 1:
            document.position = refusal["details"].get("position")
            document.learned_late = True
        elif answer.status == 400 and refusal.get("reason") == "INSUFFICIENT_STOCK":
            document.refused = refusal["reason"]
        else:
            self.faults.append(f"POST {document.reference}: {answer.status} {answer.body[:200]}")

    def _insist(
        self, method: str, path: str, fields: dict[str, str] | None = None, *, of: Sent | None = None
    ) -> Answer:
        """Send a submission until there is a final answer."""
        while True:
            if of is not None:
                of.attempts += 1
            try:
                answer = self._send(method, path, fields)
            except (OSError, HTTPException):
                answer = None
            if answer is not None and answer.status != 503:
                return answer
            self.unanswered += 1
            time.sleep(PAUSE)

    def _send(self, method: str, path: str, fields: dict[str, str] | None) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        headers = {
            "Host": f"{TENANT}.localhost",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "Accept": "text/html" if method == "GET" else "application/json",
        }
        body = None
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(fields | {"csrfmiddlewaretoken": self._cookies.get("asora_csrf", "")})
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        self._keep_cookies(response)
        return Answer(response.status, response.headers.get("Location", ""), text)

    def _keep_cookies(self, response: HTTPResponse) -> None:
        for header in response.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(header).items():
                self._cookies[name] = morsel.value

    def _lines(self, kind: str) -> list[Line]:
        skus = self._chance.sample(list(SKUS), self._chance.randint(1, len(SKUS)))
        lines = []
        for sku in skus:
            source, target = self._chance.sample(ADDRESSES, 2)
            quantity = self._chance.randint(1, 9)
            lines.append(
                Line(
                    sku,
                    source,
                    quantity,
                    to_bin=target if kind == "transfer" else "",
                    unit_cost=f"{self._chance.randint(1, 9_999_999) / 1_000_000:.6f}"
                    if kind == "receipt"
                    else "",
                )
            )
        return lines


def clients_of(port: int, count: int, stop: threading.Event) -> list[tuple[Client, threading.Thread]]:
    """Start that many clients, each in a thread of its own."""
    made = []
    for number in range(count):
        client = Client(port, number, stop)
        thread = threading.Thread(target=client.run, daemon=True)
        thread.start()
        made.append((client, thread))
    return made


def _fields(document: Sent) -> dict[str, str]:
    """The form as a browser sends it."""
    fields = {
        "vendor": "ACME" if document.kind == "receipt" else "",
        "reference": document.reference,
        "effective_on": "2026-03-02",
        "hub": HUBS[0],
        "to_hub": HUBS[0],
        "note": "",
        "submission": document.submission,
        "lines-TOTAL_FORMS": str(len(document.lines)),
        "lines-INITIAL_FORMS": "0",
    }
    for number, line in enumerate(document.lines):
        for name in ("sku", "bin", "to_bin", "quantity", "unit_cost"):
            fields[f"lines-{number}-{name}"] = str(getattr(line, name))
    return fields
