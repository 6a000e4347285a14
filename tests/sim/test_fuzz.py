"""The mutants: a small slice of them, what once failed, and the harness's own honesty."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import pytest

from perahu.node.django_settings import configure
from sim.chance import Chance
from sim.fuzz.damage import ALL, bent, damaged
from sim.fuzz.watch import TRY_KB_MAX, Watch
from tests.journal.stores import IN_MEMORY

if TYPE_CHECKING:
    from sim.fuzz.all_parsers import ParserMutants
    from sim.fuzz.courier import CourierMutants
    from sim.fuzz.road import RoadMutants

# Before what draws maps is imported, and only there.
configure()
CORPUS = Path(__file__).with_name("corpus")
KEPT = sorted(CORPUS.glob("*/*.bin"))
COURIER = "courier_file"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that no flush waits for."""
    with tempfile.TemporaryDirectory(prefix="perahu-", dir=IN_MEMORY) as folder:
        yield Path(folder)


def courier(place: Path, watch: Watch) -> CourierMutants:
    """Files of seed 1."""
    from sim.fuzz.courier import CourierMutants

    return CourierMutants(place, 1, watch)


def road(place: Path, watch: Watch) -> RoadMutants:
    """Frames of seed 1."""
    from sim.fuzz.road import RoadMutants

    return RoadMutants(place, 1, watch)


def parsers(place: Path, watch: Watch) -> ParserMutants:
    """Parsers of seed 1."""
    from sim.fuzz.all_parsers import ParserMutants

    return ParserMutants(place, 1, watch)


def told(watch: Watch) -> list[str]:
    """The findings, as a failing test shows them."""
    return [
        f"{one.kind} {one.target} {one.name}: {one.words}" for one in watch.findings
    ]


def test_it_damages_a_record_into_what_is_none_at_all(place: Path) -> None:
    """A mirror's record with a good checksum around bytes that no reader of CBOR takes."""
    watch = Watch()
    made = parsers(place, watch)
    (mirror,) = (one for one in made.parsers if one.name == "mirror")
    made.feed(mirror, mirror.mutant(Chance(3894362645, "mirror", 187)))
    assert watch.tries["mirror"] == 1 and not watch.findings, told(watch)


def test_it_believes_no_damaged_file(place: Path) -> None:
    """Files of five hands: nothing accepted that nobody sealed, all told as it is."""
    watch = Watch()
    made = courier(place, watch)
    made.run(150)
    made.close()
    assert told(watch) == [] and sum(watch.tries.values()) == 150


def test_it_believes_no_damaged_frame(place: Path) -> None:
    """Frames of three hands, at both sides of a session."""
    watch = Watch()
    made = road(place, watch)
    made.run(1_500)
    made.close()
    assert told(watch) == [] and sum(watch.tries.values()) == 1_500


def test_it_reads_or_refuses_everything(place: Path) -> None:
    """Every parser of outside bytes, a few hundred contents each."""
    watch = Watch()
    parsers(place, watch).run(3_000)
    assert told(watch) == [] and sum(watch.tries.values()) >= 3_000


def test_it_feeds_every_parser_what_it_reads(place: Path) -> None:
    """Where even a sound content were refused, no mutant would get anywhere."""
    refused = []
    for parser in parsers(place, Watch()).parsers:
        # Of the answers to a call only the first is an exchange; the others are portals.
        try:
            parser.read(parser.seeds[0])
        except parser.refuses as refusal:
            refused.append(f"{parser.name}: {refusal}")
    assert refused == []


@pytest.mark.parametrize(
    "path", KEPT, ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_it_heeds_what_failed_once(path: Path, place: Path) -> None:
    """The bytes of every finding that was mended."""
    watch, content = Watch(), path.read_bytes()
    if path.parent.name == COURIER:
        made = courier(place, watch)
        made.replay(content)
        made.close()
    else:
        parsers(place, watch).replay(path.parent.name.replace("_", " "), content)
    assert told(watch) == [] and sum(watch.tries.values()) == 1


# -- the harness itself must be able to fail ---------------------------------------------


def test_it_sees_an_entry_that_nobody_sealed(place: Path) -> None:
    """With the list of what was sealed taken away, every file brings something unheard of."""
    watch = Watch()
    made = courier(place, watch)
    made._sealed.clear()
    made._sealed_blobs.clear()
    made.run(20)
    made.close()
    assert watch.count("accepted") >= 5


def test_it_sees_a_frame_that_brings_what_nobody_sealed(place: Path) -> None:
    """The same on the road."""
    watch = Watch()
    made = road(place, watch)
    made._sealed.clear()
    made.run(400)
    made.close()
    assert watch.count("accepted") > 0


def test_it_sees_a_report_that_is_wrong(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that counts a mended square as lost is found out."""
    from sim.fuzz import layout

    monkeypatch.setattr(layout, "_made_again", lambda *_: set())
    watch = Watch()
    made = courier(place, watch)
    made.run(40)
    made.close()
    assert watch.count("accepted") > 0


def test_it_sees_a_crash_a_hang_and_a_hog() -> None:
    """Whatever is no refusal; more than a second of the processor; more than 200 MB."""
    watch = Watch()
    nothing: dict[str, int] = {}
    with watch.trying("x", lambda: b"crash"):
        nothing["x"] += 1
    with watch.trying("x", lambda: b"hog"):
        held = bytearray((TRY_KB_MAX + 60_000) * 1024)
        held[::4096] = b"x" * len(held[::4096])
    with watch.trying("x", lambda: b"hang"):
        began_s = process_time()
        while process_time() - began_s < 1.2:
            pass
    kinds = [(one.kind, one.content) for one in watch.findings]
    assert kinds == [("crash", b"crash"), ("slow", b"hog"), ("slow", b"hang")]


def test_it_damages_alike_for_one_seed() -> None:
    """A mutant can be made again from its seed alone."""
    content = Chance("content").randbytes(3_000)
    once, again = (
        [damaged(Chance(1, n), content, [b"other"]) for n in range(300)]
        for _ in range(2)
    )
    assert once == again and len({bytes(one) for one in once}) > 250
    trees = [repr(bent(Chance(2, n), {1: [b"x", 2], 3: "y"})) for n in range(300)]
    assert len(set(trees)) > 150
    assert all(one(Chance(3), b"", [b""]) is not None for one in ALL)


def test_it_ends_with_its_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """The command's last line is what the proof reads."""
    from sim.fuzz.command import main

    assert main(["--mutants", "60", "--seed", "5", "--json"]) == 0
    counts = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert counts == {
        "mutants": 60, "parsers": 37, "accepted": 0, "crashes": 0, "slow": 0,
    }  # fmt: skip
