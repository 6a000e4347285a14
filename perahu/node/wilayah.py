"""Where nodes work, and whether two of them work in the same place."""

from __future__ import annotations

from perahu.keys.certificates import NodeCertificate, covers


def share_wilayah(one: NodeCertificate, other: NodeCertificate) -> bool:
    """Whether two nodes work in the same place, whoever's is the wider."""
    return any(covers(one.wilayah, code) for code in other.wilayah) or any(
        covers(other.wilayah, code) for code in one.wilayah
    )
