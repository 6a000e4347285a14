"""The cast of the keys' tests: a root, a kabupaten and its nodes, all from fixed seeds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date

from nacl.signing import SigningKey

from perahu.keys.authority import Authority
from perahu.keys.certificates import (
    Chain,
    IssuingCertificate,
    NodeCertificate,
    Papers,
    issue_kabupaten,
    issue_node,
    open_epoch,
)
from perahu.keys.facts import NodeEnrolled, OperatorGranted
from perahu.keys.vault import Cost, NodeKeys, keys_of, new_secret

CHEAP = Cost(ops=1, memory_bytes=8192)


def seeded(seed: str) -> Callable[[int], bytes]:
    """Randomness that is the same each time."""
    count = iter(range(1_000_000))
    return lambda n: hashlib.shake_128(f"{seed}/{next(count)}".encode()).digest(n)


ROOT = SigningKey(seeded("root")(32))
ROOT_PUBLIC = bytes(ROOT.verify_key)
ISSUING = SigningKey(seeded("issuing")(32))
KABUPATEN = IssuingCertificate("1703", "Bengkulu Utara", bytes(ISSUING.verify_key))
SIGNED_ISSUING = issue_kabupaten(ROOT, KABUPATEN)

SARI = b"sari----"
MADE = b"made----"
RATNA = b"ratna---"


def create_keys(name: str) -> NodeKeys:
    """The keys of the node with this name."""
    return keys_of(new_secret(seeded(name)))


def create_certificate(
    *,
    name: str = "Enggano",
    role: str = "kecamatan",
    wilayah: tuple[str, ...] = ("170301",),
) -> NodeCertificate:
    """An unsigned node certificate."""
    keys = create_keys(name)
    return NodeCertificate(
        node_id=seeded("id " + name)(16),
        sign_public=bytes(keys.sign_key.verify_key),
        box_public=bytes(keys.box_key.public_key),
        age_recipient=keys.age_recipient,
        role=role,
        wilayah=wilayah,
        name=name,
    )


def create_papers(
    *,
    name: str = "Enggano",
    role: str = "kecamatan",
    wilayah: tuple[str, ...] = ("170301",),
) -> Papers:
    """A node's papers, signed by the kabupaten."""
    certificate = create_certificate(name=name, role=role, wilayah=wilayah)
    return issue_node(ISSUING, SIGNED_ISSUING, certificate)


def create_chain(*, name: str = "Enggano", epoch: int = 1) -> Chain:
    """A node's whole chain in one epoch."""
    papers = create_papers(name=name)
    return open_epoch(create_keys(name), papers, epoch=epoch, nonce=bytes(16))


def create_enrolment(papers: Papers) -> NodeEnrolled:
    """The hub's fact about these papers."""
    return NodeEnrolled(certificate=papers.signed_node.encode(), name=papers.node.name)


def create_grant(
    *,
    operator: bytes = SARI,
    login: str = "sari",
    rights: tuple[str, ...] = ("record", "print"),
    wilayah: tuple[str, ...] = ("170301",),
    until: date = date(2027, 12, 31),
    supervisor: bool = False,
) -> OperatorGranted:
    """The hub's fact about one operator."""
    return OperatorGranted(
        operator=operator,
        login=login,
        name=login.title(),
        rights=rights,
        wilayah=wilayah,
        valid_from=date(2026, 1, 1),
        valid_until=until,
        activation=bytes(32),
        decree="800/1/2026",
        supervisor=supervisor,
    )


HUB = create_papers(name="Hub", role="kabupaten", wilayah=("1703",))
ENGGANO = create_papers()
PROVINSI = create_papers(name="Provinsi", role="provinsi", wilayah=("17",))


def create_authority() -> Authority:
    """Hub, Enggano and provinsi enrolled at 1..3; Sari may record and print from 4 on."""
    authority = Authority(KABUPATEN.public)
    for seq, papers in enumerate((HUB, ENGGANO, PROVINSI), start=1):
        authority.learn(create_enrolment(papers), (1, seq))
    authority.learn(create_grant(), (1, 4))
    return authority
