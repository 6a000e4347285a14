"""`perahu road check`: each thing that is wrong with a line is told in plain words."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from perahu.keys.facts import CarrierPolicySet
from perahu.node import tls, trust
from perahu.node.carriers.check import Look, check_all, looks_of, speed_step, steps_of
from perahu.node.carriers.check_probe import Speed
from perahu.node.carriers.choice import Moment, verdict_on
from perahu.node.carriers.file import CarrierEntry
from perahu.node.carriers.memory import CarrierMemory
from perahu.node.office import Office, open_office
from perahu.node.settings import load_settings, save_settings
from perahu.sync.http import refusal_answer
from perahu.web.post.carriers_ports import CheckedCarrier, CheckStep
from tests.node.offices import PHRASE, add_enggano, found_hub, perahu
from tests.node.strangers import (
    LOOPBACK,
    PAGE,
    Tls,
    answering,
    foreign_context,
    nobody,
    portal,
    reset,
    shut,
    silence,
)
from tests.system.world import answering as hub_answering


@dataclass
class Line:
    """Enggano, its hub, and looks at lines between them."""

    office: Office
    hub: Office
    folder: Path

    def look(self, address: str, **more: object) -> Look:
        """A carrier of this address, as `road check` would look at it."""
        entry = CarrierEntry(name="sim", address=address, **more)  # type: ignore[arg-type]
        self.office.settings = replace(self.office.settings, carriers=(entry,))
        node = self.hub.certificate
        (look,) = looks_of(self.office, (node.node_id, node.name))
        return look

    def check(self, port: int, **more: object) -> dict[str, CheckStep]:
        """The steps over a carrier to this port, by name."""
        steps = steps_of(self.look(f"{LOOPBACK}:{port}", **more))
        return {step.name: step for step in steps}

    def hub_tls(self, reply: bytes = b"", pace_s: float = 0.0) -> Tls:
        """Somebody with our own authority's certificate for our hub."""
        files = self.hub.folder / trust.FOLDER
        context = tls.server_context(
            files / trust.CERTIFICATE_FILE, files / trust.KEY_FILE
        )
        return Tls(context, reply, pace_s)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """Enggano and the hub, open."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    with (
        open_office(tmp_path / "hub", passphrase=PHRASE) as hub,
        open_office(tmp_path / "enggano", passphrase=PHRASE) as office,
    ):
        yield Line(office, hub, tmp_path)


def told(step: CheckStep) -> str:
    """What a person reads of a step that is wrong."""
    assert step.went is False and step.todo is not None, step
    assert "{" not in step.says.id + step.todo.id + step.says.en + step.todo.en
    return step.says.id


def test_it_works(line: Line) -> None:
    """A good line is good at every step, and the hub notices no exchange."""
    before = line.hub.journal.local.items("contact")
    with hub_answering(line.hub) as listener:
        steps = line.check(listener.port)
    assert list(steps) == [
        "rule", "clock", "interface", "dns", "connect", "tls", "hub", "speed", "udp",
    ]  # fmt: skip
    assert all(step.went is not False for step in steps.values())
    assert steps["hub"].says.id == "Ya, Bengkulu Utara sendiri."
    assert line.hub.journal.local.items("contact") == before


def test_it_knows_a_captive_portal(line: Line) -> None:
    """A redirect names the page to open; a page of HTML is one too."""
    with answering(portal()) as port:
        said = told(line.check(port)["tls"])
    assert "halaman masuk" in said and "http://masuk.wifi.example/login" in said
    with answering(portal(PAGE)) as port:
        assert "halaman masuk" in told(line.check(port)["tls"])


def test_it_names_who_intercepts(line: Line, tmp_path: Path) -> None:
    """The issuer of a foreign certificate is told."""
    node_id = line.hub.journal.node_id
    with answering(
        Tls(foreign_context(tmp_path, "Proxy Dinas Kominfo", node_id))
    ) as port:
        step = line.check(port)["tls"]
    assert "disela" in told(step) and "Proxy Dinas Kominfo" in step.says.id


def test_it_knows_another_node(line: Line, tmp_path: Path) -> None:
    """Our own authority's certificate for somebody else: a wrong address, no proxy."""
    authority = trust.authority_of(line.hub.folder, line.hub.keys.age_identity)
    pair = tls.issue(authority, bytes(16))
    (tmp_path / "c.pem").write_bytes(pair.certificate)
    (tmp_path / "k.pem").write_bytes(pair.key)
    context = tls.server_context(tmp_path / "c.pem", tmp_path / "k.pem")
    with answering(Tls(context)) as port:
        assert "simpul Perahu lain" in told(line.check(port)["tls"])


def test_it_knows_a_stranger(line: Line) -> None:
    """Who speaks first, and neither TLS nor HTTP, is not Perahu."""

    def speaks(connection: socket.socket) -> None:
        connection.sendall(b"220 mail.example ESMTP\r\n")
        connection.recv(100)

    with answering(speaks) as port:
        assert "bukan Perahu" in told(line.check(port)["tls"])


def test_it_knows_who_refuses(line: Line) -> None:
    """Nobody listens at that port."""
    step = line.check(nobody())["connect"]
    assert "menolak" in told(step) and LOOPBACK in step.says.id


def test_it_knows_silence(line: Line) -> None:
    """Connections that are dropped without a word."""
    # A full backlog of a listener that accepts nobody drops every further SYN.
    with socket.create_server((LOOPBACK, 0), backlog=0) as listener:
        address = listener.getsockname()
        crowd = [socket.socket() for _ in range(4)]
        for one in crowd:
            one.setblocking(False)
            one.connect_ex(address)
        time.sleep(0.2)
        said = told(line.check(address[1])["connect"])
        for one in crowd:
            one.close()
    assert "Tidak ada jawaban sama sekali" in said


def test_it_knows_a_black_hole_for_large_packets(line: Line) -> None:
    """It stalls, and goes once no packet is large: the MTU, and what to do."""
    hole = line.hub_tls()
    hole.small_only = True
    with answering(hole) as port:
        step = line.check(port)["tls"]
    assert "MTU" in told(step) and step.todo is not None and "1280" in step.todo.id


def test_it_knows_a_handshake_that_stalls(line: Line) -> None:
    """It stalls whatever the size."""
    with answering(silence) as port:
        assert "macet sebelum aman" in told(line.check(port)["tls"])


def test_it_knows_a_cut_in_the_middle(line: Line) -> None:
    """Reset or shut in the handshake, or after it when the request has come."""
    for answer in (reset, shut):
        with answering(answer) as port:
            assert "diputus di tengah" in told(line.check(port)["tls"])
    with answering(line.hub_tls()) as port:
        assert "diputus di tengah" in told(line.check(port)["hub"])


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (refusal_answer(503, 30), "belum dapat menerima (kode 503)"),
        (b"HTTP/1.1 503 -\r\nContent-Length: 0\r\n\r\n", "bukan bagian Perahu"),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>", "bukan bagian Perahu"),
        (b"nonsense", "bukan bagian Perahu"),
    ],
)
def test_it_knows_what_the_hub_says(line: Line, reply: bytes, said: str) -> None:
    """Busy is the hub's own word; anything else behind its certificate is not the hub."""
    with answering(line.hub_tls(reply)) as port:
        assert said in told(line.check(port)["hub"])


def test_it_knows_a_very_slow_line(line: Line) -> None:
    """Six kilobytes that take seconds."""
    with answering(line.hub_tls(refusal_answer(405), pace_s=4.0)) as port:
        step = line.check(port)["speed"]
    assert "Sangat lambat" in told(step) and "2 kB" in step.says.id


def test_it_knows_loss() -> None:
    """A line that sends much again says how much; a good one says its speed."""
    lossy = speed_step(Speed(rtt_s=0.6, rate_bytes_s=9000, loss=0.21))
    assert "21 persen" in told(lossy)
    good = speed_step(Speed(rtt_s=0.6, rate_bytes_s=9000, loss=0.02))
    assert good.went and "9 kB per detik" in good.says.id and "600" in good.says.id


Resolver = Callable[[str, int], list[tuple[int, tuple[str, int]]]]


def _unknown(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
    raise OSError("Name or service not known")


def _silent(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
    threading.Event().wait(6)
    return []


def _lying(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
    return [(socket.AF_INET, ("0.0.0.0", port))]


@pytest.mark.parametrize(
    ("resolve", "said"),
    [
        (_unknown, "tidak mengenal nama hub.example"),
        (_silent, "Server nama jaringan ini tidak menjawab"),
        (_lying, "Server nama berbohong"),
    ],
)
def test_it_knows_a_bad_name_server(line: Line, resolve: Resolver, said: str) -> None:
    """Unknown, silent, or an address that cannot be: nothing behind it is tried."""
    look = replace(line.look("hub.example:7443"), resolve=resolve)
    steps = list(steps_of(look))
    assert said in told(steps[-1]) and steps[-1].name == "dns"


def test_it_knows_a_clock_that_is_wrong(line: Line) -> None:
    """2001 is not now; the line is looked at all the same."""
    folder = line.office.folder
    line.office.close()
    with open_office(folder, passphrase=PHRASE, wall_s=lambda: 1e9) as office:
        there = replace(line, office=office)
        steps = there.check(nobody())
    assert "2001" in told(steps["clock"]) and "connect" in steps


def test_it_knows_a_device_that_is_not_there(line: Line) -> None:
    """A modem that is not plugged in, an own address this computer does not have."""
    assert "wwan9" in told(line.check(9, interface="wwan9")["interface"])
    assert "192.0.2.7" in told(line.check(9, source="192.0.2.7")["interface"])
    steps = line.check(nobody(), interface="lo", source=LOOPBACK)
    assert steps["interface"].went


def test_it_says_that_udp_is_shut(line: Line) -> None:
    """What exchanges learnt of the paced way is told; TCP goes on."""
    with hub_answering(line.hub) as listener:
        look = line.look(f"{LOOPBACK}:{listener.port}")
        shut = replace(look, memory=CarrierMemory(udp_failed_ms=5))
        steps = list(steps_of(shut))
    assert "Tertutup di jalur ini" in told(steps[-1]) and steps[-2].went is not False


def test_it_leaves_a_forbidden_carrier_alone(line: Line) -> None:
    """Nothing is sent over what the kabupaten forbids, not even a check."""
    met: list[int] = []

    def notes(connection: socket.socket) -> None:
        met.append(1)

    rule = CarrierPolicySet(reason="r", decree="d", forbidden=("sim",))
    with answering(notes) as port:
        look = line.look(f"{LOOPBACK}:{port}")
        judged = verdict_on(look.entry, None, Moment(minute=0, policies=[rule]))
        (step,) = steps_of(replace(look, verdict=judged))
    assert step.went is False and "Dilarang" in step.says.id and not met


def test_it_looks_at_all_at_once(line: Line) -> None:
    """Every carrier by itself, and each step is heard of as it is known."""
    looks = [line.look(f"{LOOPBACK}:{nobody()}") for _ in range(3)]
    heard: list[tuple[int, CheckedCarrier]] = []
    found = check_all(looks, lambda place, one: heard.append((place, one)))
    assert [one.is_good for one in found] == [False] * 3
    assert not any(one.is_running for one in found)
    assert {place for place, _ in heard} == {0, 1, 2}


@contextmanager
def _aimed(folder: Path, *ports: int) -> Iterator[None]:
    settings = load_settings(folder)
    carriers = tuple(
        CarrierEntry(
            name=f"jalur-{n}", address=f"{LOOPBACK}:{port}", words=f"Jalur {n}"
        )
        for n, port in enumerate(ports, 1)
    )
    save_settings(folder, replace(settings, carriers=carriers))
    yield


def test_it_is_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`perahu road` lists, `perahu road check` looks: words, JSON, and an exit code."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    enggano = tmp_path / "enggano"
    with (
        open_office(tmp_path / "hub", passphrase=PHRASE) as hub,
        hub_answering(hub) as listener,
        _aimed(enggano, listener.port, nobody()),
    ):
        assert perahu(enggano, "road", lang="id") == 0
        said = capsys.readouterr().out
        assert "Jalur 1" in said and "Siap" in said
        assert perahu(enggano, "road", "check", lang="id") == 1
        said = capsys.readouterr().out
        assert "✗" in said and "✓" in said and "menolak" in said
        assert perahu(enggano, "road", "check", "--carrier", "jalur-1", "--json") == 0
        found = json.loads(capsys.readouterr().out)
        assert [one["name"] for one in found] == ["jalur-1"]
        assert found[0]["steps"][-1]["name"] == "udp" and found[0]["good"] is True
        assert perahu(enggano, "road", "check", "--carrier", "kapal") == 2
        assert perahu(enggano, "road", "--json") == 0
        listed = json.loads(capsys.readouterr().out)
        assert [one["name"] for one in listed] == ["jalur-1", "jalur-2"]
