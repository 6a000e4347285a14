"""Attacks on road B: forged, replayed, cut, turned round; what a stranger can make us do."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.sync.links import RoadKey
from perahu.sync.paced.end import Guess, PacedEnd
from perahu.sync.paced.frames import (
    RUNS_MAX,
    Ack,
    Frames,
    Malformed,
    decode,
    stream_head,
)
from perahu.sync.paced.received import (
    NUMBERS_KEPT,
    PIECES_MAX,
    WINDOW_BYTES,
    Assembly,
    Received,
)
from perahu.sync.paced.seal import OVERHEAD_BYTES, Seal
from perahu.sync.paced.way import UDP_BYTES, UNPROVEN_TIMES

KEY = RoadKey(b"12345678", bytes(range(32)), 4433)
OTHER = RoadKey(b"12345678", bytes(32), 4433)


def caller(connection: int = 0) -> PacedEnd:
    """The calling end."""
    return PacedEnd(Seal(KEY, connection, calls=True), 0.0, Guess(), follows=False)


def answerer(connection: int = 0) -> PacedEnd:
    """The answering end."""
    return PacedEnd(Seal(KEY, connection, calls=False), 0.0, Guess(), follows=True)


def said(end: PacedEnd, piece: bytes = b"a small fact", now_s: float = 0.0) -> bytes:
    """One datagram with these bytes."""
    assert end.put(piece, now_s) == len(piece)
    # The very first bytes go twice.
    return end.datagrams(now_s + 0.1)[-1]


def sealed(frames: bytes, number: int = 0) -> bytes:
    """A datagram of a caller who has the key and says what it likes."""
    seal = Seal(KEY, 0, calls=True)
    seal.next_number = number
    return seal.seal(frames)


def test_it_opens_what_is_whole() -> None:
    """The happy case, so that the others prove something."""
    hub = answerer()
    assert hub.heard(said(caller()), 0, 0.2) and hub.take(99) == b"a small fact"


def test_it_drops_what_is_forged_in_silence() -> None:
    """Every changed bit is noticed, and nobody is answered."""
    whole = said(caller())
    for at in range(len(whole)):
        hub = answerer()
        forged = bytearray(whole)
        forged[at] ^= 1 << at % 8
        assert not hub.heard(bytes(forged), 0, 0.2)
        assert hub.datagrams(9.0) == [] and hub.take(99) == b""


def test_it_drops_what_is_truncated() -> None:
    """Any shorter and any longer one."""
    whole, hub = said(caller()), answerer()
    for length in range(len(whole)):
        assert not hub.heard(whole[:length], 0, 0.2)
    assert not hub.heard(whole + b"\0", 0, 0.2)


def test_it_opens_nothing_with_another_key() -> None:
    """The same name in the clear under another secret."""
    stranger = PacedEnd(Seal(OTHER, 0, calls=True), 0.0, Guess(), follows=False)
    datagram = Seal(KEY, 0, calls=False).name + said(stranger)[4:]
    assert not answerer().heard(datagram, 0, 0.2)


def test_it_drops_what_is_reflected() -> None:
    """What we said ourselves is nothing the other end said."""
    office, hub = caller(), answerer()
    datagram = said(office)
    assert not office.heard(datagram, 0, 0.2)
    assert hub.heard(datagram, 0, 0.2)
    (ack, *_) = hub.datagrams(0.3)
    assert not hub.heard(ack, 0, 0.4)


def test_it_drops_what_is_replayed() -> None:
    """A second time, from anywhere, however late."""
    office, hub = caller(), answerer()
    first, second = said(office), said(office, now_s=1.0)
    assert hub.heard(second, 0, 1.2) and hub.heard(first, 0, 1.3)
    assert not any(hub.heard(one, 7, 9.0) for one in (first, second))
    assert hub.way == 0


def test_it_drops_what_is_of_an_earlier_connection() -> None:
    """Each connection under a key has names and keys of its own."""
    assert not answerer(1).heard(said(caller(0)), 0, 0.2)


def test_it_drops_a_number_far_behind() -> None:
    """What can no longer be told from a replay is none of ours."""
    hub = answerer()
    assert hub.heard(sealed(b"\x02", NUMBERS_KEPT + 5), 0, 0.1)
    assert not hub.heard(sealed(b"\x02", 5), 0, 0.1)
    assert hub.heard(sealed(b"\x02", 6), 0, 0.1)


def test_it_pays_nothing_for_a_leap_of_numbers() -> None:
    """The highest number there is, at once."""
    received = Received()
    for number in (0, 2**32 - 3, 2**32 - 2):
        received.add(number, 0.0)
    assert received.ack(0.0).runs[0] == (2**32 - 3, 2**32 - 2)


def test_it_does_not_move_for_an_old_datagram() -> None:
    """Only the newest number says where the caller is now."""
    office, hub = caller(), answerer()
    old, new = said(office), said(office, now_s=1.0)
    assert hub.heard(new, 1, 1.2) and hub.way == 1
    assert hub.heard(old, 2, 1.3) and hub.way == 1


def test_it_makes_no_flood_of_a_stolen_datagram() -> None:
    """Whoever sends one on from a victim's address gets us to send little there."""
    office, hub = caller(), answerer()
    assert hub.heard(said(office), 0, 0.2)
    for datagram in hub.datagrams(0.3):
        office.heard(datagram, 0, 0.4)
    for datagram in office.datagrams(0.5):
        hub.heard(datagram, 0, 0.6)
    stolen = said(office, now_s=1.0)
    assert hub.heard(stolen, 66, 1.2) and hub.way == 66
    out, now_s = 0, 1.2
    while now_s < 120:
        now_s += 0.05
        hub.put(bytes(4096), now_s)
        out += sum(len(one) + UDP_BYTES for one in hub.datagrams(now_s))
    assert out <= UNPROVEN_TIMES * (len(stolen) + UDP_BYTES)


def test_it_sends_nothing_to_a_stranger() -> None:
    """An answering end that heard nothing says nothing."""
    hub = answerer()
    assert hub.put(bytes(5000), 0.0) == 0 and hub.datagrams(5.0) == []


def test_it_drops_an_ack_of_what_was_never_sent() -> None:
    """Nobody talks us into believing that all has arrived."""
    hub = answerer()
    ack = Ack(((0, 9),), 0, 0).encode()
    assert not hub.heard(sealed(ack), 0, 0.1)
    ack = Ack(((0, 2**32 - 1),), 0, 0).encode()
    assert not hub.heard(sealed(ack, 1), 0, 0.1)


def test_it_acknowledges_nothing_by_an_ack_of_a_gap() -> None:
    """Numbers of lost and of never used datagrams are skipped."""
    office = caller()
    said(office, b"x" * 100)
    hub = Seal(KEY, 0, calls=False)
    assert office.unacked_bytes == 100
    assert not office.heard(hub.seal(Ack(((5, 5),), 0, 0).encode()), 0, 0.3)
    assert office.unacked_bytes == 100
    assert office.heard(hub.seal(Ack(((0, 0),), 0, 0).encode()), 0, 0.3)
    assert office.unacked_bytes == 0


@pytest.mark.parametrize("offset", [WINDOW_BYTES, 2**40, 2**62 - 4])
def test_it_takes_no_memory_for_a_huge_offset(offset: int) -> None:
    """Bytes far ahead are not kept, and not acknowledged."""
    hub = answerer()
    assert not hub.heard(sealed(stream_head(offset) + b"xyz"), 0, 0.1)
    assert hub.datagrams(1.0) == []


def test_it_bounds_bytes_with_gaps() -> None:
    """A thousand pieces that never join fill a bounded shelf, then nothing more is taken."""
    assembly, taken = Assembly(), 0
    for turn in range(3 * PIECES_MAX):
        offset = 1 + 2 * turn
        if assembly.has_room_for(offset, b"x"):
            assembly.add(offset, b"x")
            taken += 1
    assert taken == PIECES_MAX
    big, held = Assembly(), 0
    for turn in range(4000):
        piece = bytes(1400)
        # Overlapping pieces: each begins a byte later than the one before.
        if big.has_room_for(1 + turn, piece):
            big.add(1 + turn, piece)
            held += len(piece)
    assert held <= WINDOW_BYTES


def test_it_keeps_the_order_of_overlapping_bytes() -> None:
    """Repeats of other sizes join without a byte too many."""
    dice = random.Random(4)
    whole = dice.randbytes(5000)
    assembly, found = Assembly(), b""
    while len(found) < len(whole):
        start = dice.randrange(len(found), min(len(whole), len(found) + 900))
        piece = whole[start : start + dice.randrange(1, 700)]
        assembly.add(start, piece)
        found += assembly.take(dice.randrange(1, 999))
    assert found == whole


@given(st.binary(max_size=200))
def test_it_refuses_or_reads_frames_of_a_mad_peer(content: bytes) -> None:
    """Sealed nonsense is dropped as a whole; nothing else is raised."""
    try:
        found = decode(content)
    except Malformed:
        assert not answerer().heard(sealed(content), 0, 0.1) or not content
        return
    assert isinstance(found, Frames)


@given(st.lists(st.integers(0, 600), min_size=1, max_size=90, unique=True))
def test_it_says_in_acks_what_arrived(numbers: list[int]) -> None:
    """Runs name only numbers that came, the largest first, and survive the wire."""
    received = Received()
    for number in numbers:
        received.add(number, 1.0)
    ack = received.ack(1.5)
    assert decode(ack.encode()).ack == ack and ack.largest == max(numbers)
    told = {one for low, high in ack.runs for one in range(low, high + 1)}
    assert told <= set(numbers) and len(ack.runs) <= RUNS_MAX
    assert len(ack.runs) > 15 or told == set(numbers)


def test_it_makes_datagrams_that_fit_the_road() -> None:
    """None is larger than it may be, with every ACK that may ride along."""
    office, hub, now_s = caller(), answerer(), 0.0
    dice = random.Random(3)
    for _ in range(400):
        now_s += 0.09
        office.put(bytes(9000), now_s)
        hub.put(bytes(9000), now_s)
        for one, other in ((office, hub), (hub, office)):
            for datagram in one.datagrams(now_s):
                assert OVERHEAD_BYTES < len(datagram) <= 1472
                if dice.random() < 0.6:
                    other.heard(datagram, 0, now_s + 0.01)
