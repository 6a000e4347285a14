"""What each carrier carried and cost, kept in `local` for the next contact and the month.

One small row a carrier, one a carrier and month. Rows of carriers that node.toml no longer
names, and months of more than a year ago, go.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import astuple, dataclass, fields, replace
from datetime import date

from perahu.journal.store import Local
from perahu.keys import cbor
from perahu.sync.links import PACED, Leg

_MEMORY, _MONTHS = "carrier", "carrier_month"
_ROW_BYTES_MAX = 256
ROWS_MAX = 64
"""Carriers remembered, also such as a laptop meets on its way."""
MONTHS_KEPT = 13
MEASURED_FROM_BYTES = 20_000
"""A smaller part of an exchange says nothing about the speed."""
MEASURED_FROM_S = 1.0
UDP_REST_MS = 6 * 3_600_000
"""So long the paced way is left alone where nothing of it arrived."""
SLOWER_MS = 24 * 3_600_000
"""So long it is not tried again where it carried less."""
BETTER_SHARE = 1.03
_REASON_LENGTH_MAX = 40
_INT_MAX = 2**53


@dataclass(frozen=True, slots=True)
class CarrierMemory:
    """Whole numbers, as `local` holds them; 0 is unknown or never."""

    tls_rate: int = 0
    """Bytes a second of content acknowledged over road A."""
    paced_rate: int = 0
    """The same over road B."""
    rtt_ms: int = 0
    loss_permille: int = 0
    carried_ms: int = 0
    """When something last went over it, by the wall clock."""
    failed_ms: int = 0
    """When it last failed."""
    paced_ms: int = 0
    """When road B was last measured over it."""
    udp_failed_ms: int = 0
    """When nothing of road B arrived; 0 since it did."""
    reason: str = ""
    """Code of the last failure."""

    @property
    def rate(self) -> int:
        """What it carried when last measured, by the better way."""
        return max(self.tls_rate, self.paced_rate)

    def may_pace(self, now_ms: int) -> bool:
        """Whether the paced way is worth a try: not shut, and not slower of late."""
        if _is_within(self.udp_failed_ms, UDP_REST_MS, now_ms):
            return False
        is_slower = 0 < self.paced_rate < self.tls_rate
        return not (is_slower and _is_within(self.paced_ms, SLOWER_MS, now_ms))

    def prefers_paced(self, now_ms: int) -> bool:
        """Whether it carried clearly more by the paced way: then that is tried at once."""
        is_better = self.paced_rate > self.tls_rate * BETTER_SHARE > 0
        return is_better and self.may_pace(now_ms)

    def after(self, leg: Leg, now_ms: int) -> CarrierMemory:
        """What is known once this part of an exchange is over."""
        found = self
        is_paced = leg.kind == PACED
        if leg.acked_bytes or leg.received_bytes:
            found = replace(found, carried_ms=now_ms)
            if is_paced:
                found = replace(found, udp_failed_ms=0)
        elif is_paced:
            found = replace(found, udp_failed_ms=now_ms)
        if leg.sight.rtt_s > 0:
            found = replace(
                found,
                rtt_ms=_whole(leg.sight.rtt_s * 1000),
                loss_permille=min(1000, _whole(leg.sight.loss * 1000)),
            )
        lasted_s = leg.ended_s - leg.began_s
        if leg.acked_bytes < MEASURED_FROM_BYTES or lasted_s < MEASURED_FROM_S:
            return found
        rate = _whole(leg.acked_bytes / lasted_s)
        if is_paced:
            rate = _settled(found.paced_rate, rate)
            return replace(found, paced_rate=rate, paced_ms=now_ms)
        return replace(found, tls_rate=_settled(found.tls_rate, rate))


@dataclass(frozen=True, slots=True)
class Spent:
    """What went over one carrier in one month."""

    sent_bytes: int = 0
    received_bytes: int = 0

    @property
    def bytes(self) -> int:
        """Both directions."""
        return self.sent_bytes + self.received_bytes


class CarrierShelf:
    """The rows of all carriers in `local`."""

    def __init__(self, local: Local) -> None:
        self._local = local

    def memory(self, name: str) -> CarrierMemory:
        """What is known of a carrier."""
        raw = self._local.get(_MEMORY, name.encode())
        if raw is None:
            return CarrierMemory()
        row = cbor.decode(raw, _ROW_BYTES_MAX)
        # A row of a newer program may be longer: what it added is passed over.
        return CarrierMemory(*row[: len(fields(CarrierMemory))])

    def keep(self, name: str, memory: CarrierMemory) -> None:
        """Remember it."""
        row = list(astuple(replace(memory, reason=memory.reason[:_REASON_LENGTH_MAX])))
        self._local.put(_MEMORY, name.encode(), cbor.encode(row))

    def spent(self, name: str, today: date) -> Spent:
        """What went over a carrier in this month."""
        raw = self._local.get(_MONTHS, _month_name(name, today))
        return Spent(*cbor.decode(raw, _ROW_BYTES_MAX)) if raw else Spent()

    def spend(self, name: str, today: date, sent: int, received: int) -> None:
        """Add what went over it."""
        if sent <= 0 and received <= 0:
            return
        before = self.spent(name, today)
        row = [
            before.sent_bytes + max(0, sent),
            before.received_bytes + max(0, received),
        ]
        self._local.put(_MONTHS, _month_name(name, today), cbor.encode(row))
        if not before.bytes:
            self._forget_months(today)

    def forget_others(self, named: Collection[str]) -> None:
        """Let go of carriers that nobody names any more, where there are many."""
        rows = self._local.items(_MEMORY)
        if len(rows) <= ROWS_MAX:
            return
        for name, _ in rows:
            if name.decode() not in named:
                self._local.delete(_MEMORY, name)

    def _forget_months(self, today: date) -> None:
        oldest = _months(today) - MONTHS_KEPT
        for name, _ in self._local.items(_MONTHS):
            text = name[-6:].decode()
            if int(text[:4]) * 12 + int(text[4:]) <= oldest:
                self._local.delete(_MONTHS, name)


def _month_name(name: str, today: date) -> bytes:
    return f"{name}/{today.year:04d}{today.month:02d}".encode()


def _months(today: date) -> int:
    return today.year * 12 + today.month


def _settled(before: int, measured: int) -> int:
    """A new measure counts three quarters: a road changes, but not with each gust."""
    return measured if not before else max(1, (before + 3 * measured) // 4)


def _whole(value: float) -> int:
    return max(0, min(_INT_MAX, int(value)))


def _is_within(at_ms: int, span_ms: int, now_ms: int) -> bool:
    """Whether a moment lies so near; one in the future is of a clock that was wrong."""
    return bool(at_ms) and 0 <= now_ms - at_ms < span_ms
