"""The hub's client against the centre's server, on a good link and on a bad one."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from perahu.centre.http import CentreLimits, HttpCentre
from perahu.centre.ports import (
    BIODATA_CHARS_MAX,
    BIODATA_FIELDS_MAX,
    PART_BYTES_MAX,
    PARTS_MAX,
    CentreRefused,
    CentreUnreachable,
)
from perahu.centre.sim_server import OUTAGES, main
from perahu.centre.wire import NAME_CHARS_MAX, REQUEST_BYTES_MAX
from perahu.words import Refusal
from tests.centre.packets import HttpBench, create_packet, http_centre


def asked(
    bench: HttpBench,
    verb: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, object]]:
    """One HTTP exchange with the server."""
    link = http.client.HTTPConnection("127.0.0.1", bench.server.server_port, timeout=5)
    try:
        link.request(verb, path, body or None, dict(headers or {}))
        answer = link.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    finally:
        link.close()


def control(bench: HttpBench, path: str, change: object) -> int:
    """Send a control of the simulation; its status."""
    return asked(bench, "POST", path, json.dumps(change).encode())[0]


@contextmanager
def by_rote(reply: bytes) -> Iterator[HttpCentre]:
    """A client of a server that answers everything with these bytes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.recv(65536)
            peer.sendall(reply)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    limits = CentreLimits(answer_s=5.0, answer_bytes_max=1000)
    try:
        yield HttpCentre(address, monotonic_s=lambda: 0.0, limits=limits)
    finally:
        thread.join()
        listener.close()


def test_it_works(tmp_path: Path) -> None:
    """A packet goes in over HTTP and its statuses come out."""
    with http_centre(tmp_path) as bench:
        reference = bench.client.submit(create_packet())
        bench.hand.pass_days(10)
        page = bench.client.statuses()
        assert {one.reference for one in page.statuses} == {reference}
        assert page.statuses[-1].status == "PRINT_READY_RECORD"
        assert page == bench.hand.centre.statuses()
        assert bench.client.statuses(page.cursor).statuses == ()


def test_it_carries_a_packet_of_real_size(tmp_path: Path) -> None:
    """Half a megabyte of parts arrives as it was."""
    with http_centre(tmp_path) as bench:
        big = create_packet()
        big = replace(big, parts={name: bytes(40_000) for name in big.parts})
        reference = bench.client.submit(big)
        assert bench.hand.centre.submit(big) == reference


@pytest.mark.parametrize("mode", sorted(set(OUTAGES) - {"off"}))
def test_it_is_unreachable_in_an_outage_and_then_takes_the_packet_once(
    tmp_path: Path, mode: str
) -> None:
    """Every outage says that nothing is lost; sending again is one packet."""
    with http_centre(tmp_path) as bench:
        assert control(bench, "/sim/outage", {"mode": mode, "count": 2}) == 200
        with pytest.raises(CentreUnreachable) as refused:
            bench.client.submit(create_packet())
        assert "tersimpan" in refused.value.words.id
        assert "kept" in refused.value.words.en
        with pytest.raises(CentreUnreachable):
            bench.client.statuses()
        bench.client.submit(create_packet())
        packets = bench.hand.centre.truth()["packets"]
        assert isinstance(packets, list)
        assert len(packets) == 1


def test_it_stays_out_until_it_is_switched_on(tmp_path: Path) -> None:
    """An outage without a count lasts until `off`."""
    with http_centre(tmp_path) as bench:
        control(bench, "/sim/outage", {"mode": "drop"})
        for _ in range(3):
            with pytest.raises(CentreUnreachable):
                bench.client.statuses()
        control(bench, "/sim/outage", {"mode": "off"})
        assert bench.client.statuses().statuses == ()


def test_it_is_unreachable_when_nobody_listens() -> None:
    """A refused connection is the centre being unreachable."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(CentreUnreachable):
        HttpCentre(f"http://127.0.0.1:{port}", monotonic_s=lambda: 0.0).statuses()


def test_it_waits_no_longer_than_its_limit() -> None:
    """A server that accepts and says nothing costs one time-out."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = HttpCentre(
            f"http://127.0.0.1:{listener.getsockname()[1]}",
            monotonic_s=lambda: 0.0,
            limits=CentreLimits(answer_s=0.2),
        )
        with pytest.raises(CentreUnreachable):
            client.statuses()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"statuses": {}, "cursor": "1"}',
        b'{"statuses": [1], "cursor": "1"}',
        b'{"statuses": [{}], "cursor": "1"}',
        b'{"statuses": [], "cursor": 1}',
        b'{"statuses": [], "cursor": "' + b"1" * 65 + b'"}',
        b'{"statuses": [], "cursor": "\\u001b[2J"}',
        b"[" * 900,
    ],
)
def test_it_takes_no_answer_it_cannot_read(body: bytes) -> None:
    """An answer of another form is as good as none."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with by_rote(head + body) as client, pytest.raises(CentreUnreachable):
        client.statuses()


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + b" " * 9999,
        b'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"statuses": [], "cursor": ""}',
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-nonsense\r\n",
        b"",
    ],
)
def test_it_takes_no_broken_answer(reply: bytes) -> None:
    """Too long, cut short, another server or nothing: unreachable, ask again later."""
    with by_rote(reply) as client, pytest.raises(CentreUnreachable):
        client.statuses()


def test_it_gives_the_centres_own_words_of_a_refusal(tmp_path: Path) -> None:
    """A clear no is CentreRefused, with code and sentence of the centre."""
    with http_centre(tmp_path) as bench:
        with pytest.raises(CentreRefused) as refused:
            bench.client.submit(create_packet(nik="123"))
        assert refused.value.code == "centre_packet_malformed"
        assert "biodata" in refused.value.words.id
        bench.client.submit(create_packet())
        with pytest.raises(CentreRefused, match="centre_packet_differs"):
            bench.client.submit(create_packet(changed={"photo": b"another"}))
        with pytest.raises(CentreRefused, match="bad_cursor"):
            bench.client.statuses("x")


def test_it_refuses_in_its_own_words_where_the_centre_has_none() -> None:
    """A bare 400 is still a refusal in both languages."""
    bare = b"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n"
    refused = pytest.raises(CentreRefused, match="centre_refused")
    with by_rote(bare) as client, refused:
        client.statuses()


def test_it_sends_nothing_over_the_limits(tmp_path: Path) -> None:
    """One byte or one part too much is refused before it is sent."""
    with http_centre(tmp_path) as bench:
        at_limit = create_packet(changed={"photo": bytes(PART_BYTES_MAX)})
        bench.client.submit(at_limit)
        over = create_packet(person=1, changed={"photo": bytes(PART_BYTES_MAX + 1)})
        many = {f"part{n}": b"x" for n in range(PARTS_MAX + 1)}
        for packet in (over, create_packet(person=2, changed=many)):
            with pytest.raises(CentreRefused, match="centre_refused"):
                bench.client.submit(packet)
        packets = bench.hand.centre.truth()["packets"]
        assert isinstance(packets, list)
        assert len(packets) == 1


@pytest.mark.parametrize(
    ("at_limit", "over"),
    [
        ({"nama": "A" * BIODATA_CHARS_MAX}, {"nama": "A" * (BIODATA_CHARS_MAX + 1)}),
        (
            {f"f{n}": "x" for n in range(BIODATA_FIELDS_MAX)},
            {f"f{n}": "x" for n in range(BIODATA_FIELDS_MAX + 1)},
        ),
    ],
)
def test_it_limits_the_biodata(
    tmp_path: Path, at_limit: dict[str, str], over: dict[str, str]
) -> None:
    """The longest biodata pass; one character or one field more does not."""
    with http_centre(tmp_path) as bench:
        bench.client.submit(replace(create_packet(), biodata=at_limit))
        with pytest.raises(CentreRefused, match="centre_refused"):
            bench.client.submit(replace(create_packet(person=1), biodata=over))


def test_it_limits_the_names(tmp_path: Path) -> None:
    """A name of a part or a recording longer than the limit is not sent."""
    with http_centre(tmp_path) as bench:
        bench.client.submit(create_packet(recording="a" * NAME_CHARS_MAX))
        with pytest.raises(CentreRefused, match="centre_refused"):
            bench.client.submit(create_packet(recording="a" * (NAME_CHARS_MAX + 1)))


def test_it_does_not_wait_for_a_dripping_answer() -> None:
    """An answer that takes longer than the limit is dropped."""
    ticks = iter(range(0, 1000, 100))
    reply = (
        b'HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\n{"statuses": [], "cursor": ""}'
    )
    with by_rote(reply) as client:
        client._monotonic_s = lambda: float(next(ticks))
        with pytest.raises(CentreUnreachable):
            client.statuses()


@pytest.mark.parametrize("said", [b"{}", b'{"error":"x","id":"\\u001b","en":"y"}'])
def test_it_shows_no_words_of_the_centre_that_are_none(said: bytes) -> None:
    """A refusal without words, or with control characters, is said in ours."""
    head = f"HTTP/1.1 400 Bad\r\nContent-Length: {len(said)}\r\n\r\n".encode()
    refused = pytest.raises(CentreRefused, match="centre_refused")
    with by_rote(head + said) as client, refused:
        client.statuses()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"recording": 1}',
        b'{"recording":"a","version":1,"nik":"1","biodata":{},"parts":{"photo":"*"},'
        b'"exceptions":{}}',
        b'{"recording":"a","version":true,"nik":"1","biodata":{},"parts":{},'
        b'"exceptions":{}}',
        b'{"recording":"a","version":1,"nik":"1","biodata":[],"parts":{},'
        b'"exceptions":{}}',
    ],
)
def test_it_refuses_a_request_it_cannot_read(tmp_path: Path, body: bytes) -> None:
    """The server answers nonsense with 400 and goes on."""
    with http_centre(tmp_path) as bench:
        status, said = asked(bench, "POST", "/packets", body)
        assert status in (400, 413)
        assert said["id"]
        assert bench.client.statuses().statuses == ()


def test_it_reads_no_request_over_the_limit(tmp_path: Path) -> None:
    """A request too long is refused by its length alone."""
    with http_centre(tmp_path) as bench:
        length = {"Content-Length": str(REQUEST_BYTES_MAX + 1)}
        assert asked(bench, "POST", "/packets", b"", length)[0] == 413


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/sim/outage", {"mode": "fire"}),
        ("/sim/outage", {"mode": "drop", "count": 0}),
        ("/sim/plan", {"outcomes": {"1": "gone"}}),
        ("/sim/plan", {"niks": "1"}),
        ("/sim/plan", {"niks": [], "seed": "x"}),
        ("/sim/plan", []),
    ],
)
def test_it_refuses_a_wrong_control(
    tmp_path: Path, path: str, change: dict[str, object]
) -> None:
    """A control that cannot be meant changes nothing."""
    with http_centre(tmp_path) as bench:
        assert control(bench, path, change) == 400


def test_it_serves_nothing_else(tmp_path: Path) -> None:
    """Any other path is not there."""
    with http_centre(tmp_path) as bench:
        assert asked(bench, "GET", "/")[0] == 404
        assert asked(bench, "GET", "/packets")[0] == 404


def test_it_is_planned_and_released_over_http(tmp_path: Path) -> None:
    """The demo deals outcomes by NIK, and lets a stuck packet go on."""
    with http_centre(tmp_path) as bench:
        packet = create_packet()
        niks = [create_packet(person=n).nik for n in range(1, 31)]
        change = {"niks": niks, "outcomes": {packet.nik: "STUCK"}, "seed": 2}
        status, said = asked(bench, "POST", "/sim/plan", json.dumps(change).encode())
        assert status == 200
        outcomes = said["outcomes"]
        assert isinstance(outcomes, dict)
        assert list(outcomes.values()).count("PRR") == 25
        bench.client.submit(packet)
        assert asked(bench, "GET", "/sim/truth")[1]["statuses"] == {
            "SENT_FOR_ENROLLMENT": 1
        }
        assert control(bench, "/sim/release", {"nik": packet.nik}) == 200
        bench.hand.pass_days(10)
        assert bench.hand.told[-1].status == "PRINT_READY_RECORD"


@pytest.mark.parametrize(
    "address", ["", "https://127.0.0.1", "127.0.0.1:80", "http://", "http://h:99999"]
)
def test_it_refuses_an_address_that_is_none(address: str) -> None:
    """An address that cannot work is refused in words at once."""
    with pytest.raises(Refusal, match="bad_centre_address"):
        HttpCentre(address, monotonic_s=lambda: 0.0)


def test_it_runs_as_a_process_and_remembers_over_kill(tmp_path: Path) -> None:
    """The process says where it is; killed and started again, it knows the packet."""
    words = [sys.executable, "-m", "perahu.centre.sim_server", "--port", "0"]
    words += ["--store", str(tmp_path / "centre.db"), "--delay-scale", "0"]
    references = []
    for _ in range(2):
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                ready, address = process.stdout.readline().split()
                assert ready == "ready"
                client = HttpCentre(address, monotonic_s=lambda: 0.0)
                references.append(client.submit(create_packet()))
                statuses = client.statuses().statuses
            finally:
                process.kill()
    assert references[0] == references[1]
    assert [one.status for one in statuses].count("PRINT_READY_RECORD") == 1


def test_it_ends_with_one_line_when_it_cannot_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A taken port, a folder as store or a wrong scale is one line and exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["--port", str(taken.getsockname()[1])]) == 2
    assert main(["--port", "0", "--store", str(tmp_path)]) == 2
    assert main(["--port", "0", "--delay-scale", "-1"]) == 2
    assert capsys.readouterr().err.count("\n") == 3
