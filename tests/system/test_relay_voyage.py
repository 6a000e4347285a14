"""Enggano has no link at all: another office's boat takes its post and brings the answer.

Real nodes in folders, the real listener on a LAN, the boat's own link to the hub.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from perahu.journal.types import Level
from perahu.node.field import bring_back, receive
from perahu.node.relay.bag import bag_of
from perahu.node.relay.field import post_out
from perahu.node.relay.letters import write_if_due
from perahu.node.serve import Serving
from perahu.node.shaper import Shaper
from perahu.people import reads as people
from perahu.sync.postbag import index
from tests.node.offices import PHRASE, perahu
from tests.system.voyages import Voyage, everything_in
from tests.system.world import (
    ANY,
    ENGGANO,
    HUB,
    KAPAL,
    KETAHUN,
    LOOPBACK,
    World,
    answering,
    officer_of,
)


@pytest.fixture
def voyage(world: World) -> Iterator[Voyage]:
    """Everybody is at home."""
    yield Voyage(world)


def test_it_works(voyage: Voyage) -> None:
    """LAN, link, link, LAN: the hub has Enggano's facts and parts, and its receipts rise."""
    (recording,) = voyage.record()
    met = voyage.lan(KETAHUN, ENGGANO)
    assert met.is_complete and met.refusal is None and met.taken == 0
    with voyage.at(ENGGANO).at_work():
        assert write_if_due(voyage.at(ENGGANO))
        assert not write_if_due(voyage.at(ENGGANO))
    assert voyage.lan(KETAHUN, ENGGANO).taken >= 1
    voyage.link(KETAHUN)
    assert voyage.bag(KETAHUN) == []
    arrived = voyage.deliver(HUB)
    assert arrived.files and arrived.blobs and arrived.answers == 1
    voyage.check_arrived(recording)
    assert voyage.level(recording) is Level.RECORDED
    voyage.link(KETAHUN)
    assert [one.label.sender for one in voyage.bag(KETAHUN)] == [
        voyage.world.node_id(HUB)
    ]
    assert voyage.lan(KETAHUN, ENGGANO).given >= 1
    assert voyage.deliver(ENGGANO).files >= 1
    assert voyage.level(recording) is Level.RECEIVED
    assert voyage.bag(KETAHUN) == []


def test_it_shows_its_carrier_nothing(voyage: Voyage) -> None:
    """No name and no NIK of Enggano is anywhere in the boat's folder, no entry in its book."""
    voyage.record()
    with voyage.at(ENGGANO).at_work():
        write_if_due(voyage.at(ENGGANO))
        person = people.by_nik(voyage.world.residents()[0])
        assert person is not None
    before = {row.id for row in voyage.at(KETAHUN).journal.journals()}
    voyage.lan(KETAHUN, ENGGANO)
    assert voyage.bag(KETAHUN)
    after = {row.id for row in voyage.at(KETAHUN).journal.journals()}
    assert after == before
    seen = everything_in(voyage.at(KETAHUN).folder)
    for word in (person.biodata.nama, voyage.world.residents()[0]):
        assert word.encode() not in seen
    assert voyage.at(ENGGANO).keys.age_identity.encode() not in seen


def test_it_comes_by_two_boats(voyage: Voyage) -> None:
    """In whichever order they come, with an older letter between: nothing twice."""
    (first,) = voyage.record()
    with voyage.at(ENGGANO).at_work():
        write_if_due(voyage.at(ENGGANO))
    voyage.lan(KAPAL, ENGGANO)
    (older,) = {one.label.number for one in voyage.bag(KAPAL)}
    (second,) = voyage.record()
    with voyage.at(ENGGANO).at_work():
        write_if_due(voyage.at(ENGGANO), at_once=True)
    voyage.lan(KETAHUN, ENGGANO)
    (newer,) = {one.label.number for one in voyage.bag(KETAHUN)}
    assert newer > older
    voyage.link(KETAHUN)
    voyage.deliver(HUB)
    entries = sum(row.head_seq for row in voyage.at(HUB).journal.journals())
    voyage.link(KAPAL)
    arrived = voyage.deliver(HUB)
    assert arrived.entries == 0
    # Enggano's own laptop has the answer in its bag now; nothing of Enggano's is left.
    assert {one.label.sender for one in voyage.bag(KAPAL)} == {
        voyage.world.node_id(HUB)
    }
    more = sum(row.head_seq for row in voyage.at(HUB).journal.journals()) - entries
    assert more <= 40
    voyage.check_arrived(first, second)


def test_it_drops_the_letter_once_the_link_is_back(voyage: Voyage) -> None:
    """Enggano reaches the hub itself: its letter leaves its bag, no new one is written."""
    (recording,) = voyage.record()
    office = voyage.at(ENGGANO)
    with office.at_work():
        assert write_if_due(office)
    voyage.lan(KETAHUN, ENGGANO)
    voyage.link(ENGGANO)
    assert voyage.bag(ENGGANO) == []
    assert bag_of(office).index.gone()[0].how == index.ANSWERED
    voyage.record()
    with office.at_work():
        assert write_if_due(office) == []
    voyage.link(KETAHUN)
    assert voyage.deliver(HUB).entries == 0
    voyage.check_arrived(recording)


def test_it_goes_by_stick_as_well(
    voyage: Voyage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """give, take, give, take with the commands: no LAN anywhere, the same end."""
    (recording,) = voyage.record()
    voyage.leave(ENGGANO)
    sticks = [tmp_path / name for name in ("one", "two")]
    for stick in sticks:
        stick.mkdir()

    def relay(name: str, *words: str | Path) -> list[Any]:
        capsys.readouterr()
        assert perahu(voyage.world.place(name), "relay", *words, "--json") == 0
        return [json.loads(one) for one in capsys.readouterr().out.splitlines()]

    assert relay(ENGGANO, "give", sticks[0])[0]["sender"] == ENGGANO
    (lying,) = relay(KETAHUN, "look", sticks[0])
    assert (lying["sender"], lying["to"]) == (ENGGANO, "Bengkulu Utara")
    (taken,) = relay(KETAHUN, "take", sticks[0])
    assert taken["bytes"] == lying["bytes"]
    assert relay(KETAHUN, "take", sticks[0])[0]["event"] in ("parcel", "left")
    relay(KETAHUN, "give", sticks[1])
    assert perahu(voyage.world.place(HUB), "courier", "import", sticks[1]) == 0
    voyage.check_arrived(recording)


def test_it_brings_a_returned_laptop_to_the_hub(voyage: Voyage, tmp_path: Path) -> None:
    """Back from the field it hands its office the hub's part; the office's link brings it."""
    laptop, office = voyage.at(KAPAL), voyage.at(ENGGANO)
    (recording,) = voyage.record(name=KAPAL)
    with laptop.at_work():
        officer = officer_of(laptop, KAPAL)
        sent = bring_back(laptop, officer, voyage.world.node_id(ENGGANO), tmp_path)
    assert sent.post.parcels and not sent.post.refused
    with office.at_work():
        got = receive(office, officer_of(office, ENGGANO), [tmp_path])
    assert len(got.post.parcels) == len(sent.post.parcels)
    voyage.link(ENGGANO)
    assert voyage.deliver(HUB).files == len(sent.post.parcels)
    voyage.check_arrived(recording)
    assert voyage.level(recording, KAPAL) is Level.RECORDED
    voyage.link(ENGGANO)
    out = tmp_path / "out"
    out.mkdir()
    with office.at_work():
        post_out(office, out, voyage.world.node_id(KAPAL))
    with laptop.at_work():
        receive(laptop, officer_of(laptop, KAPAL), [out])
    assert voyage.level(recording, KAPAL) is Level.RECEIVED


def test_it_may_be_killed_while_it_carries(voyage: Voyage) -> None:
    """kill -9 of the boat in the middle of a parcel: the next try goes on from there."""
    recordings = voyage.record(8)
    office, place = voyage.at(ENGGANO), voyage.world.place(KETAHUN)
    with office.at_work():
        (letter,) = write_if_due(office)
    begun = place / "titipan" / f"{letter.sha.hex()}.begun"
    kept, kills = [0], 0
    given = [sys.executable, "-m", "perahu", "--dir", str(place), "relay", "meet"]
    surroundings = os.environ | {"PERAHU_PASSPHRASE": PHRASE}
    with answering(office) as listener:
        rate = letter.size // 3
        shaper = Shaper((LOOPBACK, listener.port), rate_bytes_s=(rate, rate))
        shaper.start()
        while kills < 3:
            child = subprocess.Popen(
                [*given, ENGGANO, f"{LOOPBACK}:{shaper.port}"],
                stdout=subprocess.DEVNULL, env=surroundings,
            )  # fmt: skip
            while child.poll() is None and _size(begun) <= kept[-1]:
                time.sleep(0.01)
            child.kill()
            child.communicate()
            kept.append(_size(begun))
            kills += 1
        shaper.stop()
    assert kept == sorted(kept) and kept[-1] < letter.size
    assert voyage.lan(KETAHUN, ENGGANO).taken == 1
    voyage.link(KETAHUN)
    voyage.deliver(HUB)
    voyage.check_arrived(*recordings)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def test_it_works_between_served_nodes(voyage: Voyage) -> None:
    """Two node processes as they run every day: loops write, meet, carry, read, answer."""
    (recording,) = voyage.record()
    for name in (ENGGANO, HUB):
        voyage.world.change(name, listen=ANY)
    voyage.leave(ENGGANO)
    hub, enggano = Serving(voyage.at(HUB)), Serving(voyage.at(ENGGANO))
    try:
        ports = [node.ready()["road_port"] for node in (hub, enggano)]
        assert all(ports)
        _wait_for(lambda: bool(voyage.bag(ENGGANO)))
        voyage.world.change(
            KETAHUN,
            parent=f"{LOOPBACK}:{ports[0]}",
            contact_s=1,
            neighbours=(f"{ENGGANO}={LOOPBACK}:{ports[1]}",),
        )
        boat = Serving(voyage.at(KETAHUN))
        try:
            _wait_for(lambda: bool(bag_of(voyage.at(HUB)).index.carriers_of(
                voyage.world.node_id(ENGGANO))))  # fmt: skip
            _wait_for(lambda: bool(voyage.bag(KETAHUN)))
            for loop in boat.loops:
                loop.nudge.set()
            _wait_for(lambda: voyage.level(recording) is Level.RECEIVED)
        finally:
            boat.close()
    finally:
        enggano.close()
        hub.close()
    voyage.check_arrived(recording)


def _wait_for(is_so: Callable[[], bool]) -> None:
    """Loops take their time; a minute is more than any of them needs."""
    for _ in range(1200):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about")
