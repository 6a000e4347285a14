"""The tables of `bench road` in docs/benchmarks.md, between two marks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import mean, median

from bench.link.profiles import PROFILES
from bench.race.figures import small_bound_s
from bench.race.medians import (
    AHEAD_MIN,
    BACK_S_MAX,
    BOUNDS,
    NAMES,
    OURS,
    Grid,
    Group,
    Row,
)

PAPER = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench road: begin -->", "<!-- bench road: end -->"
_NEVER = "never"


def write_section(rows: Sequence[Row]) -> Path:
    """Put the tables in the place of the last ones."""
    text = PAPER.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    PAPER.write_text(f"{before}{BEGIN}\n\n{section(Grid(rows))}\n{END}{after}")
    return PAPER


def section(grid: Grid) -> str:
    """All tables, each with its words."""
    seeds = "Seeds " if len(grid.seeds) > 1 else "Seed "
    seeds += ", ".join(map(str, grid.seeds))
    parts = [
        f"{seeds}. Shares and bytes against a bound are means of the seeds with the "
        "lowest (highest) seed in brackets; everything else is a median.",
        "Road A alone:",
        _table(_bounds(grid, "a")),
        "The best road, as the product chooses it:",
        _table(_bounds(grid, "best")),
        "**Back after** an outage or a switch: from the link's return to the first new "
        "bytes that are acknowledged, median (bound; longest). **Small** is "
        "100 facts stated behind at least 600 kB of packets, until all are at the hub; the "
        "bound is 3 RTT, their own bytes and 2 s.",
        _table(_small(grid)),
        "Ahead of the best peer (bound: ahead on the clean line, "
        f"{AHEAD_MIN} × elsewhere):",
        _table(_ahead(grid)),
        "All contenders, medians. *k/n* says how many runs finished where not all did; "
        "their share is of what was at the hub when they were stopped.",
        "Share of the physical limit:",
        _table(_all(grid, _share_cell)),
        "Seconds to finish:",
        _table(_all(grid, _time_cell)),
        "Seconds until the small facts were in:",
        _table(_all(grid, _small_cell)),
        "Bytes sent up ÷ payload:",
        _table(_all(grid, _bytes_cell)),
    ]
    return "\n\n".join(parts) + "\n"


Lines = Iterator[list[str]]


def _table(lines: Lines) -> str:
    head, *rows = lines
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def _bounds(grid: Grid, road: str) -> Lines:
    yield [
        "profile",
        "share ≥",
        "measured",
        "bytes ≤",
        "measured",
        "back after",
        "holds",
    ]
    for profile in grid.profiles:
        yield [f"`{profile}`", *_bound_cells(grid.group(profile, road))]


def _bound_cells(group: Group) -> list[str]:
    bound = BOUNDS[group.profile]
    wanted = bound.share(group.name)
    asked = ["finishes" if wanted is None else f"{wanted:.0%}"]
    if not group.runs:
        return [*asked, "", f"{bound.bytes:.2f}", "", "", ""]
    shares, sizes = group.values("goodput_share"), group.values("bytes_ratio")
    back = ""
    if group.back_s:
        limit = BACK_S_MAX[group.name]
        back = f"{median(group.back_s):.1f} s (≤ {limit:.0f}; {max(group.back_s):.1f})"
    fails = [
        word
        for word, holds in (
            ("share", group.keeps_share),
            ("bytes", group.keeps_bytes),
            ("back", group.keeps_back),
        )
        if holds is False
    ]
    unfinished = "" if group.has_finished else f" {group.finished}/{len(group.runs)}"
    return [
        *asked,
        f"{mean(shares):.1%} ({min(shares):.1%}){unfinished}",
        f"{bound.bytes:.2f}",
        f"{mean(sizes):.2f} ({max(sizes):.2f})",
        back,
        f"**NO**: {', '.join(fails)}" if fails else "yes",
    ]


def _small(grid: Grid) -> Lines:
    yield ["profile", "bound", "road A", "holds", "best road", "holds"]
    for profile in grid.profiles:
        cells = [f"`{profile}`", f"≤ {small_bound_s(PROFILES[profile]):.1f} s"]
        for road in ("a", "best"):
            group = grid.group(profile, road)
            worst = max(group.values("small_s"), default=0.0)
            cells += [
                f"{_small_cell(group)} s ({worst:.1f})" if group.runs else "",
                _holds(group.keeps_small) if group.runs else "",
            ]
        yield cells


def _ahead(grid: Grid) -> Lines:
    yield ["profile", "best peer", "its share", "ours", "times", "holds"]
    for profile in grid.profiles:
        peer, ours = grid.best_peer(profile), grid.group(profile, "best")
        if not ours.runs:
            ours = grid.group(profile, "a")
        if peer is None or not ours.runs:
            continue
        theirs, own = (g.middle("goodput_share") or 0.0 for g in (peer, ours))
        wanted = 1.0 if profile == "clean256" else AHEAD_MIN
        times = own / theirs if theirs else float("inf")
        is_alone = ours.has_finished and not peer.has_finished
        yield [
            f"`{profile}`",
            NAMES[peer.name],
            _share_cell(peer),
            _share_cell(ours),
            f"{times:.2f} (≥ {wanted})" + (", it alone finishes" if is_alone else ""),
            _holds(ours.has_finished and times > wanted),
        ]


def _all(grid: Grid, cell: Callable[[Group], str]) -> Lines:
    names = grid.names
    yield ["profile", *(NAMES[name] for name in names)]
    for profile in grid.profiles:
        found = [grid.group(profile, name) for name in names]
        yield [
            f"`{profile}`",
            *(
                f"**{cell(group)}**"
                if group.name in OURS and group.runs
                else cell(group)
                for group in found
            ),
        ]


def _share_cell(group: Group) -> str:
    share = group.middle("goodput_share")
    if share is None:
        return ""
    return f"{share:.0%}" + _survived(group)


def _time_cell(group: Group) -> str:
    times = [run["time_s"] for run in group.runs if run["finished"]]
    if not group.runs:
        return ""
    return (f"{median(times):.0f}" if times else _NEVER) + _survived(group)


def _small_cell(group: Group) -> str:
    if not group.runs:
        return ""
    found = group.values("small_s")
    # A run in which they never came is later than any other.
    found += [float("inf")] * (len(group.runs) - len(found))
    middle = median(found)
    return _NEVER if middle == float("inf") else f"{middle:.1f}"


def _bytes_cell(group: Group) -> str:
    ratio = group.middle("bytes_ratio")
    return "" if ratio is None else f"{ratio:.2f}"


def _survived(group: Group) -> str:
    return "" if group.has_finished else f" ({group.finished}/{len(group.runs)})"


def _holds(holds: bool) -> str:
    return "yes" if holds else "**NO**"
