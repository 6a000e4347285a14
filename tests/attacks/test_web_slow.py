"""Attacks with slowness: connections that say little, forms and answers in drops."""

from __future__ import annotations

import socket
import time
import urllib.request

from tests.web.seats import Seat

PATIENCE_S = 8.0
"""Far below what a slow browser could hold a page for; generous for a busy machine."""


def _connected(seat: Seat) -> socket.socket:
    host, port = seat.url.removeprefix("http://").rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=PATIENCE_S)


def _page_opens(seat: Seat) -> bool:
    with urllib.request.urlopen(f"{seat.url}/masuk", timeout=PATIENCE_S) as answer:
        return bool(answer.status == 200)


def _trickling(seat: Seat) -> socket.socket:
    """A form of which the rest never comes."""
    found = _connected(seat)
    found.sendall(
        b"POST /masuk HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 5000\r\n\r\nlogin=s"
    )
    return found


def test_it_answers_while_forms_trickle_in(enggano: Seat) -> None:
    """Slow bodies from one machine, more than there are turns, freeze nobody's desk."""
    slow = [_trickling(enggano) for _ in range(8)]
    time.sleep(0.3)
    assert _page_opens(enggano)
    for one in slow:
        one.close()


def test_it_answers_while_files_are_fetched_in_drops(enggano: Seat) -> None:
    """Browsers that ask for a large file and do not take it hold no page up."""
    slow = []
    for _ in range(8):
        one = _connected(enggano)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.sendall(
            b"GET /static/vendor/human-3.3.6/human.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        )
        slow.append(one)
    time.sleep(0.3)
    assert _page_opens(enggano)
    for one in slow:
        one.close()


def test_it_lets_a_machine_in_again_after_its_slow_ones_are_gone(enggano: Seat) -> None:
    """One address has so many hands; when its connections end it has them back."""
    for _ in range(3):
        slow = [_trickling(enggano) for _ in range(12)]
        time.sleep(0.2)
        for one in slow:
            one.close()
        time.sleep(0.2)
    assert _page_opens(enggano)


def test_it_answers_beside_two_hundred_silent_connections(enggano: Seat) -> None:
    """Connections that ask nothing do not use up the place of those that ask."""
    silent = [_connected(enggano) for _ in range(200)]
    assert _page_opens(enggano)
    for one in silent:
        one.close()
