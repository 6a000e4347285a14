"""Who may do what: the control facts of lane 0, all stated by the hub.

They stand in the hub's common journal ("H0"), so every node holds them; `authority.py`
folds them into the answer to "may this officer, at this node, state this fact?".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from perahu.kinds import CONTROL, Kind

STORE_AND_FORWARD = "STORE_AND_FORWARD"
ONLINE_ONLY = "ONLINE_ONLY"
POLICIES = (STORE_AND_FORWARD, ONLINE_ONLY)

_LAW = "UU 24/2013 art. 79, Permendagri 95/2019; kept 10 years after the end"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeEnrolled:
    """The hub took a node into its network; the certificate says who, what and where."""

    KIND: ClassVar[Kind] = Kind(1, 1, CONTROL, _LAW, hub_only=True)
    certificate: bytes
    """The node certificate with the issuing key's signature (keys/certificates.py)."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochConfirmed:
    """The hub has seen that a node went on under a new epoch (restore, clone, repair)."""

    KIND: ClassVar[Kind] = Kind(2, 1, CONTROL, _LAW, hub_only=True)
    node: bytes
    epoch: int
    certificate_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRevoked:
    """From these positions on, nothing of the node counts (theft, end of service).

    `valid_through` holds (journal id, seq, hash) of the last entries that stand; a journal
    of the node that is not listed is valid through 0.
    """

    KIND: ClassVar[Kind] = Kind(3, 1, CONTROL, _LAW, hub_only=True)
    node: bytes
    reason: str
    valid_through: tuple[tuple[bytes, int, bytes], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorGranted:
    """A person may act: which rights, in which wilayah, in which period, by which decree.

    `operator` is 8 random bytes. `activation` is SHA-256 of the one-time activation code
    (at least 60 bits) with which she sets her PIN at a node. A later grant to the same
    operator replaces the earlier one.
    """

    KIND: ClassVar[Kind] = Kind(4, 1, CONTROL, _LAW, hub_only=True)
    operator: bytes
    login: str
    name: str
    rights: tuple[str, ...]
    wilayah: tuple[str, ...]
    valid_from: date
    valid_until: date
    activation: bytes
    decree: str
    """The number of the decree (SK) that delegates the rights."""
    supervisor: bool = False
    """May reset the PIN of the operators whose wilayah lies within hers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRevoked:
    """The operator may no longer act, from the position of this entry on."""

    KIND: ClassVar[Kind] = Kind(5, 1, CONTROL, _LAW, hub_only=True)
    operator: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySet:
    """How this kabupaten works while the centre cannot be reached, and its parameters."""

    KIND: ClassVar[Kind] = Kind(6, 1, CONTROL, _LAW, hub_only=True)
    policy: str
    decree: str
    umur_rekam_min: int = 16
    umur_cetak_min: int = 17
    timezone: str = "Asia/Jakarta"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinReset:
    """A supervisor opened an operator's PIN at this node for setting anew.

    `activation` is SHA-256 of the new one-time code the supervisor was shown.
    """

    KIND: ClassVar[Kind] = Kind(7, 1, CONTROL, _LAW, right="verify")
    operator: bytes
    activation: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreSeen:
    """The hub got an answer from the centre at its own wall time (policy ONLINE_ONLY)."""

    KIND: ClassVar[Kind] = Kind(8, 1, CONTROL, _LAW, hub_only=True)
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkSeen:
    """Two sealed contents claim one place of one journal, or a clone showed an old token."""

    KIND: ClassVar[Kind] = Kind(9, 1, CONTROL, _LAW)
    node: bytes
    journal: bytes
    seq: int
    ours: bytes
    theirs: bytes
    evidence: bytes = b""
    """The foreign seal, as it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierPolicySet:
    """By which ways the nodes of a place, or one node, may reach the hub.

    It replaces the earlier one of the same `wilayah` and `node`; with neither `only` nor
    `forbidden` it lifts that. All that concern a node hold together.
    """

    KIND: ClassVar[Kind] = Kind(10, 1, CONTROL, _LAW, hub_only=True)
    reason: str
    decree: str
    wilayah: str = ""
    """The place whose nodes are meant; "" for the whole kabupaten."""
    node: bytes = b""
    """The one node that is meant; b"" for all of the place."""
    only: tuple[str, ...] = ()
    """Names or kinds of carriers that alone may be used; none fixes nothing."""
    forbidden: tuple[str, ...] = ()
    """Names or kinds of carriers that may not be used."""
