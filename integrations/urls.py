"""URLs of integrations, below /integrations/."""

from __future__ import annotations

from django.urls import URLPattern, path

from integrations.diagnosis.views import attempts, guide, queue, why
from integrations.dispatch import views as dispatch
from integrations.endpoints import views as endpoints
from integrations.feed.views import pages as feed_pages
from integrations.feed.views import reading
from integrations.overview import status
from integrations.overview import views as overview
from integrations.signatures import views as signatures
from integrations.types import views as types

app_name = "integrations"
urlpatterns: list[URLPattern] = [
    path("", overview.endpoint_list, name="endpoint-list"),
    path("new/", endpoints.endpoint_create, name="endpoint-create"),
    path("<uuid:endpoint>/", overview.endpoint_detail, name="endpoint-detail"),
    path("<uuid:endpoint>/edit/", endpoints.endpoint_edit, name="endpoint-edit"),
    path("<uuid:endpoint>/enable/", endpoints.endpoint_enable, name="endpoint-enable"),
    path("<uuid:endpoint>/disable/", endpoints.endpoint_disable, name="endpoint-disable"),
    path("<uuid:endpoint>/secret/", endpoints.endpoint_secret, name="endpoint-secret"),
    path(
        "<uuid:endpoint>/secret/end-older/",
        endpoints.endpoint_end_older_secrets,
        name="endpoint-end-older-secrets",
    ),
    path("<uuid:endpoint>/take-over/", endpoints.endpoint_take_over, name="endpoint-take-over"),
    path("<uuid:endpoint>/remove/", endpoints.endpoint_remove, name="endpoint-remove"),
    path("<uuid:endpoint>/queue/", queue.queue, name="queue"),
    path("<uuid:endpoint>/attempts/", attempts.attempt_list, name="attempts"),
    path("<uuid:endpoint>/dispatches/", attempts.dispatch_list, name="dispatches"),
    path("payloads/<uuid:payload>/", queue.payload, name="payload"),
    path("dispatches/<uuid:dispatch>/", attempts.dispatch_detail, name="dispatch-detail"),
    path("why/", why.why, name="why"),
    path("help/", guide.guide, name="help"),
    path("payloads/<uuid:payload>/dispatch/", dispatch.dispatch_one, name="dispatch-one"),
    path("payloads/<uuid:payload>/again/", dispatch.dispatch_again, name="dispatch-again"),
    path("<uuid:endpoint>/dispatch/", dispatch.dispatch_all, name="dispatch-all"),
    path("<uuid:endpoint>/dispatch/chosen/", dispatch.dispatch_chosen, name="dispatch-chosen"),
    path("<uuid:endpoint>/test/", dispatch.dispatch_test, name="dispatch-test"),
    path("<uuid:endpoint>/schedule/", dispatch.schedule_set, name="schedule-set"),
    path("<uuid:endpoint>/schedule/end/", dispatch.schedule_end, name="schedule-end"),
    path("status/", status.status, name="status"),
    path("status/why/", status.status_why, name="status-why"),
    path("feed", reading.feed, name="feed"),
    path("feed/find_gaps.py", feed_pages.gap_checker, name="gap-checker"),
    path("<uuid:endpoint>/feed/", feed_pages.endpoint_feed, name="endpoint-feed"),
    path("<uuid:endpoint>/feed/panel/", feed_pages.feed_panel, name="feed-panel"),
    path("<uuid:endpoint>/feed/issue/", feed_pages.feed_token_issue, name="feed-token-issue"),
    path("feed/tokens/<uuid:token>/rotate/", feed_pages.feed_token_rotate, name="feed-token-rotate"),
    path("feed/tokens/<uuid:token>/revoke/", feed_pages.feed_token_revoke, name="feed-token-revoke"),
    path("verify/", signatures.verify, name="verify"),
    path("verify/key.txt", signatures.public_key, name="webhook-key"),
    path("verify/<str:file>", signatures.sample, name="verify-sample"),
    path("event-types/", types.event_types, name="event-type-list"),
    path("event-types/catalogue.json", types.catalogue, name="event-type-file"),
    path("event-types/<str:name>/", types.event_type, name="event-type-detail"),
    path("event-types/<str:name>/schema.json", types.schema_file, name="event-type-schema"),
]
