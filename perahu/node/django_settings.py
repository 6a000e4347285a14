"""Django as Perahu uses it: models for the read tables, pages, and nothing else.

`configure()` sets Django up in code, once a process, before the first model is imported.
"""

from __future__ import annotations

import logging
from typing import Any

import django
from django.conf import settings

from perahu.node.memory import keep_small
from perahu.node.rng import system_random

POOL_SIZE = 16
"""How many nodes can have their tables open in one process."""
ALIASES = tuple(f"tables{n}" for n in range(POOL_SIZE))

ROOMS = ("people", "enrolment", "cards", "cases")
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
ROOT_URLCONF = "perahu.web.urls"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
]
LANGUAGE_CODE = "id"
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


_SETTINGS = frozenset(
    (
        "DATABASES", "DATABASE_ROUTERS", "INSTALLED_APPS", "DEFAULT_AUTO_FIELD",
        "ALLOWED_HOSTS", "ROOT_URLCONF", "MIDDLEWARE", "TEMPLATES", "LANGUAGE_CODE",
        "LANGUAGES", "USE_TZ", "TIME_ZONE", "LOGGING_CONFIG", "DEBUG",
    )
)  # fmt: skip
