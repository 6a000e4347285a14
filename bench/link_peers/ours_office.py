"""Our office: a node whose own loop calls its hub, as `perahu serve` runs it."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from bench.link_peers.lines import hear, tell
from bench.road_load import small_facts
from perahu.journal.journal import Journal
from perahu.node.django_settings import configure
from perahu.node.office import Office, open_office

LOOK_S = 0.02
SWITCH_S = 0.0005


def acked_packets(journal: Journal) -> int:
    """Bytes of the packets that the hub has confirmed whole."""
    classes = {name: size for name, _, size in journal.waiting().by_class}
    return -classes["part"]


def main() -> None:
    """Call until everything stated here is confirmed, and tell how far it is."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("passphrase")
    parser.add_argument("--login", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--roads", default="a,b")
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

    whole = acked_packets(office.journal)
    hear({"go": running.start, "small": state})
    tell("ready")
    last = None
    while True:
        found = acked_packets(office.journal) - whole
        progress = caller.progress
        seen = (found, progress.sent_bytes, progress.connections)
        if seen != last:
            last = seen
            tell("acked", bytes=found, sent=seen[1], connections=seen[2])
        if stated[0]:
            waiting = office.journal.waiting()
            if not waiting.entries and not waiting.blobs:
                tell("done")
                stated[0] = False
        time.sleep(LOOK_S)


if __name__ == "__main__":
    main()
