"""The borders that an office loaded for its map, beside its book: a drawing, no record."""

from __future__ import annotations

from pathlib import Path

from perahu.node.disk import RealDisk
from perahu.web.district.borders import KEPT_BYTES_MAX

FILE = "map.json"


class MapShelf:
    """One file in the node's folder (`web/district/map.py`)."""

    def __init__(self, folder: Path) -> None:
        """The shelf of this node."""
        self._path, self._disk = folder / FILE, RealDisk()

    def read(self) -> bytes | None:
        """The small form, or None where nothing was loaded."""
        try:
            with self._path.open("rb") as file:
                return file.read(KEPT_BYTES_MAX + 1)
        except FileNotFoundError:
            return None

    def keep(self, raw: bytes) -> None:
        """Keep a small form in the place of the one before, whole or not at all."""
        self._disk.replace_durable(self._path, raw)

    def forget(self) -> None:
        """Go back to the scheme."""
        self._path.unlink(missing_ok=True)
