"""The listener for /jrn/1: its own port, TLS 1.3, a pool of threads, bounded sizes.

Apart from the pages, so that four slow offices never freeze a desk. Each connection
carries one exchange and is closed; what a session commits is on the disk before its ACK
leaves, so stopping the listener at any moment loses nothing.

Two pools: many threads that only wait until somebody has said HELLO, so that who merely
holds the door keeps nobody out (door.py), and fewer that exchange and touch the book. Who
finds no place, or no seat in time, is told when to come back (503, Retry-After), each a
little differently, so that they do not all come at once.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from perahu.node.door import Door, Guest
from perahu.node.link import TlsStream
from perahu.node.udp.listener import PacedListener, fault
from perahu.sync import limits
from perahu.sync.frames import has_first_frame
from perahu.sync.http import NotAnExchange, ServerHttp, refusal_answer
from perahu.sync.offer import Offer
from perahu.sync.passage import BrokenLink, Passage, Patience, answer
from perahu.sync.passport import Passport
from perahu.sync.responder import Doors, Responder
from perahu.sync.session import Side
from perahu.words import Refusal

_ASK_S_MAX = 30.0
_SEATS = 16
"""Exchanges at once: each mostly waits for a slow link."""
_SEAT_S_MAX = 4.0
"""How long who has said HELLO waits for a seat, before its caller takes it for a stall."""
_USHERS, _TURNED_MAX, _TURN_AWAY_S = 2, 16, 5.0
"""Those who find no place are turned away by so few, in so much time."""
_BACK_S_MIN, _BACK_S_SPREAD = 5, 16
_FAREWELL_S = 5.0
_ACCEPT_S = 0.25
_FENCED = "fenced"

Troubled = Callable[[Refusal], None]
"""Told why a connection ended badly; node shows it, a peer's trouble is never ours."""


class Listener:
    """Answers exchanges until stopped."""

    def __init__(
        self,
        side: Side,
        doors: Doors,
        context: ssl.SSLContext,
        address: tuple[str, int],
        *,
        workers: int = _SEATS,
        after_commit: Callable[[], None] | None = None,
        troubled: Troubled = lambda _: None,
        with_paced: bool = True,
    ) -> None:
        """Bind at once. Raises Refusal "port_taken".

        `with_paced`: road B answers at the same number over UDP, where that is free.
        """
        self._side, self._doors, self._context = side, doors, context
        self._after_commit, self._troubled = after_commit, troubled
        self._stopping = threading.Event()
        self._door = Door(limits.CONNECTIONS_MAX)
        self._hall = ThreadPoolExecutor(limits.CONNECTIONS_MAX, "jrn-hall")
        self._seats = ThreadPoolExecutor(workers, "jrn")
        self._free = threading.BoundedSemaphore(workers)
        self._ushers = ThreadPoolExecutor(_USHERS, "jrn-usher")
        self._turned = threading.BoundedSemaphore(_TURNED_MAX)
        self._thread = threading.Thread(target=self._accept, name="jrn-accept")
        self._socket = _bound(address)
        self.paced: PacedListener | None = None
        if with_paced:
            # Road B is never required: where its number is taken there is none.
            with suppress(Refusal):
                self.paced = PacedListener(
                    side,
                    doors,
                    (address[0], self.port),
                    workers=workers,
                    after_commit=after_commit,
                    troubled=troubled,
                )
        if self.paced is not None:
            self._doors = replace(
                doors, road_port=self.paced.port, on_road=self.paced.on_road
            )

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()
        if self.paced is not None:
            self.paced.start()

    def stop(self) -> None:
        """Take no new connection, end the running ones at their next turn, and wait."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._door.send_strangers_away()
        for pool in (self._seats, self._hall, self._ushers):
            pool.shutdown(wait=True, cancel_futures=True)
        self._socket.close()
        if self.paced is not None:
            self.paced.stop()

    def _accept(self) -> None:
        self._socket.settimeout(_ACCEPT_S)
        while not self._stopping.is_set():
            try:
                plain, _ = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            guest = Guest(plain)
            if self._door.enter(guest):
                self._hall.submit(self._serve, guest)
            elif self._turned.acquire(blocking=False):
                self._ushers.submit(self._turn_away, plain)
            else:
                plain.close()

    def _turn_away(self, plain: socket.socket) -> None:
        """No place: say so within TLS, where only a caller of ours will read it."""
        try:
            with plain:
                plain.settimeout(_TURN_AWAY_S)
                with self._context.wrap_socket(plain, server_side=True) as secure:
                    self._say_full(secure)
        except (OSError, ValueError):
            # Who does not even shake hands is not told.
            pass
        finally:
            self._turned.release()

    def _say_full(self, secure: ssl.SSLSocket) -> None:
        """503 and when to come back; then wait for the caller to close."""
        spread = self._side.journal.ports.random(1)[0] % _BACK_S_SPREAD
        secure.settimeout(_TURN_AWAY_S)
        secure.sendall(refusal_answer(503, _BACK_S_MIN + spread))
        clock = self._side.journal.ports.clock
        until_s = clock.monotonic_s() + _TURN_AWAY_S
        while clock.monotonic_s() < until_s and secure.recv(limits.READ_BYTES):
            continue

    def _serve(self, guest: Guest) -> None:
        """One connection from handshake to close."""
        try:
            with guest.connection as plain:
                plain.settimeout(limits.HANDSHAKE_S_MAX)
                secure = self._context.wrap_socket(
                    plain, server_side=True, do_handshake_on_connect=False
                )
                guest.connection = secure
                with secure:
                    if not guest.is_cut:
                        secure.do_handshake()
                        self._meet(secure, guest)
                    self._door.leave(guest)
        except Refusal as refusal:
            # A caller that has made a newer connection is in no trouble.
            if refusal.code != _FENCED:
                self._troubled(refusal)
        except (OSError, ValueError):
            # A handshake that failed or a socket that died: nobody to tell.
            pass
        except Exception as error:  # noqa: BLE001
            # The sync loop: one peer's exchange stops and a person is told; the others
            # and the pages go on (style, rule 6).
            self._troubled(fault(error))
        finally:
            self._door.leave(guest)

    def _meet(self, secure: ssl.SSLSocket, guest: Guest) -> None:
        """Hear who it is, exchange when there is a seat, and part."""
        http = ServerHttp()
        try:
            body = self._asked(secure, http)
        except NotAnExchange as wrong:
            secure.sendall(refusal_answer(wrong.status))
            return
        if body is None:
            return
        if not self._free.acquire(timeout=_SEAT_S_MAX):
            self._say_full(secure)
            return
        stream = TlsStream(secure)
        try:
            seat = self._seats.submit(self._exchange, guest, http, stream, body)
            refusal = seat.result()
        except CancelledError:
            return
        finally:
            self._free.release()
        if not guest.is_cut:
            self._farewell(http, stream)
        # Also over a line that is dead: else the next connection resumes no session.
        stream.close()
        if refusal is not None:
            self._troubled(refusal)

    def _exchange(
        self, guest: Guest, http: ServerHttp, stream: TlsStream, body: bytes
    ) -> Refusal | None:
        """One session from HELLO to END; gives why the caller was refused, if it was."""
        doors = replace(self._doors, offer_for=lambda one: self._offer(guest, one))
        session = Responder(self._side, doors)
        patience = Patience(
            goes_on=lambda: not self._stopping.is_set(),
            stall_s_min=limits.STALL_S_ANSWERING,
            after_commit=self._after_commit,
        )
        try:
            session.received(body)
            answer(Passage(session, stream, http), stream.wait, patience)
        except BrokenLink:
            # The next connection goes on from here; a cut is no trouble.
            guest.is_cut = True
        finally:
            session.close()
            if session.stored_entries:
                (self._after_commit or self._side.journal.catch_up)()
        return session.refusal

    def _offer(self, guest: Guest, passport: Passport) -> Offer | None:
        """What the caller is to us; whoever is something may stay."""
        offer = self._doors.offer_for(passport)
        if offer is not None:
            self._door.greet(guest)
        return offer

    def _asked(self, secure: ssl.SSLSocket, http: ServerHttp) -> bytes | None:
        """Read until a HELLO is whole, or is none; None where nothing was asked."""
        secure.settimeout(_ASK_S_MAX)
        clock, body = self._side.journal.ports.clock, b""
        until_s = clock.monotonic_s() + _ASK_S_MAX
        while clock.monotonic_s() < until_s:
            piece = secure.recv(limits.READ_BYTES)
            if not piece:
                return None
            body += http.unwrap(piece)
            if http.is_asked and (http.is_over or has_first_frame(body)):
                return body
        return None

    def _farewell(self, http: ServerHttp, stream: TlsStream) -> None:
        """End the answer and wait for the caller to close: a reset could eat the end."""
        clock = self._side.journal.ports.clock
        until_s, rest = clock.monotonic_s() + _FAREWELL_S, http.finish()
        while clock.monotonic_s() < until_s and not self._stopping.is_set():
            if rest:
                rest = rest[stream.send(rest) :]
            piece = stream.receive()
            if piece is None:
                return
            if not piece:
                stream.wait(bool(rest), _ACCEPT_S)


def _bound(address: tuple[str, int]) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(limits.CONNECTIONS_MAX)
    except OSError as error:
        listener.close()
        raise Refusal(
            "port_taken",
            f"Alamat {address[0]}:{address[1]} tidak dapat dipakai (mungkin program lain "
            "memakainya); tidak ada yang berubah. Pilih nomor lain.",
            f"The address {address[0]}:{address[1]} cannot be used (another program may "
            "hold it); nothing was changed. Choose another number.",
        ) from error
    return listener
