"""Hostile callers at a real listener: each is turned away, and the others are served."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest

from perahu.cases import reads as cases
from perahu.cases.actions import accept_arrivals
from perahu.cases.rules import DITOLAK, SAH
from perahu.journal.types import Receipt
from perahu.keys.authority import Authority
from perahu.node.actions import revoke_node
from perahu.node.listener import Listener
from perahu.node.office import Office
from perahu.node.road import parent_of, record_evidence, side_of
from perahu.node.status import status_of
from perahu.people import actions as people
from perahu.people import reads
from perahu.sync import frames
from perahu.sync.frames import Frame, FrameReader
from perahu.sync.hello import hear
from perahu.sync.initiator import Initiator
from perahu.sync.offer import Peer
from perahu.sync.session import Side
from perahu.words import Refusal, in_language
from tests.cast import District, carry
from tests.people.builders import create_biodata
from tests.system.desks import record
from tests.system.strangers import Knock, knock_of, taped_exchange
from tests.system.world import (
    ENGGANO,
    HUB,
    KAPAL,
    KETAHUN,
    World,
    answering,
    call,
    officer_of,
)


@dataclasses.dataclass
class Scene:
    """The hub at its door, Enggano who calls it, and what the hub was told of."""

    world: World
    hub: Office
    enggano: Office
    listener: Listener
    troubles: list[Refusal]

    @property
    def port(self) -> int:
        """Where the hub listens."""
        return self.listener.port

    @property
    def knock(self) -> Knock:
        """Somebody with Enggano's files."""
        return knock_of(self.enggano, self.port)

    def check_served(self) -> None:
        """Enggano records something, and it is at the hub."""
        person = self.hub.ports.random(12)
        ask = self.enggano.ask(officer_of(self.enggano, ENGGANO))
        receipt = register(self.enggano, ENGGANO, person, ask.op_id, "170301")
        assert call(self.enggano, self.port).is_complete
        assert self.hub.journal.hash_at(receipt.journal, receipt.seq) == receipt.h
        assert self.hub.journal.verify().sound

    def heads(self) -> list[tuple[bytes, int]]:
        """How far the hub's journals go."""
        return [(row.id, row.head_seq) for row in self.hub.journal.journals()]


def register(
    office: Office, name: str, person: bytes, op_id: bytes, place: str
) -> Receipt:
    """A new resident at an office."""
    serial = 9000 + int.from_bytes(person[:2], "big") % 1000
    with office.at_work():
        return people.register_resident(
            office.journal,
            office.ask(officer_of(office, name), op_id),
            person=person,
            biodata=create_biodata(nik=f"170301120890{serial}"),
            wilayah=place,
            papers="KK",
        )


@pytest.fixture
def scene(world: World) -> Iterator[Scene]:
    """The hub listens, Enggano has been in contact once."""
    hub, enggano, troubles = world.open(HUB), world.open(ENGGANO), list[Refusal]()
    with answering(hub, troubled=troubles.append) as listener:
        assert call(enggano, listener.port).is_complete
        yield Scene(world, hub, enggano, listener, troubles)


_NOISE = bytes(range(256)) * 64
_HEAD = b"POST /jrn/1 HTTP/1.1\r\nHost: x\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        _NOISE,
        b"GET /jrn/1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /etc/passwd HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        _HEAD + b"X: " + b"a" * 100_000,
        _HEAD + b"Content-Length: 99999999999999999999\r\n\r\n" + _NOISE,
        _HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        _CHUNKED + b"ffffffffffffffff\r\n" + _NOISE,
        _CHUNKED + b"4\r\nJRN1\r\n0\r\n\r\n",
        _CHUNKED + b"-4\r\nJRN1",
        _HEAD * 200,
    ],
    ids=[
        "nothing", "noise", "get", "path", "endless-head", "endless-body", "smuggled",
        "endless-chunk", "empty-exchange", "negative-chunk", "many-heads",
    ],
)  # fmt: skip
def test_it_turns_noise_away(scene: Scene, content: bytes) -> None:
    """Whatever the bytes, the connection ends, nothing is stored, the next is served."""
    before = scene.heads()
    with scene.knock.connected() as secure:
        if content:
            try:
                secure.sendall(content)
            except OSError:
                assert len(content) > 1000, "only what is long is cut off"
    assert scene.heads() == before
    scene.check_served()


def _frame_bomb() -> bytes:
    return frames.MAGIC + b"\x02\x00\xff\xff\xff\xff" + _NOISE


def _frames_before_hello() -> bytes:
    return frames.MAGIC + Frame(frames.SEG, _NOISE).encode() * 20


def _garbage_hello() -> bytes:
    return frames.MAGIC + Frame(frames.HELLO, _NOISE).encode()


def _wrong_checksum() -> bytes:
    return frames.MAGIC + Frame(frames.HELLO, b"x").encode()[:-1] + b"?"


@pytest.mark.parametrize(
    "make", [_frame_bomb, _frames_before_hello, _garbage_hello, _wrong_checksum]
)
def test_it_answers_bad_frames_in_words(
    scene: Scene, make: Callable[[], bytes]
) -> None:
    """A caller whose frames are none hears why, politely, and nothing is stored."""
    before = scene.heads()
    answer = scene.knock.exchange(make())
    assert answer is not None and answer.code
    assert answer.words.id and answer.words.en
    assert scene.heads() == before
    scene.check_served()


def _hello_of(office: Office, peer: Peer | None = None) -> Frame:
    up = office.settings.row.up
    assert up is not None
    session = Initiator(side_of(office), peer or parent_of(office), up)
    (frame, *_) = FrameReader().feed(session.to_send(1 << 16))
    return frame


def test_it_refuses_a_forged_hello(scene: Scene) -> None:
    """Kapal signs a HELLO in Enggano's name: refused, and Enggano is not suspected."""
    kapal = scene.world.open(KAPAL)
    true = hear(_hello_of(scene.enggano)).hello
    forged = dataclasses.replace(true, session=b"s" * 16, counter=true.counter + 5)
    frame = forged.sign(kapal.journal.sign)
    answer = scene.knock.exchange(frames.MAGIC + frame.encode())
    assert answer is not None and answer.code == "bad_signature"
    assert record_evidence(scene.hub) == 0
    scene.check_served()


def test_it_refuses_a_stranger_of_another_kabupaten(
    scene: Scene, district: District
) -> None:
    """Good papers under another root are no papers here."""
    stranger = district.open("Enggano")
    up = scene.enggano.settings.row.up
    assert up is not None
    session = Initiator(Side(stranger), parent_of(scene.enggano), up)
    answer = scene.knock.exchange(session.to_send(1 << 16))
    assert answer is not None and answer.code == "bad_certificate"
    scene.check_served()


def test_it_refuses_a_hello_for_somebody_else(scene: Scene) -> None:
    """A HELLO that Enggano made for the provinsi opens nothing at the hub."""
    provinsi = scene.world.open("Provinsi")
    keys = provinsi.certificate
    peer = Peer(keys.node_id, keys.box_public, keys.name)
    frame = _hello_of(scene.enggano, peer)
    answer = scene.knock.exchange(frames.MAGIC + frame.encode())
    assert answer is not None and answer.code == "wrong_recipient"
    scene.check_served()


def test_it_refuses_a_replayed_exchange(scene: Scene) -> None:
    """Every byte of an exchange, sent once more: refused, nothing twice, nobody accused."""
    record(scene.enggano, ENGGANO, scene.world.residents()[0])
    result, tape = taped_exchange(scene.enggano, scene.port)
    assert result.is_complete and len(tape) > 60_000
    before = scene.heads()
    for cut in (len(tape), len(tape), 20_000):
        answer = scene.knock.exchange(tape[:cut])
        assert answer is not None and answer.code == "old_session"
    assert scene.heads() == before
    assert record_evidence(scene.hub) == 0
    assert not scene.enggano.journal.halts()
    scene.check_served()


def test_it_serves_others_while_many_hold_the_door(scene: Scene) -> None:
    """A hundred connections that never go on: Enggano is served all the same."""
    with scene.knock.half_open(100):
        scene.check_served()
    scene.check_served()


@pytest.mark.damages_book("a tampered Enggano keeps what it was not allowed to state")
def test_it_parks_what_is_out_of_scope(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tampered Enggano states facts for Ketahun: stored, parked, shown, rejected."""
    enggano, hub = scene.enggano, scene.hub
    person = b"somebody-els"
    with monkeypatch.context() as tampered:
        tampered.setattr(Authority, "judge", lambda self, **asked: None)
        receipt = register(enggano, ENGGANO, person, b"o" * 16, "170312")
    scene.check_served()
    assert hub.journal.hash_at(receipt.journal, receipt.seq) == receipt.h
    (parked,) = hub.journal.parked()
    assert (parked.journal, parked.seq) == (receipt.journal, receipt.seq)
    with hub.at_work():
        assert reads.person(person) is None
        shown = in_language(status_of(hub), "en")
        assert (
            shown["parked"] == 1 and "outside the wilayah" in shown["parked_words"][0]
        )
        accept_arrivals(hub.journal, hub.ask())
        assert cases.decision_of(receipt.journal, receipt.seq) == DITOLAK
        assert cases.decision_of(receipt.journal, receipt.seq + 1) == SAH
    scene.check_served()


def test_it_turns_a_revoked_node_away(scene: Scene) -> None:
    """A stolen laptop: refused with words, what it had brought stands, the rest does not."""
    world, hub = scene.world, scene.hub
    kapal = world.open(KAPAL)
    early = register(kapal, KAPAL, b"early-person", b"1" * 16, "170301")
    assert call(kapal, scene.port).is_complete
    revoke_node(hub.journal, hub.ask(), name=KAPAL, reason="dicuri")
    late = register(kapal, KAPAL, b"late-person!", b"2" * 16, "170301")
    before = scene.heads()
    result = call(kapal, scene.port)
    assert result.refusal is not None and result.refusal.code == "revoked"
    assert "revoked" in result.refusal.words.en and not result.is_complete
    assert scene.heads() == before
    assert kapal.journal.level_of(late.journal, late.seq) == 0
    carry(kapal.journal, hub.journal, audience=lambda audience: audience == b"")
    with hub.at_work():
        assert reads.person(b"early-person") is not None
        assert reads.person(b"late-person!") is None
    assert [one.seq for one in hub.journal.parked()] == [late.seq]
    assert hub.journal.hash_at(early.journal, early.seq) == early.h
    scene.check_served()


def test_it_lets_nobody_read_anothers_share(scene: Scene) -> None:
    """Enggano gets nothing that the hub wrote for Ketahun, however it asks."""
    ketahun = scene.world.node_id(KETAHUN)
    scene.check_served()
    audiences = {row.audience for row in scene.enggano.journal.journals()}
    assert ketahun not in audiences
    assert scene.enggano.journal.node_id in audiences
