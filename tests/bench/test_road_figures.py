"""What a run comes to, when the small facts are stated, and what the papers say of it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import road
from bench.link.counts import Event, up_between_s
from bench.link.profiles import PROFILES
from bench.race import draw as road_draw
from bench.race import grid as road_grid
from bench.race import table as road_table
from bench.race.figures import Outcome, Run, small_bound_s
from bench.race.grid import Plan, row_of, run_grid
from bench.race.load import SMALL, load_of
from bench.race.medians import BOUNDS, NAMES, Grid, Group, Row, kept
from bench.race.schedule import cap_s, expected_s, schedule, small_at_s

LOSS2 = PROFILES["loss2"]
PAYLOAD = 1_504_000
FIELDS = {
    "profile", "seed", "road", "goodput_share", "small_s", "small_bound_s", "finished",
    "best_peer", "best_peer_share", "bytes_ratio", "return_s", "road_a", "peers",
}  # fmt: skip


def run(**changes: object) -> Run:
    """A run over loss2 that took 100 s and was down for 20 of them."""
    fields: dict[str, object] = {
        "profile": LOSS2,
        "payload_bytes": PAYLOAD,
        "first_s": 1000.0,
        "done_s": 1120.0,
        "end_s": 1120.1,
        "recorded_s": 1030.0,
        "held": (
            (1010.0, 0, 100_000),
            (1032.5, SMALL, 400_000),
            (1072.0, SMALL, 900_000),
            (1119.0, SMALL, 1_500_000),
        ),
        "acked": (),
        "sent_bytes": 1_654_400,
        "udp_bytes": 827_200,
        "timeline": (
            Event(1000.0, "up", "198.18.0.2"),
            Event(1050.0, "down", "198.18.0.2"),
            Event(1070.0, "up", "198.18.0.2"),
        ),
    }
    return Run(**(fields | changes))  # type: ignore[arg-type]


def outcome(share: float, *, finished: bool = True) -> Outcome:
    """Figures with this share; everything else is good."""
    return Outcome(
        finished=finished, time_s=100.0, up_s=100.0, goodput_share=share,
        held_share=1.0 if finished else 0.5, small_s=2.0 if finished else None,
        bytes_ratio=1.05, return_s=(2.5,), udp_share=0.0,
    )  # fmt: skip


def grid(share: float, profiles: tuple[str, ...] = tuple(BOUNDS)) -> list[Row]:
    """Rows of three seeds in which our best road reaches `share` and OpenVPN is missing."""
    found: dict[str, Outcome | str] = {
        "best": outcome(share),
        "a": outcome(share - 0.05),
        "rsync": outcome(0.5),
        "https": outcome(0.2, finished=False),
        "vpn": "install openvpn",
    }
    return [
        row_of(profile, load_of(seed), dict(found))
        for profile in profiles
        for seed in (1, 2, 3)
    ]


def test_it_counts_the_time_in_which_the_link_was_up() -> None:
    """The share is of what a link that was up for so long can carry past its losses."""
    found = Outcome.of(run())
    assert found.finished and found.time_s == 120.0 and found.up_s == 100.0
    assert found.goodput_share == pytest.approx(
        PAYLOAD * 8 / (128_000 * 0.98) / 100, abs=1e-4
    )
    assert found.small_s == 2.5
    assert found.bytes_ratio == 1.1 and found.udp_share == 0.5


def test_it_measures_how_long_new_bytes_take_after_an_outage() -> None:
    """What the office knows counts; else what the hub holds and half a round trip."""
    assert Outcome.of(run()).return_s == (2.3,)
    acked = ((1040.0, 500_000), (1070.1, 510_000), (1071.0, 510_000), (1075.0, 520_000))
    # At 1070.1 nothing sent after the return can have arrived; at 1071 nothing was new.
    assert Outcome.of(run(acked=acked)).return_s == (5.0,)


def test_it_tells_how_far_an_unfinished_run_came() -> None:
    """It did not finish; its share is of what was at the hub when it was stopped."""
    held = ((1010.0, 0, 100_000), (1100.0, 3, 752_000))
    found = Outcome.of(run(done_s=None, held=held))
    assert not found.finished and found.held_share == 0.5 and found.small_s is None
    assert found.goodput_share == pytest.approx(
        LOSS2.limit_s(752_000) / 100.1, abs=1e-3
    )


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_states_small_facts_while_the_link_is_calm(name: str, seed: int) -> None:
    """The link is up for the next 15 seconds, and 600 kB cannot have been sent yet."""
    profile = PROFILES[name]
    events, at_s = schedule(profile, seed), small_at_s(profile, seed, PAYLOAD)
    assert up_between_s(events, at_s, at_s + 15) == pytest.approx(15)
    assert not any(at_s < event.at_s < at_s + 15 for event in events)
    assert up_between_s(events, 0, at_s) * profile.rate_bit_s / 8 <= 900_000
    limit_s = expected_s(profile, seed, PAYLOAD)
    assert at_s < limit_s < cap_s(profile, seed, PAYLOAD)


def test_it_carries_the_same_load_for_everybody(tmp_path: Path) -> None:
    """Five packets that do not compress, a hundred facts as JSON; the same for a seed."""
    load = load_of(1)
    load.write(tmp_path)
    assert load.packets == load_of(1).packets != load_of(2).packets
    assert sum(p.stat().st_size for p in (tmp_path / "out").iterdir()) == 2_400_000
    facts = [json.loads(p.read_text()) for p in (tmp_path / "small").iterdir()]
    assert len(facts) == SMALL and all("kind" in fact for fact in facts)


def test_it_makes_a_row_with_every_figure() -> None:
    """Ours at the top, road A and the peers beneath, and what is missing said."""
    row = grid(0.95, ("loss2",))[0]
    assert set(row) >= FIELDS and json.loads(json.dumps(row)) == row
    assert row["road"] == "best" and row["goodput_share"] == 0.95
    assert row["best_peer"] == "rsync" and row["best_peer_share"] == 0.5
    assert row["small_bound_s"] == round(small_bound_s(LOSS2), 2)
    assert row["peers"]["vpn"] == {"finished": False, "missing": "install openvpn"}


def test_it_holds_the_mean_and_every_seed_to_the_bound() -> None:
    """The mean may not lie under it, nor one seed eight points under."""

    def holds(*shares: float) -> bool:
        rows = tuple(outcome(share).row() for share in shares)
        return Group("loss2", "best", rows).keeps_share

    assert holds(0.94, 0.94, 0.94) and holds(0.87, 0.98, 0.98)
    assert not holds(0.93, 0.94, 0.94) and not holds(0.85, 0.99, 0.99)
    rows = (outcome(0.99).row(), outcome(0.99, finished=False).row())
    assert not Group("flap20", "best", rows).keeps_share


def test_it_says_where_a_bound_does_not_hold() -> None:
    """A table of the grid says yes and NO beside each bound, and names every contender."""
    good = road_table.section(Grid(grid(0.99)))
    assert "**NO**" not in good and "rsync over ssh" in good and "(0/3)" in good
    assert "OpenVPN" not in good, "a peer that never ran has no column"
    poor = road_table.section(Grid(grid(0.52)))
    assert "**NO**: share" in poor and "1.04 (≥ 1.2)" in poor


def test_it_draws_a_picture_of_the_grid() -> None:
    """It is an SVG with a column for each profile and a name for each contender."""
    picture = road_draw.Picture(Grid(grid(0.9))).svg()
    tree = ElementTree.fromstring(picture)
    words = {node.text for node in tree.iter("{http://www.w3.org/2000/svg}text")}
    assert set(PROFILES) <= words
    assert {NAMES[name] for name in ("best", "a", "rsync", "https")} <= words


def test_it_writes_the_tables_between_the_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What people wrote around them stays, and drawing again changes nothing more."""
    paper = tmp_path / "benchmarks.md"
    marks = f"{road_table.BEGIN}\nof before\n{road_table.END}"
    paper.write_text(f"# Before\n\n{marks}\n\nAfter.\n")
    monkeypatch.setattr(road_table, "PAPER", paper)
    road_table.write_section(grid(0.9))
    first = paper.read_text()
    road_table.write_section(grid(0.9))
    assert paper.read_text() == first
    assert first.startswith("# Before\n") and first.endswith("After.\n")
    assert "of before" not in first and "`edge64`" in first


def test_it_reads_the_cells_that_were_kept(tmp_path: Path) -> None:
    """A grid is drawn from what lies in a folder, in the order of the profiles."""
    for row in reversed(grid(0.9, ("clean256", "burst"))):
        path = tmp_path / f"{row['profile']}-{row['seed']}.json"
        path.write_text(json.dumps(row))
    found = [(row["profile"], row["seed"]) for row in kept(tmp_path)]
    assert found == [
        (name, seed) for name in ("clean256", "burst") for seed in (1, 2, 3)
    ]


def test_it_takes_the_peers_of_an_earlier_grid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Peers are the same tomorrow: our roads alone may be run anew beside them."""
    monkeypatch.setattr(road_grid, "check_machine", lambda: None)
    earlier = grid(0.9, ("loss2",))[0]
    (tmp_path / "loss2-1.json").write_text(json.dumps(earlier))
    plan = Plan(profiles=("loss2",), seeds=(1,), peers_from=tmp_path, has_ours=False)
    assert not plan.contenders
    (row,) = run_grid(plan, lambda *_: None)
    assert row["peers"] == earlier["peers"] and row["best_peer"] == "rsync"
    assert row["road"] is None and not Grid([row]).group("loss2", "a").runs


def test_it_says_in_words_that_it_needs_root(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code 2 and a sentence, before anything is started."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert road.main(["--profile", "loss2", "--seed", "1", "--json"]) == 2
    said = capsys.readouterr()
    assert "root" in said.err and not said.out
