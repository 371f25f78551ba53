"""Compresses HTML responses, except where their length could reveal a secret.

If a response contains a secret and text that an attacker chose, its compressed length reveals how alike they are. After
many requests the attacker knows the secret (the BREACH attack). `static/README.md` lists the defences.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

# Asked for by a page of the same host, or by a person: an address typed, a bookmark. No other site can cause these.
OWN_REQUESTS = {"same-origin", "none"}


class CompressionMiddleware(GZipMiddleware):
    """Django's, for HTML only, for requests that no other site caused, and never for an answer that shows a secret."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress the answer if it may be. An answer that shows a secret says `Cache-Control: no-transform`."""
        if response.streaming or not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        patch_vary_headers(response, ("Accept-Encoding", "Sec-Fetch-Site"))
        shows_secret = "no-transform" in response.headers.get("Cache-Control", "")
        if shows_secret or request.headers.get("Sec-Fetch-Site") not in OWN_REQUESTS:
            return response
        return super().process_response(request, response)
