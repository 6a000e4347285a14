"""Django as Perahu uses it: models for the read tables, pages, and nothing else.

`configure()` sets Django up in code, once a process, before the first model is imported.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from perahu.node.memory import keep_small
from perahu.node.rng import system_random

POOL_SIZE = 16
"""How many nodes can have their tables open in one process."""
ALIASES = tuple(f"tables{n}" for n in range(POOL_SIZE))

ROOMS = ("people", "enrolment", "cards", "trips", "cases", "contacts")
"""The rooms with read tables, in the order in which they project a batch."""

CONNECTION_WAIT_S = 30.0
CLOSED = "/dev/null/closed"
"""The NAME of an alias that no node has opened: a place where no file can be."""


def closed_alias() -> dict[str, Any]:
    """The settings of an alias that no node has opened."""
    return {
        "ENGINE": "perahu.node.sqlcipher",
        "NAME": CLOSED,
        "OPTIONS": {
            "key": bytes(32),
            "opening": 0,
            "timeout": CONNECTION_WAIT_S,
            "transaction_mode": "IMMEDIATE",
        },
    }


# `default` has no engine: Django raises when anything asks it.
DATABASES: dict[str, dict[str, Any]] = {
    "default": {},
    **{alias: closed_alias() for alias in ALIASES},
}
DATABASE_ROUTERS = ["perahu.node.tables.Router"]
INSTALLED_APPS = [*(f"perahu.{room}" for room in ROOMS), "perahu.web"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
"""While no page server runs; then its names and no others, see `answer_under`."""
ROOT_URLCONF = "perahu.web.urls"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "perahu.web.gate.Gate",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["perahu.web.context.page"]},
    }
]
_OWN = "'self'"
# Strict: nothing from outside, nothing inline (docs/adr/0008-pages.md).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": [_OWN],
        "style-src": [_OWN],
        "img-src": [_OWN, "data:", "blob:"],
        "media-src": [_OWN, "blob:"],
        "connect-src": [_OWN],
        "font-src": [_OWN],
        "form-action": [_OWN],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "perahu.web.urls.stale_form"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
FILE_UPLOAD_MAX_MEMORY_SIZE = 8_000_000
"""A photo stays in memory: what a person looks like never touches a disk unsealed."""
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
LANGUAGE_CODE = "id"
LOCALE_PATHS = [str(Path(__file__).parents[1] / "web" / "locale")]
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING_CONFIG = None
DEBUG = False


def configure() -> None:
    """Set Django up; a second call does nothing."""
    if settings.configured:
        return
    named = {name: value for name, value in globals().items() if name in _SETTINGS}
    # The key signs cookies of this run only: after a restart the PIN is asked again.
    settings.configure(**named, SECRET_KEY=system_random(32).hex())
    # A page that is not there, or a stranger's host name, is no news for the terminal.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    logging.getLogger("django.security").setLevel(logging.CRITICAL)
    django.setup(set_prefix=False)
    keep_small()


_names_of: dict[int, tuple[str, ...]] = {}


def answer_under(server: object, names: tuple[str, ...]) -> None:
    """Let the pages answer under the names of this server; under none when it ends.

    Several nodes of one process each add theirs.
    """
    _names_of.pop(id(server), None)
    if names:
        _names_of[id(server)] = names
    every = {name for some in list(_names_of.values()) for name in some}
    shown = sorted(f"[{name}]" if ":" in name else name for name in every)
    settings.ALLOWED_HOSTS = shown or ALLOWED_HOSTS


_SETTINGS = frozenset(
    (
        "DATABASES", "DATABASE_ROUTERS", "INSTALLED_APPS", "DEFAULT_AUTO_FIELD",
        "CONTENT_SECURITY_POLICY", "CSRF_COOKIE_HTTPONLY", "CSRF_COOKIE_SAMESITE",
        "CSRF_FAILURE_VIEW", "DATA_UPLOAD_MAX_MEMORY_SIZE",
        "DATA_UPLOAD_MAX_NUMBER_FIELDS", "FILE_UPLOAD_MAX_MEMORY_SIZE",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY", "LOCALE_PATHS", "ALLOWED_HOSTS",
        "ROOT_URLCONF", "MIDDLEWARE", "TEMPLATES", "LANGUAGE_CODE", "LANGUAGES",
        "USE_TZ", "TIME_ZONE", "LOGGING_CONFIG", "DEBUG",
    )
)  # fmt: skip
