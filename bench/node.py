"""A node beside its bounds: memory, start, saving at ten desks, search, an idle contact.

    python3 run.py bench node [--json] [--people N]

Nodes are real processes of `perahu serve`, founded as the demo founds them. `--people` is
how many residents the search is asked among; 1,500,000 fill about 1 GB of tables.
"""

from __future__ import annotations

import time
from statistics import median

from perahu.node.django_settings import configure

# The demo imports the rooms, and the rooms' models need Django set up.
configure()

from bench import desks, figures, searching  # noqa: E402
from bench.desks import RECORDED, RESIDENTS  # noqa: E402
from bench.district import new_district  # noqa: E402
from bench.figures import Figure, quantile  # noqa: E402
from bench.processes import Memory, World, founded  # noqa: E402
from sim.demo.district import ENGGANO, HUB  # noqa: E402
from tests.cast import carry  # noqa: E402
from tests.sync.road import Meeting  # noqa: E402

STARTS = 3
CONTACTS_S = 10.0
MEMORY_MB, SEARCH_MS, IDLE_BYTES, IDLE_TRIPS = 200, 30, 2_000, 3


def main() -> None:
    """Measure everything and show it."""
    parser = figures.arguments("node")
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--saves", type=int, default=desks.SAVES, help="of each desk")
    call = parser.parse_args()
    with founded(RESIDENTS, call.seed) as world:
        found = [*_memory(world), *_wire(world), *_desk(world)]
        found += [*desks.measure(world, call.saves, call.seed), *_start(world)]
    found += [*_search(call.people, call.seed), *_idle()]
    figures.show(found, as_json=call.json)


def _memory(world: World) -> list[Figure]:
    """The hub, then a kecamatan: just founded, then with its residents."""
    found: list[Figure] = []
    for name, words in ((HUB, "hub"), (ENGGANO, "kecamatan")):
        world.start_s(name)
        found += _held(f"{words}_new", f"{words}, just founded", world.settled(name))
    world.import_residents()
    for name, words in ((HUB, "hub"), (ENGGANO, "kecamatan")):
        told = f"{words}, after a sync of {RESIDENTS:,} residents"
        found += _held(f"{words}_idle", told, world.settled(name))
    return found


def _held(
    name: str, words: str, memory: Memory, bound: int = MEMORY_MB
) -> list[Figure]:
    return [
        Figure(f"{name}_pss_mb", f"{words}: PSS", memory.pss, "MB", bound),
        Figure(f"{name}_rss_mb", "… RSS", memory.rss, "MB"),
    ]


def _wire(world: World) -> list[Figure]:
    """Contacts with nothing to say, as the link counts them: TCP payload, TLS and all."""
    before = world.link("stats")
    time.sleep(CONTACTS_S)
    after = world.link("stats")
    contacts = after["connections"] - before["connections"]
    passed = sum(after[way] - before[way] for way in ("up_bytes", "down_bytes"))
    words = f"idle contact on the wire, TLS and all (mean of {contacts})"
    return [Figure("idle_wire_bytes", words, passed / max(contacts, 1), "B")]


def _desk(world: World) -> list[Figure]:
    """The process of a desk that records people while the link is dead."""
    world.link("cut reset")
    desk = world.record(RECORDED)
    node = world.settled(ENGGANO)
    both = Memory(desk.pss + node.pss, desk.rss + node.rss)
    return [
        *_held("desk", f"a desk that records {RECORDED} people, at most", desk),
        *_held("kecamatan_and_desk", "kecamatan and that desk together", both),
    ]


def _start(world: World) -> list[Figure]:
    """From the command to the line that says it is ready, files warm."""
    times = []
    for _ in range(STARTS):
        world.stop(ENGGANO)
        times.append(world.start_s(ENGGANO))
    again = world.settled(ENGGANO)
    return [
        Figure("start_s", "start of a kecamatan until ready", median(times), "s"),
        *_held("kecamatan_restarted", "kecamatan, started again", again),
    ]


def _search(people: int, seed: int) -> list[Figure]:
    kinds = {
        "nik": ("by NIK", SEARCH_MS),
        "name": ("by a whole name in old spelling", SEARCH_MS),
        "word": ("by one common word", SEARCH_MS),
        "typo": ("by a name with a letter missing", None),
    }
    times = searching.searching_ms(people, seed)
    among = f"search among {people:,}"
    return [
        Figure(
            f"search_{kind}_p99_ms",
            f"{among} {words}, p99",
            quantile(times[kind], 0.99),
            "ms",
            bound,
        )
        for kind, (words, bound) in kinds.items()
    ]


def _idle() -> list[Figure]:
    """The same contact above TLS: bytes of HELLO, ACK and END, and turns of the road."""
    with new_district() as district:
        hub, office = district.open("Hub"), district.open("Enggano")
        district.found(hub)
        carry(hub, office, audience=lambda audience: audience == b"H0")
        meeting = Meeting(office, hub)
        meeting.hold()
        count = meeting.hold()
    size = count.up_bytes + count.down_bytes
    return [
        Figure("idle_bytes", "idle contact above TLS", size, "B", IDLE_BYTES),
        Figure("idle_trips", "… turns of the road", count.trips, "RTT", IDLE_TRIPS),
    ]


if __name__ == "__main__":
    main()
