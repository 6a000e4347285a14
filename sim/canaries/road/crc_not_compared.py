"""The checksum of a frame is computed and compared with nothing.

For hours in July 2008 all of Amazon S3 stood still: one bit was wrong in a few messages
between its servers, and that road alone had no checksum.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.sync.frames import FrameReader
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """Whatever arrives is a frame."""
    return rewritten(
        FrameReader._next,
        (
            "        if _CRC.unpack_from(self._pending, end)[0] != crc32(body):\n",
            "        if False:\n",
        ),
    )
