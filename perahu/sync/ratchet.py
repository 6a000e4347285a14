"""The clone ratchet: a copied disk shows itself at the second of the two copies' contacts.

- Each session's ACKs carry a random token and the next HELLO shows it. Good are the last
  token shown and every one issued since, for an ACK may have been lost on the way.
- Session counters grow. A HELLO with an old counter and the same session id is a replay
  and is refused; the same counter under another id was signed by a second holder of the
  key, which is evidence.
- A new incarnation or a new epoch of the caller, or a new book of ours, begins the
  ratchet anew: a restored node that certified its next epoch has said so by itself.

Evidence never stops receiving: what happened, happened (journal.md 1.5).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from perahu.journal.store import Local
from perahu.keys import cbor
from perahu.sync import limits
from perahu.sync.hello import Hello
from perahu.words import Refusal

_SPACE = "ratchet"
_BYTES_MAX = 64 * 1024


class OldSession(Refusal):
    """The counter does not grow; `last` is where the caller can go on from."""

    def __init__(self, last: int, *, is_clone: bool) -> None:
        super().__init__(
            "old_session",
            "Sambungan ini sudah pernah dibuat; tidak ada yang hilang. Simpul pengirim "
            "akan membuat sambungan baru.",
            "This session was held before; nothing is lost. The sending node will begin "
            "a new one.",
        )
        self.last = last
        self.is_clone = is_clone


@dataclass(slots=True)
class _State:
    """What is kept per calling node."""

    caller: bytes = b""
    """Incarnation and passport of the caller, together."""
    counter: int = 0
    shown: bytes = b""
    issued: list[bytes] = field(default_factory=list)
    sessions: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A session that may go on, the token its ACKs carry, and whether a clone showed."""

    token: bytes
    is_clone: bool


def admit(local: Local, hello: Hello, ours: bytes, token: bytes) -> Admitted:
    """Judge a verified HELLO and note it, durably; under the writer's lock.

    `ours` is our book's incarnation, `token` 16 fresh random bytes for this session.
    Raises OldSession for a replay or a counter that does not grow.
    """
    assert len(token) == len(ours) == 16
    state = _load(local, hello.sender)
    caller = hello.incarnation + hello.passport_name
    is_same = state.caller == caller
    if hello.counter <= state.counter:
        known = state.sessions.get(hello.counter)
        is_clone = is_same and known not in (None, hello.session[:8])
        raise OldSession(state.counter, is_clone=is_clone)
    if not is_same:
        # The counter goes on, so that old HELLOs stay old.
        state.caller, state.shown, state.issued = caller, b"", []
    is_clone = is_same and not _shows_good_token(state, hello, ours)
    if hello.token in state.issued and hello.token_incarnation == ours:
        state.issued = state.issued[state.issued.index(hello.token) + 1 :]
        state.shown = hello.token
    state.counter = hello.counter
    state.issued = [*state.issued, token][-limits.TOKENS_KEPT_MAX :]
    state.sessions[hello.counter] = hello.session[:8]
    for old in sorted(state.sessions)[: -limits.SESSIONS_KEPT_MAX]:
        del state.sessions[old]
    assert state.issued[-1] == token and len(state.sessions) <= limits.SESSIONS_KEPT_MAX
    _save(local, hello.sender, state)
    return Admitted(token, is_clone)


def _shows_good_token(state: _State, hello: Hello, ours: bytes) -> bool:
    if hello.token and hello.token_incarnation != ours:
        # The token is of a book we held before we were restored: any is good.
        return True
    if not hello.token:
        return not state.shown
    return hello.token == state.shown or hello.token in state.issued


def _load(local: Local, peer: bytes) -> _State:
    raw = local.get(_SPACE, peer)
    if raw is None:
        return _State()
    found: list[Any] = cbor.decode(raw, _BYTES_MAX)
    return _State(*found)


def _save(local: Local, peer: bytes, state: _State) -> None:
    found = [
        state.caller, state.counter, state.shown, state.issued, state.sessions,
    ]  # fmt: skip
    local.put(_SPACE, peer, cbor.encode(found))
