"""The feed for programs: a token in, payloads out. No session, no cookie, no page; every answer is JSON.

An answer has one payload on each line, the same bytes that a dispatch sends. Its headers: `Link` with the address of
the next poll, `Asora-First-Number` and `Asora-Last-Number` of what is stored, and an `ETag` for `If-None-Match`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import wraps
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.http.response import HttpResponseNotModified
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from asora.kernel import binding
from asora.kernel.act import Act
from asora.kernel.evidence import complete
from asora.kernel.pages import AsoraRequest, View, open_page
from asora.kernel.refusals import AuthRequired, Reason, Refusal, StateConflict, ValidationFailed
from audit.events.redaction import redact
from integrations.endpoints.models import Endpoint
from integrations.endpoints.standing import standing
from integrations.feed import polls, queries, tokens
from integrations.feed.actions import first_poll, reader
from integrations.feed.models import FeedToken

CONTENT_TYPE = "application/x-ndjson"
DEFAULT_LIMIT = 1_000
#: An id of a payload, as in its header `webhook-id`.
ID = re.compile(r"[A-Za-z0-9_:-]{1,80}")
#: Numbers of payloads have at most this many digits (`bigint`).
MAX_DIGITS = 18


def answers_json(view: View) -> View:
    """Answer a refusal as JSON whatever the client accepts. A missing or wrong token is not recorded anywhere."""

    @wraps(view)
    def answered(request: AsoraRequest) -> HttpResponseBase:
        try:
            response: HttpResponseBase = view(request)
        except Refusal as refusal:
            response = _refused(request, refusal)
        response["Cache-Control"] = "no-store"
        return response

    return answered


@answers_json
@open_page(host="tenant")
def feed(request: AsoraRequest) -> HttpResponse:
    """Payloads after a number.

    Refusals: AUTH_REQUIRED BAD_CREDENTIALS; VALIDATION_FAILED INVALID_INPUT, FEED_EXPIRED; STATE_CONFLICT
    ENDPOINT_DISABLED, ENDPOINT_PAUSED, FEED_DIFFERS; ROUTE_NOT_FOUND METHOD_NOT_ALLOWED.
    """
    _require_https(request)
    token = _token_of(request)
    poll = _poll_of(request)
    numbers = _numbers(token.endpoint, poll)
    _require_same(token.endpoint, poll)
    lines = _lines(token.endpoint, poll)
    upto, seen = (lines[-1].number, lines[-1].event_id) if lines else (poll.after, poll.seen)
    content = b"".join(line.body + b"\n" for line in lines)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response: HttpResponse
    if etag in request.headers.get("If-None-Match", ""):
        response, sent = HttpResponseNotModified(), 0
    else:
        response, sent = HttpResponse(content, content_type=CONTENT_TYPE), len(lines)
    response["ETag"] = etag
    response["Link"] = f'<{reverse("integrations:feed")}?{poll.next_query(upto, seen)}>; rel="next"'
    response["Asora-First-Number"] = str(numbers.first)
    response["Asora-Last-Number"] = str(max(numbers.last, upto))
    _count(request, token, after=poll.after, payloads=sent)
    return response


@dataclass(frozen=True, slots=True)
class Poll:
    """What a request asks for: payloads after this number, and at most so many.

    `seen`: the id of the payload with that number, as the receiver has it; empty: not given.
    """

    after: int
    limit: int
    seen: str

    def next_query(self, upto: int, seen: str) -> str:
        """The query of the next poll, once everything up to the payload `seen` with this number has arrived."""
        query = {"after": str(upto)}
        if seen:
            query["seen"] = seen
        if self.limit != DEFAULT_LIMIT:
            query["limit"] = str(self.limit)
        return urlencode(query)


def _require_https(request: AsoraRequest) -> None:
    """Refuse a request that was sent unencrypted, where pages are redirected to HTTPS."""
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        raise AuthRequired(
            _("This request was not encrypted."),
            reason=Reason.BAD_CREDENTIALS,
            details={
                "remedy": _(
                    "Use the address with https://. If the request had a token, others may have read it: rotate the "
                    "token and revoke the old one."
                )
            },
        )


def _token_of(request: AsoraRequest) -> FeedToken:
    """The valid token of a request. A text that cannot be a token is refused without asking the database."""
    header = request.headers.get("Authorization", "")
    text = tokens.of_header(header)
    found = queries.find_token(text) if text is not None else None
    if found is None or found.endpoint.removed_at is not None:
        raise AuthRequired(
            _("This request has no valid feed token. %(fault)s") % {"fault": tokens.fault_of(header)},
            reason=Reason.BAD_CREDENTIALS,
            details={"remedy": _("Send the header “Authorization: Bearer” with the token of the endpoint.")},
        )
    if found.state_at(timezone.now()) in {"revoked", "ended"}:
        raise AuthRequired(
            _("This feed token was revoked, or replaced more than 24 hours ago."),
            reason=Reason.BAD_CREDENTIALS,
            details={"remedy": _("Ask the owner of the endpoint for its present token.")},
        )
    return found


def _poll_of(request: AsoraRequest) -> Poll:
    unknown = set(request.GET) - {"after", "limit", "seen"}
    if unknown:
        name = str(redact(min(unknown))[0])[:40]  # it may be the token, which belongs into the header
        raise ValidationFailed.at_field(
            name,
            _("The feed has no parameter “%(name)s”. It has: after, limit, seen.") % {"name": name},
            reason=Reason.INVALID_INPUT,
        )
    return Poll(
        after=_whole(request, "after", default=0, least=0, most=10**MAX_DIGITS - 1),
        limit=_whole(request, "limit", default=DEFAULT_LIMIT, least=1, most=queries.MAX_LIMIT),
        seen=_id(request, "seen"),
    )


def _id(request: AsoraRequest, name: str) -> str:
    texts = request.GET.getlist(name)
    if not texts:
        return ""
    if len(texts) == 1 and ID.fullmatch(texts[0]):
        return texts[0]
    raise ValidationFailed.at_field(
        name, _("Send the id of a payload, as it is in the payload."), reason=Reason.INVALID_INPUT
    )


def _whole(request: AsoraRequest, name: str, *, default: int, least: int, most: int) -> int:
    texts = request.GET.getlist(name)
    if not texts:
        return default
    text = texts[0]
    if len(texts) == 1 and text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS:
        number = int(text)
        if least <= number <= most:
            return number
    raise ValidationFailed.at_field(
        name,
        _("Send a whole number from %(least)s to %(most)s.") % {"least": least, "most": most},
        reason=Reason.INVALID_INPUT,
    )


def _numbers(endpoint: Endpoint, poll: Poll) -> queries.Numbers:
    """The numbers that are stored. Refuses a poll after a number that nobody can continue from."""
    numbers = queries.numbers_of(endpoint)
    found = {"first": numbers.first, "last": numbers.last}
    if poll.after < numbers.first - 1:
        raise ValidationFailed(
            _("The feed begins with number %(first)s. Earlier payloads were deleted.") % found,
            reason=Reason.FEED_EXPIRED,
            details=found,
        )
    if poll.after > numbers.last:
        raise ValidationFailed(
            _("The last payload has number %(last)s. Ask for numbers after that one or an earlier one.")
            % found,
            reason=Reason.INVALID_INPUT,
            details={
                **found,
                "remedy": _("Ask with after=%(least)s to after=%(last)s.")
                % {"least": numbers.first - 1, "last": numbers.last},
            },
        )
    return numbers


def _require_same(endpoint: Endpoint, poll: Poll) -> None:
    """Refuse a receiver whose last payload is another one here: a restored database gave its number out again.

    A payload that retention has deleted cannot be compared.
    """
    stored = queries.id_of(endpoint, poll.after) if poll.seen else None
    if stored is not None and stored != poll.seen:
        raise StateConflict(
            _("Number %(number)s is another payload here than at the receiver.") % {"number": poll.after},
            reason=Reason.FEED_DIFFERS,
            details={"number": poll.after},
        )


def _lines(endpoint: Endpoint, poll: Poll) -> list[queries.Line]:
    """The payloads of an answer, as far as the endpoint's maker may see them now.

    Refusals: STATE_CONFLICT ENDPOINT_DISABLED, ENDPOINT_PAUSED (also by the first payload alone: an older one may
    contain more than the endpoint receives now).
    """
    if not endpoint.is_enabled:
        raise StateConflict(
            _("This endpoint is disabled. Its feed is closed until somebody enables it."),
            reason=Reason.ENDPOINT_DISABLED,
        )
    now = standing(endpoint)
    if now.is_paused:
        raise StateConflict(
            _("This endpoint is paused. %(reasons)s") % {"reasons": " ".join(now.reasons)},
            reason=Reason.ENDPOINT_PAUSED,
        )
    lines: list[queries.Line] = []
    for line in queries.lines_after(endpoint, after=poll.after, limit=poll.limit):
        if lines and line.number != lines[-1].number + 1:
            break  # retention deleted what comes next in the meantime: the next poll is told
        if not now.covers(hubs=line.hubs, with_values=line.with_values):
            if lines:
                break  # the next poll is told
            raise _not_covered(line.number)
        lines.append(line)
    if lines and lines[0].number != poll.after + 1:
        _numbers(endpoint, poll)  # retention deleted its beginning in the meantime
    return lines


def _not_covered(number: int) -> StateConflict:
    return StateConflict(
        _(
            "The feed is paused at number %(number)s: the person who set up the endpoint may not see that payload."
        )
        % {"number": number},
        reason=Reason.ENDPOINT_PAUSED,
        details={
            "number": number,
            "remedy": _(
                "Ask a person who may see everything that the endpoint ever received to take it over. To go on without "
                "this payload, ask for the payloads after its number."
            ),
        },
    )


def _count(request: AsoraRequest, token: FeedToken, *, after: int, payloads: int) -> None:
    """Count the poll. The first one of a day passes the door, so that it has an event."""
    now = timezone.now()
    if polls.count(token, at=now, after=after, payloads=payloads):
        return
    act = Act(
        tenant=request.tenant,
        actor=reader(token, schema=binding.schema_name()),
        request_id=request.request_id,
        client_request_id=request.act.client_request_id,
        route=request.act.route,
    )
    first_poll(act, feed_token=token, at=now, after=after, payloads=payloads)


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if refusal.reason == Reason.INVALID_INPUT:  # the remedy of this reason speaks of forms
        remedy = _(
            "Correct the address of the request. The page of the endpoint's feed shows how it is read."
        )
        refusal.details.setdefault("remedy", remedy)
    complete(refusal)
    request_id = getattr(request, "request_id", "")
    response = JsonResponse(refusal.as_json(request_id=request_id), status=refusal.status)
    if isinstance(refusal, AuthRequired):
        response["WWW-Authenticate"] = 'Bearer realm="feed"'
    if allowed := refusal.details.get("allowed"):
        response["Allow"] = ", ".join(allowed)
    return response
