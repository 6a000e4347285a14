"""The carriers as pages see them: `web/post/carriers_ports.py` over the node's own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from perahu.node.carriers.check import Look, check_all, looks_of
from perahu.node.carriers.shown import states_of
from perahu.node.office import Office
from perahu.node.one_run import OneRun
from perahu.node.road import Caller, parent_of
from perahu.web.post.carriers_ports import CarrierState, CheckedCarrier, CheckRun
from perahu.words import Refusal


@dataclass(slots=True)
class WebCarriers:
    """One per node process."""

    office: Office
    caller: Caller
    _one: OneRun[CheckRun] = field(init=False)

    def __post_init__(self) -> None:
        """Nothing was looked at yet."""
        self._one = OneRun(
            office=self.office,
            name="road-check",
            busy=_BUSY,
            failed=lambda run, why: replace(run, is_running=False, trouble=why),
        )

    def states(self) -> list[CarrierState]:
        """Each carrier as it stands, the best first; none where there is no parent."""
        return states_of(self.office, self.caller)

    def begin_check(self) -> None:
        """Start to look at every line. Raises Refusal "check_busy", "no_parent"."""
        peer = parent_of(self.office)
        standing = self.caller.carriers.standing()
        looks = looks_of(self.office, (peer.node_id, peer.name), standing)
        begun = tuple(
            CheckedCarrier(name=one.entry.name, shown=one.entry.shown, is_running=True)
            for one in looks
        )
        at_ms = self.office.now().wall_ms
        started = CheckRun(is_running=True, carriers=begun, at_ms=at_ms)
        self._one.begin(started, lambda: self._look(started, looks))

    def check(self) -> CheckRun | None:
        """The check of now or the last one."""
        return self._one.current

    def close(self, wait_s: float) -> None:
        """Wait for the check of now."""
        self._one.close(wait_s)

    def _look(self, started: CheckRun, looks: list[Look]) -> CheckRun:
        so_far = list(started.carriers)

        def told(place: int, found: CheckedCarrier) -> None:
            so_far[place] = found
            self._one.current = replace(started, carriers=tuple(so_far))

        found = check_all(looks, told)
        return replace(started, is_running=False, carriers=tuple(found))


_BUSY = Refusal(
    "check_busy",
    id="Pemeriksaan jalan masih berjalan; tunggu sampai selesai. Tidak ada yang diubah.",
    en="The lines are being checked already; wait until it is done. Nothing was changed.",
)
