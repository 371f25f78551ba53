"""URLs of the support desk, on the public host."""

from __future__ import annotations

from django.urls import URLPattern, path

from support.access.views import desk as access
from support.access.views import inside
from support.clocks import urls as clocks
from support.closing import urls as closing
from support.desk import urls as desk
from support.escalations import urls as escalations
from support.evidence import urls as evidence
from support.incidents import urls as incidents
from support.investigations import urls as investigations
from support.knowledge import urls as knowledge
from support.mail import urls as mail
from support.oncall import urls as oncall
from support.replies import urls as replies
from support.tickets import urls as tickets

app_name = "support"
urlpatterns: list[URLPattern] = [
    *tickets.urlpatterns,
    *desk.urlpatterns,
    *investigations.urlpatterns,
    *escalations.urlpatterns,
    *knowledge.urlpatterns,
    *replies.urlpatterns,
    *clocks.urlpatterns,
    *incidents.urlpatterns,
    *oncall.urlpatterns,
    *closing.urlpatterns,
    *mail.urlpatterns,
    *evidence.urlpatterns,
    path("access/", access.sessions, name="access"),
    path("sessions/<uuid:session>/start/", access.session_start, name="session-start"),
    path("sessions/<uuid:session>/end/", access.session_end, name="session-end"),
    path("tenants/<slug:slug>/<path:path>", inside.inside, name="inside"),
]
