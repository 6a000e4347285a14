"""The exchange inside HTTP/1.1: one POST to /jrn/1, chunked both ways, answered while read.

Bytes in, bytes out; sockets are node's. A portal of a hotel or a phone company that
answers in our hub's place is recognised by what it says and named in one sentence.
"""

from __future__ import annotations

import h11

from perahu.sync import limits
from perahu.words import Refusal

PATH = "/jrn/1"
CONTENT_TYPE = "application/vnd.perahu.jrn1"


def captive_portal() -> Refusal:
    """What is said when somebody else answers in the hub's place."""
    return Refusal(
        "captive_portal",
        "Yang menjawab bukan kabupaten, melainkan halaman masuk jaringan (hotel, wifi "
        "umum, pulsa habis). Tidak ada yang terkirim dan tidak ada yang hilang: masuk "
        "dahulu ke jaringan itu, atau pakai jaringan lain.",
        "Who answers is not the kabupaten but a sign-in page of the network (hotel, public "
        "wifi, no credit). Nothing was sent and nothing is lost: sign in to that network "
        "first, or use another one.",
    )


class TurnedAway(Refusal):
    """The other side answered, but not with an exchange; `retry_after_s` may say when."""

    def __init__(self, status: int, retry_after_s: int) -> None:
        super().__init__(
            "turned_away",
            f"Simpul tujuan menjawab tetapi belum dapat menerima (kode {status}); semua "
            "tetap tersimpan di sini dan dicoba lagi nanti.",
            f"The other node answered but cannot take anything now (status {status}); "
            "everything stays stored here and will be tried again.",
        )
        self.retry_after_s = retry_after_s


def no_http() -> Refusal:
    """What is said when the bytes are no HTTP, or not what an exchange looks like."""
    return Refusal(
        "no_http",
        "Jawaban di jaringan tidak dapat dipahami; tidak ada yang hilang. Periksa alamat "
        "dan jaringan, lalu coba lagi.",
        "The answer from the network cannot be understood; nothing is lost. Check the "
        "address and the network, then try again.",
    )


class Bare:
    """No HTTP at all: road B carries the frames as they are."""

    is_over = False

    def wrap(self, piece: bytes) -> bytes:
        """The piece."""
        return piece

    def finish(self) -> bytes:
        """Nothing: the end of a session is said in frames."""
        return b""

    def unwrap(self, received: bytes) -> bytes:
        """What was received."""
        return received


class _Half:
    """What both ends of one HTTP exchange do alike: a head, then a chunked body."""

    def __init__(self, role: type[h11.CLIENT] | type[h11.SERVER]) -> None:
        self._machine = h11.Connection(
            role, max_incomplete_event_size=limits.REQUEST_HEAD_BYTES_MAX
        )
        self._opened = False
        self._accepted = False
        self.is_over = False
        """The other side's body has ended, or nothing more will come."""

    def wrap(self, piece: bytes) -> bytes:
        """Bytes for the socket that carry this piece of our body."""
        out = b"" if self._opened else self._open()
        if piece:
            out += _bytes(self._machine.send(h11.Data(data=piece)))
        return out

    def _open(self) -> bytes:
        self._opened = True
        return _bytes(self._machine.send(self._head()))

    def finish(self) -> bytes:
        """Bytes that end our body."""
        if self._machine.our_state is not h11.SEND_BODY:
            return b""
        return _bytes(self._machine.send(h11.EndOfMessage()))

    def unwrap(self, received: bytes) -> bytes:
        """The other side's body in these bytes from the socket; b"" at its end.

        Raises Refusal "no_http", and what `_judge` raises of a head that is not ours.
        """
        try:
            self._machine.receive_data(received)
            return self._events()
        except h11.RemoteProtocolError as error:
            if self._accepted:
                # Cut in the middle: what was whole is kept, and only END ends.
                self.is_over = True
                return b""
            raise no_http() from error

    def _events(self) -> bytes:
        body = bytearray()
        while True:
            event = self._machine.next_event()
            if isinstance(event, h11.Request | h11.Response):
                self._judge(event)
                self._accepted = True
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                self.is_over = True
                return bytes(body)
            elif event in (h11.NEED_DATA, h11.PAUSED):
                return bytes(body)

    def _head(self) -> h11.Request | h11.Response:
        """The head our body follows."""
        raise AssertionError  # pragma: no cover - each side has a head of its own

    def _judge(self, head: h11.Request | h11.Response) -> None:
        """Refuse the other side's head where it is not an exchange."""
        raise AssertionError  # pragma: no cover - each side judges by itself


class ClientHttp(_Half):
    """The calling side; a wrong head raises "captive_portal" or TurnedAway."""

    def __init__(self, host: str) -> None:
        super().__init__(h11.CLIENT)
        self._host = host

    @property
    def is_answered(self) -> bool:
        """The answer's head has come and is one of ours."""
        return self._accepted

    def _head(self) -> h11.Request:
        headers = [
            ("Host", self._host),
            ("Transfer-Encoding", "chunked"),
        ]
        return h11.Request(method="POST", target=PATH, headers=headers)

    def _judge(self, answer: h11.Request | h11.Response) -> None:
        assert isinstance(answer, h11.Response)
        headers = dict(answer.headers)
        ours = headers.get(b"content-type", b"") == CONTENT_TYPE.encode()
        if answer.status_code == 200 and ours:
            return
        if answer.status_code in (429, 503) and b"x-jrn" in headers:
            raise TurnedAway(
                answer.status_code, _seconds(headers.get(b"retry-after", b""))
            )
        redirected = 300 <= answer.status_code < 400 or answer.status_code == 511
        html = headers.get(b"content-type", b"").startswith(b"text/html")
        if redirected or html or answer.status_code == 200:
            raise captive_portal()
        raise TurnedAway(answer.status_code, 0)


class ServerHttp(_Half):
    """The answering side of one connection, which carries one exchange and is closed."""

    def __init__(self) -> None:
        super().__init__(h11.SERVER)

    @property
    def is_asked(self) -> bool:
        """A request for an exchange has come."""
        return self._accepted

    def _head(self) -> h11.Response:
        headers = [
            ("Content-Type", CONTENT_TYPE),
            ("Transfer-Encoding", "chunked"),
        ]
        return h11.Response(status_code=200, headers=headers)

    def _judge(self, request: h11.Request | h11.Response) -> None:
        assert isinstance(request, h11.Request)
        if request.target != PATH.encode():
            raise NotAnExchange(404)
        if request.method != b"POST":
            raise NotAnExchange(405)


class NotAnExchange(Exception):
    """A request for something else than an exchange; `status` is the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


def refusal_answer(status: int, retry_after_s: int = 0) -> bytes:
    """A whole HTTP answer without a body."""
    retry = f"Retry-After: {retry_after_s}\r\n" if retry_after_s else ""
    head = f"HTTP/1.1 {status} -\r\nX-Jrn: 1\r\n{retry}Content-Length: 0\r\n"
    return (head + "Connection: close\r\n\r\n").encode()


def _seconds(value: bytes) -> int:
    text = value.decode("ascii", "replace")
    found = int(text) if text.isdigit() and len(text) < 6 else 0
    return min(found, limits.RETRY_AFTER_S_MAX)


def _bytes(sent: bytes | None) -> bytes:
    assert sent is not None, "h11 was told of a closed connection"
    return sent
