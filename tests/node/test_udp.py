"""Road B on loopback sockets: beside road A, kept where it carries, left where it is shut."""

from __future__ import annotations

import socket
import time

import pytest

from perahu.node.link import OneRoad
from perahu.node.udp.keys import AHEAD, KEYS_A_NODE, Keys
from perahu.node.udp.stream import KnownRoad, PacedLink
from perahu.sync import limits
from perahu.sync.links import PACED, TLS, Link, RoadKey
from perahu.sync.paced.end import Guess, PacedEnd
from perahu.sync.paced.seal import Seal
from perahu.sync.passage import BrokenLink
from tests.sync.road import record_part
from tests.sync.test_road import Road, road

__all__ = ["road"]


def beginning(key: RoadKey, connection: int) -> bytes:
    """The first datagram of a connection."""
    end = PacedEnd(Seal(key, connection, calls=True), 0.0, Guess(), follows=False)
    end.put(b"hello", 0.0)
    return end.datagrams(1.0)[0]


def with_paced(road: Road, *, is_better: bool = True) -> Road:
    """A road that tries road B as soon as it may."""
    road.roads = road.roads_to(road.listener.port)
    road.roads.kinds = (TLS, PACED)
    assert road.exchange().is_complete
    road.roads.legs.clear()
    road.roads.known.is_better = is_better
    return road


def test_it_carries_over_road_b(road: Road) -> None:
    """HELLO over road A, the rest over road B, nothing twice; nobody is troubled."""
    with_paced(road)
    _, ref = record_part(road.district, road.enggano, 900_000)
    result = road.exchange()
    assert result.is_complete and road.hub.blobs.has(ref.sha256)
    assert [leg.kind for leg in result.legs] == [TLS, PACED]
    assert result.legs[1].reason == "done"
    assert result.legs[1].acked_bytes > 500_000
    assert result.wire_bytes[0] < 900_000 * 1.2
    assert road.troubles == []


def test_it_stays_on_road_a_where_nobody_answers(road: Road) -> None:
    """A carrier that swallows UDP costs the try once, and is remembered."""
    with_paced(road)
    assert road.listener.paced is not None
    road.listener.paced.keys.add = lambda *_: None  # type: ignore[method-assign]
    _, ref = record_part(road.district, road.enggano, 900_000)
    result = road.exchange()
    assert result.is_complete and road.hub.blobs.has(ref.sha256)
    assert {leg.kind: leg.reason for leg in result.legs} == {
        TLS: "done",
        PACED: "broken_link",
    }
    assert road.roads.known.is_shut
    record_part(road.district, road.enggano, 900_000)
    assert [leg.kind for leg in road.exchange().legs] == [TLS]


def test_it_tries_nothing_for_little(road: Road) -> None:
    """A few facts go the way that is there."""
    with_paced(road)
    record_part(road.district, road.enggano, 50_000)
    assert [leg.kind for leg in road.exchange().legs] == [TLS]


def test_it_answers_no_stranger(road: Road) -> None:
    """Noise of any length gets no datagram back and makes no connection."""
    listener = road.listener.paced
    assert listener is not None and listener.port == road.listener.port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.settimeout(0.3)
        for length in (0, 1, 4, 24, 25, 600, 1472):
            stranger.sendto(bytes(length), ("127.0.0.1", listener.port))
        with pytest.raises(TimeoutError):
            stranger.recv(2048)


def test_it_opens_a_connection_once() -> None:
    """The first datagram of a connection, and of any before it, begins nothing again."""
    keys, key = Keys(time.monotonic), RoadKey(b"8 bytes!", bytes(32), 1)
    keys.add(key, b"enggano")
    assert keys.opening(beginning(key, AHEAD)) is None
    assert keys.opening(beginning(key, 1)) is not None
    assert keys.opening(beginning(key, 1)) is None
    assert keys.opening(beginning(key, 0)) is None
    opening = keys.opening(beginning(key, AHEAD))
    assert opening is not None and opening.node_id == b"enggano"


def test_it_keeps_few_keys_a_node_and_forgets_idle_ones() -> None:
    """A caller that comes again and again holds no more than the newest keys."""
    now_s = [0.0]
    keys = Keys(lambda: now_s[0])
    made = [RoadKey(bytes([n]) * 8, bytes([n]) * 32, 1) for n in range(6)]
    for key in made:
        now_s[0] += 1
        keys.add(key, b"enggano")
    known = [key for key in made if keys.opening(beginning(key, 0)) is not None]
    assert known == made[-KEYS_A_NODE:]
    now_s[0] += 3600
    assert keys.opening(beginning(made[-1], 1)) is None


def test_it_uses_no_connection_number_twice() -> None:
    """Two links under one key never seal with the same keys."""
    known, key = KnownRoad(), RoadKey(b"8 bytes!", bytes(32), 9)
    numbers = {known.next_number(key) for _ in range(20)}
    assert numbers == set(range(20))


def test_it_believes_that_nobody_is_there() -> None:
    """A closed port on a road that was never heard from ends the try at once."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    link = PacedLink(
        ("127.0.0.1", 1), RoadKey(b"8 bytes!", bytes(32), port), KnownRoad()
    )
    link.dial()
    with pytest.raises(BrokenLink):
        for _ in range(50):
            link.send(bytes(1400))
            time.sleep(0.01)
    link.close()


def test_it_says_goodbye_to_the_other_end(road: Road) -> None:
    """After an exchange the answering side keeps no connection."""
    with_paced(road)
    record_part(road.district, road.enggano, 300_000)
    assert road.exchange().is_complete
    listener, until_s = road.listener.paced, time.monotonic() + 4
    assert listener is not None
    while listener._connections and time.monotonic() < until_s:
        time.sleep(0.01)
    assert not listener._connections


class Thin(PacedLink):
    """A road B that carries little."""

    def send(self, piece: bytes) -> int:
        """A few bytes a turn."""
        time.sleep(0.002)
        return super().send(piece[:300])


class ThinRoads(OneRoad):
    """Roads whose road B is thin."""

    def faster(self, current: Link, key: RoadKey) -> Link | None:
        """A thin one."""
        assert key.port
        return Thin(("127.0.0.1", 1), key, self.known)


def test_it_goes_back_where_road_b_carries_less(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was measured decides; what road B brought is not sent again."""
    monkeypatch.setattr(limits, "TRIAL_JUDGED_S", 0.3)
    monkeypatch.setattr(limits, "TRIAL_JUDGED_RTTS", 1)
    with_paced(road)
    plain = road.roads
    road.roads = ThinRoads(
        ("127.0.0.1", road.listener.port), plain.peer.context, plain.peer.name,
        kinds=(TLS, PACED),
    )  # fmt: skip
    road.roads.known.is_better = True
    _, ref = record_part(road.district, road.enggano, 900_000)
    result = road.exchange()
    assert result.is_complete and road.hub.blobs.has(ref.sha256)
    legs = [(leg.kind, leg.reason) for leg in result.legs]
    assert legs == [(TLS, "slower"), (PACED, "slower"), (TLS, "done")]
    assert result.legs[1].acked_bytes > 0 and not road.roads.known.is_better


def test_it_dials_road_a_beside_a_road_b_that_falls_silent(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """UDP that dies in the middle costs some seconds; road A brings the rest."""
    with_paced(road)
    _, ref = record_part(road.district, road.enggano, 6_000_000)
    listener = road.listener.paced
    assert listener is not None
    hand, counted = listener._hand, [0]

    def deaf(datagram: bytes, address: tuple[str, int]) -> None:
        counted[0] += 1
        if counted[0] < 300:
            hand(datagram, address)

    monkeypatch.setattr(listener, "_hand", deaf)
    result = road.exchange()
    assert result.is_complete and road.hub.blobs.has(ref.sha256)
    assert [leg.kind for leg in result.legs] == [TLS, PACED, TLS]
