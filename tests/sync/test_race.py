"""A link that stands still, and the one dialled beside it: whoever gets on first carries."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from perahu.sync import limits
from perahu.sync.exchange import ExchangeResult, Patience, exchange
from perahu.sync.http import refusal_answer
from perahu.sync.memory import Memory
from perahu.sync.session import Side
from perahu.words import Refusal
from tests.cast import District
from tests.sync.memory_road import HELD_BYTES_MAX, MemoryLink, MemoryRoad
from tests.sync.road import TO_HUB, Meeting, record_part

_SIZE, _STOP = 400_000, 150_000


@dataclass
class Race:
    """An office with a big part to send, and a road that a test makes worse."""

    meeting: Meeting
    road: MemoryRoad

    def run(self, patience: Patience | None = None) -> ExchangeResult:
        """The exchange; the part is whole at the other node when it is complete."""
        side = Side(self.meeting.caller)
        return exchange(side, self.meeting.peer, TO_HUB, self.road, patience)

    @property
    def reasons(self) -> list[str]:
        """Why each link was left, in that order."""
        return [leg.reason for leg in self.road.legs]

    @property
    def stood_s(self) -> float:
        """How long it took from the stop to the end; everything else takes no time."""
        return self.road.clock.monotonic_s() - self.road.stopped_s

    @property
    def delivered_bytes(self) -> int:
        """What reached the other node over all links."""
        return sum(link.delivered_bytes for link in self.road.links)


@pytest.fixture
def race(district: District, meeting: Meeting) -> Race:
    """A race at its start."""
    record_part(district, meeting.caller, _SIZE)
    clock = district.members["Enggano"].clock
    return Race(meeting, MemoryRoad(meeting, clock, _STOP))


def _still(link: MemoryLink) -> None:
    link.is_still = True


def _dead(link: MemoryLink) -> None:
    link.is_still = link.is_dead = True


def test_it_works(race: Race) -> None:
    """A road that is well needs one link."""
    race.road.stop_after = 1 << 30
    result = race.run()
    assert result.is_complete and race.reasons == ["done"]
    assert result.legs == race.road.legs
    assert result.legs[0].acked_bytes >= _SIZE


def test_it_changes_to_the_new_link_where_the_flow_is_dead(race: Race) -> None:
    """A carrier switch in silence: some seconds, and nothing acknowledged goes twice."""
    race.road.stop = _dead
    result = race.run()
    assert result.is_complete and result.connections == 2
    assert race.reasons == ["broken_link", "done"]
    assert race.stood_s < limits.STALL_S_MIN
    assert race.delivered_bytes <= _SIZE * 1.03


def test_it_stays_with_the_old_link_where_that_wakes_up(race: Race) -> None:
    """An outage: the new link is let go before it has said anything."""
    road = race.road

    def come_back() -> None:
        road.is_open = True
        road.links[0].wake()

    def go_away(link: MemoryLink) -> None:
        link.is_still, road.is_open = True, False

    road.stop, road.later = go_away, [(30.0, come_back)]
    result = race.run()
    assert result.is_complete and result.connections == 1
    assert race.reasons[-1] == "done" and road.legs[-1].began_s < road.stopped_s
    assert 30 <= race.stood_s < 31
    assert race.delivered_bytes <= _SIZE * 1.03


def test_it_gives_an_old_link_a_little_time_after_an_outage(race: Race) -> None:
    """The road is back and the old link wakes a second later: it is waited for."""
    road = race.road

    def come_back() -> None:
        road.is_open = True

    def go_away(link: MemoryLink) -> None:
        link.is_still, road.is_open = True, False

    road.stop = go_away
    road.later = [(30.0, come_back), (31.0, lambda: road.links[0].wake())]
    result = race.run()
    assert result.is_complete and result.connections == 1
    assert race.stood_s < 32


def test_it_does_not_wait_for_ever_for_an_old_link(race: Race) -> None:
    """The outage was a switch as well: the new link carries soon after it is up."""
    road = race.road

    def come_back() -> None:
        road.is_open = True

    def go_away(link: MemoryLink) -> None:
        link.is_still = link.is_dead = True
        road.is_open = False

    road.stop, road.later = go_away, [(30.0, come_back)]
    result = race.run()
    assert result.is_complete and result.connections == 2
    assert race.stood_s < 30 + 3


def test_it_dials_at_once_after_a_reset(race: Race) -> None:
    """A carrier that resets: no pause, no stall, nothing twice."""

    def reset(link: MemoryLink) -> None:
        link.is_reset = True

    race.road.stop = reset
    result = race.run()
    assert result.is_complete and result.connections == 2
    assert race.reasons == ["broken_link", "done"]
    assert race.stood_s < 1
    assert race.delivered_bytes <= _SIZE * 1.03


def test_it_goes_on_with_the_old_link_where_the_new_one_dies(race: Race) -> None:
    """The new one came up and fell silent before it was answered: nothing is lost."""
    road = race.road

    def wake() -> None:
        road.links[0].wake()

    def two_still(link: MemoryLink) -> None:
        _still(link)
        make = road.first

        def first() -> MemoryLink:
            made = make()
            made.is_still = len(road.links) == 2
            return made

        road.first = first  # type: ignore[method-assign]

    road.stop, road.later = two_still, [(7.0, wake)]
    result = race.run()
    assert result.is_complete
    assert road.links[1].delivered_bytes == 0
    assert race.delivered_bytes <= _SIZE * 1.03 + HELD_BYTES_MAX


def test_it_fences_the_old_session_without_a_byte_of_it(race: Race) -> None:
    """A newer HELLO ends the older session at its next look, though it is silent."""
    race.road.stop = _dead
    assert race.run().is_complete
    with pytest.raises(Refusal, match="fenced"):
        race.road.links[0]._far.session.check()


def test_it_gives_up_where_nothing_ever_gets_on(race: Race) -> None:
    """No way comes up and no progress was made: words, after the tries it was given."""
    road = race.road
    road.is_open = False
    until_s = road.clock.monotonic_s() + 60
    result = race.run(Patience(goes_on=lambda: road.clock.monotonic_s() < until_s))
    assert not result.is_complete
    assert result.refusal is not None and result.refusal.code == "broken_link"


def test_it_waits_where_nothing_can_be_dialled_beside(race: Race) -> None:
    """One carrier, one flow: only a link that stalled for long is given up for a new one."""
    race.road.stop = _dead
    race.road.beside = lambda stalled: None  # type: ignore[method-assign]
    result = race.run()
    assert result.is_complete and race.reasons == ["broken_link", "done"]
    assert limits.STALL_S_MIN <= race.stood_s < limits.STALL_S_MIN + 2


def _forget_papers(race: Race) -> None:
    """They met, and then the hub lost what the office showed it."""
    assert race.run().is_complete
    race.road.legs.clear()
    hub, enggano = race.meeting.answerer, race.meeting.caller
    memory = Memory.load(hub.local, enggano.node_id)
    memory.passport = b""
    memory.save()


def test_it_begins_again_where_its_papers_are_wanted(race: Race) -> None:
    """The hub asks for the passport: a new session shows it, at once."""
    _forget_papers(race)
    result = race.run()
    assert result.is_complete and result.refusal is None
    assert race.reasons == ["done", "done"] and result.connections == 2


def test_it_begins_again_so_often_and_no_more(race: Race) -> None:
    """A hub that asks for ever costs the tries that were given, not more."""
    _forget_papers(race)
    result = race.run(Patience(attempts_max=1))
    assert not result.is_complete and race.reasons == ["done"]


def test_it_says_why_it_was_refused(race: Race) -> None:
    """The hub does not know this office: its words are the result's."""
    race.meeting.doors.offer_for = lambda _: None
    result = race.run()
    assert not result.is_complete and result.refusal is not None
    assert result.refusal.code == "unknown_peer" and result.refusal.words.id
    assert result.connections == 1


def test_it_goes_nowhere_where_no_way_may_be_used(race: Race) -> None:
    """Outside its hours, over its budget: said in words, and nothing was dialled."""

    def first() -> MemoryLink:
        raise Refusal("no_carrier", id="tidak ada jalur", en="no way")

    race.road.first = first  # type: ignore[method-assign]
    result = race.run()
    assert result.refusal is not None and result.refusal.code == "no_carrier"
    assert result.connections == 0 and race.reasons == []


def test_it_waits_a_little_for_a_farewell(race: Race) -> None:
    """All was agreed, and the last word never comes: five seconds, and it is complete."""
    make = race.road.first

    def first() -> MemoryLink:
        link = make()
        receive = link.receive

        def deaf() -> bytes | None:
            found = receive()
            return b"" if found is None or found.endswith(b"0\r\n\r\n") else found

        link.receive = deaf  # type: ignore[method-assign]
        return link

    race.road.first = first  # type: ignore[method-assign]
    race.road.stop_after = 1 << 30
    began_s = race.road.clock.monotonic_s()
    result = race.run()
    assert result.is_complete and race.reasons == ["done"]
    assert 5 <= race.road.clock.monotonic_s() - began_s < 7


def test_it_hears_when_it_may_come_back(race: Race) -> None:
    """The hub has no room just now and says for how long: no other way is tried."""
    make = race.road.first

    def first() -> MemoryLink:
        link = make()
        link.receive = lambda: refusal_answer(503, 60)  # type: ignore[method-assign]
        return link

    race.road.first = first  # type: ignore[method-assign]
    result = race.run()
    assert result.refusal is not None and result.refusal.code == "turned_away"
    assert result.retry_after_s == 60 and result.connections == 1
