"""What a seed draws before its world begins: who is there, for how long, what goes wrong.

Many worlds know only two or three kinds of fault: an even mix of all hides bugs that need a
pair of them, again and again (swarm testing). Every kind keeps a rate of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from sim.chance import Chance
from sim.faults import FAULTS
from sim.image import OFFICES
from sim.link import Weather
from sim.stick import Luck

ROAD = frozenset({
    "cut", "dead_air", "one_way", "portal", "crumbs", "garbled", "call_replayed",
    "old_wakes", "lost", "twice", "late", "flipped", "blackout", "outage",
})  # fmt: skip
"""Kinds that belong to a contact; `Weather` holds their shares."""
STICKS = frozenset(one.name for one in fields(Luck))
DESTROYERS = frozenset({
    "book_old", "disk_old", "disk_lost", "cloned", "node_lost", "hub_yesterday",
    "fence_gone", "mirror_torn",
})  # fmt: skip
"""Kinds that may make a gap: at most two of them in a world, each once or twice."""
_MACHINE = tuple(kind for kind in FAULTS if kind not in ROAD | STICKS | DESTROYERS)
_ROAD_NAMES = {"dead_air": "dead", "call_replayed": "replay", "old_wakes": "wakes"}
_DAYS = ((1, 0.25), (7, 0.3), (30, 0.25), (120, 0.15), (400, 0.05))
_BIG_SHARE = 0.08
"""Of worlds in which many do much: most bugs need little, and many worlds find them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one world is like."""

    seed: int
    nodes: int
    days: int
    acts: int
    """What people do, in all offices together."""
    contacts: int
    """Calls and sticks, of all nodes together."""
    kinds: frozenset[str]
    rates: dict[str, float]
    """Of the machine's, people's and destroying kinds: how often each, on average."""
    weather: Weather
    luck: Luck
    zone: str
    has_mirrors: bool
    has_recordings: bool
    has_erasure: bool
    outages: tuple[tuple[int, float, float], ...]
    """(node, from, to): days in which no link and no stick reaches a node."""


def plan_of(seed: int) -> Plan:
    """The plan of a seed: the same every time."""
    chance = Chance("plan", seed)
    is_big = chance.hits(_BIG_SHARE)
    nodes = min(len(OFFICES), 2 + int(chance.expovariate(0.35 if is_big else 0.75)))
    most = chance.choices([d for d, _ in _DAYS], [share for _, share in _DAYS])[0]
    days = max(1, chance.randint(most // 2, most))
    kinds = _kinds(chance)
    rates = {
        kind: chance.choice((1.0, 1.0, 2.0, 4.0))
        for kind in sorted(kinds - ROAD - STICKS)
    }
    for kind in sorted(kinds & DESTROYERS):
        rates[kind] = chance.choice((1.0, 1.0, 2.0))
    return Plan(
        seed=seed,
        nodes=nodes,
        days=days,
        acts=chance.randint(20, 36) + 2 * nodes if is_big else chance.randint(6, 20),
        contacts=chance.randint(5, 9) + (2 * nodes if is_big else nodes - 2),
        kinds=kinds,
        rates=rates,
        weather=_weather(chance, kinds),
        luck=Luck(**{kind: _share(chance) for kind in sorted(kinds & STICKS)}),
        zone=chance.choice(("Asia/Jakarta", "Asia/Makassar")),
        has_mirrors=chance.hits(0.5),
        has_recordings=chance.hits(0.12),
        has_erasure=nodes <= 5 and chance.hits(0.15),
        outages=_outages(chance, kinds, nodes, days),
    )


def _kinds(chance: Chance) -> frozenset[str]:
    """Few kinds mostly; now and then all there are."""
    if chance.hits(0.06):
        return frozenset(FAULTS)
    found = set(chance.sample(sorted(_MACHINE), chance.choice((1, 2, 3, 4, 6))))
    found |= set(chance.sample(sorted(ROAD), chance.choice((2, 3, 3, 4, 6))))
    found |= set(chance.sample(sorted(STICKS), chance.choice((0, 1, 2, 3))))
    # A road is bad somewhere in every world: that is what Perahu is for.
    found |= set(chance.sample(("lost", "twice", "late", "flipped", "cut"), 3))
    if chance.hits(0.5):
        found |= set(chance.sample(sorted(DESTROYERS), chance.choice((1, 1, 2))))
    return frozenset(found)


def _share(chance: Chance) -> float:
    return chance.choice((0.1, 0.25, 0.5, 0.8))


def _weather(chance: Chance, kinds: frozenset[str]) -> Weather:
    road: dict[str, Any] = {}
    for kind in sorted(kinds & ROAD - {"outage"}):
        road[_ROAD_NAMES.get(kind, kind)] = _share(chance)
    for kind, most in (("dead", 0.5), ("portal", 0.3), ("one_way", 0.5)):
        if kind in road:
            road[kind] = min(road[kind], most)
    for kind in ("lost", "twice", "late", "flipped"):
        if kind in road:
            road[kind] = chance.choice((0.1, 0.2, 0.3, 0.4))
    if "blackout" in road:
        road["blackout"] = 0.02
    if road.keys() & {"lost", "twice", "late", "flipped", "blackout"}:
        road["datagrams"] = chance.choice((0.7, 0.9, 1.0))
    return Weather(
        **road,
        rtt_s=chance.choice((0.03, 0.2, 0.7, 5.0)),
        rate=chance.choice((8_000.0, 64_000.0, 1e6)),
        datagram_bytes=chance.choice((1_200, 600, 300, 300)),
    )


def _outages(
    chance: Chance, kinds: frozenset[str], nodes: int, days: int
) -> tuple[tuple[int, float, float], ...]:
    if "outage" not in kinds:
        return ()
    found = []
    for _ in range(chance.choice((1, 1, 2, 3))):
        begin = chance.uniform(0, days)
        found.append((chance.randrange(1, nodes), begin, chance.uniform(begin, days)))
    return tuple(found)
