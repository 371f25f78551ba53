"""Django's session middleware, except that a failure to save the session does not replace the response."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

log = structlog.get_logger(__name__)


class SessionMiddleware(DjangoSessionMiddleware):
    """Sessions are saved after the view has returned, and so after the door has committed.

    If the person was signed out in another tab or deactivated, or if the database is gone, the committed change and its
    response must stand. Only the cookie is deleted, because its session no longer exists. A short outage of the
    database does not delete it: that would sign out everybody who requests a page during the outage.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session if it was changed. If that fails, delete the cookie and keep the response."""
        try:
            return super().process_response(request, response)
        except (SessionInterrupted, DatabaseError, InterfaceError) as error:
            log.warning("the session could not be saved", why=type(error).__name__)
            if _is_away(error):
                return response
            response.delete_cookie(
                settings.SESSION_COOKIE_NAME,
                path=settings.SESSION_COOKIE_PATH,
                domain=settings.SESSION_COOKIE_DOMAIN,
                samesite="Lax",  # SESSION_COOKIE_SAMESITE, as its type requires
            )
            patch_vary_headers(response, ("Cookie",))
            return response


def _is_away(error: BaseException | None) -> bool:
    """Return True if the cause is a lost connection. Django reports every error of saving as a missing session."""
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError):
            return True
        error = error.__cause__ or error.__context__
    return False
