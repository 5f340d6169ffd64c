"""Django's settings, for the ORM, the admin and the commands. The API is served beside Django."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from core.config.database_url import django_database
from core.config.environment import environment
from core.config.logs import configure_logging
from core.config.mail_server import django_mail
from core.config.media_storage import django_storage
from core.config.observability_settings import NOT_INSTALLED

ENVIRONMENT = environment()
ROOT = Path(__file__).resolve().parent.parent.parent

DEBUG = ENVIRONMENT.debug
SECRET_KEY, *SECRET_KEY_FALLBACKS = (secret.decode() for secret in ENVIRONMENT.secrets)
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
ROOT_URLCONF = "core.config.urls"
ASGI_APPLICATION = "core.server.asgi.application"

INSTALLED_APPS = [
    "core.database",
    "core.accounts",
    "core.events",
    "core.documents",
    "core.jobs",
    "core.figures",
    "feed",
    "feed.media",
    "feed.search",
    "interactions",
    "interactions.notifications",
    "interactions.push",
    "core.datasets",
    "core.server",
    "core.admin.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": django_database(ENVIRONMENT.database_url)}
if ENVIRONMENT.pgbouncer == "TRANSACTION":
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": ENVIRONMENT.redis_url,
        "OPTIONS": {
            # Everything in it can be read elsewhere, so timeouts are short.
            "SOCKET_CONNECT_TIMEOUT": 0.25,
            "SOCKET_TIMEOUT": 0.25,
            "IGNORE_EXCEPTIONS": True,
        },
    }
}

AUTH_USER_MODEL = "accounts.User"
# The unique constraint is on lower(username); the check knows only constraints on columns.
SILENCED_SYSTEM_CHECKS = ["auth.E003"]
PASSWORD_HASHERS = [
    "core.accounts.hashers.PasswordHasher",
    "core.accounts.hashers.RawPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "core.accounts.password_rules.PasswordValidator"}]

DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.mail_from
globals().update(django_mail(ENVIRONMENT.mail_url))  # EMAIL_BACKEND, EMAIL_HOST and others

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = ROOT / ".data" / "static"
# In development the files are served from the apps; in production they are collected and hashed.
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
# WhiteNoise reads its files synchronously; Django would warn at each of them.
warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous iterators")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
    "media": django_storage(ENVIRONMENT.media_storage, ROOT),
}

STRAWBERRY_DJANGO = {"FIELD_DESCRIPTION_FROM_HELP_TEXT": True}


class LibraryNotUsed:
    """The path of a library that is not searched for."""

    def __bool__(self) -> bool:
        raise ImproperlyConfigured("Geometries are not used.")


# strawberry_django tries to import Django's geometries. To find GDAL, that runs a compiler, a linker and `ldconfig` 120
# times, a fifth of the CPU time of each start of a process.
GDAL_LIBRARY_PATH = LibraryNotUsed()

SECURE_PROXY_SSL_HEADER = None  # The server applies the headers of trusted proxies.
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 0 if DEBUG else 31_536_000
SESSION_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = not DEBUG
X_FRAME_OPTIONS = "DENY"

LOGGING_CONFIG = (
    None  # Django's default would log twice and load the module that mails error pages.
)
configure_logging(ENVIRONMENT.log_level, ENVIRONMENT.log_format)
if ENVIRONMENT.sentry_dsn is not None:
    try:
        from core.config.error_reports import report_errors
    except ModuleNotFoundError as missing:
        sys.exit(NOT_INSTALLED.format(name="SENTRY_DSN", missing=missing.name))

    report_errors(ENVIRONMENT.sentry_dsn)
