"""URLs of integrations."""

from __future__ import annotations

from django.urls import URLPattern, path

from integrations.diagnosis.views import attempts, queue
from integrations.feed.views import reading
from integrations.signatures import views as signatures

app_name = "integrations"
urlpatterns: list[URLPattern] = [
    path("<uuid:endpoint>/queue/", queue.queue, name="queue"),
    path("<uuid:endpoint>/attempts/", attempts.attempt_list, name="attempts"),
    path("<uuid:endpoint>/dispatches/", attempts.dispatch_list, name="dispatches"),
    path("payloads/<uuid:payload>/", queue.payload, name="payload"),
    path("dispatches/<uuid:dispatch>/", attempts.dispatch_detail, name="dispatch-detail"),
    path("feed", reading.feed, name="feed"),
    path("verify/", signatures.verify, name="verify"),
    path("verify/key.txt", signatures.public_key, name="webhook-key"),
    path("verify/<str:file>", signatures.sample, name="verify-sample"),
]
