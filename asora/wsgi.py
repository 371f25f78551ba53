"""The WSGI application. It does not start if a guarantee is not met. It waits while the database is unreachable."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asora.settings")

application = get_wsgi_application()

from asora.startup import guarantees  # noqa: E402 - needs the applications

#: A worker that ends with this status also ends gunicorn, which otherwise would start new workers endlessly.
WORKER_BOOT_ERROR = 3

try:
    guarantees.prove_when_it_answers()
except ImproperlyConfigured as refusal:
    guarantees.log.critical(str(refusal))
    sys.exit(WORKER_BOOT_ERROR)
