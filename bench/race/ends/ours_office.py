"""Our office: a node whose own loop calls its hub, as `perahu serve` runs it."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.race.ends.lines import hear, tell
from bench.race.load import small_facts
from perahu.journal.waiting import LANES
from perahu.node.django_settings import configure
from perahu.node.office import Office, open_office
from perahu.sync.progress import Progress

LOOK_S = 0.02
SWITCH_S = 0.0005
TELEMETRY = LANES[2]


@dataclass(slots=True)
class Acked:
    """Bytes that the hub has acknowledged, over all exchanges; each counts anew."""

    total: int = 0
    last: int = 0

    def look(self, progress: Progress) -> int:
        """The total as of now."""
        now = progress.acked_bytes
        self.total += now - self.last if now >= self.last else now
        self.last = now
        return self.total


def main() -> None:
    """Call until everything stated here is confirmed, and tell how far it is."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("passphrase")
    parser.add_argument("--login", required=True)
    parser.add_argument("--seed", type=int, required=True)
    given = parser.parse_args()
    configure()
    sys.setswitchinterval(SWITCH_S)
    with open_office(given.folder, passphrase=given.passphrase) as office:
        _run(office, given)


def _run(office: Office, given: argparse.Namespace) -> None:
    from perahu.node.loops import Loops
    from perahu.node.road import Caller
    from perahu.node.work import CALLING, loops_of

    operator = office.authority.operator_by_login(given.login)
    assert operator is not None, "the first load brings the grant"
    drafts = small_facts(given.seed)
    caller = Caller(office)
    calling = [loop for loop in loops_of(office, caller) if loop.words == CALLING]
    running, stated = Loops(office, calling), [False]

    def state() -> None:
        tell("recorded")
        with office.at_work(), office.journal.writing() as book:
            book.append(office.ask(operator.operator), drafts)
        tell("stated")
        stated[0] = True

    hear({"go": running.start, "small": state})
    tell("ready")
    acked, last = Acked(), None
    while True:
        progress = caller.progress
        seen = (acked.look(progress), progress.sent_bytes, progress.connections)
        if seen != last:
            last = seen
            tell("acked", bytes=seen[0], sent=seen[1], connections=seen[2])
        if stated[0]:
            # What a node notes of its own links is news again after every exchange.
            waiting = office.journal.waiting().by_class
            if not any(count for name, count, _ in waiting if name != TELEMETRY):
                tell("done")
                stated[0] = False
        time.sleep(LOOK_S)


if __name__ == "__main__":
    main()
