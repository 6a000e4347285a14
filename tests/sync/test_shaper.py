"""The bad link in user space: it delays, slows, cuts, counts, and obeys while it runs."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from perahu.node.shaper import Shaper, control


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    """A server that sends back what it gets."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                while piece := connection.recv(65536):
                    connection.sendall(piece)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()
    listener.close()


@pytest.fixture
def shaper(echo: tuple[str, int]) -> Iterator[Shaper]:
    """A link to the echo server, wide open at first."""
    made = Shaper(echo, control_port=0)
    made.start()
    yield made
    made.stop()


def _read(connection: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        piece = connection.recv(65536)
        if not piece:
            break
        got += piece
    return got


def test_it_works(shaper: Shaper) -> None:
    """Bytes go through unchanged and are counted, each way."""
    sent = bytes(range(256)) * 2_000
    with socket.create_connection(("127.0.0.1", shaper.port)) as connection:
        threading.Thread(target=connection.sendall, args=(sent,)).start()
        assert _read(connection, len(sent)) == sent
    counts = shaper.tell("stats")
    assert counts.up_bytes == counts.down_bytes == len(sent)


def test_it_delays_and_slows(shaper: Shaper) -> None:
    """20 kB at 50 kB/s with 50 ms each way take at least half a second."""
    shaper.tell("rate 50000 0")
    shaper.tell("delay 50")
    with socket.create_connection(("127.0.0.1", shaper.port)) as connection:
        began_s = time.monotonic()
        connection.sendall(bytes(20_000))
        assert len(_read(connection, 20_000)) == 20_000
        assert time.monotonic() - began_s >= 0.45


def test_it_cuts_by_reset(shaper: Shaper) -> None:
    """Running connections die at once, new ones until `open`."""
    connection = socket.create_connection(("127.0.0.1", shaper.port))
    connection.sendall(b"x")
    assert connection.recv(1) == b"x"
    shaper.tell("cut reset")
    with pytest.raises(ConnectionError):
        for _ in range(50):
            connection.sendall(b"x")
            if not connection.recv(1):
                raise ConnectionError
    connection.close()
    shaper.tell("open")
    with socket.create_connection(("127.0.0.1", shaper.port)) as again:
        again.sendall(b"y")
        assert again.recv(1) == b"y"
    assert shaper.tell("stats").cuts == 1


def test_it_cuts_by_silence(shaper: Shaper) -> None:
    """A flow cut by silence says nothing ever again, though the link comes back."""
    connection = socket.create_connection(("127.0.0.1", shaper.port))
    connection.sendall(b"x")
    assert connection.recv(1) == b"x"
    shaper.tell("cut silent")
    shaper.tell("open")
    connection.sendall(b"y")
    connection.settimeout(0.3)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    connection.close()


def test_it_runs_as_a_process(echo: tuple[str, int]) -> None:
    """Started by command it says its ports, obeys its control port, and stops."""
    command = [sys.executable, "-m", "perahu.node.shaper"]
    arguments = ["--target", f"{echo[0]}:{echo[1]}", "--delay-ms", "1"]
    with subprocess.Popen(
        command + arguments, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        ports = json.loads(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", ports["listen"])) as connection:
            connection.sendall(b"hello")
            assert _read(connection, 5) == b"hello"
        assert control(ports["control"], "stats")["up_bytes"] == 5
        with pytest.raises(ValueError, match="no such command"):
            control(ports["control"], "fly")
        control(ports["control"], "stop")
        assert process.wait(timeout=10) == 0
