"""All canaries there are: every file of `book/`, `road/` and `desk/`."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module

from perahu.node.django_settings import configure

ROOMS = ("book", "road", "desk")


@dataclass(frozen=True, slots=True)
class Canary:
    """One planted bug."""

    name: str
    harness: str
    """Which one must find it."""
    words: str
    """What the mistake is, in a sentence."""
    plant: Callable[[], AbstractContextManager[None]]


def canaries() -> list[Canary]:
    """All of them, by room and name."""
    configure()
    return [
        _canary(f"{__package__}.{room}.{found.name}", found.name)
        for room in ROOMS
        for found in pkgutil.iter_modules(
            import_module(f"{__package__}.{room}").__path__
        )
    ]


def _canary(module: str, name: str) -> Canary:
    found = import_module(module)
    words = (found.__doc__ or "").partition("\n")[0]
    return Canary(name, found.HARNESS, words, found.plant)
