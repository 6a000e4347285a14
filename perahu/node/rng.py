"""Real randomness, from the operating system."""

from __future__ import annotations

import os

from perahu.journal.ports import Random

system_random: Random = os.urandom
"""Give n unguessable bytes."""
