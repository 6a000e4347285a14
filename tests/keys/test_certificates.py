"""The line from the root to an epoch key, and every forgery along it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from perahu.keys import cbor
from perahu.keys.certificates import (
    CHAIN_BYTES_MAX,
    Chain,
    IssuingCertificate,
    NodeCertificate,
    Papers,
    Signed,
    covers,
    is_wilayah,
    issue_kabupaten,
    issue_node,
    journal_id,
    open_epoch,
)
from perahu.words import Refusal
from tests.keys.cast import (
    ENGGANO,
    ISSUING,
    ROOT,
    ROOT_PUBLIC,
    SIGNED_ISSUING,
    create_certificate,
    create_chain,
    create_keys,
    create_papers,
    seeded,
)

MALLORY = SigningKey(seeded("mallory")(32))


def refused(data: bytes, root: bytes = ROOT_PUBLIC) -> bool:
    """Whether this chain is turned away with the one code there is."""
    with pytest.raises(Refusal) as caught:
        Chain.decode(data, root)
    return caught.value.code == "bad_certificate"


def encoded(*pairs: Signed) -> bytes:
    """The bytes of a chain made of these."""
    return cbor.encode([[pair.body, pair.signature] for pair in pairs])


def signed_by(key: SigningKey, prefix: bytes, body: bytes) -> Signed:
    """A body with this key's signature."""
    return Signed(body, key.sign(prefix + body).signature)


def test_it_works() -> None:
    """A chain comes back as it was made, and its journals have their own ids."""
    chain = create_chain()
    data = chain.encode()
    read = Chain.decode(data, ROOT_PUBLIC)
    assert read == chain
    assert (read.node.name, read.issuing.kabupaten, read.epoch.epoch) == (
        "Enggano",
        "1703",
        1,
    )
    assert Papers.decode(chain.papers.encode(), ROOT_PUBLIC) == chain.papers
    ids = {journal_id(data, lane, to) for lane in (0, 1, 2) for to in (b"", b"H0")}
    assert len(ids) == 6
    assert {len(journal) for journal in ids} == {16}


def test_it_goes_on_from_where_the_last_epoch_stood() -> None:
    """A new epoch has a new key and says which entries it follows."""
    old = create_chain()
    before = ((journal_id(old.encode(), 1, b""), 17, b"h" * 32),)
    new = open_epoch(
        create_keys("Enggano"), old.papers, epoch=2, nonce=b"n" * 16, not_before=before
    )
    read = Chain.decode(new.encode(), ROOT_PUBLIC)
    assert read.epoch.not_before == before
    assert read.epoch.public != old.epoch.public


def test_it_refuses_another_root() -> None:
    """A chain of another network is no chain here."""
    assert refused(create_chain().encode(), bytes(MALLORY.verify_key))


def test_it_refuses_a_forged_issuing_certificate() -> None:
    """Mallory's own kabupaten is not signed by our root."""
    issuing = IssuingCertificate("1703", "Palsu", bytes(MALLORY.verify_key))
    forged = issue_kabupaten(MALLORY, issuing)
    papers = issue_node(MALLORY, forged, create_certificate())
    chain = open_epoch(create_keys("Enggano"), papers, epoch=1, nonce=bytes(16))
    assert refused(chain.encode())


def test_it_refuses_a_forged_node_certificate() -> None:
    """A node that signs for itself in the kabupaten's place is turned away."""
    chain = create_chain()
    body = chain.papers.signed_node.body
    forged = signed_by(MALLORY, b"PRH1-node", body)
    assert refused(encoded(SIGNED_ISSUING, forged, chain.signed_epoch))


def test_it_refuses_a_forged_epoch() -> None:
    """Only the node's long-lived key opens its epochs."""
    chain = create_chain()
    forged = signed_by(MALLORY, b"PRH1-epoch", chain.signed_epoch.body)
    assert refused(encoded(SIGNED_ISSUING, chain.papers.signed_node, forged))


def test_it_refuses_a_signature_made_for_another_purpose() -> None:
    """The right key under the wrong prefix does not count."""
    chain = create_chain()
    body = chain.papers.signed_node.body
    wrong = signed_by(ISSUING, b"PRH1-epoch", body)
    bare = Signed(body, ISSUING.sign(body).signature)
    for forged in (wrong, bare):
        assert refused(encoded(SIGNED_ISSUING, forged, chain.signed_epoch))


def test_it_refuses_the_epoch_of_another_node() -> None:
    """A good epoch certificate of one node does not fit another's papers."""
    other = create_papers(name="Ketahun", wilayah=("170304",))
    assert refused(
        encoded(SIGNED_ISSUING, other.signed_node, create_chain().signed_epoch)
    )
    stolen = cbor.decode(create_chain().signed_epoch.body, 4096)
    stolen[1] = other.node.node_id
    key = create_keys("Enggano").sign_key
    forged = signed_by(key, b"PRH1-epoch", cbor.encode(stolen))
    assert refused(encoded(SIGNED_ISSUING, ENGGANO.signed_node, forged))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(create_chain().encode()) * 8 - 1))
def test_it_refuses_any_bit_turned(bit: int) -> None:
    """No bit of a chain can change."""
    data = bytearray(create_chain().encode())
    data[bit // 8] ^= 1 << bit % 8
    assert refused(bytes(data))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x80", b"\x83\x01\x02\x03", cbor.encode([[b"", b""]] * 3),
        cbor.encode([["text", b""]] * 3), b"\x00" * (CHAIN_BYTES_MAX + 1),
        create_chain().encode() + b"\x00", create_chain().encode()[:-1],
        cbor.encode([[b"x", b"y" * 64]] * 2), cbor.encode({1: 2}),
    ],
)  # fmt: skip
def test_it_refuses_what_is_no_chain(data: bytes) -> None:
    """Rubbish of every shape gets the same refusal."""
    assert refused(data)
    with pytest.raises(Refusal):
        Papers.decode(data, ROOT_PUBLIC)


@pytest.mark.parametrize(
    "change",
    [
        {"wilayah": ("1704",)}, {"wilayah": ("17",)}, {"wilayah": ("",)},
        {"wilayah": ("17031",)}, {"wilayah": ("170301", "1671")}, {"wilayah": ()},
        {"wilayah": ("1703\uff11\uff11",)}, {"role": "kabupaten", "wilayah": ("17",)},
        {"role": ""}, {"role": "Hub "}, {"name": ""}, {"name": "x" * 201},
        {"node_id": b"short"}, {"sign_public": b""}, {"box_public": bytes(31)},
        {"age_recipient": "age1"}, {"age_recipient": "ssh-ed25519 AAAA"},
    ],
)  # fmt: skip
def test_it_does_not_issue(change: dict[str, object]) -> None:
    """Out of scope or out of form, nothing is signed."""
    certificate = replace(create_certificate(), **change)  # type: ignore[arg-type]
    with pytest.raises(Refusal) as caught:
        issue_node(ISSUING, SIGNED_ISSUING, certificate)
    assert caught.value.code == "bad_certificate"


def test_it_refuses_a_node_issued_outside_its_kabupaten() -> None:
    """A kabupaten's key that signs for a neighbour's land is not believed."""
    chain = create_chain()
    fields = cbor.decode(chain.papers.signed_node.body, 4096)
    fields[6] = ["1704"]
    greedy = signed_by(ISSUING, b"PRH1-node", cbor.encode(fields))
    assert refused(encoded(SIGNED_ISSUING, greedy, chain.signed_epoch))


def test_it_lets_the_second_site_span_the_province() -> None:
    """A provinsi node may hold "17", its own province and no other."""
    assert create_papers(name="P", role="provinsi", wilayah=("17",))
    with pytest.raises(Refusal):
        create_papers(name="P", role="provinsi", wilayah=("16",))


@pytest.mark.parametrize(
    "change",
    [{1: "170"}, {1: "170301"}, {1: "abcd"}, {2: ""}, {3: b"short"}, {4: 1}],
)
def test_it_refuses_an_issuing_certificate_of_wrong_form(
    change: dict[int, object],
) -> None:
    """Even the root's signature does not make a wrong form good."""
    chain = create_chain()
    fields = {**cbor.decode(SIGNED_ISSUING.body, 4096), **change}
    wrong = signed_by(ROOT, b"PRH1-issuing", cbor.encode(fields))
    assert refused(encoded(wrong, chain.papers.signed_node, chain.signed_epoch))


@pytest.mark.parametrize(
    "change",
    [
        {2: 0}, {2: -1}, {3: b""}, {4: b"short"}, {5: [[b"j" * 16, 1]]}, {2: True},
        {5: [[b"j", 1, b"h" * 32]]}, {5: [[b"j" * 16, -1, b"h" * 32]]},
        {5: [[b"j" * 16, True, b"h" * 32]]}, {5: [["j" * 16, 1, b"h" * 32]]}, {5: [7]},
        {5: [[b"j" * 16, 1, b"h" * 32]] * 65},
    ],
)  # fmt: skip
def test_it_refuses_an_epoch_of_wrong_form(change: dict[int, object]) -> None:
    """Even the node's own signature does not make a wrong form good."""
    chain = create_chain()
    fields = {**cbor.decode(chain.signed_epoch.body, 8192), **change}
    key = create_keys("Enggano").sign_key
    wrong = signed_by(key, b"PRH1-epoch", cbor.encode(fields))
    assert refused(encoded(SIGNED_ISSUING, chain.papers.signed_node, wrong))


def test_it_opens_epochs_with_its_own_keys_only() -> None:
    """The keys of one node cannot open an epoch for another's papers."""
    with pytest.raises(Refusal):
        open_epoch(create_keys("Kapal"), ENGGANO, epoch=1, nonce=bytes(16))
    with pytest.raises(Refusal):
        issue_node(MALLORY, SIGNED_ISSUING, create_certificate())
    with pytest.raises(Refusal):
        open_epoch(create_keys("Enggano"), ENGGANO, epoch=0, nonce=bytes(16))


def test_it_keeps_every_field_of_a_node() -> None:
    """What the kabupaten signed is what every reader sees."""
    read = Chain.decode(create_chain().encode(), ROOT_PUBLIC).node
    assert read == create_certificate()
    assert isinstance(read, NodeCertificate)


@pytest.mark.parametrize(
    ("prefixes", "code", "inside"),
    [
        (("1703",), "170301", True), (("1703",), "1703012001", True),
        (("170301",), "170301", True), (("170301",), "1703", False),
        (("1703",), "1713", False), (("1703",), "17030", False),
        (("17030",), "170301", False), (("",), "170301", False),
        (("1703",), "1703.01", False), (("1703",), " 170301", False),
        (("1703",), "170301\n", False), (("1703",), "1703\uff10\uff11", False),
        (("1703",), 170301, False), (("1703",), None, False), ((), "170301", False),
        (("170304", "170301"), "1703012001", True), (("1703",), "", False),
    ],
)  # fmt: skip
def test_it_knows_what_lies_under_a_prefix(
    prefixes: tuple[str, ...], code: object, inside: bool
) -> None:
    """Only whole codes of ASCII digits lie under whole codes."""
    assert covers(prefixes, code) is inside
    assert is_wilayah("170301")
