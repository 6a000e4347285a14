"""A lab with real namespaces and devices: it carries, and nothing of it stays."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.link import namespaces
from bench.link.lab import Lab, NeedsRoot
from bench.link.profiles import PROFILES

ROOT = Path(__file__).parents[2]
FAST = replace(PROFILES["clean256"], rate_bit_s=4e6, rtt_s=0.04, queue_bytes=100_000)
SIZE = 200_000
SERVE = f"""
import socket, sys
door = socket.create_server((sys.argv[1], 9000))
print("ready", flush=True)
caller, where = door.accept()
left = {SIZE}
while left:
    left -= len(caller.recv(left))
caller.sendall(where[0].encode())
"""
CALL = f"""
import socket, sys
with socket.create_connection((sys.argv[1], 9000)) as one:
    one.sendall(bytes({SIZE}))
    print(one.recv(100).decode())
"""
OWN = """
import time
from bench.link.lab import Lab
from bench.link.profiles import PROFILES
with Lab(PROFILES["clean256"], 1) as lab:
    print(lab.emulator_pid, lab.at_office(["sleep", "600"]).pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A fast lab."""
    try:
        with Lab(FAST, seed=1) as made:
            yield made
    except NeedsRoot as reason:
        pytest.skip(
            "needs root, /dev/net/tun and the Debian packages iproute2 and util-linux: "
            + reason.missing.en
        )


def test_it_carries_a_transfer_between_two_processes(lab: Lab) -> None:
    """All bytes arrive, not before the link can have carried them, and all are counted."""
    words = [sys.executable, "-c"]
    hub = lab.at_hub(
        [*words, SERVE, lab.hub_address], stdout=subprocess.PIPE, text=True
    )
    assert hub.stdout is not None and hub.stdout.readline() == "ready\n"
    began_s = time.monotonic()
    office = lab.at_office(
        [*words, CALL, lab.hub_address], stdout=subprocess.PIPE, text=True
    )
    said, _ = office.communicate(timeout=30)
    took_s = time.monotonic() - began_s
    assert said.strip() == lab.outside_address == "198.18.0.2"
    assert took_s > FAST.limit_s(SIZE)
    counts = lab.counts()
    assert counts.to_hub.tcp.delivered.bytes > SIZE
    assert counts.first_packet_s == counts.first_syn_s
    assert began_s < (counts.first_syn_s or 0.0) < counts.at_s
    assert [event.what for event in lab.timeline()] == ["up"]


def test_it_leaves_nothing_behind(lab: Lab) -> None:
    """A child that a process in the lab left alone ends with the lab, too."""
    left = lab.at_office(
        ["sh", "-c", "sleep 600 & echo $!"], stdout=subprocess.PIPE, text=True
    )
    assert left.stdout is not None
    child, emulator = int(left.stdout.readline()), lab.emulator_pid
    assert Path(f"/proc/{child}").exists()
    before = len(os.listdir("/proc/self/fd"))
    lab.stop_now()
    lab.stop_now()
    assert len(os.listdir("/proc/self/fd")) < before
    assert not Path(f"/proc/{emulator}").exists()
    assert _is_gone(child)
    left.stdout.close()


def test_it_leaves_nothing_behind_when_it_is_killed(lab: Lab) -> None:
    """The emulator sees that nobody asks any more, and ends what stands in the lab."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWN], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with owner:
        assert owner.stdout is not None
        pids = [int(word) for word in owner.stdout.readline().split()]
        assert len(pids) == 2
        owner.kill()
        assert all(_is_gone(pid) for pid in pids)


def _is_gone(pid: int) -> bool:
    """Whether a process has ended; whoever inherited it may not have buried it yet."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_it_resets_what_a_switch_ended(lab: Lab) -> None:
    """The kernels of both ends believe the link's resets, and a new call works at once."""
    switching = replace(FAST, switch_s=60.0, first_s=(1.0, 1.0), switch_mode="rst")
    with Lab(switching, seed=1) as other, other.socket_at_hub() as door:
        door.bind((other.hub_address, 9000))
        door.listen()
        for source in ("198.18.0.2", "198.18.1.2"):
            office = other.socket_at_office()
            with office:
                office.settimeout(10)
                office.connect((other.hub_address, 9000))
                hub, where = door.accept()
                assert where[0] == source == other.outside_address
                while other.counts().switches == 0:
                    time.sleep(0.02)
                with hub:
                    office.sendall(b"DATA UJI")
                    if source == other.outside_address:
                        assert hub.recv(100) == b"DATA UJI"
                        continue
                    for one in (office, hub):
                        with pytest.raises(ConnectionResetError):
                            one.recv(100)


def test_it_keeps_two_labs_apart(lab: Lab) -> None:
    """Labs have the same addresses and never meet."""
    with Lab(FAST, seed=2) as other:
        for one in (lab, other):
            with one.socket_at_hub() as door, one.socket_at_office() as caller:
                door.bind((one.hub_address, 9000))
                door.listen()
                caller.connect((one.hub_address, 9000))
        time.sleep(0.1)
        for one in (lab, other):
            assert one.counts().to_hub.all.offered.packets >= 3
        assert other.emulator_pid != lab.emulator_pid


def test_it_says_what_is_missing_without_a_device(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In both languages: what is missing, that nothing changed, how to run it."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(namespaces, "TUN_DEVICE", tmp_path / "tun")
    with pytest.raises(NeedsRoot) as found, Lab(FAST, seed=1):
        pass
    assert "sudo" in found.value.words.id and "sudo" in found.value.words.en
    assert str(tmp_path / "tun") in found.value.words.id


def test_it_says_that_it_needs_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who is not root learns it before anything is started."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NeedsRoot, match="not root"), Lab(FAST, seed=1):
        pass
