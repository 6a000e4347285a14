"""Telling of contacts: the node itself states what its links did."""

from __future__ import annotations

from collections.abc import Sequence

from perahu.contacts import rules
from perahu.contacts.rules import Line
from perahu.journal.journal import Journal
from perahu.journal.types import Ask, Draft, Receipt


def tell_contacts(
    journal: Journal, ask: Ask, *, peer: bytes, lines: Sequence[Line]
) -> Receipt:
    """State what was gathered; the ask's id names these lines, so twice is once."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        return book.append(ask, [Draft(rules.decide_told(peer, lines))])
