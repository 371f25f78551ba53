"""Settings for tests: the product's own, with a database server of their own and without what costs time."""

import os

import structlog

from asora import embedded

# `make test` and `make run` must not disturb each other, so the tests keep a home inside the home. The second
# variable tells xdist's workers, who inherit the first, that this is done.
if not os.environ.get("DATABASE_URL"):
    os.environ["ASORA_HOME"] = os.environ.setdefault("ASORA_TESTS_HOME", str(embedded.home() / "test"))

os.environ["ASORA_MAIL"] = (
    "file"  # the console is refused with DATABASE_URL; no mail is sent below in any case
)

from asora.settings import *  # noqa: F403 (must follow the line above)

SECRET_KEY = "only-for-tests"
ASORA_SEALING_KEYS = [b"only for tests, thirty-two bytes"]
ASORA_RECEIPTS_FOLDER = ""
ASORA_OUTBOUND_ALLOWED, ASORA_OUTBOUND_DENIED = frozenset(), ()
ASORA_OUTBOUND_CA_FILE, ASORA_OUTBOUND_PROXY = "", None
HTTPS = SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
SECURE_HSTS_SECONDS = 0
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "asora_session", "asora_csrf"
ASORA_PERSON_COOKIE_NAME = "asora_person"
DOMAIN = "localhost"
ALLOWED_HOSTS = ["localhost", ".localhost"]
# A few hundred sign-ins must not cost a few hundred times what makes guessing expensive.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# A second connection would not see what the test's transaction has not committed. Tests that commit switch it on.
ASORA_SUPPORT_OWN_CONNECTION = False
ASORA_BACKGROUND = False  # a thread would not see what the test's transaction has not committed
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
LOGGING = {"version": 1, "disable_existing_loggers": False, "root": {"handlers": [], "level": "WARNING"}}

# A logger that was used once would otherwise keep its processors, and a test could not listen to it.
structlog.configure(cache_logger_on_first_use=False)
