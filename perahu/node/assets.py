"""The pages' static files, served before Django sees the request."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from whitenoise import WhiteNoise

PREFIX = "static/"
KEPT_S = 365 * 24 * 3600
"""Their addresses change with their content (`{% asset %}`), so browsers may keep them."""


def with_assets(application: Any) -> Any:
    """A WSGI application that answers for `/static/` itself."""
    folder = str(files("perahu.web") / "static")
    return WhiteNoise(application, root=folder, prefix=PREFIX, max_age=KEPT_S)
