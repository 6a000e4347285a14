"""Fields of a form that arrived when nobody was signed in any more: kept, not lost.

The idle lock or a restart of the node may come between typing and sending. What was typed
waits in the book's `local` space, sealed like everything there, until the same operator has
given her PIN at the same browser; then the form shows it again, to be looked at and sent.

Only of a browser at which somebody has signed in here: a stranger fills no book. Whose
browser it was outlives a restart, so that another operator never gets what she typed.
"""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, QueryDict

from perahu.journal.journal import Journal
from perahu.keys import cbor

_SPACE, _OWNERS = "draft", "draft_owner"
_BYTES_MAX = 64 * 1024
_BODY_BYTES_MAX = 4 * _BYTES_MAX
"""A form's fields with their encoding; what is longer brings a file and is not even read."""
_OWNERS_KEPT = 500
_OWNER_BYTES_MAX = 64
_KEPT_MAX = 100
_NEVER = ("csrfmiddlewaretoken", "pin", "pin2", "code", "op")
"""Secrets, and the operation's id: a form shown again is asked as a new operation."""


def remember(journal: Journal, session_name: str, operator: bytes, now_ms: int) -> None:
    """Note who signed in at a browser; of very many sessions the oldest are forgotten."""
    old = [
        (cbor.decode(raw, _OWNER_BYTES_MAX)[0], name)
        for name, raw in journal.local.items(_OWNERS)
    ]
    for _, name in sorted(old)[: max(0, len(old) - _OWNERS_KEPT + 1)]:
        journal.local.delete(_OWNERS, name)
    raw = cbor.encode([now_ms, operator])
    journal.local.put(_OWNERS, _key(session_name, ""), raw)


def owner(journal: Journal, session_name: str) -> bytes:
    """Who signed in at this browser, then or now; empty for a stranger's."""
    raw = journal.local.get(_OWNERS, _key(session_name, "")) if session_name else None
    return bytes(cbor.decode(raw, _OWNER_BYTES_MAX)[1]) if raw is not None else b""


def keep(journal: Journal, request: HttpRequest, path: str, session_name: str) -> None:
    """Keep what this POST brought for its page, if it is small enough for a form."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if not owner(journal, session_name):
        return
    if length > _BODY_BYTES_MAX:
        # Browsers hear an answer only after they have sent all; nothing of it is stored.
        while request.read(_BODY_BYTES_MAX):
            pass
        return
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
    """What waits for the browser's old session waits for its new one, if it is hers too."""
    raw = journal.local.get(_SPACE, _key(old, path)) if old else None
    if raw is not None:
        if owner(journal, old) == owner(journal, new):
            journal.local.put(_SPACE, _key(new, path), raw)
        journal.local.delete(_SPACE, _key(old, path))


def _key(session_name: str, path: str) -> bytes:
    return hashlib.sha256(f"{session_name} {path}".encode()).digest()[:16]
