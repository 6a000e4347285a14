"""The addresses of the pages."""

from __future__ import annotations

from django.urls import path

from perahu.web import status

urlpatterns = [
    path("", status.page, name="status"),
    path("status.json", status.plain, name="status-json"),
]
"""Django looks for this name."""
