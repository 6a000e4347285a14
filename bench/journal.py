"""The journal beside its bounds: bytes of a civil fact, append, ingest, rebuild.

    python3 run.py bench journal [--json] [--entries N]

Beside our figures stand those of a plain way to do it (bench/peers.py says which), taken in
the same run. Times are of this machine; compare ratios and the bound, not one machine with
another.
"""

from __future__ import annotations

import time
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import zstandard
from nacl.signing import SigningKey

from bench import figures, ingest, peers, workload
from bench.district import new_district, state, tables_of
from bench.figures import Figure
from perahu.journal.types import Draft
from perahu.keys.sealing import FrameKey
from perahu.sync import sealed
from perahu.sync.dictionary import LEVEL_LIVE
from perahu.sync.sealed import SegmentCargo
from tests.cast import SARI, with_hub

BATCH = 200
APPENDS = 300
SMALLER = 4
"""The second size is this many times smaller: the cost of an entry must be the same."""
FLAT_MAX = 1.25
_PEER_KEY = SigningKey(bytes(range(32)))


def main() -> None:
    """Measure everything and show it."""
    parser = figures.arguments("journal")
    parser.add_argument("--entries", type=int, default=40_000)
    parser.add_argument("--appends", type=int, default=APPENDS)
    call = parser.parse_args()
    found = [
        *_bytes_of_facts(call.seed),
        *_append(call.seed, call.appends),
        *_ingest_and_rebuild(call.seed, call.entries),
    ]
    figures.show(found, as_json=call.json)


# -- bytes ------------------------------------------------------------------------------


def _bytes_of_facts(seed: int) -> list[Figure]:
    """Wire bytes per civil fact in a batch of 200: the whole frame, sealed, head and all."""
    civil = list(islice(workload.recordings(BATCH, seed, parts=False), BATCH))
    parts = list(islice(workload.recordings(BATCH, seed, parts=True), BATCH))
    grown = list(islice(workload.registered(BATCH, seed), BATCH))
    rows = (
        ("bytes_civil_fact", "bytes of a civil fact, batch of 200", civil, 80),
        ("bytes_recording_fact", "… of a whole recording's facts", parts, None),
        ("bytes_biodata_fact", "… of full biodata (ResidentRegistered)", grown, None),
    )
    found = [
        Figure(name, words, _wire_bytes(drafts) / BATCH, "B", bound)
        for name, words, drafts, bound in rows
    ]
    lines, signed = peers.json_lines(civil), peers.signed_lines(civil, _PEER_KEY)
    bare = len(zstandard.compress(b"\n".join(lines), level=LEVEL_LIVE))
    return [
        *found,
        Figure(
            "peer_bytes_signed_json",
            "peer: JSON lines, each signed, zlib",
            peers.compressed_bytes(signed) / BATCH,
            "B",
        ),
        Figure(
            "peer_bytes_bare_json",
            "peer: JSON lines, nothing signed, zstd",
            bare / BATCH,
            "B",
        ),
    ]


def _wire_bytes(drafts: list[Draft]) -> int:
    """The bytes of the SEG frames that carry these facts in one exchange.

    Not the office's first: with the very first segment of a journal go its papers.
    """
    with new_district() as district:
        _, office = with_hub(district)
        state(district, office, drafts[:1], step=1, by=SARI)
        office.seal()
        state(district, office, drafts, step=5, by=SARI)
        office.seal()
        key = FrameKey.new(district.dice)
        sealer = sealed.Sealer(key, level=LEVEL_LIVE, with_dictionary=True)
        row = next(r for r in office.journals() if r.own and r.lane == 1)
        total = 0
        for segment in office.segments(row.id, 1):
            cargo = SegmentCargo(
                row.id, segment.a, segment.b, row.lane, row.audience, b"",
                segment.encode(),
            )  # fmt: skip
            total += len(sealer.segment(cargo).encode())
    return total


# -- append -----------------------------------------------------------------------------


def _append(seed: int, count: int) -> list[Figure]:
    """One action, one fact: chained, flushed, fenced, mirrored and projected."""
    drafts = list(islice(workload.recordings(count, seed, parts=False), count))
    times = []
    with new_district() as district, tables_of(district, "Enggano") as tables:
        _, office = with_hub(district)
        office.close()
        mirror = district.folder / "mirror"
        mirror.mkdir()
        office = district.open("Enggano", tables=tables, mirror=mirror)
        for draft in drafts:
            began = time.perf_counter()
            state(district, office, [draft], step=1, by=SARI)
            times.append((time.perf_counter() - began) * 1000)
    with TemporaryDirectory() as place:
        plain = peers.append_ms(peers.json_lines(drafts), Path(place))
        flush = peers.flush_ms(Path(place), count)
    return [
        Figure("append_p50_ms", "append, p50", median(times), "ms"),
        Figure(
            "append_p99_ms", "append, p99", figures.quantile(times, 0.99), "ms", 150
        ),
        Figure(
            "peer_append_p50_ms",
            "peer: plain SQLite WAL+FULL, p50",
            median(plain),
            "ms",
        ),
        Figure(
            "peer_append_p99_ms",
            "peer: plain SQLite WAL+FULL, p99",
            figures.quantile(plain, 0.99),
            "ms",
        ),
        Figure("flush_p50_ms", "one flush of this disk, p50", median(flush), "ms"),
    ]


# -- ingest and rebuild -----------------------------------------------------------------


def _ingest_and_rebuild(seed: int, entries: int) -> list[Figure]:
    """At two sizes: the pace at the greater, and whether an entry costs the same."""
    small = ingest.measure(entries // SMALLER, seed)
    large = ingest.measure(entries, seed)
    signed = peers.signed_lines(
        list(islice(workload.recordings(5_000, seed, parts=True), 5_000)), _PEER_KEY
    )
    with TemporaryDirectory() as place:
        peer = peers.ingest_per_s(signed, _PEER_KEY, Path(place))
    hub, rebuild = large.hub, large.rebuild
    return [
        _pace("ingest_per_s", "hub ingest of recordings", hub.per_s, 1_000),
        Figure("ingest_grown_mb", "… memory grew by", hub.grown_mb, "MB"),
        _flat("ingest", small.hub, hub),
        _pace(
            "first_load_per_s", "office's first load of residents", large.office.per_s
        ),
        _pace("peer_ingest_per_s", "peer: verify each, store, no tables", peer),
        _pace(
            "rebuild_per_s", "rebuild, residents and recordings", rebuild.per_s, 20_000
        ),
        Figure(
            "rebuild_cpu_us",
            "… processor time an entry",
            rebuild.cpu_us,
            "µs",
        ),
        Figure("rebuild_grown_mb", "… memory grew by", rebuild.grown_mb, "MB"),
        _flat("rebuild", small.rebuild, rebuild),
    ]


def _pace(name: str, words: str, value: float, bound: float | None = None) -> Figure:
    return Figure(name, words, value, "entries/s", bound, at_most=False)


def _flat(name: str, small: ingest.Cost, large: ingest.Cost) -> Figure:
    """Processor time an entry at the greater size, in shares of the smaller's."""
    words = f"… cost of an entry, {large.entries:,} to {small.entries:,}"
    ratio = large.cpu_us / small.cpu_us
    return Figure(f"{name}_cost_ratio", words, ratio, "x", FLAT_MAX)


if __name__ == "__main__":
    main()
