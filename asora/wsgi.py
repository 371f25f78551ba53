"""The WSGI application. It does not start when a guarantee does not hold, and waits for the database to ask it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asora.settings")

application = get_wsgi_application()

from asora import startup  # noqa: E402 - needs the applications

startup.prove_when_it_answers()
