"""The other kind of road: tried where much waits, kept where it carries more, else left."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from perahu.journal.types import Receipt
from perahu.sync import limits
from perahu.sync.exchange import ExchangeResult, Patience, exchange
from perahu.sync.links import PACED, TLS, Link, RoadKey, Sight
from perahu.sync.offer import Peer
from perahu.sync.passage import BrokenLink
from perahu.sync.session import Side
from tests.cast import District
from tests.sync.road import TO_HUB, Meeting, record, record_part
from tests.sync.two_roads import Kind, RatedLink, TwoRoads

SIZE = 1_500_000


@dataclass
class Trip:
    """An office with a big part to send, over two kinds of road."""

    district: District
    meeting: Meeting
    roads: TwoRoads

    def record(self, size: int = SIZE) -> bytes:
        """One more part; gives its name."""
        return record_part(self.district, self.meeting.caller, size)[1].sha256

    def run(self, patience: Patience | None = None) -> ExchangeResult:
        """The exchange."""
        peer: Peer = self.meeting.peer
        return exchange(Side(self.meeting.caller), peer, TO_HUB, self.roads, patience)

    @property
    def legs(self) -> list[tuple[str, str]]:
        """Kind and reason of each link, in the order in which they were left."""
        return [(leg.kind, leg.reason) for leg in self.roads.legs]

    @property
    def delivered_bytes(self) -> int:
        """Over all links."""
        return sum(link.delivered_bytes for link in self.roads.links)

    def link(self, number: int) -> RatedLink:
        """The links in the order in which they were made."""
        found = self.roads.links[number]
        assert isinstance(found, RatedLink)
        return found


@pytest.fixture
def trip(district: District) -> Trip:
    """Both know each other, and nothing is recorded yet."""
    hub, enggano = district.open("Hub"), district.open("Enggano")
    district.found(hub)
    meeting = Meeting(enggano, hub)
    meeting.doors.road_port = 4433
    meeting.hold()
    clock = district.members["Enggano"].clock
    return Trip(district, meeting, TwoRoads(meeting, clock))


def whole(trip: Trip, sha: bytes) -> bool:
    """Whether the part is at the hub."""
    return trip.meeting.answerer.blobs.has(sha)


def test_it_works(trip: Trip) -> None:
    """Road A is measured for some seconds; road B carries three times that, and is kept."""
    sha = trip.record()
    result = trip.run()
    assert result.is_complete and whole(trip, sha)
    assert trip.legs == [(TLS, "slower"), (PACED, "done")]
    road_a, road_b = trip.link(0), trip.link(1)
    assert limits.TRIAL_S <= road_b.began_s - road_a.began_s < limits.TRIAL_S + 1
    told = road_b.begun_like
    assert told is not None and 15_000 < told.rate_bytes_s < 25_000
    assert trip.delivered_bytes <= SIZE * 1.03


def test_it_goes_back_where_the_other_carries_less(trip: Trip) -> None:
    """Judged after some seconds, left, and not tried a second time."""
    trip.roads.as_is[PACED] = Kind(rate=9_000)
    sha = trip.record()
    result = trip.run()
    assert result.is_complete and whole(trip, sha)
    assert trip.legs == [(TLS, "slower"), (PACED, "slower"), (TLS, "done")]
    judged_s = trip.link(2).began_s - trip.link(1).began_s
    assert limits.TRIAL_JUDGED_S <= judged_s < limits.TRIAL_JUDGED_S + 2
    assert len(trip.roads.asked) == 1
    assert trip.delivered_bytes <= SIZE * 1.03


def test_it_stays_where_nobody_answers_over_the_other(trip: Trip) -> None:
    """A carrier that swallows UDP: two seconds, then road A goes on where it was."""
    trip.roads.as_is[PACED] = Kind(is_deaf=True)
    sha = trip.record()
    result = trip.run()
    assert result.is_complete and whole(trip, sha)
    assert trip.legs == [(PACED, "broken_link"), (TLS, "done")]
    tried = trip.roads.legs[0]
    assert tried.ended_s - tried.began_s < limits.TRIAL_ANSWER_S + 1
    assert len(trip.roads.asked) == 1
    assert trip.delivered_bytes <= SIZE * 1.03


def test_it_waits_longer_where_somebody_is_there(trip: Trip) -> None:
    """Datagrams come back but no HELLO yet: three times as long, then it is left too."""
    trip.roads.as_is[PACED] = Kind(rtt_s=60)
    faster = trip.roads.faster

    def greets(current: object, key: object) -> object:
        found = faster(current, key)  # type: ignore[arg-type]
        assert isinstance(found, RatedLink)
        found.heard_bytes = 25
        return found

    trip.roads.faster = greets  # type: ignore[method-assign,assignment]
    trip.record()
    assert trip.run().is_complete
    tried = trip.roads.legs[0]
    assert (tried.kind, tried.reason) == (PACED, "broken_link")
    waited_s = tried.ended_s - tried.began_s
    assert 3 * limits.TRIAL_ANSWER_S <= waited_s < 3 * limits.TRIAL_ANSWER_S + 1


@pytest.mark.parametrize(
    ("road_a", "size"),
    [
        pytest.param(Kind(), 100_000, id="little"),
        pytest.param(Kind(rate=200_000), SIZE // 3, id="a few seconds more"),
        pytest.param(Kind(rate=4_000_000), 8_000_000, id="fast anyway"),
        pytest.param(
            Kind(sight=Sight(rtt_s=0.05, rate_bytes_s=20_000)), SIZE, id="short, clean"
        ),
    ],
)
def test_it_tries_nothing_where_it_would_not_pay(
    trip: Trip, road_a: Kind, size: int
) -> None:
    """For little, for a few seconds, on a fast road, and where the kernel loses nothing."""
    trip.roads.as_is[TLS] = road_a
    trip.record(size)
    assert trip.run().is_complete
    assert trip.legs == [(TLS, "done")] and trip.roads.asked == []


def test_it_tries_nothing_where_the_hub_has_no_other_road(trip: Trip) -> None:
    """The hub told of no port: then much may wait, also where it was better elsewhere."""
    trip.meeting.doors.road_port = 0
    trip.roads.is_better = True
    trip.record()
    assert trip.run().is_complete
    assert trip.legs == [(TLS, "done")]


@pytest.mark.parametrize("loss", [0.1, 0.4])
def test_it_tries_at_once_what_the_kernel_shows(trip: Trip, loss: float) -> None:
    """Round trip, rate and loss are known after some packets; B begins above them."""
    seen = Sight(rtt_s=0.6, loss=loss, rate_bytes_s=20_000)
    trip.roads.as_is[TLS] = Kind(rtt_s=0.6, sight=seen)
    trip.record()
    assert trip.run().is_complete
    assert trip.legs == [(TLS, "slower"), (PACED, "done")]
    road_a, road_b = trip.link(0), trip.link(1)
    assert road_b.began_s - road_a.began_s < limits.TRIAL_S
    assert road_b.begun_like is not None
    expected = 20_000 / (1 - min(0.5, 2 * loss))
    assert road_b.begun_like.rate_bytes_s == pytest.approx(expected)


def test_it_tries_at_once_what_was_better_last_time(trip: Trip) -> None:
    """A road remembered as better waits for no measurement, also of a good line."""
    trip.roads.is_better = True
    trip.roads.as_is[TLS] = Kind(sight=Sight(rtt_s=0.05, rate_bytes_s=20_000))
    trip.record()
    assert trip.run().is_complete
    assert trip.legs == [(TLS, "slower"), (PACED, "done")]
    assert trip.link(1).began_s - trip.link(0).began_s < 2


def test_it_sends_one_chunk_until_the_road_is_known(trip: Trip) -> None:
    """What flies at a change goes twice: so no more flies while there is no figure."""
    trip.roads.as_is[TLS] = Kind(rate=200_000, rtt_s=0.3)
    link_s: list[tuple[float, int]] = []
    wait = trip.roads.pause

    def look(seconds: float) -> None:
        road_a = trip.link(0)
        age_s = trip.roads.clock.monotonic_s() - road_a.began_s
        link_s.append((age_s, road_a.delivered_bytes))
        wait(seconds)

    trip.roads.pause = look  # type: ignore[method-assign]
    trip.record(4_000_000)
    assert trip.run().is_complete
    held = max(size for age_s, size in link_s if age_s < 1.5)
    assert held < limits.FIRST_FLIGHT_BYTES + 3 * limits.CHUNK_BYTES
    later = max(size for age_s, size in link_s if age_s < 3.0)
    assert later > 2 * held, "after a second and a half it goes on without a figure"


def test_it_lets_road_a_end_what_it_began(trip: Trip) -> None:
    """A long round trip: what is on road A may arrive, and little of it goes twice."""
    trip.roads.as_is[TLS] = Kind(rate=20_000, rtt_s=1.5)
    trip.roads.as_is[PACED] = Kind(rate=60_000, rtt_s=1.5)
    sha = trip.record()
    assert trip.run().is_complete and whole(trip, sha)
    assert trip.legs == [(TLS, "slower"), (PACED, "done")]
    assert trip.delivered_bytes <= SIZE * 1.05


def test_it_speaks_over_the_other_road_when_that_is_up(trip: Trip) -> None:
    """Road B needs a moment to open: road A holds still, and goes on where B fails."""
    road_b = trip.roads.as_is[PACED] = Kind(rate=60_000, is_open=False)

    def open_b() -> None:
        road_b.is_open = True

    trip.roads.stopped_s = trip.roads.clock.monotonic_s()
    trip.roads.later = [(12.0, open_b)]
    sha = trip.record()
    assert trip.run().is_complete and whole(trip, sha)
    assert trip.legs[0] == (TLS, "slower") and trip.legs[-1][1] == "done"


def test_it_goes_on_over_the_other_road_where_the_first_dies(trip: Trip) -> None:
    """Road A is reset while road B is on its way up: no third link is needed."""
    trip.roads.as_is[PACED] = Kind(rate=60_000)
    faster = trip.roads.faster

    def reset(current: object, key: object) -> object:
        found = faster(current, key)  # type: ignore[arg-type]
        trip.link(0).is_reset = True
        return found

    trip.roads.faster = reset  # type: ignore[method-assign,assignment]
    sha = trip.record()
    assert trip.run().is_complete and whole(trip, sha)
    assert trip.legs == [(TLS, "broken_link"), (PACED, "done")]


def test_it_leaves_the_other_road_where_it_breaks_at_once(trip: Trip) -> None:
    """An ICMP refusal: road A goes on at once, and B is left alone from then on."""

    class Refused(RatedLink):
        """Nobody listens at that port."""

        def dial(self) -> None:
            """The kernel says so."""
            raise BrokenLink("refused")

    def faster(current: object, key: object) -> object:
        found = Refused(trip.roads, PACED)
        trip.roads.links.append(found)
        return found

    trip.roads.faster = faster  # type: ignore[method-assign,assignment]
    sha = trip.record()
    assert trip.run().is_complete and whole(trip, sha)
    assert trip.legs == [(PACED, "broken_link"), (TLS, "done")]


def test_it_goes_back_once_the_first_road_is_up_again(trip: Trip) -> None:
    """Road B carries less, and road A takes some seconds to come up: B goes on meanwhile."""
    road_a = trip.roads.as_is[TLS] = Kind()
    trip.roads.as_is[PACED] = Kind(rate=9_000)
    faster = trip.roads.faster

    def close(current: Link, key: RoadKey) -> Link | None:
        road_a.is_open = False
        return faster(current, key)

    def open_again() -> None:
        road_a.is_open = True

    trip.roads.faster = close  # type: ignore[method-assign]
    trip.roads.stopped_s = trip.roads.clock.monotonic_s()
    trip.roads.later = [(20.0, open_again)]
    sha = trip.record()
    assert trip.run().is_complete and whole(trip, sha)
    assert trip.legs == [(TLS, "slower"), (PACED, "slower"), (TLS, "done")]
    assert trip.roads.legs[1].ended_s - trip.roads.stopped_s >= 20
    assert trip.delivered_bytes <= SIZE * 1.03


def test_it_waits_for_no_answer_of_a_road_that_falls_silent(trip: Trip) -> None:
    """What is on road A is not answered just then: a round trip and a half, then B speaks."""
    trip.roads.as_is[TLS] = Kind(rtt_s=0.5)
    faster = trip.roads.faster

    def mute(current: Link, key: RoadKey) -> Link | None:
        road_a = trip.link(0)
        road_a._coming = [(due + 1e6, said) for due, said in road_a._coming]
        road_a._flying = [(due + 1e6, size) for due, size in road_a._flying]
        assert road_a._coming
        return faster(current, key)

    trip.roads.faster = mute  # type: ignore[method-assign]
    sha = trip.record()
    assert trip.run().is_complete and whole(trip, sha)
    assert trip.legs == [(TLS, "slower"), (PACED, "done")]
    road_a, road_b = trip.roads.legs
    assert road_a.ended_s - road_b.began_s < 3


def test_it_stays_where_it_has_nothing_to_compare_with(trip: Trip) -> None:
    """Remembered as better, and road A never measured: road B is kept, however slow."""
    trip.roads.is_better = True
    trip.roads.as_is[PACED] = Kind(rate=9_000)
    trip.record(400_000)
    assert trip.run().is_complete
    assert trip.legs == [(TLS, "slower"), (PACED, "done")]


def test_it_waits_for_a_fact_that_is_on_road_a(trip: Trip) -> None:
    """Recorded a moment before the change: it goes once, and road B speaks behind it."""
    road_a = trip.roads.as_is[TLS] = Kind(rtt_s=0.6)
    seen = Sight(rtt_s=0.6, loss=0.1, rate_bytes_s=40_000)
    wait, began_s = trip.roads.pause, trip.roads.clock.monotonic_s()
    receipts: list[Receipt] = []

    def act(seconds: float) -> None:
        wait(seconds)
        age_s = trip.roads.clock.monotonic_s() - began_s
        if age_s > 2.0 and not receipts:
            receipts.append(record(trip.district, trip.meeting.caller))
        if age_s > 2.3:
            road_a.sight = seen

    trip.roads.pause = act  # type: ignore[method-assign]
    trip.record()
    assert trip.run().is_complete
    assert trip.legs == [(TLS, "slower"), (PACED, "done")]
    (receipt,) = receipts
    hub, link_a = trip.meeting.answerer, trip.link(0)
    assert hub.hash_at(receipt.journal, receipt.seq) == receipt.h
    assert trip.delivered_bytes <= SIZE * 1.04
    assert any(at < link_a.delivered_bytes for at in link_a.hurries), "facts are urgent"
