"""The post bag of a real node: settings, whom its post goes to, sticks, loops, commands."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from perahu.keys.facts import ForkSeen
from perahu.node.actions import note_fork
from perahu.node.office import Office, open_office
from perahu.node.relay.bag import bag_of, offer_in_passing
from perahu.node.relay.letters import (
    deliver,
    is_out_of_reach,
    neighbours,
    write_if_due,
    write_letter,
)
from perahu.node.relay.loop import CARRYING, MEETING, PostRound, loops_of_post
from perahu.node.relay.stick import give, look, take
from perahu.node.settings import load_settings, save_settings
from perahu.sync.exchange import Patience
from perahu.sync.offer import POST_ONLY
from perahu.sync.postbag.index import STICK
from perahu.words import Refusal
from tests.node.offices import PHRASE, add_enggano, found_hub, perahu

HOUR_MS = 3_600_000


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A hub and Enggano, which has never reached it."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    return tmp_path


def _open(place: Path, name: str, **changes: Any) -> Office:
    if changes:
        folder = place / name
        save_settings(folder, replace(load_settings(folder), **changes))
    return open_office(place / name, passphrase=PHRASE)


def test_it_has_a_quarter_for_one_sender(place: Path) -> None:
    """node.toml says how much is carried; the bag lies beside the book."""
    with _open(place, "enggano", relay_mb=40) as office:
        bag = bag_of(office)
        assert bag is bag_of(office)
        assert bag.room.total_bytes == 40_000_000
        assert bag.room.sender_bytes == 10_000_000
        assert bag.folder == office.folder / "titipan"


def test_it_keeps_a_letter_ready(place: Path) -> None:
    """Never reached: a letter lies ready, once; reached lately: none is written."""
    with _open(place, "enggano") as office, office.at_work():
        assert write_if_due(office) == []
        seen = ForkSeen(
            node=bytes(16), journal=bytes(16), seq=1, ours=bytes(32), theirs=bytes(32)
        )
        note_fork(office.journal, office.ask(), fork=seen)
        hub = bytes.fromhex(office.settings.parent_node)
        assert is_out_of_reach(office)
        written = write_if_due(office)
        assert [one.label.receiver for one in written] == [hub]
        assert write_if_due(office) == [] and write_if_due(office, at_once=True) == []
        index = bag_of(office).index
        index.note_live(hub, office.now().wall_ms - 5 * HOUR_MS)
        assert not is_out_of_reach(office)
        index.note_live(hub, office.now().wall_ms - 7 * HOUR_MS)
        assert is_out_of_reach(office)


def test_it_keeps_no_letter_at_the_hub(place: Path) -> None:
    """Nobody's boat goes there: only nodes with desks write by themselves."""
    with _open(place, "hub") as hub, hub.at_work():
        assert write_if_due(hub, at_once=True) == []


def test_it_drops_the_older_letter(place: Path) -> None:
    """All of it, also where it had more parts."""
    with _open(place, "hub") as hub, hub.at_work():
        to = next(iter(set(hub.authority.nodes()) - {hub.journal.node_id}))
        first = write_letter(hub, to)
        second = write_letter(hub, to)
        assert bag_of(hub).index.parcels() == second != first
        held = [one.name for one in bag_of(hub).folder.iterdir()]
        assert held == [f"{second[0].sha.hex()}.jrnb"]


def test_it_writes_none_on_a_full_disk(place: Path) -> None:
    """The book comes first: it says so and writes nothing."""
    with _open(place, "enggano") as office, office.at_work():
        bag = bag_of(office)
        bag.room = replace(bag.room, free_bytes=1 << 60)
        with pytest.raises(Refusal, match="no_room_for_letter"):
            write_letter(office, bytes.fromhex(office.settings.parent_node))
        assert not bag.folder.exists() or not list(bag.folder.iterdir())


def test_it_lets_desks_in_for_post(place: Path) -> None:
    """Desks meet desks for post; a hub lets in nobody for post alone."""
    with _open(place, "hub") as hub, _open(place, "enggano") as office:
        us, ours = office.certificate, hub.certificate
        assert offer_in_passing(office, us) is POST_ONLY
        assert offer_in_passing(office, ours) is None
        assert offer_in_passing(hub, us) is None


def test_it_answers_the_way_the_letter_came(place: Path) -> None:
    """At the hub: who brought Enggano's post, or works beside it, and nobody else."""
    with _open(place, "hub") as hub, hub.at_work():
        enggano = next(iter(set(hub.authority.nodes()) - {hub.journal.node_id}))
        (letter,) = write_letter(hub, enggano)
        bag, stranger = bag_of(hub), bytes(16)
        assert bag.for_peer(enggano, is_exchanged=False) == [letter]
        assert bag.for_peer(enggano, is_exchanged=True) == []
        assert bag.for_peer(stranger, is_exchanged=True) == []
        bag.index.note_route(enggano, stranger, hub.now().wall_ms)
        assert bag.for_peer(stranger, is_exchanged=True) == []


def test_it_goes_by_stick(place: Path, tmp_path: Path) -> None:
    """Written, looked at, taken elsewhere, read; a second time changes nothing."""
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "foto.jpg").write_bytes(b"x")
    (stick / "rusak.jrnb").write_bytes(b"JRN1" + bytes(30_000))
    (stick / "folder.jrnb").mkdir()
    with _open(place, "hub") as hub, hub.at_work():
        enggano = next(iter(set(hub.authority.nodes()) - {hub.journal.node_id}))
        write_letter(hub, enggano)
        assert len(give(hub, stick).parcels) == len(give(hub, stick).parcels) == 1
        assert take(hub, stick).parcels == []
    with _open(place, "enggano") as office, office.at_work():
        (lying,) = look(office, stick)
        assert lying.is_for_us and take(office, stick).parcels == []
        bag_of(office).take_file(lying.path, brought_by=STICK)
        arrived = deliver(office)
        assert arrived.files == 1 and not arrived.refused
        assert deliver(office).files == 0
        with pytest.raises(Refusal, match="no_stick"):
            look(office, tmp_path / "nowhere")


def test_it_says_what_it_could_not_read(place: Path, tmp_path: Path) -> None:
    """A file for us that is refused leaves the bag, and the loop says why."""
    with _open(place, "hub") as hub, hub.at_work():
        enggano = next(iter(set(hub.authority.nodes()) - {hub.journal.node_id}))
        write_letter(hub, enggano)
        give(hub, tmp_path)
    with _open(place, "enggano") as office, office.at_work():
        (lying,) = look(office, tmp_path)
        bag = bag_of(office)
        parcel = bag.take_file(lying.path, brought_by=STICK)
        bag.path_of(parcel.sha).write_bytes(b"gone bad meanwhile")
        done = PostRound(office).step()
        assert len(done.trouble) == 1
        assert bag.for_us() == []


def test_it_runs_its_loops(place: Path) -> None:
    """Every node carries; only who has neighbours calls them, and one who is away is no
    trouble."""
    with _open(place, "hub") as hub:
        (loop,) = loops_of_post(hub, Patience())
        assert loop.words is CARRYING
    with _open(place, "enggano", neighbours=("bengkulu utara=127.0.0.1:9",)) as office:
        assert neighbours(office) == []
        carrying, meeting = loops_of_post(office, Patience())
        assert meeting.words is MEETING
        with office.at_work():
            assert meeting.step().trouble == () and carrying.step().trouble == ()


@pytest.mark.parametrize("text", ["Ketahun", "=1.2.3.4:5", "Ketahun=nowhere"])
def test_it_refuses_a_wrong_neighbour(place: Path, text: str) -> None:
    """node.toml is read key by key; a mistake is said, not guessed."""
    path = place / "enggano" / "node.toml"
    shown = path.read_text().replace("neighbours = []", f"neighbours = ['{text}']")
    path.write_text(shown)
    with pytest.raises(Refusal) as refused:
        load_settings(place / "enggano")
    assert refused.value.code in ("bad_settings", "bad_address")


def test_it_tells_at_the_terminal(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """list, give, take, look and meet: in sentences, as JSON, and wrong uses in words."""
    stick = place / "stick"
    stick.mkdir()
    with _open(place, "hub") as hub, hub.at_work():
        enggano = next(iter(set(hub.authority.nodes()) - {hub.journal.node_id}))
        write_letter(hub, enggano)
    assert perahu(place / "hub", "relay", "list") == 0
    assert "To Enggano" in capsys.readouterr().out.replace(" to ", " To ")
    assert perahu(place / "hub", "relay", "give", stick, "--json") == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["event"] for one in told] == ["parcel"] and told[0]["to"] == "Enggano"
    assert perahu(place / "enggano", "relay", "look", stick, lang="id") == 0
    assert "Dari " in capsys.readouterr().out
    wrong = (
        ("relay", "take"),
        ("relay", "take", stick / "none"),
        ("relay", "meet", "Enggano"),
        ("relay", "meet", "Nobody", "1.2.3.4:5"),
        ("relay", "meet", "Enggano", "nowhere"),
    )
    for words in wrong:
        assert perahu(place / "hub", *words) == 2
        assert capsys.readouterr().err.strip()
