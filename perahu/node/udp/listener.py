"""The answering side of road B: one socket, a thread that reads it, a pool that exchanges.

- A datagram of a connection goes to that connection; one that opens with a key told over
  road A begins a connection; all others are dropped, and nothing is ever answered to them.
- The first datagrams of a connection wait for a seat like everybody else's; each has room
  for so many and no more.
- What a session commits is on the disk before its ACK leaves, as over road A.
"""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from perahu.node.udp.keys import Keys, Opening
from perahu.node.udp.stream import PacedStream, tune
from perahu.sync import limits
from perahu.sync.http import Bare
from perahu.sync.links import RoadKey, Sight
from perahu.sync.offer import Offer
from perahu.sync.paced.end import Guess, PacedEnd
from perahu.sync.passage import TURN_S, BrokenLink, Passage, Patience, answer
from perahu.sync.passport import Passport
from perahu.sync.responder import Doors, Responder
from perahu.sync.session import Side
from perahu.words import Refusal

_READ_S = 0.25
_READ_BYTES = 2048
_WAITING_MAX = 512
"""Datagrams that a connection may leave unread."""
_FAREWELL_S = 5.0
"""How long the caller's goodbye is awaited once all is agreed."""
_ADDRESSES_MAX = 16

Address = tuple[str, int]


class Answering(PacedStream):
    """The answering end of one connection; datagrams are handed in by the reader."""

    def __init__(
        self, opening: Opening, send: Callable[[bytes, Address], None]
    ) -> None:
        super().__init__()
        self.name, self.node_id = opening.name, opening.node_id
        self._end = PacedEnd(opening.seal, time.monotonic(), Guess(), follows=True)
        self._send = send
        self._inbox: deque[tuple[bytes, Address]] = deque(maxlen=_WAITING_MAX)
        self._came = threading.Event()
        self._ways: dict[Address, int] = {}
        self._addresses: dict[int, Address] = {}
        self._next_way = 0

    def hand(self, datagram: bytes, address: Address) -> None:
        """By the reader: something came for this connection."""
        self._inbox.append((datagram, address))
        self._came.set()

    def wait(self, _to_send: bool, seconds: float) -> None:
        """Until something came, or a timer is due."""
        self._came.wait(max(0.0, min(seconds, self.due_s())))
        self._came.clear()

    def _read(self) -> None:
        now_s = time.monotonic()
        while self._inbox:
            datagram, address = self._inbox.popleft()
            way = self._ways.get(address, self._next_way)
            if self.end.heard(datagram, way, now_s) and way == self._next_way:
                self._learn(address)

    def _learn(self, address: Address) -> None:
        """An address that datagrams of this connection come from."""
        self._ways[address] = self._next_way
        self._addresses[self._next_way] = address
        self._next_way += 1
        for old in list(self._addresses)[:-_ADDRESSES_MAX]:
            if old != self.end.way:
                del self._ways[self._addresses.pop(old)]

    def _write(self, datagrams: list[bytes]) -> None:
        for datagram in datagrams:
            try:
                self._send(datagram, self._addresses[self.end.way])
            except OSError as error:
                if error.errno == errno.EMSGSIZE:
                    self.end.shrink()

    def begin_like(self, sight: Sight) -> None:
        """What comes tells soon enough."""

    def dial(self) -> None:
        """The caller has dialled."""

    def is_up(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """Say goodbye, and wait for nothing."""
        self.end.close()
        self._look()


class PacedListener:
    """Answers exchanges over road B until stopped."""

    def __init__(
        self,
        side: Side,
        doors: Doors,
        address: Address,
        *,
        workers: int = 8,
        after_commit: Callable[[], None] | None = None,
        troubled: Callable[[Refusal], None] = lambda _: None,
    ) -> None:
        """Bind at once. Raises Refusal "port_taken"."""
        self._side, self._doors = side, doors
        self._after_commit, self._troubled = after_commit, troubled
        self.keys = Keys(time.monotonic)
        self._connections: dict[bytes, Answering] = {}
        self._stopping = threading.Event()
        self._seats = ThreadPoolExecutor(workers, "jrn-b")
        self._thread = threading.Thread(target=self._listen, name="jrn-b-reader")
        self._socket = _bound(address)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def on_road(self, key: RoadKey, node_id: bytes) -> None:
        """For Doors: a session over road A may go on over this one."""
        self.keys.add(key, node_id)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Take nothing new, end the running ones at their next turn, and wait."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._seats.shutdown(wait=True, cancel_futures=True)
        self._socket.close()

    def _listen(self) -> None:
        self._socket.settimeout(_READ_S)
        while not self._stopping.is_set():
            try:
                datagram, address = self._socket.recvfrom(_READ_BYTES)
            except TimeoutError:
                continue
            except OSError:
                # An ICMP of somebody who went away; a closed socket ends the loop above.
                continue
            self._hand(datagram, address)

    def _hand(self, datagram: bytes, address: Address) -> None:
        found = self._connections.get(datagram[:4])
        if found is None:
            if len(self._connections) >= limits.CONNECTIONS_MAX:
                return
            opening = self.keys.opening(datagram)
            if opening is None:
                return
            found = Answering(opening, self._send)
            self._connections[found.name] = found
            self._seats.submit(self._serve, found)
        found.hand(datagram, address)

    def _send(self, datagram: bytes, address: Address) -> None:
        self._socket.sendto(datagram, address)

    def _serve(self, stream: Answering) -> None:
        try:
            refusal = self._exchange(stream)
            if refusal is not None:
                self._troubled(refusal)
        except Refusal as refusal:
            # A caller that has made a newer connection is in no trouble.
            if refusal.code != "fenced":
                self._troubled(refusal)
        except Exception as error:  # noqa: BLE001
            # As in listener.py: one peer's exchange stops, a person is told.
            self._troubled(fault(error))
        finally:
            del self._connections[stream.name]
            self.keys.used(stream.node_id)

    def _exchange(self, stream: Answering) -> Refusal | None:
        """One session from HELLO to END; gives why the caller was refused, if it was."""
        doors = Doors(lambda one: self._offer(stream, one), self._doors.newest)
        session = Responder(self._side, doors)
        session.window.least_bytes = limits.WINDOW_BYTES_PACED
        passage = Passage(session, stream, Bare())
        patience = Patience(
            goes_on=lambda: not (self._stopping.is_set() or _is_left(passage)),
            stall_s_min=limits.STALL_S_ANSWERING,
            after_commit=self._after_commit,
        )
        try:
            answer(passage, stream.wait, patience)
            self._farewell(stream)
        except BrokenLink:
            # The next connection goes on from here; a cut is no trouble.
            pass
        finally:
            session.close()
            with suppress(Refusal):
                stream.close()
            if session.stored_entries:
                (self._after_commit or self._side.journal.catch_up)()
        return session.refusal

    def _offer(self, stream: Answering, passport: Passport) -> Offer | None:
        """Only who was told the key over road A may use it."""
        if passport.chain.node.node_id != stream.node_id:
            return None
        return self._doors.offer_for(passport)

    def _farewell(self, stream: Answering) -> None:
        """Let our last bytes arrive: why somebody was refused, at least."""
        until_s = time.monotonic() + _FAREWELL_S
        while stream.unacked_bytes() and time.monotonic() < until_s:
            if self._stopping.is_set() or stream.receive() is None:
                return
            stream.wait(False, TURN_S)


def _is_left(passage: Passage) -> bool:
    """All is agreed and the caller's goodbye was lost."""
    session = passage.session
    is_agreed = session.finished and session.is_agreed
    return is_agreed and passage.quiet_s() > _FAREWELL_S


def fault(error: Exception) -> Refusal:
    """A fault of ours while somebody's transmission was taken in."""
    said = f"{type(error).__name__}: {str(error)[:120]}"
    return Refusal(
        "sync_fault",
        f"Kesalahan program saat menerima kiriman ({said}); yang utuh tetap tersimpan. "
        "Laporkan kepada pengembang.",
        f"A program fault while taking in a transmission ({said}); what was whole is "
        "stored. Report it to the developers.",
    )


def _bound(address: Address) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        tune(made)
        made.bind(address)
    except OSError as error:
        made.close()
        raise Refusal(
            "port_taken",
            f"Nomor UDP {address[1]} tidak dapat dipakai (mungkin program lain "
            "memakainya); tidak ada yang berubah. Pilih nomor lain.",
            f"The UDP port {address[1]} cannot be used (another program may hold it); "
            "nothing was changed. Choose another number.",
        ) from error
    return made
