"""The hub confirms no second epoch of a node, only a third and later ones.

Wrong by one, and nothing looks wrong: the office works on, and all that it says arrives. But
nobody is told that its first epoch is over, so what its old book forgot of that one is
missing without a name.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.node import actions
from sim.canaries.planting import rewritten

HARNESS = "restores"


def plant() -> AbstractContextManager[None]:
    """Epochs are counted from nought here."""
    return rewritten(actions.confirm_epochs, ("or epoch == 1 or", "or epoch <= 2 or"))
