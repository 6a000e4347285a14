"""Two nodes exchange everything over a road that cuts where it hurts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perahu.journal.types import COMMON, Level
from perahu.sync import frames, limits, sealed
from perahu.sync.frames import FrameReader
from perahu.sync.links import RoadKey
from tests.cast import District
from tests.sync.road import TO_PROVINSI, Meeting, drain, met, record, record_part


def test_it_works(district: District) -> None:
    """Facts and their sealed parts travel up, the hub's word comes down, once."""
    meeting = met(district)
    hub, enggano = meeting.answerer, meeting.caller
    assert enggano.authority.policy.policy == "STORE_AND_FORWARD"
    receipt, ref = record_part(district, enggano, 100_000)
    assert receipt.level is Level.RECORDED
    meeting.hold()
    assert hub.blobs.read(ref.sha256) == enggano.blobs.read(ref.sha256)
    assert enggano.level_of(receipt.journal, receipt.seq) is Level.RECEIVED
    assert (hub.parked(), enggano.parked(), meeting.evidence) == ([], [], [])
    events = hub.events()
    meeting.hold()
    assert hub.events() == events


def test_it_costs_little_when_idle(district: District) -> None:
    """At most 2 kB both ways together, in one turn of the road and a farewell."""
    meeting = met(district)
    count = meeting.hold()
    assert count.up_bytes + count.down_bytes <= 2_000
    assert count.trips <= 2


def test_it_costs_little_a_fact(district: District) -> None:
    """A batch of 200 civil facts costs at most 80 bytes a fact, everything included."""
    meeting = met(district)
    record(district, meeting.caller, 200)
    count = meeting.hold()
    assert count.up_bytes <= 200 * 80


def test_it_rises_to_safe(district: District) -> None:
    """Aman needs the provinsi: its ack reaches the office at the next contact."""
    meeting = met(district)
    hub, enggano, provinsi = meeting.answerer, meeting.caller, district.open("Provinsi")
    receipt, ref = record_part(district, enggano, 20_000)
    meeting.hold()
    above = Meeting(hub, provinsi, TO_PROVINSI)
    above.hold()
    assert provinsi.blobs.has(ref.sha256)
    assert enggano.level_of(receipt.journal, receipt.seq) is Level.RECEIVED
    meeting.hold()
    assert enggano.level_of(receipt.journal, receipt.seq) is Level.SAFE
    assert {r.id for r in provinsi.journals()} == {r.id for r in hub.journals()}


def test_it_tells_of_safety_once(district: District) -> None:
    """What was told is not told again; what was lost with the answer is."""
    meeting = met(district)
    receipt, _ = record_part(district, meeting.caller, 5_000)
    meeting.hold()
    Meeting(meeting.answerer, district.open("Provinsi"), TO_PROVINSI).hold()
    lost = meeting.initiator(), meeting.responder()
    lost[1].received(drain(lost[0]))
    assert drain(lost[1])
    told, silent = meeting.hold(), meeting.hold()
    assert told.down_bytes > silent.down_bytes
    level = meeting.caller.level_of(receipt.journal, receipt.seq)
    assert level is Level.SAFE


def test_it_survives_a_cut_at_any_byte(district: District) -> None:
    """Cut the road at every k-th byte: what was whole stays, nothing is lost or twice."""
    meeting = met(district)
    hub, enggano = meeting.answerer, meeting.caller
    cut = 40
    for round_ in range(40):
        receipt, _ = record_part(district, enggano, 3_000 + round_)
        count = meeting.hold(cut=cut)
        assert count.up_bytes + count.down_bytes <= cut
        cut += 139
    meeting.hold()
    assert enggano.level_of(receipt.journal, receipt.seq) is Level.RECEIVED
    assert [e for e in hub.events() if e.lane == 1] != []
    assert len([e for e in hub.events() if e.lane == 1]) == 40
    assert hub.blobs.missing() == [] and hub.verify().sound
    assert meeting.evidence == []


def test_it_resumes_a_blob_at_the_last_chunk(district: District) -> None:
    """No acknowledged chunk is sent again after a cut."""
    meeting = met(district)
    size = 20 * limits.CHUNK_BYTES
    _, ref = record_part(district, meeting.caller, size)
    sent = 0
    for _ in range(12):
        sent += meeting.hold(cut=120_000).up_bytes
        held = len(meeting.answerer.blobs.chunks_here(ref.sha256))
        if meeting.answerer.blobs.has(ref.sha256):
            break
        assert sent <= held * limits.CHUNK_BYTES * 1.4 + 30_000
    meeting.hold()
    assert meeting.answerer.blobs.has(ref.sha256)


def test_it_keeps_whole_frames_of_a_cut_request(district: District) -> None:
    """The hub commits each frame as it comes, though no answer ever arrives."""
    meeting = met(district)
    record(district, meeting.caller, 5)
    initiator, responder = meeting.initiator(), meeting.responder()
    responder.received(drain(initiator)[:-3])
    assert len([e for e in meeting.answerer.events() if e.lane == 1]) == 5


def _classes(stream: bytes) -> list[int]:
    found = FrameReader().feed(stream)
    content = (frames.SEG, frames.CHUNK)
    return [sealed.road_class(frame) for frame in found if frame.type in content]


def test_it_sends_by_class(district: District) -> None:
    """Civil facts, thumbnails, photos, parts, scans: never a birth behind fingerprints."""
    meeting = met(district)
    for blob_class in (4, 3, 2, 1):
        record_part(district, meeting.caller, 20_000, blob_class)
    classes = _classes(b"".join(meeting.hold().up))
    assert classes == sorted(classes)
    assert set(classes) == {1, 2, 3, 4, 6}


def test_it_lets_a_fresh_fact_jump_ahead(district: District) -> None:
    """A fact recorded during a long exchange goes before the chunks still queued."""
    meeting = met(district)
    record_part(district, meeting.caller, 40 * limits.CHUNK_BYTES)
    initiator, responder = meeting.initiator(), meeting.responder()
    up = drain(initiator)
    responder.received(up)
    initiator.received(drain(responder))
    record(district, meeting.caller)
    district.members["Enggano"].clock.wall_ms += 2_000
    later = drain(initiator)
    whole = FrameReader()
    list(whole.feed(up))
    kinds = [frame.type for frame in whole.feed(later)]
    assert kinds[: kinds.index(frames.SEG)].count(frames.CHUNK) <= 1


def test_it_keeps_little_in_flight(district: District) -> None:
    """Without an answer no more than the first window goes out."""
    meeting = met(district)
    record_part(district, meeting.caller, 40 * limits.CHUNK_BYTES)
    initiator = meeting.initiator()
    sent = len(drain(initiator))
    assert sent <= limits.WINDOW_START_BYTES + 2 * limits.CHUNK_BYTES


def test_it_sends_again_to_a_new_book(district: District, tmp_path: Path) -> None:
    """A hub with a new book acknowledges less: everything is sent again."""
    meeting = met(district)
    receipt, ref = record_part(district, meeting.caller, 9_000)
    meeting.hold()
    hub = meeting.answerer
    assert receipt.seq
    for name in ("book.sqlite3", "book.sqlite3-wal", "book.sqlite3-shm", "fence"):
        (district.members["Hub"].folder / name).unlink(missing_ok=True)
    (district.members["Hub"].folder / "blobs").rename(tmp_path / "gone")
    hub.close()
    fresh = district.open("Hub")
    Meeting(meeting.caller, fresh).hold()
    assert fresh.blobs.has(ref.sha256)
    assert len([e for e in fresh.events() if e.lane == 1] + fresh.parked()) == 1


def test_it_sends_an_office_only_what_is_for_it(district: District) -> None:
    """The hub's journal for Ketahun never reaches Enggano."""
    from perahu.cards.facts import StockSent
    from perahu.journal.types import Draft
    from tests.cast import RATNA

    meeting = met(district)
    hub = meeting.answerer
    other = district.members["Ketahun"].node_id
    fact = StockSent(transfer=b"t" * 12, item="blanko", count=5, to=other)
    with hub.writing() as book:
        book.append(district.ask("Hub", RATNA), [Draft(fact, audience=other)])
    meeting.hold()
    audiences = {r.audience for r in meeting.caller.journals() if not r.own}
    assert audiences == {COMMON}
    ketahun = district.open("Ketahun")
    Meeting(ketahun, hub).hold()
    assert {r.audience for r in ketahun.journals()} == {COMMON, other}


def test_it_shows_a_digest_where_the_vector_is_long(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond a few journals equal vectors travel as 8 bytes; others are asked for."""
    from perahu.sync import session

    monkeypatch.setattr(session, "_VECTOR_IN_FULL_MAX", 0)
    meeting = met(district)
    record(district, meeting.caller, 3)
    meeting.hold()
    idle = meeting.hold()
    assert idle.trips <= 2
    # The caller forgets what was acknowledged: the digest says nothing to it.
    local, space = meeting.caller.local, f"acked {meeting.answerer.node_id.hex()}"
    for name, _ in local.items(space):
        local.delete(space, name)
    assert meeting.hold().trips >= 2
    assert meeting.hold().up_bytes == idle.up_bytes
    assert meeting.evidence == []


@settings(max_examples=8, deadline=None)
@given(cuts=st.lists(st.integers(1, 9_000), max_size=5), piece=st.integers(1, 4_000))
def test_it_converges(cuts: list[int], piece: int) -> None:
    """However often and wherever the road cuts, a whole contact makes the books equal."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        district = District(Path(folder) / "d")
        meeting = met(district)
        for cut in cuts:
            record(district, meeting.caller, 2)
            record_part(district, meeting.caller, 1_000)
            meeting.hold(cut=cut, piece=piece)
        meeting.hold(piece=piece + 100)
        mine = meeting.caller.vector()
        assert meeting.answerer.vector().items() >= mine.items()
        assert meeting.answerer.blobs.missing() == []
        assert meeting.evidence == []
        district.close()


def test_it_forgets_what_need_not_be_remembered(district: District) -> None:
    """Blobs the peer holds are remembered by one number, not one by one for years."""
    meeting = met(district)
    for size in (2_000, 3_000, 4_000):
        record_part(district, meeting.caller, size)
    meeting.hold()
    space = meeting.answerer.node_id.hex()
    assert meeting.caller.local.items(f"has {space}") == []
    record_part(district, meeting.caller, 5_000)
    again = meeting.hold()
    assert again.up_bytes < 9_000
    assert meeting.answerer.blobs.missing() == []


def test_it_gives_both_ends_the_key_to_road_b(district: District) -> None:
    """Out of both frame keys, once both HELLOs are heard; a new one with each session."""
    meeting = met(district)
    told: list[tuple[RoadKey, bytes]] = []
    meeting.doors.road_port = 7443
    meeting.doors.on_road = lambda key, node: told.append((key, node))
    names = set()
    for _ in range(2):
        initiator, responder = meeting.initiator(), meeting.responder()
        assert initiator.road_key() is responder.road_key() is None
        responder.received(drain(initiator))
        key = told[-1][0]
        assert told[-1] == (responder.road_key(), meeting.caller.node_id)
        initiator.received(drain(responder))
        assert initiator.road_key() == key
        assert (len(key.name), len(key.secret), key.port) == (8, 32, 7443)
        names.add(key.name)
    assert len(names) == 2
