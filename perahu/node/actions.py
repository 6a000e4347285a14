"""What the hub does in lane 0: enrol and revoke nodes, grant and revoke rights, set the policy.

These facts belong to no room: they are about the network of offices itself. All of them
stand in the hub's common journal, so that every node comes to know them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from perahu.journal.journal import Journal
from perahu.journal.types import COMMON, Ask, BlobRef, Draft, Receipt
from perahu.keys.authority import Authority
from perahu.keys.certificates import Chain, Papers, covers, is_wilayah
from perahu.keys.facts import (
    POLICIES,
    CarrierPolicySet,
    EpochConfirmed,
    ForkSeen,
    GrantRevoked,
    NodeEnrolled,
    NodeRevoked,
    OperatorGranted,
    PinReset,
    PolicySet,
)
from perahu.kinds import RIGHTS, Fact
from perahu.sync import passport
from perahu.sync.memory import passports_heard
from perahu.words import Refusal

LOGIN_LENGTH_MAX = 40
GRANT_YEARS_MAX = 5
CARRIERS_NAMED_MAX = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantPlan:
    """What a decree (SK) says of one operator."""

    login: str
    name: str
    rights: tuple[str, ...]
    wilayah: tuple[str, ...]
    valid_from: date
    valid_until: date
    decree: str
    supervisor: bool = False


def found(
    journal: Journal,
    ask: Ask,
    *,
    papers: Papers,
    policy: PolicySet,
    grant: OperatorGranted,
) -> Receipt:
    """State the first facts of a kabupaten: its own node, its policy, its first operator."""
    node = NodeEnrolled(certificate=papers.signed_node.encode(), name=papers.node.name)
    return _state(journal, ask, [node, policy, grant])


def enrol_node(journal: Journal, ask: Ask, *, papers: Papers) -> Receipt:
    """Take a node into the network. Raises Refusal "name_taken"."""
    node = papers.node
    for other in journal.authority.nodes().values():
        if other.name.casefold() == node.name.casefold():
            raise Refusal(
                "name_taken",
                id=f"Simpul bernama {node.name} sudah ada; pilih nama lain.",
                en=f"There is a node named {node.name} already; choose another name.",
            )
    fact = NodeEnrolled(certificate=papers.signed_node.encode(), name=node.name)
    return _state(journal, ask, [fact])


def revoke_node(journal: Journal, ask: Ask, *, name: str, reason: str) -> Receipt:
    """Take a node out: what its journals hold here stands, nothing after it does."""
    if done := journal.receipt(ask.op_id):
        return done
    node_id = node_named(journal.authority, name)
    ends = tuple(
        (row.id, row.head_seq, row.head_h)
        for row in journal.journals()
        if row.node == node_id and row.head_seq
    )
    return _state(
        journal, ask, [NodeRevoked(node=node_id, reason=reason, valid_through=ends)]
    )


def grant_operator(
    journal: Journal, ask: Ask, plan: GrantPlan, *, operator: bytes, activation: bytes
) -> Receipt:
    """Give a person rights. A login known already keeps its operator id.

    `operator` is the id for a new one. Raises Refusal "bad_grant".
    """
    _check_grant(plan, journal.certificate.wilayah)
    known = journal.authority.operator_by_login(plan.login)
    fact = OperatorGranted(
        operator=operator if known is None else known.operator,
        login=plan.login,
        name=plan.name,
        rights=tuple(right for right in RIGHTS if right in plan.rights),
        wilayah=plan.wilayah,
        valid_from=plan.valid_from,
        valid_until=plan.valid_until,
        activation=activation,
        decree=plan.decree,
        supervisor=plan.supervisor,
    )
    return _state(journal, ask, [fact])


def revoke_grant(journal: Journal, ask: Ask, *, login: str, reason: str) -> Receipt:
    """Take a person's rights away, from here on."""
    if done := journal.receipt(ask.op_id):
        return done
    operator = operator_named(journal.authority, login)
    return _state(journal, ask, [GrantRevoked(operator=operator, reason=reason)])


def set_policy(journal: Journal, ask: Ask, *, policy: PolicySet) -> Receipt:
    """State how the kabupaten works while the centre is out of reach."""
    if policy.policy not in POLICIES:
        raise Refusal(
            "unknown_policy",
            id=f"Kebijakan {policy.policy!r} tidak ada; pilih {' atau '.join(POLICIES)}.",
            en=f"There is no policy {policy.policy!r}; choose {' or '.join(POLICIES)}.",
        )
    return _state(journal, ask, [policy])


def set_carrier_policy(
    journal: Journal, ask: Ask, *, policy: CarrierPolicySet
) -> Receipt:
    """State by which carriers nodes may reach the hub. Raises Refusal "bad_policy"."""
    if not policy.reason.strip() or not policy.decree.strip():
        raise _bad_policy(
            "alasan dan nomor keputusan wajib diisi",
            "a reason and a decision are needed",
        )
    if policy.wilayah and not covers(journal.certificate.wilayah, policy.wilayah):
        raise _bad_policy(
            f"wilayah {policy.wilayah!r} bukan di kabupaten ini",
            f"the wilayah {policy.wilayah!r} is not in this kabupaten",
        )
    named = (*policy.only, *policy.forbidden)
    if len(named) > CARRIERS_NAMED_MAX or any(len(one) > 40 for one in named):
        raise _bad_policy("terlalu banyak jalur", "too many carriers")
    if both := set(policy.only) & set(policy.forbidden):
        raise _bad_policy(
            f"jalur {min(both)} diwajibkan dan dilarang sekaligus",
            f"the carrier {min(both)} is both prescribed and forbidden",
        )
    return _state(journal, ask, [policy])


def _bad_policy(id: str, en: str) -> Refusal:
    return Refusal(
        "bad_policy",
        id=f"Kebijakan itu tidak dapat dinyatakan: {id}. Tidak ada yang diubah.",
        en=f"This policy cannot be stated: {en}. Nothing was changed.",
    )


def reset_pin(
    journal: Journal, ask: Ask, *, operator: bytes, activation: bytes
) -> Receipt:
    """Let a supervisor open an operator's PIN at this node for setting anew."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        book.authority.may_reset(ask.officer, operator, ask.at.today)
        fact = PinReset(operator=operator, activation=activation)
        return book.append(ask, [Draft(fact)])


def confirm_epochs(journal: Journal, ask: Ask) -> Receipt | None:
    """At the hub, confirm every later epoch that came here or was shown, and that is new.

    The first chain of an epoch is confirmed; a second one with its number is a twin, and
    that is for a person to decide.
    """
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        found: dict[tuple[bytes, int], Fact] = {}
        for chain in _chains_seen(journal):
            node, epoch = chain.node.node_id, chain.epoch.epoch
            known = book.authority.confirmed_epochs(node)
            if node == journal.node_id or epoch == 1 or epoch in known:
                continue
            fact = EpochConfirmed(
                node=node,
                epoch=epoch,
                certificate_hash=sha256(chain.encode()).digest(),
            )
            found.setdefault((node, epoch), fact)
        if not found:
            return None
        facts = [Draft(fact, audience=COMMON) for fact in found.values()]
        return book.append(ask, facts)


def _chains_seen(journal: Journal) -> Iterator[Chain]:
    """Of every epoch that entries came of, and those that nodes showed at their contacts.

    A node that lost its book may have nothing to say yet under its next epoch, and nothing
    that is left of the last one: then its signed greeting alone says that there is a gap.
    """
    for row in journal.journals():
        if row.head_seq:
            yield Chain.decode(row.certificate, journal.root_public)
    ours = journal.authority.nodes()
    for content in passports_heard(journal.local):
        heard = passport.read(content, journal.root_public)
        # One that knows no fact stands in a letter of our own (rebuilding.forget_peer):
        # nobody has begun that epoch yet. Who only brings post may be of another kabupaten.
        if heard.versions and heard.node_id in ours:
            yield heard.chain


def note_fork(
    journal: Journal, ask: Ask, *, fork: ForkSeen, blobs: Sequence[BlobRef] = ()
) -> Receipt:
    """State what the road has shown of two truths under one name."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        return book.append(ask, [Draft(fork, tuple(blobs))])


def node_named(authority: Authority, name: str) -> bytes:
    """The id of a live node by its name. Raises Refusal "unknown_node"."""
    for node_id, node in authority.nodes().items():
        if node.name.casefold() == name.strip().casefold():
            return node_id
    names = ", ".join(sorted(node.name for node in authority.nodes().values()))
    raise Refusal(
        "unknown_node",
        id=f"Simpul {name!r} tidak dikenal; yang terdaftar: {names}. Tidak ada yang diubah.",
        en=f"The node {name!r} is not known; enrolled are: {names}. Nothing was changed.",
    )


def operator_named(authority: Authority, login: str) -> bytes:
    """The id of the operator with this login. Raises Refusal "unknown_operator"."""
    grant = authority.operator_by_login(login)
    if grant is None:
        raise Refusal(
            "unknown_operator",
            id=f"Petugas {login!r} tidak dikenal di simpul ini; tidak ada yang diubah. "
            "Periksa nama masuknya; kalau haknya baru, ambil dahulu kabar kabupaten (sync "
            "atau courier import).",
            en=f"The operator {login!r} is not known at this node; nothing was changed. "
            "Check the login; if the grant is new, fetch the hub's news first (sync or "
            "courier import).",
        )
    return grant.operator


def _state(journal: Journal, ask: Ask, facts: Sequence[Fact]) -> Receipt:
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        return book.append(ask, [Draft(fact, audience=COMMON) for fact in facts])


def _check_grant(plan: GrantPlan, home: tuple[str, ...]) -> None:
    is_login = plan.login.isascii() and plan.login.replace(".", "").isalnum()
    if not is_login or len(plan.login) > LOGIN_LENGTH_MAX:
        raise _bad_grant(
            "nama masuk: huruf, angka, titik", "a login is letters and digits"
        )
    if not plan.name.strip() or not plan.decree.strip():
        raise _bad_grant(
            "nama dan nomor SK wajib diisi", "name and decree are required"
        )
    unknown = [right for right in plan.rights if right not in RIGHTS]
    if unknown or not plan.rights:
        known = ", ".join(RIGHTS)
        raise _bad_grant(f"hak yang ada: {known}", f"the rights are: {known}")
    for code in plan.wilayah or ("",):
        if not is_wilayah(code) or not covers(home, code):
            raise _bad_grant(
                f"wilayah {code!r} di luar kabupaten",
                f"wilayah {code!r} is outside the kabupaten",
            )
    days = (plan.valid_until - plan.valid_from).days
    if not 0 <= days <= GRANT_YEARS_MAX * 366:
        raise _bad_grant("masa berlaku tidak sah", "the period is not valid")


def _bad_grant(id: str, en: str) -> Refusal:
    return Refusal(
        "bad_grant",
        id=f"Hak tidak diberikan: {id}. Tidak ada yang diubah.",
        en=f"The grant was not given: {en}. Nothing was changed.",
    )
