"""Sessions at their edges: what is not believed, what is told once, and our own troubles."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from perahu.journal.journal import Journal
from perahu.journal.types import COMMON, BlobRef, Draft
from perahu.keys import cbor
from perahu.keys.certificates import journal_id
from perahu.keys.facts import NodeRevoked
from perahu.sync import ack, dictionary, frames, limits, passport
from perahu.sync.frames import Frame, FrameReader
from perahu.sync.hello import Hello, hear
from perahu.sync.http import Bare
from perahu.sync.memory import Memory
from perahu.sync.passage import Passage, Patience, answer
from perahu.sync.progress import Progress
from perahu.sync.ratchet import admit
from perahu.sync.receiving import Receiving
from perahu.sync.sealed import CLASS_NAMES, SegmentCargo
from perahu.sync.session import unheard
from perahu.sync.vector import Reach
from perahu.words import Refusal
from tests.cast import District
from tests.sync.memory_road import _Buffer
from tests.sync.road import (
    AT_PROVINSI,
    TO_HUB,
    TO_OFFICE,
    TO_PROVINSI,
    Count,
    Meeting,
    drain,
    met,
    record,
    record_part,
)


def said(stream: bytes) -> list[Frame]:
    """The frames of one direction."""
    return list(FrameReader().feed(stream))


def stream(found: list[Frame]) -> bytes:
    """The other way round."""
    return frames.MAGIC + b"".join(frame.encode() for frame in found)


def manifests(count: Count) -> list[BlobRef]:
    """All blobs that the caller named."""
    found = said(b"".join(count.up))
    named = [ack.hear_manifest(f) for f in found if f.type == frames.MANIFEST]
    return [ref for refs in named for ref in refs]


def test_it_names_once_what_it_has_no_more(
    district: District, meeting: Meeting
) -> None:
    """A part that went before it was acknowledged: the hub is asked, and it is not here."""
    receipt, ref = record_part(district, meeting.caller, 9_000)
    meeting.caller.blobs.remove(ref.sha256)
    assert manifests(meeting.hold()) == [ref]
    assert manifests(meeting.hold()) == []
    assert not meeting.answerer.blobs.has(ref.sha256)
    assert meeting.answerer.hash_at(receipt.journal, receipt.seq) == receipt.h


@pytest.fixture
def without_dictionary(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A program that was installed without its dictionary."""
    dictionary.ours.cache_clear()
    monkeypatch.setattr(dictionary, "_PATH", Path("/nowhere/dictionary"))
    yield
    dictionary.ours.cache_clear()


def test_it_works_without_a_dictionary(
    district: District, without_dictionary: None
) -> None:
    """Everything arrives; only what was packed with one cannot be read, and is refused."""
    assert dictionary.ours() == (dictionary.NONE, None)
    with pytest.raises(Refusal, match="bad_packing"):
        dictionary.inflate(b"packed", 10, with_dictionary=True)
    meeting = met(district)
    hub, enggano = meeting.answerer, meeting.caller
    receipt = record(district, enggano, 3)
    meeting.hold()
    assert hub.hash_at(receipt.journal, receipt.seq) == receipt.h


def test_it_believes_no_papers_that_were_not_shown(meeting: Meeting) -> None:
    """An answer that names other papers than those the caller has: nothing of it counts."""
    initiator, responder = meeting.initiator(), meeting.responder()
    responder.received(drain(initiator))
    hello, *rest = said(drain(responder))
    call = (initiator._id, meeting.caller.node_id)
    changed = dataclasses.replace(
        hear(hello, call).hello, passport=b"", passport_name=bytes(16)
    )
    again = changed.sign(meeting.answerer.sign, is_answer=True)
    with pytest.raises(Refusal, match="bad_message"):
        initiator.received(stream([again, *rest]))
    assert not initiator.is_greeted


def test_it_goes_to_no_node_that_it_knows_revoked(district: District) -> None:
    """Who was called does not know it yet; the caller does, and takes nothing from it."""
    hub, provinsi = district.open("Hub"), district.open("Provinsi")
    district.found(hub)
    with hub.writing() as book:
        fact = NodeRevoked(node=provinsi.node_id, reason="hilang", valid_through=())
        book.append(district.ask(), [Draft(fact, audience=COMMON)])
    with pytest.raises(Refusal, match="wrong_node"):
        Meeting(hub, provinsi, TO_PROVINSI).hold()


def test_it_hears_no_caller_under_another_name(meeting: Meeting) -> None:
    """Good papers and a good signature, and the name of another node in HELLO."""
    responder = meeting.responder()
    hello = hear(said(drain(meeting.initiator()))[0]).hello
    shown = passport.write(meeting.caller.chain, {12: 1}).content
    lied = dataclasses.replace(hello, sender=bytes(16), passport=shown)
    responder.received(stream([lied.sign(meeting.caller.sign)]))
    assert responder.refusal is not None and responder.refusal.code == "bad_message"
    assert not responder.is_greeted


@pytest.mark.parametrize("versions", [[1, 2], {1: -1}, {"a": 1}, {1: "b"}])
def test_it_reads_no_passport_with_odd_versions(
    meeting: Meeting, versions: object
) -> None:
    """The chain is good; what it says of fact kinds is no list of numbers."""
    content = cbor.encode({1: meeting.caller.chain.encode(), 2: versions})
    with pytest.raises(Refusal, match="bad_message"):
        passport.read(content, meeting.caller.root_public)


def test_it_passes_over_post_where_it_carries_none(meeting: Meeting) -> None:
    """PARCELS to a node without a bag: no answer, no harm, the session goes on."""
    initiator, responder = meeting.initiator(), meeting.responder()
    hello, *rest = said(drain(initiator))
    parcels = Frame(frames.PARCELS, cbor.encode({1: []}))
    responder.received(stream([hello, parcels, *rest]))
    initiator.received(drain(responder))
    responder.received(drain(initiator))
    initiator.received(drain(responder))
    assert initiator.is_agreed and responder.is_agreed


def test_it_repeats_only_where_it_called(meeting: Meeting) -> None:
    """An old counter: the caller begins a new session, who answers never does."""
    initiator, responder = meeting.initiator(), meeting.responder()
    meeting.hold()
    responder.received(drain(initiator))
    initiator.received(drain(responder))
    assert initiator.is_worth_repeating and not responder.is_worth_repeating


def test_it_tells_of_many_in_several_acks(
    district: District, meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More blobs than fit one ACK: the next one follows, and each is told once."""
    monkeypatch.setattr(limits, "ACKED_BLOBS_MAX", 2)
    refs = [record_part(district, meeting.caller, 3_000)[1] for _ in range(5)]
    initiator, responder = meeting.initiator(), meeting.responder()
    responder.received(drain(initiator))
    down = drain(responder)
    initiator.received(down)
    responder.received(drain(initiator))
    answered = said(down + drain(responder))
    between, public = (initiator._id, meeting.answerer.incarnation), _public(meeting)
    acks = [ack.hear_ack(f, public, between) for f in answered if f.type == frames.ACK]
    told = [sha for one in acks for sha, _ in one.done]
    assert sorted(told) == sorted(ref.sha256 for ref in refs)
    assert all(len(one.done) <= 2 for one in acks)
    numbers = [one.number for one in acks]
    assert numbers == sorted(set(numbers))


def _public(meeting: Meeting) -> bytes:
    return meeting.answerer.chain.epoch.public


def test_it_gives_up_a_caller_that_went_away(
    district: District, meeting: Meeting
) -> None:
    """No HELLO, no byte, no end: the answering side is patient, and not for ever."""
    clock = district.members["Hub"].clock
    passage = Passage(meeting.responder(), _Buffer(), Bare())
    began_s = clock.monotonic_s()

    def wait(to_send: bool, seconds: float) -> None:
        clock.wall_ms += int(seconds * 1000)

    with pytest.raises(Refusal, match="broken_link"):
        answer(passage, wait, Patience(stall_s_min=60.0))
    assert 60 <= clock.monotonic_s() - began_s < 62


def test_it_answers_until_all_is_agreed(district: District, meeting: Meeting) -> None:
    """The tables are told of what came, at a quiet moment and at the end."""
    record(district, meeting.caller, 2)
    initiator, link = meeting.initiator(), _Buffer()
    passage = Passage(meeting.responder(), link, Bare())
    told: list[int] = []

    def wait(to_send: bool, seconds: float) -> None:
        said_, link.said = link.said, b""
        initiator.received(said_)
        link.came += initiator.to_send(1 << 16)
        if initiator.finished and not link.came:
            link.receive = lambda: None  # type: ignore[method-assign]

    patience = Patience(
        after_commit=lambda: told.append(len(meeting.answerer.events()))
    )
    answer(passage, wait, patience)
    assert initiator.is_agreed and passage.session.stored_entries == 2
    assert told == [len(meeting.answerer.events())], "once for both"


def test_it_stops_when_it_is_told_to(meeting: Meeting) -> None:
    """The program ends: the session is left where it is."""
    passage = Passage(meeting.responder(), _Buffer(), Bare())
    with pytest.raises(Refusal, match="broken_link"):
        answer(passage, lambda *_: None, Patience(goes_on=lambda: False))


def test_it_is_done_when_the_caller_hangs_up(meeting: Meeting) -> None:
    """All is agreed: the answering side waits for the caller to close, and for no more."""
    initiator, link = meeting.initiator(), _Buffer()
    passage = Passage(meeting.responder(), link, Bare())
    while not (initiator.finished and passage.session.finished):
        link.came += initiator.to_send(1 << 16)
        passage.turn()
        said_, link.said = link.said, b""
        initiator.received(said_)
    open_ = passage.is_done(answers=True)
    link.receive = lambda: None  # type: ignore[method-assign]
    passage.turn()
    assert (open_, passage.is_done(answers=True)) == (False, True)


def test_it_takes_a_hung_up_line_for_no_end(meeting: Meeting) -> None:
    """Closed before both have said END: that is a cut."""
    link = _Buffer()
    link.receive = lambda: None  # type: ignore[method-assign]
    with pytest.raises(Refusal, match="broken_link"):
        Passage(meeting.responder(), link, Bare()).turn()


def test_it_names_the_classes_in_the_order_of_the_road() -> None:
    """What screens show is the same count that the session keeps."""
    progress = Progress()
    progress.queued(2, 7)
    named = progress.by_name()
    assert tuple(named) == CLASS_NAMES
    assert named[CLASS_NAMES[2]].queued == 7
    assert sum(one.queued for one in named.values()) == 7


# -- what is kept of a peer ---------------------------------------------------------------


def test_it_keeps_telling_until_it_was_seen(meeting: Meeting) -> None:
    """Told by an ACK that the peer has not seen yet: it stays to be told."""
    memory = Memory.load(meeting.answerer.local, meeting.caller.node_id)
    told, untold, taken = b"t" * 32, b"u" * 32, b"v" * 32
    memory.note_safe(told)
    memory.note_told(told, 5)
    memory.note_safe(untold)
    memory.note_taken([taken])
    memory.drop_told(4)
    assert memory.untold() == [(told, 5), (untold, 0)]
    assert [shas for _, _, shas in memory.taken()] == [[taken]]
    memory.note_taken_told(taken, 6, [taken])
    memory.drop_told(5)
    assert memory.untold() == [(untold, 0)] and len(memory.taken()) == 1
    memory.drop_told(6)
    assert memory.taken() == []


def test_it_remembers_so_many_files_and_no_more(
    meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A peer that never reads an answer does not fill our book."""
    monkeypatch.setattr("perahu.sync.memory.TAKEN_KEPT", 2)
    memory = Memory.load(meeting.answerer.local, meeting.caller.node_id)
    for number in range(4):
        memory.note_taken([number.to_bytes(32, "big")])
    assert len(memory.taken()) == 2


def test_it_lowers_a_floor_to_where_the_peer_is(meeting: Meeting) -> None:
    """Not below: what is under it need not be asked of the peer again."""
    memory = Memory.load(meeting.caller.local, meeting.answerer.node_id)
    name = b"j" * 16
    memory.raise_floor(name, 9)
    memory.lower_floor(name, 4)
    assert memory.floors()[name] == 4
    memory.lower_floor(name, 0)
    assert name not in memory.floors()


def _hello(meeting: Meeting, **changes: object) -> Hello:
    found = hear(said(drain(meeting.initiator()))[0]).hello
    return dataclasses.replace(found, **changes)  # type: ignore[arg-type]


def test_it_remembers_the_last_sessions_only(meeting: Meeting) -> None:
    """A replay of the very last is a clone's doing; of one long ago just a replay."""
    local, ours = meeting.answerer.local, meeting.answerer.incarnation
    first = _hello(meeting).counter + 1
    for number in range(limits.SESSIONS_KEPT_MAX + 3):
        admitted = admit(
            local, _hello(meeting, counter=first + number), ours, bytes(16)
        )
        assert admitted.token == bytes(16)
    for counter, is_clone in (
        (first + 1, False),
        (first + limits.SESSIONS_KEPT_MAX, True),
    ):
        other = _hello(meeting, counter=counter, session=b"another session!")
        with pytest.raises(Refusal, match="old_session") as caught:
            admit(local, other, ours, bytes(16))
        assert getattr(caught.value, "is_clone") is is_clone  # noqa: B009


def test_it_takes_a_token_of_a_former_book(meeting: Meeting) -> None:
    """We were restored: which tokens we gave since is forgotten, so any is good."""
    local, ours = meeting.answerer.local, meeting.answerer.incarnation
    meeting.hold()
    counter = _hello(meeting).counter + 50
    token, former = b"t" * 16, b"former book here"
    said_ = _hello(meeting, counter=counter, token=token, token_incarnation=former)
    assert not admit(local, said_, ours, bytes(16)).is_clone
    said_ = _hello(meeting, counter=counter + 1, token=token, token_incarnation=ours)
    assert admit(local, said_, ours, bytes(16)).is_clone


# -- the receiving half -------------------------------------------------------------------


def receiving(us: Journal, peer: Journal, offer: object) -> Receiving:
    """The half that stores what a peer brings."""
    memory = Memory.load(us.local, peer.node_id)
    return Receiving(us, memory, offer, unheard, Progress())  # type: ignore[arg-type]


def cargo_of(journal: Journal, at: int) -> SegmentCargo:
    """One of Enggano's segments of civil facts, with its certificate."""
    row = next(r for r in journal.journals() if r.own and r.lane == 1)
    segment = list(journal.segments(row.id, 0))[at]
    return SegmentCargo(
        journal=row.id, a=segment.a, b=segment.b, lane=row.lane,
        audience=row.audience, certificate=row.certificate, segment=segment.encode(),
    )  # fmt: skip


def test_it_asks_for_the_beginning_where_that_is_missing(
    district: District, meeting: Meeting
) -> None:
    """The second segment of a journal that nobody here knows: told that nothing is held."""
    enggano, hub = meeting.caller, meeting.answerer
    for _ in range(2):
        record(district, enggano)
        enggano.seal()
    half = receiving(hub, enggano, TO_OFFICE)
    late = cargo_of(enggano, 1)
    half.segment(late)
    assert half.take_reached() == {late.journal[:8]: Reach(0, bytes(8))}
    half.segment(cargo_of(enggano, 0))
    half.segment(late)
    reached = half.take_reached()[late.journal[:8]]
    assert reached.seq == late.b and half.stored_entries == 2


def test_it_stops_where_our_own_book_takes_nothing(
    district: District, meeting: Meeting
) -> None:
    """No blame, no evidence: the exchange ends, and later the same segment is stored."""
    enggano, hub = meeting.caller, meeting.answerer
    record(district, enggano)
    enggano.seal()
    half, cargo = receiving(hub, enggano, TO_OFFICE), cargo_of(enggano, 0)
    hub._book.store.rows("PRAGMA query_only = ON")
    with pytest.raises(Refusal, match="read_only"):
        half.segment(cargo)
    hub._book.store.rows("PRAGMA query_only = OFF")
    assert half.evidence == [] and half.refused_segments == 0
    half.segment(cargo)
    assert half.stored_entries == 1


def test_it_takes_its_own_journal_from_nobody(meeting: Meeting) -> None:
    """A lane that this office never wrote to, under its own papers: somebody made it up."""
    enggano, hub = meeting.caller, meeting.answerer
    papers = enggano.chain.encode()
    name = journal_id(papers, 2, b"")
    half = receiving(enggano, hub, TO_HUB)
    half.segment(
        SegmentCargo(
            journal=name, a=1, b=1, lane=2, audience=b"", certificate=papers,
            segment=b"whatever",
        )
    )  # fmt: skip
    assert enggano.journal(name) is None and half.refused_segments == 1
    assert [(one.journal, one.code) for one in half.evidence] == [(name, "bad_segment")]


@pytest.mark.damages_book("two blobs that no entry cites")
def test_it_takes_two_blobs_of_one_name_one_after_the_other(meeting: Meeting) -> None:
    """A CHUNK names a blob by its first bytes: two alike are not mixed."""
    hub, enggano = meeting.answerer, meeting.caller
    refs = [BlobRef(b"alike at first" + bytes([n]) * 18, 40_000, 3) for n in (1, 2)]
    with hub._book.store.transaction():
        hub._book.store.run_many(
            "INSERT INTO blobs (sha256, size, class, present, level) "
            "VALUES (?, ?, ?, 0, 0)",
            [(ref.sha256, ref.size, ref.blob_class) for ref in refs],
        )
    half = receiving(hub, enggano, AT_PROVINSI)
    half.manifest(refs)
    assert list(half._announced.values()) == refs[:1]
