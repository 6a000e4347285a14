"""Whoever was revoked is let in as before.

The certificate is good and its dates are, too: nobody asks the list. When DigiNotar fell in
2011 most programs had to be updated, for they did not look at it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.sync.courier import reading
from perahu.sync.responder import Responder
from sim.canaries.planting import both, rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """The signature is good, and that is enough."""
    return both(
        rewritten(
            Responder._heard_hello,
            (
                "        if self.journal.authority.is_revoked(peer.node_id):\n",
                "        if False:\n",
            ),
        ),
        rewritten(
            reading._Import.__init__,
            (
                "        if journal.authority.is_revoked(self._passport.node_id):\n",
                "        if False:\n",
            ),
        ),
    )
