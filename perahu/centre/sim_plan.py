"""What the simulated centre will do to a packet: outcomes, their paths and a fair mix.

An outcome is a name, of EFAC also with the part it complains of (`EFAC:right_middle`).
Each has a path of steps with plausible delays; the simulator scales them. All chance is
drawn from a seed and a name, so that the same seed gives the same centre.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from perahu.centre.ports import ONE_TO_MANY, ONE_TO_ONE

FINGERS = (
    "right_thumb", "right_index", "right_middle", "right_ring", "right_little",
    "left_thumb", "left_index", "left_middle", "left_ring", "left_little",
)  # fmt: skip
NEEDED_PARTS = ("photo", *FINGERS, "right_iris", "left_iris")
"""What a packet must bring, or except with a reason."""

SFE, RECEIVED, EFAC = (
    "SENT_FOR_ENROLLMENT", "RECEIVED_AT_CENTRAL", "ENROLL_FAILURE_AT_CENTRAL"
)  # fmt: skip
DEDUP, DUPLICATE, PRR = "SENT_FOR_DEDUP", "DUPLICATE_RECORD", "PRINT_READY_RECORD"
VERDICT = "VERDICT"
"""A step, never a status: here the fingers and the NIK are compared, then it is PRR."""

_MINUTE_S, _HOUR_S = 60, 3600


@dataclass(frozen=True, slots=True)
class Step:
    """A status, and after how long it follows on the one before (least, most seconds)."""

    status: str
    least_s: int = 0
    most_s: int = 0
    detail: str = ""
    drc: str = ""


_SENT = Step(SFE)
_RECEIVED = Step(RECEIVED, _HOUR_S, 24 * _HOUR_S)
_FAILED = Step(EFAC, 10 * _MINUTE_S, _HOUR_S)
_DEDUP = Step(DEDUP, 10 * _MINUTE_S, _HOUR_S)
_SEARCHED = (_HOUR_S, 12 * _HOUR_S)
_TO_DEDUP = (_SENT, _RECEIVED, _DEDUP)
_PASSED = (*_TO_DEDUP, Step(VERDICT, *_SEARCHED))
_LATER = (12 * _HOUR_S, 24 * _HOUR_S)

PATHS: dict[str, tuple[Step, ...]] = {
    "PRR": _PASSED,
    "ONE_TO_ONE": (*_TO_DEDUP, Step(DUPLICATE, *_SEARCHED, detail=ONE_TO_ONE)),
    "ONE_TO_MANY": (*_TO_DEDUP, Step(DUPLICATE, *_SEARCHED, detail=ONE_TO_MANY)),
    "ADJUDICATE": (*_TO_DEDUP, Step("ADJUDICATE_RECORD", *_SEARCHED)),
    "VALIDATE": (*_TO_DEDUP, Step("REQUEST_VALIDATION", *_SEARCHED)),
    "SFAC": (*_TO_DEDUP, Step("SEARCH_FAILURE_AT_CENTRAL", *_SEARCHED)),
    "EFAC": (_SENT, _RECEIVED, _FAILED),
    # Accepted, and then forgotten: nothing more is ever said of it.
    "LOST": (_SENT,),
    # Kept, and never moved on until it is released.
    "STUCK": (_SENT,),
    # The disaster-recovery centre lags behind the data centre, and then agrees.
    "DRC": (
        *_TO_DEDUP,
        Step(VERDICT, *_SEARCHED, drc=DEDUP),
        Step(PRR, *_LATER),
    ),
    # Unique at first; later another record is found and the card must not be given out.
    "REVOKED": (*_PASSED, Step(DUPLICATE, *_LATER, detail=ONE_TO_ONE)),
}
AFTER_RELEASE = (_RECEIVED, _DEDUP, Step(VERDICT, *_SEARCHED))

MIXED = ("EFAC", "ONE_TO_ONE", "LOST", "ADJUDICATE", "ONE_TO_MANY")
"""The special outcomes of a mix; of 30 packets one each, the other 25 are PRR."""
SPECIAL_OF = 6
"""One packet in so many is special."""
BLOCK = 30


def drawn(seed: int, name: str) -> int:
    """A number from 0 to 2**32 - 1 that depends on seed and name alone."""
    digest = hashlib.sha256(f"centre:{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def known_outcome(text: str) -> str:
    """The outcome, if it is one. Raises ValueError."""
    name, _, part = text.partition(":")
    if name not in PATHS or (part and (name != "EFAC" or part not in NEEDED_PARTS)):
        raise ValueError(f"not an outcome: {text[:60]}; known: {', '.join(PATHS)}")
    return text


@cache
def mixed(people: int, seed: int) -> tuple[str, ...]:
    """The outcomes of so many packets, a sixth of them special, in a drawn order.

    >>> sorted(set(mixed(30, 7)) - {"PRR"}) == sorted(MIXED), mixed(30, 7).count("PRR")
    (True, 25)
    """
    order = sorted(range(people), key=lambda i: (drawn(seed, f"mix:{people}:{i}"), i))
    outcomes = ["PRR"] * people
    for nth, index in enumerate(order[: people // SPECIAL_OF]):
        outcomes[index] = MIXED[nth % len(MIXED)]
    return tuple(outcomes)


def deal(niks: Sequence[str], seed: int) -> dict[str, str]:
    """The mix dealt to these people by NIK, so that no order of arrival changes it."""
    in_order = sorted(set(niks))
    return dict(zip(in_order, mixed(len(in_order), seed), strict=True))
