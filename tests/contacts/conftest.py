"""Django set up before the first model is imported."""

from __future__ import annotations

from perahu.node.django_settings import configure

configure()
