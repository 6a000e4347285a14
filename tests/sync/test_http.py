"""The HTTP of an exchange: duplex, cut, and answered by somebody else."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.sync import limits
from perahu.sync.http import (
    CONTENT_TYPE,
    Bare,
    ClientHttp,
    NotAnExchange,
    ServerHttp,
    TurnedAway,
    refusal_answer,
)
from perahu.words import Refusal


def _answer(status: str, content_type: str, body: bytes = b"") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def test_it_works() -> None:
    """Both sides stream at once: the answer begins before the request has ended."""
    client, server = ClientHttp("hub:7443"), ServerHttp()
    assert server.unwrap(client.wrap(b"one")) == b"one"
    assert (server.is_asked, server.is_over) == (True, False)
    assert client.unwrap(server.wrap(b"uno")) == b"uno"
    assert client.is_answered
    assert server.unwrap(client.wrap(b"two") + client.finish()) == b"two"
    assert server.is_over
    assert client.unwrap(server.wrap(b"dos") + server.finish()) == b"dos"
    assert client.is_over


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=6), st.integers(1, 40))
def test_it_reads_pieces_of_any_size(bodies: list[bytes], piece: int) -> None:
    """However the network cuts it, the same body comes out."""
    client, server = ClientHttp("hub"), ServerHttp()
    wire = b"".join([client.wrap(b""), *(client.wrap(body) for body in bodies)])
    got = b"".join(
        server.unwrap(wire[at : at + piece]) for at in range(0, len(wire), piece)
    )
    assert got == b"".join(bodies)


@pytest.mark.parametrize(
    "answer",
    [
        _answer("200 OK", "text/html", b"<html>Selamat datang di wifi hotel</html>"),
        _answer("302 Found", "text/plain"),
        _answer("511 Network Authentication Required", "text/html"),
        _answer("403 Forbidden", "text/html; charset=utf-8"),
        _answer("200 OK", "application/json", b"{}"),
    ],
)
def test_it_recognises_a_captive_portal(answer: bytes) -> None:
    """A sign-in page in the hub's place is named in one sentence."""
    client = ClientHttp("hub")
    client.wrap(b"hello")
    with pytest.raises(Refusal, match="captive_portal") as refused:
        client.unwrap(answer)
    assert "masuk" in refused.value.words.id


def test_it_hears_when_to_come_back() -> None:
    """A hub without room says when; the time is bounded."""
    client = ClientHttp("hub")
    client.wrap(b"hello")
    with pytest.raises(TurnedAway) as refused:
        client.unwrap(refusal_answer(503, 60))
    assert refused.value.retry_after_s == 60
    client = ClientHttp("hub")
    client.wrap(b"hello")
    with pytest.raises(TurnedAway) as refused:
        client.unwrap(refusal_answer(503, 99_999))
    assert refused.value.retry_after_s == limits.RETRY_AFTER_S_MAX


@pytest.mark.parametrize(("head", "status"), [("GET /", 404), ("GET /jrn/1", 405)])
def test_it_refuses_other_requests(head: str, status: int) -> None:
    """A browser that lost its way gets a plain number."""
    with pytest.raises(NotAnExchange) as refused:
        ServerHttp().unwrap(f"{head} HTTP/1.1\r\nHost: hub\r\n\r\n".encode())
    assert refused.value.status == status


def test_it_refuses_an_endless_head() -> None:
    """A head over the limit ends the connection."""
    server = ServerHttp()
    line = b"POST /jrn/1 HTTP/1.1\r\nX: " + b"x" * limits.REQUEST_HEAD_BYTES_MAX * 2
    with pytest.raises(Refusal, match="no_http"):
        server.unwrap(line)


@given(st.binary(min_size=1, max_size=200))
def test_it_never_falls_over(noise: bytes) -> None:
    """Any bytes at all are a body, a refusal, or not enough yet."""
    client = ClientHttp("hub")
    client.wrap(b"hello")
    for side in (client, ServerHttp()):
        with suppress(Refusal, NotAnExchange):
            side.unwrap(noise)


def test_it_takes_a_cut_for_no_end() -> None:
    """A body that stops in the middle is over, but was never finished."""
    client, server = ClientHttp("hub"), ServerHttp()
    server.unwrap(client.wrap(b"one"))
    client.unwrap(server.wrap(b"uno"))
    assert client.unwrap(b"zz not a chunk\r\n") == b""
    assert client.is_over
    assert CONTENT_TYPE.startswith("application/")


def test_it_carries_road_b_as_it_is() -> None:
    """No head, no chunks and no end: the frames themselves."""
    bare = Bare()
    assert (bare.wrap(b"piece"), bare.unwrap(b"piece"), bare.finish()) == (
        b"piece", b"piece", b"",
    )  # fmt: skip
    assert not bare.is_over


def test_it_ends_a_body_once() -> None:
    """Asked to finish before it began, or twice: nothing more is said."""
    client = ClientHttp("hub:7443")
    assert client.finish() == b""
    assert client.wrap(b"") != b"" and client.wrap(b"") == b""
    assert client.finish() != b"" and client.finish() == b""


def test_it_waits_behind_a_word_in_between() -> None:
    """A proxy says "go on" first: that is no answer yet, and the answer counts."""
    client, server = ClientHttp("hub"), ServerHttp()
    server.unwrap(client.wrap(b"one"))
    assert client.unwrap(b"HTTP/1.1 100 Continue\r\n\r\n") == b""
    assert not client.is_answered and not client.is_over
    assert client.unwrap(server.wrap(b"uno")) == b"uno" and client.is_answered


def test_it_is_turned_away_without_a_time() -> None:
    """A server in trouble, which says so in plain text: not now, and nobody knows when."""
    client = ClientHttp("hub")
    client.wrap(b"hello")
    with pytest.raises(TurnedAway) as refused:
        client.unwrap(_answer("500 Oh", "text/plain", b"oh"))
    assert refused.value.retry_after_s == 0
