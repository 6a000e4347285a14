"""Another machine with this node's keys: noticed by what it wrote, on both sides.

Two machines that share one disk image part at their first contacts: one goes on in the next
epoch (journal/recovery.py). The other hears of that when the first one's journals come home
to it: entries under its own name, in an epoch as late as its own, that it did not write.
Then printing waits here too until the stock was counted; which machine stays is for people.
"""

from __future__ import annotations

from hashlib import sha256

from perahu.journal.book import JournalRow
from perahu.journal.journal import RECOUNT
from perahu.keys.facts import ForkSeen
from perahu.node import actions
from perahu.node.office import Office

_SPACE = "twin"
"""In `local`: epochs of this node, by their chain's first journal, that others wrote."""


def watch_own_epochs(office: Office) -> int:
    """Stop printing and say so for every epoch of this node that another machine opened."""
    journal, count = office.journal, 0
    fresh: dict[bytes, JournalRow] = {}
    for row in journal.journals():
        is_twin = row.own and row.head_seq and row.epoch >= journal.epoch
        if is_twin and row.certificate != journal.chain.encode():
            fresh.setdefault(row.certificate, row)
    if _is_number_taken(office):
        journal.begin_epoch()
    for row in fresh.values():
        if journal.local.get(_SPACE, row.id) is None:
            journal.halt(RECOUNT)
            fact = ForkSeen(
                node=row.node, journal=row.id, seq=1, ours=b"", theirs=row.head_h
            )
            actions.note_fork(journal, office.ask(), fork=fact)
            journal.local.put(_SPACE, row.id, b"\1")
            count += 1
    return count


def _is_number_taken(office: Office) -> bool:
    """Whether the hub confirmed another book of this node under the number of our epoch.

    An old disk that was put in twice counts anew what nobody here remembers; of the first
    the hub may have heard its greeting and no entry. Under the next number both are named.
    """
    journal = office.journal
    confirmed = office.authority.confirmed_epochs(journal.node_id).get(journal.epoch)
    return confirmed not in (None, sha256(journal.chain.encode()).digest())


def known_twins(office: Office) -> list[bytes]:
    """The first journals of epochs that another machine of this node opened."""
    return [name for name, _ in office.journal.local.items(_SPACE)]
