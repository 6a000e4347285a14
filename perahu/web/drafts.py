"""Fields of a form that arrived when nobody was signed in any more: kept, not lost.

The idle lock or a restart of the node may come between typing and sending. What was typed
waits in the book's `local` space, sealed like everything there, until the same browser has
given its PIN; then the form shows it again, to be looked at and sent.
"""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, QueryDict

from perahu.journal.journal import Journal
from perahu.keys import cbor

_SPACE = "draft"
_BYTES_MAX = 64 * 1024
_KEPT_MAX = 100
_NEVER = ("csrfmiddlewaretoken", "pin", "pin2", "code", "op")
"""Secrets, and the operation's id: a form shown again is asked as a new operation."""


def keep(journal: Journal, request: HttpRequest, path: str, session_name: str) -> None:
    """Keep what this POST brought for its page, if it is small enough for a form."""
    fields = {
        name: request.POST.getlist(name) for name in request.POST if name not in _NEVER
    }
    raw = cbor.encode([[name, values] for name, values in sorted(fields.items())])
    old = journal.local.items(_SPACE)
    if not fields or len(raw) > _BYTES_MAX:
        return
    for name, _ in old[: max(0, len(old) - _KEPT_MAX + 1)]:
        journal.local.delete(_SPACE, name)
    journal.local.put(_SPACE, _key(session_name, path), raw)


def take(journal: Journal, path: str, session_name: str) -> QueryDict:
    """What waits for this browser at this address, once; empty where nothing does."""
    key = _key(session_name, path)
    raw = journal.local.get(_SPACE, key) if session_name else None
    found = QueryDict(mutable=True)
    if raw is not None:
        journal.local.delete(_SPACE, key)
        for name, values in cbor.decode(raw, _BYTES_MAX):
            found.setlist(name, values)
    return found


def move(journal: Journal, path: str, old: str, new: str) -> None:
    """What waits for the browser's old session waits for its new one."""
    raw = journal.local.get(_SPACE, _key(old, path)) if old else None
    if raw is not None:
        journal.local.put(_SPACE, _key(new, path), raw)
        journal.local.delete(_SPACE, _key(old, path))


def _key(session_name: str, path: str) -> bytes:
    return hashlib.sha256(f"{session_name} {path}".encode()).digest()[:16]
