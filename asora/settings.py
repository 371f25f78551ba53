"""Settings, read from the environment. Without DATABASE_URL the embedded PostgreSQL under `.asora/` is used."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

import structlog
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from asora import embedded
from asora.environment import (
    certificates,
    chosen,
    database,
    flag,
    hosts_with_ports,
    http_proxy,
    keys,
    listed,
    networks,
    number,
)
from asora.logs import PROCESSORS, STRUCTURED, add_request

BASE_DIR = Path(__file__).resolve().parent.parent


EMBEDDED = not os.environ.get("DATABASE_URL")
DEBUG = flag("ASORA_DEBUG", default=False)
HTTPS = flag("ASORA_HTTPS", default=not EMBEDDED)
DOMAIN = os.environ.get("ASORA_DOMAIN") or "localhost"
PORT = number(
    "PORT", default=8000
)  # the port of `serve`, and of links in e-mails that are sent without a request, where HTTPS is off


def secret_key() -> str:
    """The key from the environment; for the embedded database, a key that is generated once and stored beside it."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    if not EMBEDDED:
        raise ImproperlyConfigured("Set SECRET_KEY: it is required when DATABASE_URL is set.")
    path = embedded.home() / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


SECRET_KEY = secret_key()
# Earlier keys: data that was encrypted or signed with one of them can still be read.
SECRET_KEY_FALLBACKS = listed("SECRET_KEY_FALLBACKS")


def sealing_keys() -> list[bytes]:
    """The seeds of the keys that seal, newest first; for the embedded database, one that is stored beside it."""
    if found := keys("ASORA_SEALING_KEY", size=32):
        return found
    if not EMBEDDED:
        return []  # nothing is sealed, and the check for deployments warns
    path = embedded.home() / "sealing_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(base64.b64encode(secrets.token_bytes(32)).decode())
    return [base64.b64decode(path.read_text())]


ASORA_SEALING_KEYS: list[bytes] = sealing_keys()
# A folder outside of the database with the last receipt of each stream, by which a restored database is recognised.
ASORA_RECEIPTS_FOLDER = os.environ.get("ASORA_RECEIPTS_FOLDER") or (
    str(embedded.home() / "receipts") if EMBEDDED else ""
)
ALLOWED_HOSTS = listed("ASORA_ALLOWED_HOSTS", default=f"{DOMAIN},.{DOMAIN}")
CSRF_TRUSTED_ORIGINS = listed("ASORA_CSRF_TRUSTED_ORIGINS")

# Three lists: apps in the public schema only, in every schema, and in tenants' schemas only.
_PUBLIC_ONLY = [
    "asora.operations.apps.OperationsConfig",  # before django_tenants, whose templates for it have inline styles
    "django_tenants",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "plans",
    "support",
    "procrastinate.contrib.django",
]
_EVERYWHERE = ["asora.accounts", "guardian", "axes", "audit"]
_TENANTS_ONLY = ["asora.kernel", "asora.files", "asora.jobs", "inventory", "ledger", "integrations"]
SHARED_APPS = [*_PUBLIC_ONLY, *_EVERYWHERE]
TENANT_APPS = [*_EVERYWHERE, *_TENANTS_ONLY]
INSTALLED_APPS = [
    "asora",
    "asora.library_commands",  # before the libraries whose commands it disables
    *SHARED_APPS,
    *_TENANTS_ONLY,
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "csp",
]

TENANT_MODEL = "plans.Tenant"
TENANT_DOMAIN_MODEL = "plans.Domain"
TENANT_LIMIT_SET_CALLS = True
TENANT_BASE_SCHEMA = "_template"
TENANT_CREATION_FAKES_MIGRATIONS = False
ASORA_CLONE_TEMPLATE = flag("ASORA_CLONE_TEMPLATE", default=True)
DATABASE_ROUTERS = ("django_tenants.routers.TenantSyncRouter",)

DATABASES = {
    "default": {
        **database(os.environ["DATABASE_URL"] if not EMBEDDED else embedded.url()),
        "ENGINE": "asora.postgresql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
}

# Support's own database role, which can only read tenants and add audit events (support.access.database_role). None: no
# agent can open a session.
if support_url := os.environ.get("ASORA_SUPPORT_DATABASE_URL"):
    ASORA_SUPPORT_DATABASE: dict[str, object] | None = {
        key: value
        for key, value in database(support_url).items()
        if key in {"USER", "PASSWORD", "HOST", "PORT"}
    }
else:
    ASORA_SUPPORT_DATABASE = {"USER": "asora_support", "PASSWORD": ""} if EMBEDDED else None
ASORA_SUPPORT_OWN_CONNECTION = True
# What is called with the name of each new schema of a tenant.
ASORA_SCHEMA_MADE = "support.access.database_role.grant"

ASORA_DOOR = {
    "trail": "audit.events.trail.record",
    "rights": "asora.accounts.roles.rights.bind",
    "ceilings": "plans.limits.claim",
    "freezes": "plans.freezes.check",
    # For refusals: the person's roles and hubs, and the roles that have the permission.
    "standing": "asora.accounts.roles.holders.of",
    "holders": "asora.accounts.roles.holders.holders",
    # For rehearsals: the person who was refused, with their present rights.
    "actor": "asora.accounts.roles.rights.actor_again",
    # For mails to a person who is known by pseudonym only.
    "mail_to": "asora.accounts.people.mail.mail_to",
}
# How many seconds a freeze waits for writes under way before it cuts them off.
ASORA_FREEZE_PATIENCE = 5.0
# Longer work becomes a job (asora.jobs) instead of a request: by lines of a file, by rows of an export.
ASORA_JOB_LINES = 2_000
ASORA_JOB_ROWS = 20_000

MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",  # outermost, so that every response has the policy
    "asora.web.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",  # its files are compressed already
    "asora.web.compression.CompressionMiddleware",  # outside everything that writes a page
    "asora.web.middleware.TenancyMiddleware",
    "asora.web.response_headers.ResponseHeadersMiddleware",
    "asora.accounts.sign_in.session_middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "asora.web.middleware.ActMiddleware",
    "asora.web.middleware.RefusalMiddleware",
]
ROOT_URLCONF = "asora.urls_tenant"
PUBLIC_SCHEMA_URLCONF = "asora.urls_public"
WSGI_APPLICATION = "asora.wsgi.application"
# Asora is at the root of its host. Without this setting a request header could add a prefix to every generated URL.
FORCE_SCRIPT_NAME = ""

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "asora.web.navigation.frame",
            ],
        },
    },
]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "asora.accounts.backends.PasswordBackend",
    "asora.accounts.backends.RoleBackend",
    "asora.accounts.backends.GrantBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "asora.accounts.sign_in.password_rules.NotBlank"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "/"
PASSWORD_RESET_TIMEOUT = 60 * 60
SESSION_ENGINE = "asora.accounts.sign_in.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60
# Under HTTPS the names of cookies bind them to one host, so no other host of the domain can replace them.
_HOST = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_HOST}asora_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{_HOST}asora_csrf"
ASORA_PERSON_COOKIE_NAME = f"{_HOST}asora_person"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "asora.web.refusal_pages.csrf"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_RAISE_403 = False
ANONYMOUS_USER_NAME = None

# The number of proxies that append to X-Forwarded-For; with 0 the header is not read.
ASORA_TRUSTED_PROXIES = number("ASORA_TRUSTED_PROXIES", default=0)
# How many addresses without an account one network may try in 15 minutes; the limit is random, up to twice this.
ASORA_UNKNOWN_ADDRESSES_PER_NETWORK = 30
# The look-up and the e-mail of "forgotten password" happen after the response.
ASORA_BACKGROUND = True
# How many sign-in attempts of each kind are kept.
ASORA_ATTEMPTS_KEPT = 10_000

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_CLIENT_IP_CALLABLE = "asora.accounts.sign_in.networks.counted_address"
AXES_LOCKOUT_PARAMETERS = "asora.accounts.sign_in.lock_out.parameters"
AXES_USERNAME_FORM_FIELD = "email"
# Axes counts by a digest of the address and masks the form, because people type passwords into the address field.
AXES_USERNAME_CALLABLE = "asora.accounts.sign_in.sign_in_events.digest_of_address"
AXES_SENSITIVE_PARAMETERS = [
    "username",
    "ip_address",
    "email",
    "next",
    "csrfmiddlewaretoken",
    "one_time_code",
    "old_password",
    "new_password",
    "again",
    "carried",
    "sealed",
]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

SECURE_SSL_REDIRECT = HTTPS
# A program would follow the redirect and send its token unencrypted each time, so the feed refuses instead.
SECURE_REDIRECT_EXEMPT = [r"^integrations/feed$"]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
if proxy := os.environ.get("ASORA_TRUSTED_PROXY_PROTO_HEADER"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_" + proxy.upper().replace("-", "_"), "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
ASORA_IMPORT_MAX_BYTES = 64 * 1024 * 1024

# Payloads are sent to public addresses outside of the denied networks, and to the allowed hosts and ports.
# Certificates are verified with the public authorities and those of the file. HTTPS_PROXY and the like are not read.
ASORA_OUTBOUND_DENIED = networks("ASORA_OUTBOUND_DENIED")
ASORA_OUTBOUND_ALLOWED = hosts_with_ports("ASORA_OUTBOUND_ALLOWED")
ASORA_OUTBOUND_CA_FILE = certificates("ASORA_OUTBOUND_CA_FILE")
ASORA_OUTBOUND_PROXY = http_proxy("ASORA_OUTBOUND_PROXY")

SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # the address is unique by a constraint on its folded form
    "guardian.W001",  # guardian's back end is used through Asora's own subclass
    "axes.W002",  # a lock-out is shown by the sign-in view, not by axes' middleware
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("ASORA_STATIC_ROOT") or BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "asora.web.static_files.Finder",  # gives css/app.css and js/app.js with everything that they import
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
    }
}
# For how many days payloads of integrations are kept. The database refuses to delete younger ones than seven days.
ASORA_PAYLOAD_DAYS = number("ASORA_PAYLOAD_DAYS", default=90)
if ASORA_PAYLOAD_DAYS < 7:
    raise ImproperlyConfigured("ASORA_PAYLOAD_DAYS must be 7 or more.")

# E-mails go to the console, to files (in ASORA_MAIL_FOLDER), or to an SMTP server (ASORA_SMTP_…).
MAIL_BACKENDS = {name: f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "smtp")} | {
    "file": "django.core.mail.backends.filebased.EmailBackend"
}
MAIL = chosen("ASORA_MAIL", MAIL_BACKENDS, default="console")
if MAIL == "console" and not EMBEDDED:
    # E-mails contain links that give access without a password. They must not be printed to a log.
    raise ImproperlyConfigured(
        "Set ASORA_MAIL to smtp or file: when DATABASE_URL is set, e-mails are not printed to the console."
    )
EMAIL_BACKEND = MAIL_BACKENDS[MAIL]
EMAIL_FILE_PATH = os.environ.get("ASORA_MAIL_FOLDER") or str(embedded.home() / "mail")
EMAIL_HOST = os.environ.get("ASORA_SMTP_HOST") or "localhost"
EMAIL_PORT = number("ASORA_SMTP_PORT", default=587)
EMAIL_HOST_USER = os.environ.get("ASORA_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("ASORA_SMTP_PASSWORD", "")
EMAIL_USE_TLS = flag("ASORA_SMTP_TLS", default=True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("ASORA_DEFAULT_FROM_EMAIL") or f"Asora <no-reply@{DOMAIN}>"

# E-mail of the support desk: off until its address is set. Answers come to reply+<signature>@… and are fetched by IMAP,
# or a provider of mail posts them (`support.mail`).
ASORA_SUPPORT_ADDRESS = os.environ.get("ASORA_SUPPORT_ADDRESS", "").strip()
ASORA_SUPPORT_REPLY_ADDRESS = os.environ.get("ASORA_SUPPORT_REPLY_ADDRESS", "").strip() or (
    f"reply@{ASORA_SUPPORT_ADDRESS.rpartition('@')[2]}" if ASORA_SUPPORT_ADDRESS else ""
)
if "+" in ASORA_SUPPORT_REPLY_ADDRESS or any(
    address and "@" not in address[1:-1] for address in (ASORA_SUPPORT_ADDRESS, ASORA_SUPPORT_REPLY_ADDRESS)
):
    raise ImproperlyConfigured(
        "ASORA_SUPPORT_ADDRESS and ASORA_SUPPORT_REPLY_ADDRESS must be addresses without a plus sign."
    )
ASORA_IMAP_HOST = os.environ.get("ASORA_IMAP_HOST", "")
ASORA_IMAP_PORT = number("ASORA_IMAP_PORT", default=993)
ASORA_IMAP_USER = os.environ.get("ASORA_IMAP_USER", "")
ASORA_IMAP_PASSWORD = os.environ.get("ASORA_IMAP_PASSWORD", "")
ASORA_IMAP_FOLDER = os.environ.get("ASORA_IMAP_FOLDER") or "INBOX"
ASORA_IMAP_TLS = flag("ASORA_IMAP_TLS", default=True)
if not ASORA_IMAP_TLS and ASORA_IMAP_HOST not in {"", "localhost", "127.0.0.1", "::1"}:
    raise ImproperlyConfigured(
        "ASORA_IMAP_TLS=0 would send a password unencrypted: it is for this machine only."
    )
ASORA_INBOUND_MAIL = chosen(
    "ASORA_INBOUND_MAIL", {name: name for name in ("off", "mailersend", "mandrill")}, default="off"
)
ASORA_INBOUND_MAIL_KEY = os.environ.get("ASORA_INBOUND_MAIL_KEY", "")
if ASORA_INBOUND_MAIL != "off" and not ASORA_INBOUND_MAIL_KEY:
    raise ImproperlyConfigured("Set ASORA_INBOUND_MAIL_KEY: mails that a provider posts must be signed.")

LOG_LEVELS = {name: name for name in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            **STRUCTURED,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": chosen("ASORA_LOG_LEVEL", LOG_LEVELS, default="INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.db.backends": {"level": "WARNING"},
        "axes": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},  # below, it logs the headers and addresses of receivers
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
structlog.configure(
    processors=[add_request, *PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
