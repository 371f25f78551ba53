"""Django's session middleware, except that a session that cannot be saved does not replace the answer."""

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
    """Sessions are saved after the view has returned, so after the door has committed.

    Signed out in another tab, deactivated, or the database gone: the change that was made stays made, and so does its
    answer. Only the cookie goes, since the session behind it is gone; but not because the database was away for a
    moment, which would sign everybody out who asked for a page meanwhile.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session if it was changed; where that fails, drop the cookie and let the response stand."""
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
                samesite="Lax",  # SESSION_COOKIE_SAMESITE, as its type wants it
            )
            patch_vary_headers(response, ("Cookie",))
            return response


def _is_away(error: BaseException | None) -> bool:
    """Whether a lost connection stands behind it. Django takes every error of saving for a session that is gone."""
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError):
            return True
        error = error.__cause__ or error.__context__
    return False
