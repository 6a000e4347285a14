"""May this officer, at this node, state this fact? Pure state, fed from lane 0.

- The journal feeds it the hub's control facts, each with its position in the hub's
  common journal; the order of feeding does not matter.
- A receiver judges as of the position the author knew: a grant or a revocation counts if
  it stands at or before it. Time of day plays no part; a date outside a grant's period
  is flagged, never refused (design.md 4).
- A revoked node's entries after the last valid one never count, whatever it knew.
- At the desk (`may`, or `judge` with `today`) the newest state and the period count.

It does not verify hashes or seals (the journal does) and does no I/O.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Generic, TypeVar

from perahu.keys.certificates import (
    HUB_ROLES,
    SECOND_SITE_ROLES,
    NodeCertificate,
    Signed,
    covers,
    node_of,
)
from perahu.keys.facts import (
    ONLINE_ONLY,
    CarrierPolicySet,
    CentreSeen,
    EpochConfirmed,
    GrantRevoked,
    NodeEnrolled,
    NodeRevoked,
    OperatorGranted,
    PolicySet,
)
from perahu.kinds import Fact, Kind
from perahu.words import Refusal, Words

Position = tuple[int, int]
"""(epoch of the hub, seq in its common lane-0 journal)."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Grant:
    """What one operator may do, as one entry of the hub says."""

    operator: bytes
    login: str
    name: str
    rights: frozenset[str]
    wilayah: tuple[str, ...]
    valid_from: date
    valid_until: date
    activation: bytes
    decree: str
    supervisor: bool

    def covers_day(self, day: date) -> bool:
        """Whether the day lies in the period, both ends included."""
        return self.valid_from <= day <= self.valid_until


@dataclass(frozen=True, slots=True)
class Policy:
    """How the kabupaten works while the centre is out of reach.

    The default holds until the hub states one: the strict rule of the Ministry.
    """

    policy: str = ONLINE_ONLY
    decree: str = ""
    umur_rekam_min: int = 16
    umur_cetak_min: int = 17
    timezone: str = "Asia/Jakarta"


class _History(Generic[_T]):
    """Values with the positions they stand at, in order; learnt twice is learnt once."""

    __slots__ = ("_steps",)

    def __init__(self) -> None:
        self._steps: list[tuple[Position, _T]] = []

    def learn(self, position: Position, value: _T) -> None:
        if all(step[0] != position for step in self._steps):
            insort(self._steps, (position, value), key=itemgetter(0))

    def as_of(self, knows: Position | None) -> _T | None:
        """The last value at or before `knows`; None knew nothing."""
        if knows is None:
            return None
        for position, value in reversed(self._steps):
            if position <= knows:
                return value
        return None

    @property
    def last(self) -> _T | None:
        return self._steps[-1][1] if self._steps else None


class Authority:
    """All grants, nodes, revocations and policies of one kabupaten."""

    def __init__(self, issuing_public: bytes | None = None) -> None:
        """Start knowing nothing.

        With the kabupaten's issuing key an enrolled certificate must bear its signature.
        """
        self._issuing_public = issuing_public
        self._nodes: dict[bytes, _History[NodeCertificate]] = {}
        self._node_ends: dict[bytes, _History[NodeRevoked]] = {}
        self._epochs: dict[bytes, dict[int, bytes]] = {}
        # None stands for a revocation.
        self._grants: dict[bytes, _History[Grant | None]] = {}
        self._policies: _History[Policy] = _History()
        self._carriers: dict[tuple[str, bytes], _History[CarrierPolicySet]] = {}
        self._centre_seen_ms = 0

    # Learning

    def learn(self, fact: Fact, position: Position) -> None:
        """Take one control fact of the hub's common journal; others are passed over.

        Raises Refusal "bad_certificate" for an enrolment that does not check.
        """
        match fact:
            case OperatorGranted():
                self._history(fact.operator).learn(position, _grant_of(fact))
            case GrantRevoked():
                self._history(fact.operator).learn(position, None)
            case NodeEnrolled():
                node = self._enrolled(fact.certificate)
                self._nodes.setdefault(node.node_id, _History()).learn(position, node)
            case NodeRevoked():
                self._node_ends.setdefault(fact.node, _History()).learn(position, fact)
            case EpochConfirmed():
                epochs = self._epochs.setdefault(fact.node, {})
                epochs[fact.epoch] = fact.certificate_hash
            case PolicySet():
                self._policies.learn(position, _policy_of(fact))
            case CarrierPolicySet():
                scope = (fact.wilayah, fact.node)
                self._carriers.setdefault(scope, _History()).learn(position, fact)
            case CentreSeen():
                self._centre_seen_ms = max(self._centre_seen_ms, fact.at_ms)

    def _history(self, operator: bytes) -> _History[Grant | None]:
        return self._grants.setdefault(operator, _History())

    def _enrolled(self, certificate: bytes) -> NodeCertificate:
        signed = Signed.decode(certificate)
        if self._issuing_public is not None:
            signed.checked(b"PRH1-node", self._issuing_public)
        return node_of(signed.body)

    # Judging

    def judge(
        self,
        *,
        kind: Kind,
        fact: Fact,
        node: NodeCertificate,
        journal: bytes,
        seq: int,
        officer: bytes,
        knows: Position | None,
        today: date | None,
    ) -> Words | None:
        """Why this fact may not be stated, or None if it may.

        `knows` is the position the author had heard; `today` is given by the author
        itself (the period is checked) and None on arrival (it is not).
        """
        if reason := self._node_reason(kind, node, journal, seq):
            return reason
        place = getattr(fact, kind.place) if kind.place else None
        if place is not None and not covers(node.wilayah, place):
            return _PLACE_NODE
        if not officer:
            return _NO_OFFICER if kind.right else None
        grant = self._history_of(officer).as_of(knows)
        return _grant_reason(grant, kind.right, place, today)

    def _node_reason(
        self, kind: Kind, node: NodeCertificate, journal: bytes, seq: int
    ) -> Words | None:
        if kind.hub_only and node.role not in HUB_ROLES:
            return _HUB_ONLY
        end = self.valid_through(node.node_id, journal)
        return NODE_REVOKED if end is not None and seq > end else None

    def _history_of(self, officer: bytes) -> _History[Grant | None]:
        return self._grants.get(officer) or _NOTHING

    def flags(
        self, *, officer: bytes, knows: Position | None, day: date
    ) -> tuple[Words, ...]:
        """What a person should see about an entry that stands: dates out of the period."""
        grant = self._history_of(officer).as_of(knows)
        return () if grant is None or grant.covers_day(day) else (_PERIOD,)

    def may(self, officer: bytes, right: str, wilayah: str, today: date) -> None:
        """Ask at the desk, before a form opens. Raises Refusal; "" asks for no wilayah."""
        reason = _grant_reason(self.grant(officer), right, wilayah or None, today)
        if reason is not None:
            raise Refusal(_CODES[reason], id=reason.id, en=reason.en)

    def may_reset(self, supervisor: bytes, operator: bytes, today: date) -> None:
        """Whether a supervisor may open this operator's PIN. Raises Refusal."""
        hers, theirs = self.grant(supervisor), self.grant(operator)
        if theirs is None:
            raise Refusal("no_grant", id=_NO_GRANT.id, en=_NO_GRANT.en)
        self.may(supervisor, "verify", "", today)
        assert hers is not None
        within = all(covers(hers.wilayah, code) for code in theirs.wilayah)
        if not hers.supervisor or not within or supervisor == operator:
            raise Refusal(
                "not_supervisor",
                id="PIN petugas ini hanya dapat dibuka oleh atasan di wilayahnya; tidak "
                "ada yang diubah. Hubungi atasan itu atau kabupaten.",
                en="Only a supervisor of her wilayah may open this operator's PIN; "
                "nothing was changed. Call that supervisor or the kabupaten.",
            )

    # Asking

    def grant(self, officer: bytes) -> Grant | None:
        """The operator's grant as of now, or None."""
        return self._history_of(officer).last

    def operators(self) -> list[Grant]:
        """All who hold a grant now, by login."""
        live = [h.last for h in self._grants.values()]
        return sorted(
            (grant for grant in live if grant is not None),
            key=lambda grant: (grant.login, grant.operator),
        )

    def operator_by_login(self, login: str) -> Grant | None:
        """The one live grant with this login; None also where two claim it."""
        wanted = login.strip().casefold()
        found = [g for g in self.operators() if g.login.casefold() == wanted]
        return found[0] if len(found) == 1 else None

    @property
    def policy(self) -> Policy:
        """The policy as of now."""
        return self._policies.last or Policy()

    def carrier_policies(self) -> list[CarrierPolicySet]:
        """Every policy on carriers that holds now, the widest first."""
        live = [history.last for _, history in sorted(self._carriers.items())]
        return [one for one in live if one and (one.only or one.forbidden)]

    def carrier_policies_of(self, node: NodeCertificate) -> list[CarrierPolicySet]:
        """Those that concern one node: by its id, or by a place it works in."""
        return [
            one
            for one in self.carrier_policies()
            if one.node in (b"", node.node_id)
            and (
                not one.wilayah or any(covers((one.wilayah,), w) for w in node.wilayah)
            )
        ]

    @property
    def centre_seen_ms(self) -> int:
        """When the hub last had an answer of the centre, by the hub's clock; 0 never."""
        return self._centre_seen_ms

    def nodes(self) -> dict[bytes, NodeCertificate]:
        """The enrolled nodes that are not revoked, by node id."""
        return dict(self._live())

    def ever_enrolled(self) -> list[bytes]:
        """Every node the hub ever took into its network, revoked or not."""
        return sorted(self._nodes)

    def node(self, node_id: bytes) -> NodeCertificate | None:
        """The certificate of an enrolled node, revoked or not."""
        history = self._nodes.get(node_id)
        return history.last if history else None

    def is_revoked(self, node_id: bytes) -> bool:
        """Whether the hub took the node out of its network."""
        return node_id in self._node_ends

    def valid_through(self, node_id: bytes, journal: bytes) -> int | None:
        """The last entry of a revoked node's journal that counts; None if not revoked."""
        ends = self._node_ends.get(node_id)
        if ends is None or ends.last is None:
            return None
        return {j: last for j, last, _ in ends.last.valid_through}.get(journal, 0)

    def confirmed_epochs(self, node_id: bytes) -> dict[int, bytes]:
        """Epoch number -> hash of the chain the hub confirmed for it."""
        return dict(self._epochs.get(node_id, {}))

    def recipients_for_parts(self) -> list[str]:
        """Who may open the parts of a recording: the hub and every second site."""
        keepers = HUB_ROLES | SECOND_SITE_ROLES
        return [n.age_recipient for _, n in sorted(self._live()) if n.role in keepers]

    def _live(self) -> Iterator[tuple[bytes, NodeCertificate]]:
        for node_id, history in self._nodes.items():
            if history.last is not None and node_id not in self._node_ends:
                yield node_id, history.last


def _grant_of(fact: OperatorGranted) -> Grant:
    return Grant(
        operator=fact.operator,
        login=fact.login,
        name=fact.name,
        rights=frozenset(fact.rights),
        wilayah=tuple(fact.wilayah),
        valid_from=fact.valid_from,
        valid_until=fact.valid_until,
        activation=fact.activation,
        decree=fact.decree,
        supervisor=fact.supervisor,
    )


def _policy_of(fact: PolicySet) -> Policy:
    return Policy(
        policy=fact.policy,
        decree=fact.decree,
        umur_rekam_min=fact.umur_rekam_min,
        umur_cetak_min=fact.umur_cetak_min,
        timezone=fact.timezone,
    )


def _grant_reason(
    grant: Grant | None, right: str, place: object, today: date | None
) -> Words | None:
    """Why this grant does not carry the act, or None."""
    if grant is None:
        return _NO_GRANT
    if right and right not in grant.rights:
        return _NO_RIGHT
    if place is not None and not covers(grant.wilayah, place):
        return _PLACE_GRANT
    if today is not None and not grant.covers_day(today):
        return _PERIOD
    return None


_NOTHING: _History[Grant | None] = _History()

_HUB_ONLY = Words(
    "Hanya kabupaten yang boleh menyatakan hal ini; catatan disimpan tetapi tidak "
    "dipakai. Hubungi kabupaten.",
    "Only the kabupaten may state this; the entry is kept but does not count. "
    "Call the kabupaten.",
)
NODE_REVOKED = Words(
    "Simpul ini sudah dicabut oleh kabupaten; catatan sesudahnya disimpan tetapi tidak "
    "dipakai. Hubungi kabupaten.",
    "The kabupaten has revoked this node; what came after is kept but does not count. "
    "Call the kabupaten.",
)
_PLACE_NODE = Words(
    "Tempat ini di luar wilayah simpul; tidak ada yang hilang. Layani di kantor wilayah "
    "itu atau hubungi kabupaten.",
    "This place is outside the wilayah of the node; nothing is lost. Serve it at the "
    "office of that wilayah or call the kabupaten.",
)
_NO_OFFICER = Words(
    "Hal ini harus dilakukan oleh petugas yang berhak; tidak ada yang hilang. "
    "Masuk dahulu dengan PIN.",
    "This must be done by an officer who holds the right; nothing is lost. "
    "Sign in with your PIN first.",
)
_NO_GRANT = Words(
    "Petugas ini tidak memiliki hak yang berlaku; tidak ada yang hilang. "
    "Minta surat keputusan dari kabupaten.",
    "This officer holds no grant that counts; nothing is lost. "
    "Ask the kabupaten for a decree.",
)
_NO_RIGHT = Words(
    "Petugas ini tidak diberi hak untuk pekerjaan ini; tidak ada yang hilang. "
    "Minta petugas yang berhak, atau surat keputusan dari kabupaten.",
    "This officer was not given the right for this work; nothing is lost. "
    "Ask an officer who has it, or the kabupaten for a decree.",
)
_PLACE_GRANT = Words(
    "Tempat ini di luar wilayah tugas petugas; tidak ada yang hilang. "
    "Minta petugas wilayah itu.",
    "This place is outside the officer's wilayah; nothing is lost. "
    "Ask an officer of that wilayah.",
)
_PERIOD = Words(
    "Tanggal ini di luar masa berlaku hak petugas; tidak ada yang hilang. "
    "Periksa jam komputer, atau minta perpanjangan dari kabupaten.",
    "This date is outside the period of the officer's grant; nothing is lost. "
    "Check the computer's clock, or ask the kabupaten to extend it.",
)
_CODES = {
    _NO_GRANT: "no_grant",
    _NO_RIGHT: "no_right",
    _PLACE_GRANT: "out_of_wilayah",
    _PERIOD: "out_of_period",
}
