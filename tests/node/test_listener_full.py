"""A listener that is full says when to come back, within TLS, instead of just closing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from perahu.node import listener as listening
from perahu.node.door import Guest
from perahu.node.link import TlsLink
from perahu.sync import limits
from perahu.sync.exchange import Patience
from tests.sync.test_road import Road, road

__all__ = ["road"]


@pytest.fixture
def crowd(road: Road) -> Iterator[ExitStack]:
    """What occupies the listener, let go at the end of a test."""
    with ExitStack() as stack:
        yield stack


def _fill_the_door(road: Road, crowd: ExitStack) -> None:
    """A node is inside and nobody else fits."""
    near, far = socket.socketpair()
    crowd.callback(near.close)
    crowd.callback(far.close)
    guest = Guest(near)
    assert road.listener._door.enter(guest)
    road.listener._door.greet(guest)


def test_it_works(
    road: Road, crowd: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full door: 503 and a moment to come back at, shown as one sentence."""
    monkeypatch.setattr(road.listener._door, "_room", 1)
    _fill_the_door(road, crowd)
    result = road.exchange()
    assert result.refusal is not None and result.refusal.code == "turned_away"
    assert 5 <= result.retry_after_s <= 20
    crowd.close()


def test_it_turns_away_who_finds_no_seat(
    road: Road, crowd: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every seat is taken: who has said HELLO hears it in time; later it is welcome."""
    monkeypatch.setattr(listening, "_SEAT_S_MAX", 0.1)
    taken = 0
    while road.listener._free.acquire(blocking=False):
        taken += 1
    result = road.exchange()
    assert result.refusal is not None and result.refusal.code == "turned_away"
    assert result.retry_after_s
    for _ in range(taken):
        road.listener._free.release()
    assert road.exchange().is_complete


def test_it_closes_where_even_the_ushers_are_busy(
    road: Road, crowd: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood costs a bounded number of handshakes."""
    monkeypatch.setattr(road.listener._door, "_room", 1)
    monkeypatch.setattr(limits, "PAUSE_S_MIN", 0.01)
    _fill_the_door(road, crowd)
    while road.listener._turned.acquire(blocking=False):
        pass
    result = road.exchange(Patience(attempts_max=2))
    assert result.refusal is not None and result.refusal.code == "broken_link"
    assert isinstance(road.roads.first(), TlsLink)
