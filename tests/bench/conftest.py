"""The benches import the rooms, and the rooms' models need Django set up."""

from __future__ import annotations

from perahu.node.django_settings import configure

configure()
