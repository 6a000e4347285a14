"""Ten desks save at once while the node's own process sends what they saved to the hub.

Every desk is a thread that registers a person with papers (the largest form there is): the
action itself, with its look at the tables, the flush of book, keyring, mirror and fence,
and the projection. All ten press the key at the same moment, again and again: the last of
them waits for the nine before.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from bench import workload
from perahu.node.office import Office
from perahu.people.facts import Biodata

DESKS = 10
WILAYAH, ELSEWHERE = "170301", "17.03.12"


def saving_ms(office: Office, officer: bytes, *, saves: int, seed: int) -> list[float]:
    """How long each save of each desk took."""
    # People from elsewhere: a NIK that is known here would be refused.
    people = iter(workload.people(DESKS * saves, seed, ELSEWHERE))
    shares = [list(islice(people, saves)) for _ in range(DESKS)]
    together = threading.Barrier(DESKS)

    def work(share: list[Biodata]) -> list[float]:
        try:
            with office.at_work():
                return [_save_ms(office, officer, who, together) for who in share]
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
    # The rooms' models need Django set up, which opening the office has done.
    from perahu.people.actions import register_resident

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
