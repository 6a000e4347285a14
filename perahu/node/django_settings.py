"""Django as Perahu uses it: models for the read tables, pages, and nothing else.

Settings are made in code, once a process, before the first model is imported.
"""

from __future__ import annotations

import django
from django.conf import settings

from perahu.node.rng import system_random

POOL_SIZE = 16
"""How many nodes can have their tables open in one process."""
ALIASES = tuple(f"tables{n}" for n in range(POOL_SIZE))

ROOMS = ("people", "enrolment", "cards", "cases")
"""The rooms with read tables, in the order in which they project a batch."""

CONNECTION_WAIT_S = 30.0


def configure() -> None:
    """Set Django up; a second call does nothing."""
    if settings.configured:
        return
    settings.configure(
        DATABASES={"default": {}} | {alias: _closed_alias() for alias in ALIASES},
        DATABASE_ROUTERS=["perahu.node.tables.Router"],
        INSTALLED_APPS=[*(f"perahu.{room}" for room in ROOMS), "perahu.web"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        SECRET_KEY=system_random(32).hex(),
        ALLOWED_HOSTS=["127.0.0.1", "localhost", "[::1]"],
        ROOT_URLCONF="perahu.web.urls",
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
            }
        ],
        LANGUAGE_CODE="id",
        LANGUAGES=[("id", "Bahasa Indonesia"), ("en", "English")],
        USE_TZ=True,
        TIME_ZONE="UTC",
        LOGGING_CONFIG=None,
        DEBUG=False,
    )
    django.setup(set_prefix=False)


def _closed_alias() -> dict[str, object]:
    """An alias that no node has opened: its NAME is a place where no file can be."""
    return {
        "ENGINE": "perahu.node.sqlcipher",
        "NAME": "/dev/null/closed",
        "OPTIONS": {
            "key": bytes(32),
            "opening": 0,
            "timeout": CONNECTION_WAIT_S,
            "transaction_mode": "IMMEDIATE",
        },
    }
