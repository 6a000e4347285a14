"""The journal beside its bounds: bytes of a civil fact, append, ingest, rebuild.

    python3 run.py bench journal [--json] [--entries N]

Times are of this machine; compare ratios and the bound, not one machine with another.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import zstandard

from bench import figures, workload
from bench.figures import Figure
from perahu.journal.journal import Journal
from perahu.journal.types import Draft
from perahu.keys.sealing import FrameKey
from perahu.node.tables import Tables
from perahu.sync import sealed
from perahu.sync.dictionary import LEVEL_LIVE
from perahu.sync.sealed import SegmentCargo
from tests.cast import SARI, District, carry, with_hub

BATCH = 200
APPENDS = 300


def main() -> None:
    """Measure everything and show it."""
    parser = figures.arguments("journal")
    parser.add_argument("--entries", type=int, default=20_000)
    call = parser.parse_args()
    found = [
        *_bytes_of_facts(call.seed),
        *_append(call.seed),
        *_ingest_and_rebuild(call.seed, call.entries),
    ]
    figures.show(found, as_json=call.json)


@contextmanager
def _district() -> Iterator[District]:
    with tempfile.TemporaryDirectory() as folder:
        district = District(Path(folder) / "district")
        yield district
        district.close()


def _state(
    district: District, journal: Journal, drafts: list[Draft], step: int
) -> None:
    """Append drafts, `step` an action."""
    for at in range(0, len(drafts), step):
        with journal.writing() as book:
            book.append(district.ask("Enggano", SARI), drafts[at : at + step])


def _bytes_of_facts(seed: int) -> list[Figure]:
    """Wire bytes per civil fact in a batch of 200: the whole frame, sealed, head and all."""
    civil = list(islice(workload.recordings(BATCH, seed, parts=False), BATCH))
    parts = list(islice(workload.recordings(BATCH, seed, parts=True), BATCH))
    grown = list(islice(workload.registered(BATCH, seed), BATCH))
    return [
        Figure("bytes per civil fact, 200", _wire_bytes(civil) / BATCH, "B", 80),
        Figure(
            "… the same facts as JSON lines, zstd, unsigned",
            _json_bytes(civil) / BATCH,
            "B",
        ),
        Figure("… of a whole recording's facts", _wire_bytes(parts) / BATCH, "B"),
        Figure("… full biodata (ResidentRegistered)", _wire_bytes(grown) / BATCH, "B"),
    ]


def _wire_bytes(drafts: list[Draft]) -> int:
    """The bytes of the SEG frames that carry these facts in one exchange."""
    with _district() as district:
        _, office = with_hub(district)
        _state(district, office, drafts, 5)
        office.seal()
        key = FrameKey.new(district.dice)
        sealer = sealed.Sealer(key, level=LEVEL_LIVE, with_dictionary=True)
        row = next(r for r in office.journals() if r.own and r.lane == 1)
        total = 0
        for segment in office.segments(row.id, 0):
            cargo = SegmentCargo(
                row.id, segment.a, segment.b, row.lane, row.audience, b"",
                segment.encode(),
            )  # fmt: skip
            total += len(sealer.segment(cargo).encode())
    return total


def _json_bytes(drafts: list[Draft]) -> int:
    """What most systems would send: the same facts as JSON, compressed together."""
    rows = [_json_of(draft.fact) for draft in drafts]
    return len(zstandard.compress("\n".join(rows).encode(), level=9))


def _json_of(fact: Any) -> str:
    return json.dumps(
        {"type": type(fact).__name__, **asdict(fact)},
        default=lambda v: v.hex() if isinstance(v, bytes) else str(v),
    )


def _append(seed: int) -> list[Figure]:
    """One action, one fact: chained, flushed, fenced, mirrored and projected."""
    drafts = list(workload.recordings(APPENDS, seed, parts=False))[:APPENDS]
    with _district() as district, _tables(district, "Enggano") as tables:
        _, office = with_hub(district)
        office.close()
        mirror = district.folder / "mirror"
        mirror.mkdir()
        office = district.open("Enggano", tables=tables, mirror=mirror)
        times = []
        for draft in drafts:
            began = time.perf_counter()
            _state(district, office, [draft], 1)
            times.append((time.perf_counter() - began) * 1000)
    return [
        Figure("append p50", figures.median(times), "ms"),
        Figure("append p99", figures.quantile(times, 0.99), "ms", 150),
    ]


@contextmanager
def _tables(district: District, name: str) -> Iterator[Tables]:
    path = district.folder / f"{name}-tables.sqlite3"
    with (
        Tables(path, district.members[name].keys.tables_key) as tables,
        tables.at_work(),
    ):
        yield tables


def _ingest_and_rebuild(seed: int, entries: int) -> list[Figure]:
    """The hub takes an office's journal in, verified and projected; then its tables again."""
    drafts = list(
        islice(workload.recordings(entries // 18 + 1, seed, parts=True), entries)
    )
    with _district() as district:
        hub, office = with_hub(district)
        _state(district, office, drafts, 90)
        office.seal()
        hub.close()
        with _tables(district, "Hub") as tables:
            hub = district.open("Hub", tables=tables)
            began = time.perf_counter()
            carry(office, hub, audience=lambda audience: audience == b"")
            ingest = time.perf_counter() - began
            hub.close()
        (district.folder / "Hub-tables.sqlite3").unlink()
        with _tables(district, "Hub") as tables:
            began = time.perf_counter()
            district.open("Hub", tables=tables)
            rebuild = time.perf_counter() - began
    return [
        Figure("hub ingest", entries / ingest, "entries/s", 1_000, at_most=False),
        Figure("rebuild", entries / rebuild, "entries/s", 20_000, at_most=False),
    ]


if __name__ == "__main__":
    main()
