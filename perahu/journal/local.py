"""The `local` table: what only this node knows and nobody can rebuild.

Acks, tokens, PIN verifiers, lock-outs, drafts of forms: named values in named spaces.
"""

from __future__ import annotations

from perahu.journal.store import Store


class Local:
    """Durable named values; each call is a transaction of its own unless one is open."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, space: str, name: bytes) -> bytes | None:
        """The value, or None."""
        found = self._store.rows(
            "SELECT value FROM local WHERE space = ? AND name = ?", (space, name)
        )
        return bytes(found[0][0]) if found else None

    def put(self, space: str, name: bytes, value: bytes) -> None:
        """Set the value, durably."""
        with self._store.transaction():
            self._store.run(
                "INSERT INTO local (space, name, value) VALUES (?, ?, ?) "
                "ON CONFLICT (space, name) DO UPDATE SET value = excluded.value",
                (space, name, value),
            )

    def delete(self, space: str, name: bytes) -> None:
        """Forget the value; no error if there is none."""
        with self._store.transaction():
            self._store.run(
                "DELETE FROM local WHERE space = ? AND name = ?", (space, name)
            )

    def items(self, space: str) -> list[tuple[bytes, bytes]]:
        """All names and values of a space, by name."""
        found = self._store.rows(
            "SELECT name, value FROM local WHERE space = ? ORDER BY name", (space,)
        )
        return [(bytes(name), bytes(value)) for name, value in found]
