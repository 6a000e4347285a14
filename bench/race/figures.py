"""What a run of one contender comes to, in the figures that the tables show."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bench.link.counts import Event, up_between_s
from bench.link.profiles import Profile
from bench.race.load import SMALL, SMALL_BYTES

_SMALL_EXTRA_S, _SMALL_RTTS = 2.0, 3


def small_bound_s(profile: Profile) -> float:
    """By when small facts must be in: 3 RTT, their own bytes at link speed, 2 s."""
    own_s = profile.limit_s(SMALL_BYTES)
    return _SMALL_RTTS * profile.rtt_s + own_s + _SMALL_EXTRA_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What was seen of one contender; moments are CLOCK_MONOTONIC."""

    profile: Profile
    payload_bytes: int
    first_s: float
    """The first packet on the link."""
    done_s: float | None
    """When the office knew that everything is at the hub."""
    end_s: float
    """When it was no longer watched."""
    recorded_s: float | None
    """When the small facts were stated."""
    held: tuple[tuple[float, int, int], ...]
    """(moment, small facts, bytes) at the hub, each time there was more."""
    acked: tuple[tuple[float, int], ...]
    """(moment, bytes) as the office knew them to be there; empty where it cannot tell."""
    sent_bytes: int
    """IP bytes that the office put on the wire, lost ones too."""
    udp_bytes: int
    """Those of them that were UDP: road B, or a tunnel."""
    timeline: tuple[Event, ...]

    @property
    def until_s(self) -> float:
        """Its end, or ours."""
        return self.end_s if self.done_s is None else self.done_s

    def return_s(self) -> list[float]:
        """After each outage and switch, how long until new bytes were acknowledged.

        Where the office cannot tell, the hub is watched, and half a round trip added. What
        comes sooner than half a round trip after the return was sent before it.
        """
        half_s, found = self.profile.rtt_s / 2, []
        news = self._news(half_s)
        for event in self.timeline[1:]:
            if event.what == "down" or event.at_s >= self.until_s:
                continue
            later = [at for at in news if at > event.at_s + half_s]
            if later:
                found.append(later[0] - event.at_s)
        return found

    def _news(self, half_s: float) -> list[float]:
        """The moments at which the office came to know of more."""
        if not self.acked:
            return [at + half_s for at, _, _ in self.held]
        found, most = [], 0
        for at, total in self.acked:
            if total > most:
                found.append(at)
                most = total
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The figures of one contender in one cell; None where it never came so far."""

    finished: bool
    time_s: float
    """From the first packet to the last ack, or to where it was stopped."""
    up_s: float
    """How much of that the link was up."""
    goodput_share: float
    """Of the physical limit, 0..1; of an unfinished run what was at the hub by then."""
    held_share: float
    """Of the payload, 0..1."""
    small_s: float | None
    bytes_ratio: float
    return_s: tuple[float, ...]
    udp_share: float
    """Of the bytes on the wire, 0..1: how much went over road B."""

    @classmethod
    def of(cls, run: Run) -> Outcome:
        """Reckon."""
        up_s = up_between_s(run.timeline, run.first_s, run.until_s)
        held = max((total for _, _, total in run.held), default=0)
        held_share = min(1.0, held / run.payload_bytes)
        finished = run.done_s is not None
        carried = run.payload_bytes * (1.0 if finished else held_share)
        small = [at for at, count, _ in run.held if count >= SMALL]
        small_s = (
            max(0.0, small[0] - run.recorded_s)
            if small and run.recorded_s is not None
            else None
        )
        return cls(
            finished=finished,
            time_s=round(run.until_s - run.first_s, 2),
            up_s=round(up_s, 2),
            goodput_share=round(run.profile.limit_s(carried) / max(up_s, 1e-9), 4),
            held_share=1.0 if finished else round(held_share, 4),
            small_s=None if small_s is None else round(small_s, 2),
            bytes_ratio=round(run.sent_bytes / run.payload_bytes, 4),
            return_s=tuple(round(one, 2) for one in run.return_s()),
            udp_share=round(run.udp_bytes / max(1, run.sent_bytes), 4),
        )

    @property
    def words(self) -> str:
        """One line for who watches."""
        end = "done" if self.finished else f"not finished ({self.held_share:.0%})"
        small = "never" if self.small_s is None else f"{self.small_s:.1f} s"
        return (
            f"{end} after {self.time_s:.0f} s: {self.goodput_share:.0%} of the limit, "
            f"small facts {small}, {self.bytes_ratio:.2f} bytes a byte, "
            f"{self.udp_share:.0%} by UDP"
        )

    def row(self) -> dict[str, Any]:
        """What JSON holds."""
        return asdict(self) | {"return_s": list(self.return_s)}
