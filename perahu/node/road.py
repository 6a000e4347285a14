"""The road of a node: whom it calls, who may call it, and what is noted on the way.

- It calls its parent whenever the book shows something the parent has not acknowledged,
  and after a quiet while all the same, to hear what is new there.
- What its own witness sees (a fork, a clone) is first kept in `local`, for it is seen in
  the middle of a session, and becomes a fact right after.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256

from perahu.journal.journal import CLONE
from perahu.journal.types import SCAN, BlobRef
from perahu.keys import cbor
from perahu.keys.certificates import NodeCertificate
from perahu.keys.facts import ForkSeen
from perahu.keys.sealing import seal_blob
from perahu.kinds import TELEMETRY
from perahu.node import actions
from perahu.node.branches import branches
from perahu.node.carriers.choice import NO_CLASSES
from perahu.node.carriers.links import carriers_to
from perahu.node.carriers.ways import Carriers, is_limited
from perahu.node.contacts import Contact, note_contact, note_hour
from perahu.node.link_memory import gather
from perahu.node.office import Office
from perahu.node.relay.bag import bag_of, offer_in_passing
from perahu.node.roles import ROLES
from perahu.node.twins import watch_own_epochs
from perahu.node.wilayah import share_wilayah
from perahu.sync.exchange import ExchangeResult, Patience, exchange
from perahu.sync.offer import ForkEvidence, Offer, Peer
from perahu.sync.passport import Passport
from perahu.sync.progress import Progress
from perahu.sync.responder import Doors
from perahu.sync.sealed import CLASS_OF_LANE
from perahu.sync.session import Side
from perahu.words import Refusal

ATTEMPTS_MAX = 3
"""Connections in a row that bring nothing; then the caller says so and tries later."""

_EVIDENCE, _CLOCK, _HUB_TIME = "evidence", "clock", b"hub"
_EVIDENCE_BYTES_MAX = 256 * 1024
_TOLD = "evidence_told"
_SEAL_BYTES_MAX = 24 * 1024
"""A longer branch goes into a blob: the body of a fact holds 32 KB."""
_OWN_TRUTH = ("further", "different")
"""Kinds of evidence that a peer shows our own journal otherwise than we hold it."""


def side_of(office: Office) -> Side:
    """This node as both kinds of session want it."""
    kinds = office.registry.kinds()
    versions: dict[int, int] = {}
    for one in kinds:
        versions[one.KIND.type] = max(one.KIND.version, versions.get(one.KIND.type, 0))

    def witness(seen: ForkEvidence) -> None:
        raw = cbor.encode([
            seen.kind, seen.node, seen.journal, seen.seq, seen.ours, seen.theirs, seen.seal,
        ])  # fmt: skip
        name = seen.kind.encode() + seen.node + seen.journal[:8]
        office.journal.local.put(_EVIDENCE, name, raw)

    return Side(
        journal=office.journal, witness=witness, versions=versions, post=bag_of(office)
    )


def offer_to(office: Office, node: NodeCertificate) -> Offer | None:
    """What a node is to us by its role, or None where we have nothing to do with it."""
    row, theirs = office.settings.row, ROLES.get(node.role)
    if theirs is None:
        return None
    if theirs.name == row.parent:
        return row.up
    if theirs.parent != row.name:
        return _offer_beside(office, node)
    known = office.authority.nodes()
    # A hub that knows nobody, not even itself, was rebuilt: its nodes bring its own facts
    # home, and with them whom it knows (ADR 0018).
    is_known = node.node_id in known or not known
    return row.down if is_known or not row.decides else None


def _offer_beside(office: Office, node: NodeCertificate) -> Offer | None:
    """What a neighbour is to us: an office and the laptop that works in its wilayah.

    A laptop need not have heard of its office before: the papers in the file say who
    wrote it, and what the hub sealed comes in the same file.
    """
    offer = office.settings.row.beside.get(node.role)
    if offer is None or office.authority.is_revoked(node.node_id):
        return None
    return offer if share_wilayah(office.certificate, node) else None


def doors_of(office: Office) -> Doors:
    """Who may call us: nodes below us by their role, at the hub only enrolled ones; and at
    a node with desks any other one, with post and nothing else."""

    def offer_for(passport: Passport) -> Offer | None:
        caller = passport.chain.node
        offer = offer_to(office, caller)
        if offer is None or offer is not office.settings.row.down:
            return offer_in_passing(office, caller)
        note_contact(office, caller.node_id)
        note_hour(office, caller.node_id, Contact(went_well=True))
        return offer

    return Doors(offer_for)


def record_evidence(office: Office) -> int:
    """Make facts of what the witness has seen, and stop printing where it is about us."""
    found = office.journal.local.items(_EVIDENCE)
    for name, raw in found:
        kind, node, journal, seq, ours, theirs, seal = cbor.decode(
            raw, _EVIDENCE_BYTES_MAX
        )
        if node == office.journal.node_id and kind in _OWN_TRUTH:
            # Several journals of one epoch show it, and it is left once.
            row = office.journal.journal(journal)
            if row is None or row.certificate == office.journal.chain.encode():
                office.journal.begin_epoch()
        elif node == office.journal.node_id:
            office.journal.halt(CLONE)
        # A branch shows at every contact, and is one and the same branch.
        told = sha256(cbor.encode([kind, node, journal, seq, theirs])).digest()
        if journal == b"" or office.journal.local.get(_TOLD, told) is None:
            fact = ForkSeen(
                node=node, journal=journal, seq=seq, ours=ours, theirs=theirs,
                evidence=seal if len(seal) <= _SEAL_BYTES_MAX else b"",
            )  # fmt: skip
            _state(office, fact, seal)
            office.journal.local.put(_TOLD, told, b"\1")
        office.journal.local.delete(_EVIDENCE, name)
    return len(found) + watch_own_epochs(office)


def _state(office: Office, fact: ForkSeen, seal: bytes) -> None:
    """A long branch does not fit a fact: it lies beside it, sealed to this node."""
    blobs: list[BlobRef] = []
    if seal and not fact.evidence:
        sealed = seal_blob(seal, [office.certificate.age_recipient])
        blobs = [office.journal.blobs.put(sealed, SCAN)]
    actions.note_fork(office.journal, office.ask(), fork=fact, blobs=blobs)


def parent_of(office: Office) -> Peer:
    """The node we call. Raises Refusal "no_parent"."""
    settings = office.settings
    if not settings.ways or not settings.parent_node:
        raise Refusal(
            "no_parent",
            id=f"Simpul {settings.name} tidak punya simpul atasan di node.toml; tidak ada "
            "yang dikirim. Isi parent dan parent_node.",
            en=f"The node {settings.name} has no parent in node.toml; nothing was sent. "
            "Set parent and parent_node.",
        )
    return peer_of(office, bytes.fromhex(settings.parent_node))


def peer_of(office: Office, node_id: bytes) -> Peer:
    """A node by its id, from the book or from our enrolment. Raises Refusal."""
    node = office.authority.node(node_id) or office.parent_certificate()
    if node is None or node.node_id != node_id:
        raise Refusal(
            "unknown_node",
            id=f"Simpul {node_id.hex()[:8]} tidak dikenal di sini; tidak ada yang dikirim. "
            "Muat berkas dari kabupaten dahulu.",
            en=f"The node {node_id.hex()[:8]} is not known here; nothing was sent. Load the "
            "kabupaten's file first.",
        )
    return Peer(node.node_id, node.box_public, node.name)


@dataclass(slots=True)
class Caller:
    """Calls the parent, again and again, over the carriers that may be used."""

    office: Office
    patience: Patience = field(
        default_factory=lambda: Patience(attempts_max=ATTEMPTS_MAX)
    )
    is_wanted: bool = False
    """Somebody asked for a call now; taken back when it was made."""
    notes_failures: bool = False
    """A try that reached nobody is noted for the picture; a command leaves no trace of it."""
    progress: Progress = field(default_factory=Progress)
    """Of the exchange of now, or of the last one."""
    began_s: float = 0.0
    """When the exchange of now began, by the timer; 0 while there is none."""
    is_limited: bool = False
    """Records alone might go in the last exchange: the rest waits for its hour."""
    _carriers: Carriers | None = None
    _is_complete: bool = False
    _classes: int = NO_CLASSES
    """How many classes the last complete exchange could bring."""
    _called_s: float = 0.0
    _turned_away: Refusal | None = None
    _back_s: float = 0.0

    @property
    def carriers(self) -> Carriers:
        """The ways to the parent. Raises Refusal "no_parent", "unknown_node"."""
        if self._carriers is None:
            peer = parent_of(self.office)
            self._carriers = carriers_to(self.office, peer.node_id)
        return self._carriers

    def want(self) -> None:
        """A person or the system says that there may be a way now: no carrier rests."""
        self.is_wanted = True
        if self._carriers is not None:
            self._carriers.wake()

    def has_news(self) -> bool:
        """Whether the book, or the last exchange, shows something that may go now."""
        classes = self.carriers.classes_now()
        if classes == NO_CLASSES:
            return False
        if not self._is_complete:
            return True
        if classes > self._classes and self._has_waiting():
            return True
        is_all = self.office.settings.row.decides
        rows = [row for row in self.office.journal.journals() if row.own or is_all]
        parent = bytes.fromhex(self.office.settings.parent_node)
        left = branches(self.office)
        return any(
            row.head_seq > (row.safe_seq if is_all else row.received_seq)
            for row in rows
            # What a node tells of its links is no reason to use them, nor is a branch.
            if row.node != parent
            and row.id not in left
            and row.lane != TELEMETRY
            and CLASS_OF_LANE[row.lane] < classes
        )

    def _has_waiting(self) -> bool:
        waiting = self.office.journal.waiting()
        return bool(waiting.entries or waiting.blobs)

    @property
    def told_to_wait(self) -> Refusal | None:
        """The parent was full and said when to come back: its words until then."""
        is_over = self.office.clock.monotonic_s() >= self._back_s
        return None if is_over else self._turned_away

    def is_due(self) -> bool:
        """Whether it is time to call."""
        if self.told_to_wait is not None and not self.is_wanted:
            return False
        if self.is_wanted or self.has_news():
            return True
        quiet_s = self.office.clock.monotonic_s() - self._called_s
        if quiet_s < self.office.settings.contact_s:
            return False
        return self.carriers.classes_now() > NO_CLASSES

    def call(self, progress: Progress | None = None) -> ExchangeResult:
        """Exchange what may go once; notes contact and the peer's signed time."""
        self.is_wanted = False
        office, peer = self.office, parent_of(self.office)
        self.progress = progress or Progress()
        self.began_s = office.clock.monotonic_s()
        try:
            result = self._exchange(peer)
        finally:
            self._called_s = office.clock.monotonic_s()
            busy_s, self.began_s = self._called_s - self.began_s, 0.0
        self._turned_away = result.refusal
        self._back_s = self._called_s + result.retry_after_s
        if result.peer_time_ms:
            note_contact(office, peer.node_id)
            hear_hub(office, result.peer_time_ms)
        contact = Contact(
            went_well=bool(result.peer_time_ms),
            sent_bytes=result.wire_bytes[0],
            received_bytes=result.wire_bytes[1],
            busy_ms=int(busy_s * 1000),
        )
        if contact.went_well or self.notes_failures:
            note_hour(office, peer.node_id, contact)
            gather(office, result.legs)
        record_evidence(office)
        return result

    def _exchange(self, peer: Peer) -> ExchangeResult:
        """Over the carriers, as much as they may carry."""
        office, carriers = self.office, self.carriers
        up = office.settings.row.up
        assert up is not None, "a role with a parent has an offer for it"
        side = replace(
            side_of(office),
            classes_max=carriers.classes_max,
            budget_bytes=carriers.budget_bytes(),
        )
        wishes = self.patience
        is_back: list[bool] = []

        def goes_on() -> bool:
            if carriers.wants_return():
                is_back.append(True)
            return wishes.goes_on() and not is_back

        patience = replace(wishes, goes_on=goes_on)
        try:
            result = exchange(side, peer, up, carriers, patience, self.progress)
            classes = carriers.classes_max()
        finally:
            carriers.end()
        if is_back and wishes.goes_on():
            # Nothing went wrong: the rest goes over the better carrier, at once.
            result.refusal, result.more = None, True
        self.is_limited = is_limited(classes)
        self._is_complete = result.is_complete and (not result.more or self.is_limited)
        self._classes = classes
        return result


def hear_hub(office: Office, hub_ms: int) -> None:
    """Take note of a signed time, also for after a restart."""
    office.clock.hear_hub(hub_ms)
    office.journal.local.put(_CLOCK, _HUB_TIME, hub_ms.to_bytes(8, "big"))


def last_hub_ms(office: Office) -> int | None:
    """The last signed time heard, in this process or before it."""
    raw = office.journal.local.get(_CLOCK, _HUB_TIME)
    return int.from_bytes(raw, "big") if raw else None
