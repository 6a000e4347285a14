"""Search among many people: synthetic residents of a whole kabupaten in real tables.

The names come from a hundred-odd words, so that each is far more common than in life; what
is typed is a NIK, a whole name in the spelling before 1947, one word, or a name with a
letter wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bench import workload
from perahu.journal.types import Event
from perahu.node.tables import Tables
from perahu.people.facts import Biodata, ResidentImported
from tests.cast import Dice

KECAMATAN = (
    "17.03.01", "17.03.06", "17.03.07", "17.03.08", "17.03.09", "17.03.10", "17.03.11",
    "17.03.12",
)  # fmt: skip
BATCH = 8_000
SEARCHES = 300
_OLD_SPELLING = (("NY", "NJ"), ("J", "DJ"), ("Y", "J"), ("C", "TJ"), ("U", "OE"))


def searching_ms(count: int, seed: int) -> dict[str, list[float]]:
    """What each search took, by kind of question."""
    with TemporaryDirectory() as place, Tables(Path(place) / "t", bytes(32)) as tables:
        known = _fill(tables, count, seed)
        from perahu.people import reads

        dice = Random(seed)
        some = dice.choices(known, k=SEARCHES)
        questions = {
            "nik": [who.nik for who in some],
            "name": [_old(who.nama) for who in some],
            "word": [dice.choice(who.nama.split()) for who in some],
            "typo": [_mistyped(who.nama, dice) for who in some],
        }
        with tables.at_work():
            return {
                kind: [_took_ms(reads.search, text) for text in texts]
                for kind, texts in questions.items()
            }


def _fill(tables: Tables, count: int, seed: int) -> list[Biodata]:
    """So many residents into the tables; gives a part of them to ask for."""
    each, known = count // len(KECAMATAN), []
    events = _events(each, seed)
    position = 0
    while batch := [event for event, _ in zip(events, range(BATCH), strict=False)]:
        position = batch[-1].position
        failed = tables.apply(batch, position)
        assert not failed, failed[0][1]
        known += [
            event.fact.biodata
            for event in batch[::50]
            if isinstance(event.fact, ResidentImported)
        ]
    return known


def _events(each: int, seed: int) -> Iterator[Event]:
    dice, position = Dice(f"search-{seed}"), 0
    batch, node = dice(12), dice(16)
    for code in KECAMATAN:
        for person in workload.people(each, seed, code):
            position += 1
            fact = ResidentImported(person=dice(12), biodata=person, batch=batch)
            yield Event(
                position=position, journal=node, seq=position, h=bytes(32), node=node,
                audience=b"", lane=1, lamport=position, wall_ms=0, quality="rtc",
                op_id=bytes(16), officer=bytes(8), blobs=(), fact=fact,
            )  # fmt: skip


def _took_ms(search: Callable[[str], Sequence[object]], text: str) -> float:
    began = time.perf_counter()
    search(text)
    return (time.perf_counter() - began) * 1000


def _old(name: str) -> str:
    """The name as a grandparent's papers spell it."""
    for new, old in _OLD_SPELLING:
        name = name.replace(new, old)
    return name


def _mistyped(name: str, dice: Random) -> str:
    """The name with one letter gone."""
    at = dice.randrange(len(name))
    return name[:at] + name[at + 1 :]
