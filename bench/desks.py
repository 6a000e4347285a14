"""Ten desks save at once while the node's own process sends what they saved to the hub.

    python3 run.py bench desks [--json] [--saves N]

Every desk is a thread that registers a person with papers (the largest form there is): the
action itself, with its look at the tables, the flush of keyring, book, mirror and fence,
and the projection. All ten press the key at the same moment, again and again: the last of
them waits for the nine before. Then once more with every flush 4 ms longer. The first save
of a desk is not counted: its thread opens its connections then, as a thread of the pages
does once in the life of a node.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from statistics import median

from perahu.node.django_settings import configure

# The demo imports the rooms, and the rooms' models need Django set up.
configure()

from bench import figures, flushes, peers, workload  # noqa: E402
from bench.figures import Figure, quantile  # noqa: E402
from bench.processes import World, founded  # noqa: E402
from perahu.node.office import Office  # noqa: E402
from perahu.people.actions import register_resident  # noqa: E402
from perahu.people.facts import Biodata  # noqa: E402
from sim.demo.district import ENGGANO, HUB, OPERATORS  # noqa: E402

DESKS = 10
WILAYAH, ELSEWHERE = "170301", "17.03.12"
RESIDENTS = 2_000
RECORDED = 3
SAVES = 30
SAVE_MS = 150
SLOW_BYTES_S = 40_000
"""The link while the desks save: the parts of the recordings are on it all the while."""


def main() -> None:
    """Measure and show it."""
    parser = figures.arguments("desks")
    parser.add_argument("--saves", type=int, default=SAVES, help="of each desk")
    call = parser.parse_args()
    with founded(RESIDENTS, call.seed) as world:
        world.start_s(HUB)
        world.start_s(ENGGANO)
        world.import_residents()
        world.link("cut reset")
        world.record(RECORDED)
        found = measure(world, call.saves, call.seed)
    figures.show(found, as_json=call.json)


def measure(world: World, saves: int, seed: int) -> list[Figure]:
    """Both disks, the recordings' parts leaving over a slow link meanwhile."""
    world.link("open", f"rate {SLOW_BYTES_S} {SLOW_BYTES_S}")
    world.story.poke(ENGGANO)
    before = world.link("stats")["up_bytes"]
    # People from elsewhere: a NIK that is known here would be refused.
    people = iter(workload.people(2 * DESKS * (1 + saves), seed, ELSEWHERE))
    with world.district.desks[ENGGANO].open() as office:
        quick = _figures(office, people, saves, longer_ms=0)
        flush = peers.flush_ms(world.plan.folder, 100)
        slow = _figures(office, people, saves, longer_ms=flushes.SLOW_MS)
    sent = world.link("stats")["up_bytes"] - before
    assert sent > 0, "nothing was sent while the desks saved"
    return [
        *quick,
        Figure(
            "save_flush_ms", "… one flush of this disk just then", median(flush), "ms"
        ),
        *slow,
        Figure("save_sent_kb", "… sent to the hub meanwhile", sent / 1000, "kB"),
    ]


def _figures(
    office: Office, people: Iterator[Biodata], saves: int, *, longer_ms: float
) -> list[Figure]:
    with flushes.caught(longer_ms) as flushed:
        times = saving_ms(office, people, saves=saves)
        shared = flushed() / len(times)
    name = "save_slow" if longer_ms else "save"
    words = f"saving a form, {DESKS} desks at once"
    words += f", a flush {longer_ms:g} ms longer" if longer_ms else ""
    return [
        Figure(f"{name}_p50_ms", f"{words}, p50", median(times), "ms"),
        Figure(f"{name}_p99_ms", f"{words}, p99", quantile(times, 0.99), "ms", SAVE_MS),
        Figure(f"{name}_flushes", "… flushes for each save", shared, ""),
    ]


def saving_ms(office: Office, people: Iterator[Biodata], *, saves: int) -> list[float]:
    """How long each save of each desk took, but for its first."""
    grant = office.authority.operator_by_login(OPERATORS[ENGGANO][0])
    assert grant is not None, "the demo granted her"
    officer = grant.operator
    shares = [list(islice(people, 1 + saves)) for _ in range(DESKS)]
    together = threading.Barrier(DESKS)

    def work(share: list[Biodata]) -> list[float]:
        try:
            with office.at_work():
                times = [_save_ms(office, officer, who, together) for who in share]
                return times[1:]
        except BaseException:
            together.abort()
            raise
        finally:
            office.tables.release_thread()

    with ThreadPoolExecutor(DESKS) as pool:
        return [took for times in pool.map(work, shares) for took in times]


def _save_ms(
    office: Office, officer: bytes, biodata: Biodata, together: threading.Barrier
) -> float:
    person = office.ports.random(12)
    together.wait()
    began = time.perf_counter()
    register_resident(
        office.journal,
        office.ask(officer),
        person=person,
        biodata=biodata,
        wilayah=WILAYAH,
        papers="KK lama",
    )
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
