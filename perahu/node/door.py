"""The door of the listener: whoever has not said who they are never keeps others out.

Connections that begin and do not go on cost their maker nothing. So there is room for many
of them, and when it is used up the one that has been silent about itself for the longest
is cut off in favour of the new one. A node that has shown its papers is never cut off.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class Guest:
    """One connection; `connection` is the plain socket first, then the one in TLS."""

    connection: socket.socket
    is_cut: bool = False
    """Nobody is at the other end any more."""


class Door:
    """Who is inside, and who of them is a stranger."""

    def __init__(self, room: int) -> None:
        """`room` connections at once."""
        self._room = room
        self._lock = threading.Lock()
        self._inside: set[Guest] = set()
        self._strangers: dict[Guest, None] = {}

    def enter(self, guest: Guest) -> bool:
        """Let a new connection in; false where the house is full of nodes."""
        with self._lock:
            if len(self._inside) >= self._room:
                if not self._strangers:
                    return False
                self._cut_off(next(iter(self._strangers)))
            self._inside.add(guest)
            self._strangers[guest] = None
            return True

    def greet(self, guest: Guest) -> None:
        """It has shown papers that check: it stays."""
        with self._lock:
            self._strangers.pop(guest, None)

    def leave(self, guest: Guest) -> None:
        """It goes; to be called before its socket is closed."""
        with self._lock:
            self._forget(guest)

    def send_strangers_away(self) -> None:
        """Cut every connection of nobody knows whom: the house closes."""
        with self._lock:
            for guest in list(self._strangers):
                self._cut_off(guest)

    def _cut_off(self, guest: Guest) -> None:
        self._forget(guest)
        guest.is_cut = True
        # Its thread wakes up, finds the line dead and leaves.
        with suppress(OSError):
            socket.socket.shutdown(guest.connection, socket.SHUT_RDWR)

    def _forget(self, guest: Guest) -> None:
        self._inside.discard(guest)
        self._strangers.pop(guest, None)
