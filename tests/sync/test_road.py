"""The real road: TLS 1.3 on loopback sockets, through a link that cuts in the middle."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from perahu.journal.journal import Journal, Opening
from perahu.journal.ports import Ports
from perahu.journal.types import Level
from perahu.node import tls
from perahu.node.clock import RealClock
from perahu.node.disk import RealDisk
from perahu.node.link import OneRoad
from perahu.node.listener import Listener
from perahu.node.lock import FileLock
from perahu.node.shaper import Shaper
from perahu.sync import limits
from perahu.sync.exchange import ExchangeResult, Patience, exchange
from perahu.sync.offer import ForkEvidence, Peer
from perahu.sync.responder import Doors
from perahu.sync.session import Side
from perahu.words import Refusal
from tests.cast import District
from tests.sync.road import TO_HUB, offer_for, record_part


@dataclass
class Road:
    """Enggano and the hub's listener with a shaped link between them."""

    district: District
    hub: Journal
    enggano: Journal
    authority: tls.KeyPair
    listener: Listener
    shaper: Shaper
    troubles: list[Refusal]
    roads: OneRoad = field(init=False)

    def exchange(self, patience: Patience | None = None) -> ExchangeResult:
        """One exchange from Enggano to the hub."""
        node = self.hub.certificate
        peer = Peer(node.node_id, node.box_public)
        return exchange(Side(self.enggano), peer, TO_HUB, self.roads, patience)

    def roads_to(self, port: int, authority: tls.KeyPair | None = None) -> OneRoad:
        """The way to some port, trusting some authority."""
        pair = authority or self.authority
        context = tls.client_context(pair.certificate)
        return OneRoad(("127.0.0.1", port), context, tls.road_name(self.hub.node_id))


def _open(district: District, name: str) -> Journal:
    """As District.open, with the real clock and a connection for each thread."""
    member = district.members[name]
    journal = Journal(
        Opening(
            folder=member.folder,
            keys=member.keys,
            root_public=bytes(district.root.verify_key),
            registry=district.registry,
            ports=Ports(
                clock=RealClock("Asia/Jakarta"),
                random=member.dice,
                disk=RealDisk(),
                lock=FileLock(member.folder / "writer.lock"),
                flush_lock=FileLock(member.folder / "flush.lock"),
                key_lock=FileLock(member.folder / "keyring.lock"),
                thread=threading.get_ident,
            ),
        )
    )
    district.journals.append(journal)
    return journal


@pytest.fixture
def road(district: District, tmp_path: Path) -> Iterator[Road]:
    """A road that is open and fast until a test says otherwise."""
    hub, enggano = _open(district, "Hub"), _open(district, "Enggano")
    district.found(hub)
    authority = tls.make_authority("Bengkulu Utara")
    pair = tls.issue(authority, hub.node_id, ["127.0.0.1"])
    (tmp_path / "tls.pem").write_bytes(pair.certificate + pair.key)
    context = tls.server_context(tmp_path / "tls.pem", tmp_path / "tls.pem")
    troubles: list[Refusal] = []
    witness: list[ForkEvidence] = []
    listener = Listener(
        Side(hub, witness.append),
        Doors(offer_for),
        context,
        ("127.0.0.1", 0),
        troubled=troubles.append,
    )
    listener.start()
    shaper = Shaper(("127.0.0.1", listener.port))
    shaper.start()
    made = Road(district, hub, enggano, authority, listener, shaper, troubles)
    made.roads = made.roads_to(shaper.port)
    yield made
    listener.stop()
    shaper.stop()
    assert witness == []


def test_it_works(road: Road) -> None:
    """Facts and parts up, the hub's word down, diterima on the receipt, time with it."""
    result = road.exchange()
    assert result.is_complete and result.refusal is None and result.connections == 1
    assert result.stored_entries == 9
    receipt, ref = record_part(road.district, road.enggano, 200_000)
    result = road.exchange()
    assert result.is_complete
    assert road.hub.blobs.has(ref.sha256)
    assert road.enggano.level_of(receipt.journal, receipt.seq) is Level.RECEIVED
    assert result.offset_ms is not None and abs(result.offset_ms) < 5_000
    assert road.troubles == []


def test_it_costs_little_when_idle(road: Road) -> None:
    """Wire bytes of an idle contact, TLS and its resumed handshake included."""
    road.exchange()
    road.exchange()
    result = road.exchange()
    assert result.progress.sent_bytes + result.progress.received_bytes <= 2_000
    assert sum(result.wire_bytes) <= 3_500
    assert road.roads.peer.resumed >= 2, "a session is resumed at every contact"


def _cut_after(road: Road, count: int, mode: str, done: threading.Event) -> None:
    """Cut the link each time so many more bytes have gone up."""
    passed = road.shaper.counts.up_bytes
    while not done.wait(0.01):
        if road.shaper.counts.up_bytes - passed >= count:
            road.shaper.tell(f"cut {mode}")
            time.sleep(0.05)
            road.shaper.tell("open")
            passed = road.shaper.counts.up_bytes


@pytest.mark.parametrize("mode", ["reset", "silent"])
def test_it_goes_on_after_cuts_in_the_middle(road: Road, mode: str) -> None:
    """Cut again and again in the middle of a blob: it arrives, whole, once."""
    road.exchange()
    road.shaper.tell("rate 400000 400000")
    receipt, ref = record_part(road.district, road.enggano, 400_000)
    done = threading.Event()
    cutter = threading.Thread(target=_cut_after, args=(road, 150_000, mode, done))
    cutter.start()
    before = road.shaper.counts.up_bytes
    try:
        result = road.exchange(Patience(stall_s_min=0.6))
    finally:
        done.set()
        cutter.join()
    assert result.is_complete and result.connections >= 3
    assert road.hub.blobs.has(ref.sha256)
    assert road.enggano.level_of(receipt.journal, receipt.seq) is Level.RECEIVED
    sent = road.shaper.counts.up_bytes - before
    lost = result.connections * (limits.WINDOW_START_BYTES + 40_000)
    assert sent <= 400_000 * 1.1 + lost


@pytest.mark.parametrize("mode", ["reset", "silent"])
def test_it_resumes_the_tls_session(road: Road, mode: str) -> None:
    """One whole handshake in a node's life; every connection after it shows a ticket."""
    road.exchange()
    assert road.roads.peer.resumed == 0
    road.shaper.tell("rate 400000 400000")
    record_part(road.district, road.enggano, 300_000)
    done = threading.Event()
    cutter = threading.Thread(target=_cut_after, args=(road, 150_000, mode, done))
    cutter.start()
    try:
        result = road.exchange(Patience(stall_s_min=0.6))
    finally:
        done.set()
        cutter.join()
    assert result.is_complete and result.connections >= 2
    assert road.roads.peer.resumed >= result.connections


def test_it_names_a_portal_in_the_hubs_place(road: Road) -> None:
    """Plain HTTP where TLS should be: one sentence, nothing sent, nothing lost."""
    portal = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = portal.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://wifi/\r\n\r\n")

    threading.Thread(target=answer, daemon=True).start()
    road.roads = road.roads_to(portal.getsockname()[1])
    result = road.exchange()
    portal.close()
    assert result.refusal is not None and result.refusal.code == "captive_portal"
    assert result.connections == 0


def test_it_refuses_another_authority(road: Road) -> None:
    """A certificate of another authority is refused before a byte is said."""
    road.roads = road.roads_to(road.shaper.port, tls.make_authority("Orang lain"))
    result = road.exchange()
    assert result.refusal is not None and result.refusal.code == "wrong_certificate"


def test_it_says_that_nobody_is_there(road: Road) -> None:
    """No listener: words that say where everything is, after a few tries."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    road.roads = road.roads_to(port)
    result = road.exchange(Patience(attempts_max=2))
    assert result.refusal is not None and result.refusal.code == "unreachable"
    assert not result.is_complete


def test_it_stops_at_once_when_asked(road: Road) -> None:
    """A node that shuts down does not wait for a slow road."""
    road.exchange()
    road.shaper.tell("rate 5000 5000")
    record_part(road.district, road.enggano, 300_000)
    until_s = time.monotonic() + 0.5
    result = road.exchange(Patience(goes_on=lambda: time.monotonic() < until_s))
    assert not result.is_complete
    assert time.monotonic() < until_s + 10


def test_it_turns_browsers_and_noise_away(road: Road) -> None:
    """Whatever else knocks gets an answer or a closed door, and offices go on."""
    context = tls.client_context(road.authority.certificate)
    for said, heard in (
        (b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n", b"HTTP/1.1 404"),
        (b"GET /jrn/1 HTTP/1.1\r\nHost: hub\r\n\r\n", b"HTTP/1.1 405"),
        (b"\x00\x01\x02\r\n\r\n", b""),
    ):
        with (
            socket.create_connection(("127.0.0.1", road.listener.port)) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
        ):
            secure.sendall(said)
            secure.settimeout(5)
            try:
                assert secure.recv(4096).startswith(heard)
            except (ConnectionError, ssl.SSLError):
                assert heard == b""
    with socket.create_connection(("127.0.0.1", road.listener.port)) as plain:
        plain.sendall(b"not tls at all" * 10)
    assert road.exchange().is_complete


def test_it_serves_many_offices_at_once(road: Road) -> None:
    """Several nodes call in the same moment and all are served."""
    offices = [
        road.enggano,
        _open(road.district, "Ketahun"),
        _open(road.district, "Kapal"),
    ]
    peer = Peer(road.hub.node_id, road.hub.certificate.box_public)
    results: list[ExchangeResult] = []

    def call(journal: Journal) -> None:
        roads = road.roads_to(road.listener.port)
        results.append(exchange(Side(journal), peer, TO_HUB, roads))

    threads = [threading.Thread(target=call, args=(journal,)) for journal in offices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [r.is_complete for r in results] == [True] * 3
    assert road.troubles == []


def test_it_ignores_dates_in_certificates(road: Road, tmp_path: Path) -> None:
    """Certificates have no dates that matter: a wrong clock never closes the road."""
    context = tls.client_context(road.authority.certificate)
    assert context.verify_flags & 0x200000
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3


def test_it_says_that_a_port_is_taken(road: Road) -> None:
    """A port that is in use is one clear sentence."""
    with pytest.raises(Refusal, match="port_taken"):
        Listener(
            Side(road.hub),
            Doors(offer_for),
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
            ("127.0.0.1", road.listener.port),
        )
