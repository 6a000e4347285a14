"""The signature over a segment is not checked.

"goto fail" (CVE-2014-1266): one line too many, and Apple's TLS took every signature for
good, through a year of tests that all used good ones.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal import segment
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """Hashes are compared, and the seal is not."""
    return rewritten(
        segment.check_chain,
        (
            "        public.verify(segment.signed_bytes(), segment.seal)\n",
            "        pass\n",
        ),
    )
