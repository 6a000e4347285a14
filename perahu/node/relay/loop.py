"""The loops of the post bag: read what came, keep a letter ready, meet the neighbours."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field

from perahu.node.loops import Done, Loop
from perahu.node.office import Office
from perahu.node.relay.bag import bag_of
from perahu.node.relay.letters import (
    DRAFTS,
    at_the_post,
    deliver,
    meet,
    neighbours,
    write_if_due,
)
from perahu.sync.exchange import Patience
from perahu.sync.postbag.tidy import tidy
from perahu.words import Refusal, Words

CARRYING = Words("Titipan pos", "Other nodes' post")
MEETING = Words("Bertemu simpul tetangga", "Meeting neighbours")
LOOK_S, TIDY_S, MEET_S = 2.0, 3600.0, 300.0
_NOBODY_THERE = frozenset({"unreachable", "broken_link", "fenced", "broken_stream"})
"""A neighbour that is away is no trouble: it is a boat."""


@dataclass(slots=True)
class PostRound:
    """One step after another; the first one tidies what a crash left."""

    office: Office
    _tidied_s: float | None = None
    _refused: list[Words] = field(default_factory=list)

    def step(self) -> Done:
        """Read what is for us, write what is due, and now and then tidy."""
        now_s = self.office.clock.monotonic_s()
        if self._tidied_s is None or now_s - self._tidied_s >= TIDY_S:
            with at_the_post(self.office):
                if self._tidied_s is None:
                    _sweep_drafts(self.office)
                tidy(bag_of(self.office))
            self._tidied_s, self._refused = now_s, []
        arrived = deliver(self.office)
        self._refused = (self._refused + arrived.refused)[-3:]
        write_if_due(self.office)
        return Done(trouble=tuple(self._refused))


def loops_of_post(office: Office, patience: Patience) -> list[Loop]:
    """Every node carries post; those with neighbours in node.toml meet them."""
    loops = [Loop(CARRYING, PostRound(office).step, LOOK_S)]
    if office.settings.neighbours:
        loops.append(Loop(MEETING, lambda: _meet_all(office, patience), MEET_S))
    return loops


def _meet_all(office: Office, patience: Patience) -> Done:
    troubles = []
    once = Patience(attempts_max=1, goes_on=patience.goes_on)
    for node_id, address in neighbours(office):
        try:
            refusal = meet(office, node_id, address, once).refusal
        except Refusal as mistake:
            refusal = mistake
        if refusal is not None and refusal.code not in _NOBODY_THERE:
            troubles.append(refusal.words)
    return Done(trouble=tuple(troubles))


def _sweep_drafts(office: Office) -> None:
    """Letters that were being written when the power went."""
    for path in bag_of(office).folder.glob(f"{DRAFTS}*"):
        shutil.rmtree(path, ignore_errors=True)
