"""Which carrier is used now, and why another is not: pure rules, state in, verdicts out.

A verdict says how much may go over a carrier at this moment: everything, records alone
(lanes 0 and 1: what is stated of people and rights), or nothing; and in words why not
more. The best comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from perahu.keys.facts import CarrierPolicySet
from perahu.node.carriers.file import KINDS, RECORDS, CarrierEntry
from perahu.sync.sealed import CLASSES
from perahu.words import Words

ALL_CLASSES, RECORD_CLASSES, NO_CLASSES = CLASSES, 2, 0
"""How many classes of the road may go, in its order: lanes 0 and 1 are the first two."""
MB = 1_000_000


class Standing(StrEnum):
    """Why a carrier is as it is."""

    READY = "ready"
    FORBIDDEN = "forbidden"
    BUDGET = "budget"
    HOURS = "hours"
    CAPTIVE = "captive"
    RESTING = "resting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What is known of one carrier at this moment."""

    spent_bytes: int = 0
    """Over it in this calendar month, both directions."""
    rest_s: float = 0.0
    """So long it is left alone after failures; 0 where it may be tried."""
    is_captive: bool = False
    """It rests because somebody else answers there."""
    trouble: Words | None = None
    """Why it failed last."""
    rate_bytes_s: int = 0
    """What it carried when last measured; 0 unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What may go over one carrier now."""

    entry: CarrierEntry
    classes: int
    """ALL_CLASSES, RECORD_CLASSES or NO_CLASSES."""
    standing: Standing
    why: Words | None = None
    """Why not everything may go; None where it may."""
    opens_in_s: int = 0
    """When its window opens next; 0 where it is open, or has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What the choice depends on beside the carriers."""

    minute: int
    """Of the day, at the site."""
    wants_all: bool = True
    """More than records waits: a carrier for everything goes before one for records."""
    policies: Sequence[CarrierPolicySet] = ()
    is_clock_wrong: bool = False
    """By a year that cannot be: neither hours nor months can be told."""


def verdicts(
    entries: Sequence[CarrierEntry],
    conditions: Mapping[str, Condition],
    moment: Moment,
) -> list[Verdict]:
    """All carriers, best first; those over which nothing may go come last."""
    found = [
        (verdict, conditions.get(entry.name, Condition()), place)
        for place, entry in enumerate(entries)
        for verdict in [verdict_on(entry, conditions.get(entry.name), moment)]
    ]

    def order(one: tuple[Verdict, Condition, int]) -> tuple[int, ...]:
        verdict, condition, place = one
        entry = verdict.entry
        is_open = verdict.classes > NO_CLASSES
        is_whole = verdict.classes == ALL_CLASSES
        return (
            not is_open,
            moment.wants_all and not is_whole,
            entry.preference,
            entry.cost_per_mb,
            -condition.rate_bytes_s,
            place,
        )

    return [verdict for verdict, _, _ in sorted(found, key=order)]


def verdict_on(
    entry: CarrierEntry, condition: Condition | None, moment: Moment
) -> Verdict:
    """What may go over one carrier: the first reason against it counts."""
    now = condition or Condition()
    for policy in moment.policies:
        if why := _forbidden(entry, policy):
            return Verdict(
                entry=entry, classes=NO_CLASSES, standing=Standing.FORBIDDEN, why=why
            )
    if now.rest_s > 0:
        standing = Standing.CAPTIVE if now.is_captive else Standing.RESTING
        why = _resting(now)
        return Verdict(entry=entry, classes=NO_CLASSES, standing=standing, why=why)
    if moment.is_clock_wrong and (entry.hours or entry.monthly_mb):
        # Records alone are little, and bring the hub's time: else it were silent for ever.
        return Verdict(
            entry=entry, classes=RECORD_CLASSES, standing=Standing.HOURS, why=_NO_CLOCK
        )
    rest = RECORD_CLASSES if entry.outside == RECORDS else NO_CLASSES
    window = entry.window
    opens_in_s = window.minutes_to(moment.minute) * 60 if window else 0
    if entry.monthly_mb and now.spent_bytes >= entry.monthly_mb * MB:
        why = _spent(entry)
        return Verdict(
            entry=entry, classes=rest, standing=Standing.BUDGET, why=why,
            opens_in_s=opens_in_s,
        )  # fmt: skip
    if opens_in_s:
        return Verdict(
            entry=entry, classes=rest, standing=Standing.HOURS, why=_asleep(entry),
            opens_in_s=opens_in_s,
        )  # fmt: skip
    return Verdict(entry=entry, classes=ALL_CLASSES, standing=Standing.READY)


def _forbidden(entry: CarrierEntry, policy: CarrierPolicySet) -> Words | None:
    marks = {entry.name, entry.kind}
    if policy.only and not marks & set(policy.only):
        allowed = ", ".join(policy.only)
        return Words(
            f"Dilarang oleh kabupaten: hanya {allowed} yang boleh dipakai "
            f"({policy.reason}; {policy.decree}).",
            f"Forbidden by the kabupaten: only {allowed} may be used "
            f"({policy.reason}; {policy.decree}).",
        )
    if marks & set(policy.forbidden):
        return Words(
            f"Dilarang oleh kabupaten: {policy.reason} ({policy.decree}).",
            f"Forbidden by the kabupaten: {policy.reason} ({policy.decree}).",
        )
    return None


def policy_words(policy: CarrierPolicySet, whom: str) -> Words:
    """A rule on carriers in one sentence; `whom` is a node, a place, or "" for all."""
    only, forbidden = ", ".join(policy.only), ", ".join(policy.forbidden)
    parts = [
        (f"hanya {only}", f"only {only}") if only else None,
        (f"tidak boleh {forbidden}", f"not {forbidden}") if forbidden else None,
    ]
    said = [part for part in parts if part is not None]
    return Words(
        f"Jalur untuk {whom or 'semua kantor'}: {'; '.join(one[0] for one in said)} "
        f"({policy.reason}; {policy.decree}).",
        f"Carriers for {whom or 'all offices'}: {'; '.join(one[1] for one in said)} "
        f"({policy.reason}; {policy.decree}).",
    )


def _resting(now: Condition) -> Words:
    minutes = max(1, round(now.rest_s / 60))
    said = now.trouble or Words("Tadi gagal.", "It failed just now.")
    return Words(
        f"{said.id} Dicoba lagi dalam {minutes} menit.",
        f"{said.en} Tried again in {minutes} min.",
    )


def _spent(entry: CarrierEntry) -> Words:
    if entry.outside == RECORDS:
        return Words(
            f"Jatah {entry.monthly_mb} MB bulan ini habis: catatan tetap jalan, paket "
            "menunggu bulan depan atau jalur lain.",
            f"This month's {entry.monthly_mb} MB are used up: records go on, packets wait "
            "for the next month or another carrier.",
        )
    return Words(
        f"Jatah {entry.monthly_mb} MB bulan ini habis.",
        f"This month's {entry.monthly_mb} MB are used up.",
    )


def _asleep(entry: CarrierEntry) -> Words:
    if entry.outside == RECORDS:
        return Words(
            f"Di luar jam {entry.hours}: catatan tetap jalan, paket menunggu.",
            f"Outside the hours {entry.hours}: records go on, packets wait.",
        )
    return Words(
        f"Di luar jam {entry.hours}: tidak dipakai.",
        f"Outside the hours {entry.hours}: not used.",
    )


_NO_CLOCK = Words(
    "Jam komputer ini jelas salah, jadi jam dan jatahnya tidak bisa dihitung: hanya catatan "
    "yang jalan. Betulkan tanggal dan jam.",
    "This computer's clock is plainly wrong, so its hours and share cannot be told: records "
    "alone go. Set the date and time.",
)

FAILURES = {
    "unreachable": Words("Tidak terjangkau.", "Out of reach."),
    "captive_portal": Words(
        "Halaman masuk jaringan yang menjawab: masuk dahulu di sana.",
        "A sign-in page of the network answers: sign in there first.",
    ),
    "wrong_certificate": Words(
        "Sambungan disela: yang menjawab bukan kabupaten.",
        "Intercepted: who answers is not the kabupaten.",
    ),
    "no_http": Words(
        "Yang menjawab bukan kabupaten.", "Who answers is not the kabupaten."
    ),
    "broken_link": Words("Terus terputus.", "It breaks again and again."),
}
"""Why a carrier failed, in few words, by the code of the refusal."""


def kind_words(entry: CarrierEntry) -> Words:
    """What sort of carrier it is, for people."""
    return KINDS[entry.kind]
