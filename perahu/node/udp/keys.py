"""Which keys to road B the answering side knows, and whose datagram a name belongs to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from perahu.sync.links import RoadKey
from perahu.sync.paced.seal import CONNECTIONS_MAX, Seal, connection_name

KEYS_MAX = 1024
KEYS_A_NODE = 2
IDLE_S = 900.0
AHEAD = 4
"""Connections under one key that may have failed to come before one that comes."""


@dataclass(eq=False, slots=True)
class Held:
    """One key, and the names of its next connections."""

    key: RoadKey
    node_id: bytes
    used_s: float
    next_number: int = 0
    names: dict[bytes, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opening:
    """A connection that may begin: its first datagram opened."""

    seal: Seal
    node_id: bytes
    name: bytes


class Keys:
    """The keys of callers, forgotten when they were not used for a while."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._held: dict[bytes, Held] = {}
        self._by_name: dict[bytes, Held] = {}

    def add(self, key: RoadKey, node_id: bytes) -> None:
        """A caller of road A may come over road B from now on."""
        with self._lock:
            self._forget_idle()
            if key.name in self._held:
                return
            same = [one for one in self._held.values() if one.node_id == node_id]
            for old in same[: max(0, len(same) - KEYS_A_NODE + 1)]:
                self._forget(old)
            if len(self._held) >= KEYS_MAX:
                self._forget(min(self._held.values(), key=lambda one: one.used_s))
            held = Held(key, node_id, self._monotonic_s())
            self._held[key.name] = held
            self._name(held)
            assert len(self._held) <= KEYS_MAX

    def opening(self, datagram: bytes) -> Opening | None:
        """The connection that this datagram begins; None for a stranger's.

        Its number and all before it are used up then: nothing of it begins another one.
        """
        name = datagram[:4]
        with self._lock:
            self._forget_idle()
            held = self._by_name.get(name)
            if held is None:
                return None
            number = held.names[name]
            seal = Seal(held.key, number, calls=False)
            if seal.open(datagram) is None:
                return None
            held.next_number, held.used_s = number + 1, self._monotonic_s()
            self._name(held)
            return Opening(seal, held.node_id, name)

    def used(self, node_id: bytes) -> None:
        """A connection of this node is over: its keys stay a while longer."""
        with self._lock:
            for held in self._held.values():
                if held.node_id == node_id:
                    held.used_s = self._monotonic_s()

    def _name(self, held: Held) -> None:
        for name in held.names:
            self._by_name.pop(name, None)
        last = min(CONNECTIONS_MAX, held.next_number + AHEAD)
        numbers = range(held.next_number, last)
        held.names = {connection_name(held.key, one): one for one in numbers}
        for name in held.names:
            self._by_name.setdefault(name, held)

    def _forget_idle(self) -> None:
        before_s = self._monotonic_s() - IDLE_S
        for held in [one for one in self._held.values() if one.used_s < before_s]:
            self._forget(held)

    def _forget(self, held: Held) -> None:
        del self._held[held.key.name]
        for name in held.names:
            if self._by_name.get(name) is held:
                del self._by_name[name]
