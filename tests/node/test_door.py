"""The door of the listener: strangers make room, nodes stay."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from perahu.node.door import Door, Guest
from perahu.sync import frames
from perahu.sync.frames import Frame, has_first_frame


class Pair:
    """A connection with both its ends here."""

    def __init__(self) -> None:
        near, self.far = socket.socketpair()
        self.far.settimeout(5)
        self.guest = Guest(near)

    @property
    def is_alive(self) -> bool:
        """Whether the guest's line still carries."""
        try:
            self.guest.connection.sendall(b"?")
        except OSError:
            return False
        return self.far.recv(1) == b"?"


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    """Four connections."""
    made = [Pair() for _ in range(4)]
    yield made
    for pair in made:
        pair.guest.connection.close()
        pair.far.close()


def test_it_works(pairs: list[Pair]) -> None:
    """When the room is used up the oldest stranger goes, and only that one."""
    door = Door(2)
    assert all(door.enter(pair.guest) for pair in pairs[:3])
    assert [pair.is_alive for pair in pairs[:3]] == [False, True, True]
    assert [pair.guest.is_cut for pair in pairs[:3]] == [True, False, False]


def test_it_never_cuts_off_a_node(pairs: list[Pair]) -> None:
    """Who showed papers stays; a house full of nodes takes nobody in."""
    door = Door(2)
    for pair in pairs[:2]:
        assert door.enter(pair.guest)
        door.greet(pair.guest)
    assert not door.enter(pairs[2].guest)
    assert all(pair.is_alive for pair in pairs)
    door.leave(pairs[0].guest)
    assert door.enter(pairs[2].guest)
    assert door.enter(pairs[3].guest)
    assert [pair.is_alive for pair in pairs] == [True, True, False, True]


def test_it_sends_strangers_away(pairs: list[Pair]) -> None:
    """At closing time the nodes may finish; nobody else is waited for."""
    door = Door(9)
    for pair in pairs:
        assert door.enter(pair.guest)
    door.greet(pairs[1].guest)
    door.send_strangers_away()
    assert [pair.is_alive for pair in pairs] == [False, True, False, False]


def test_it_knows_when_a_first_frame_is_whole() -> None:
    """Never before its last byte; at once where it can be none."""
    whole = frames.MAGIC + Frame(frames.HELLO, b"hello").encode()
    assert [has_first_frame(whole[:n]) for n in range(len(whole))] == [False] * len(
        whole
    )
    assert has_first_frame(whole) and has_first_frame(whole + b"more")
    assert has_first_frame(b"GET ")
    assert has_first_frame(frames.MAGIC + b"\x01\x00\xff\xff\xff\xff")
