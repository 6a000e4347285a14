"""Bytes nobody trusted wrote: forged seals, swapped bodies, replays, wrong roots."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from perahu.journal.entry import Entry
from perahu.journal.journal import Journal
from perahu.journal.receiver import Received
from perahu.journal.segment import Segment
from perahu.keys.certificates import Chain, Signed, open_epoch
from perahu.words import Refusal
from tests.attacks.thief import Pen
from tests.cast import SARI, District, carry, corrected, give, with_hub
from tests.journal.stores import StoreDistrict


def sealed(district: StoreDistrict, enggano: Journal, count: int = 2) -> Segment:
    """A genuine segment of Enggano's civil journal."""
    for _ in range(count):
        district.state(enggano)
    enggano.seal()
    row = next(r for r in enggano.journals() if r.own and r.lane == 1)
    return list(enggano.segments(row.id, 0))[-1]


def hear(hub: Journal, office: Journal) -> None:
    """Let the hub know the office's journals."""
    for row in office.journals():
        if row.own:
            hub.introduce(row.certificate, row.lane, row.audience)


def unmoved(hub: Journal, segment: Segment) -> bool:
    """Whether the hub refuses the segment and is as it was."""
    before = hub.vector(), len(hub.events()), len(hub.parked())
    with pytest.raises(Refusal):
        hub.receive(segment)
    return before == (hub.vector(), len(hub.events()), len(hub.parked()))


def test_it_refuses_a_forged_seal(district: StoreDistrict) -> None:
    """Right entries under the signature of someone else's key."""
    hub, enggano = with_hub(district)
    segment = sealed(district, enggano)
    hear(hub, enggano)
    forged = Pen.of(district, "Enggano", 1).write(corrected(), officer=SARI)
    assert unmoved(hub, forged.seal(SigningKey(bytes(32))))
    other = Pen.of(district, "Ketahun", 1).write(corrected(), officer=SARI).seal()
    assert unmoved(hub, dataclasses.replace(other, journal=segment.journal))


def test_it_refuses_a_seal_of_another_segment(district: StoreDistrict) -> None:
    """A genuine seal is good for its own numbers and hash alone."""
    hub, enggano = with_hub(district)
    first, second = sealed(district, enggano), sealed(district, enggano)
    hear(hub, enggano)
    assert unmoved(hub, dataclasses.replace(first, seal=second.seal))
    assert unmoved(hub, dataclasses.replace(first, entries=second.entries))


def test_it_refuses_a_signature_made_for_another_purpose(
    district: StoreDistrict,
) -> None:
    """What the epoch's key signed outside the chain never passes for a seal."""
    hub, enggano = with_hub(district)
    segment = sealed(district, enggano)
    hear(hub, enggano)
    signature = enggano.sign(b"JRN1-hello", segment.signed_bytes())
    assert unmoved(hub, dataclasses.replace(segment, seal=signature))
    with pytest.raises(AssertionError):
        enggano.sign(b"JRN1-seal", segment.signed_bytes())


def test_it_refuses_a_swapped_body(district: StoreDistrict) -> None:
    """One body in another's place, a salt changed, a body dropped as if erased."""
    hub, enggano = with_hub(district)
    district.state(enggano, dataclasses.replace(corrected(), changes=()))
    segment = sealed(district, enggano, 1)
    hear(hub, enggano)
    first, second = segment.entries
    assert first.salt is not None and second.body is not None
    swapped = Entry.whole(first.header, first.salt, second.body)
    salted = Entry.whole(first.header, bytes(16), first.body or b"")
    erased = Entry(first.header, bytes(32), None, None)
    for fake in (swapped, salted, erased):
        assert unmoved(hub, dataclasses.replace(segment, entries=(fake, second)))
    assert unmoved(hub, dataclasses.replace(segment, entries=(second, first)))
    assert hub.receive(segment) is Received.STORED


def test_it_cannot_hide_a_body_behind_its_true_commit_from_the_author(
    district: StoreDistrict,
) -> None:
    """A carrier may withhold bodies; the chain stands and the hole shows as erased."""
    hub, enggano = with_hub(district)
    segment = sealed(district, enggano)
    hear(hub, enggano)
    first, second = segment.entries
    blank = Entry(first.header, first.commit, None, None)
    hub.receive(dataclasses.replace(segment, entries=(blank, second)))
    report = hub.verify()
    assert report.sound and report.erased == 1


def test_it_takes_a_replay_for_what_it_is(district: StoreDistrict) -> None:
    """The same segment a hundred times, also much later: known, nothing moves."""
    hub, enggano = with_hub(district)
    segment = sealed(district, enggano)
    hear(hub, enggano)
    hub.receive(segment)
    sealed(district, enggano)
    carry(enggano, hub, audience=lambda a: a == b"")
    before = hub.vector(), len(hub.events())
    for _ in range(100):
        assert hub.receive(segment) is Received.KNOWN
    assert before == (hub.vector(), len(hub.events()))


def test_it_refuses_a_segment_under_another_journal(district: StoreDistrict) -> None:
    """Civil entries offered as control entries of the same node."""
    hub, enggano = with_hub(district)
    segment = sealed(district, enggano)
    hear(hub, enggano)
    row = hub.introduce(enggano.chain.encode(), 0, b"")
    assert unmoved(hub, dataclasses.replace(segment, journal=row.id))


def test_it_refuses_a_wrong_root(district: StoreDistrict) -> None:
    """A whole kabupaten of the thief's own, with the same names and numbers."""
    hub, _ = with_hub(district)
    stranger = District(district.folder / "other", seed="2")
    pen = Pen.of(stranger, "Hub", 0, b"H0").write(corrected())
    with pytest.raises(Refusal, match="bad_certificate"):
        hub.introduce(pen.chain.encode(), 0, b"H0")
    assert unmoved(hub, pen.seal())
    (district.members["Ketahun"].folder / "certificate").write_bytes(
        (stranger.members["Ketahun"].folder / "certificate").read_bytes()
    )
    with pytest.raises(Refusal, match="bad_certificate"):
        district.open("Ketahun")


def test_it_refuses_the_certificate_of_another_node(district: StoreDistrict) -> None:
    """Enggano's papers with an epoch that Ketahun's key signed."""
    hub, enggano = with_hub(district)
    ketahun = district.members["Ketahun"]
    theirs = Chain.decode(
        (ketahun.folder / "certificate").read_bytes(), hub.root_public
    )
    mixed = Chain(enggano.chain.papers, theirs.epoch, theirs.signed_epoch)
    with pytest.raises(Refusal, match="bad_certificate"):
        hub.introduce(mixed.encode(), 1, b"")
    with pytest.raises(Refusal, match="bad_certificate"):
        open_epoch(ketahun.keys, enggano.chain.papers, epoch=2, nonce=bytes(16))


def test_it_refuses_a_certificate_with_a_changed_byte(district: StoreDistrict) -> None:
    """Every byte of the chain is under a signature, or is the form itself."""
    hub, enggano = with_hub(district)
    raw = enggano.chain.encode()
    for at in range(0, len(raw), 7):
        torn = bytearray(raw)
        torn[at] ^= 1
        with pytest.raises(Refusal, match="bad_"):
            hub.introduce(bytes(torn), 1, b"")
    assert Signed.decode(enggano.chain.papers.signed_node.encode())


def test_it_cannot_be_used_to_accuse(district: StoreDistrict) -> None:
    """A carrier changes a body under a genuine seal that overlaps what the hub has.

    That proves nothing against Enggano: it is refused as damaged, and is no fork.
    """
    hub, enggano = with_hub(district)
    first = sealed(district, enggano)
    hear(hub, enggano)
    hub.receive(first)
    with enggano._book.store.transaction():
        enggano._book.store.run("DELETE FROM segments WHERE a = 1 AND b = 2")
        enggano._book.store.run("UPDATE journals SET sealed_seq = 0 WHERE own = 1")
    longer = sealed(district, enggano, 1)
    assert (longer.a, longer.b) == (1, 3)
    last = longer.entries[-1]
    assert last.salt is not None
    fake = Entry.whole(last.header, last.salt, b"\xa0")
    assert unmoved(
        hub, dataclasses.replace(longer, entries=(*longer.entries[:2], fake))
    )
    assert hub.receive(longer) is Received.STORED


def test_it_proves_two_contents_for_one_seq(district: StoreDistrict) -> None:
    """Two genuine seals over one place, longer, shorter or equal: a fork each time."""
    hub, enggano = with_hub(district)
    hear_pen = Pen.of(district, "Ketahun", 1)
    hub.introduce(hear_pen.chain.encode(), 1, b"")
    for text in ("a", "b", "c"):
        hear_pen.write(corrected(subject=f"person-{text}-123".encode()))
    assert hub.receive(hear_pen.seal()) is Received.STORED
    for count in (1, 3, 5):
        twin = Pen.of(district, "Ketahun", 1)
        for number in range(count):
            twin.write(corrected(subject=f"person-{number:05}".encode()))
        assert hub.receive(twin.seal()) is Received.FORK
    assert hub.verify().sound and enggano.verify().sound


def test_it_proves_a_fork_that_began_earlier(district: StoreDistrict) -> None:
    """A twin's later segment does not join our chain; its seal over a held place proves it.

    The same entries under a forged seal prove nothing.
    """
    hub, _ = with_hub(district)
    honest, twin = Pen.of(district, "Ketahun", 1), Pen.of(district, "Ketahun", 1)
    hub.introduce(honest.chain.encode(), 1, b"")
    for number in range(3):
        honest.write(corrected(subject=f"person-{number:05}".encode()))
        twin.write(corrected(subject=f"other-{number:06}".encode()))
        if number == 0:
            twin.seal()
    hub.receive(honest.seal())
    later = twin.seal()
    assert (later.a, later.b) == (2, 3)
    assert unmoved(hub, dataclasses.replace(later, seal=bytes(64)))
    assert hub.receive(later) is Received.FORK
    twin.write(corrected())
    assert unmoved(hub, twin.seal()), "beyond what is held nothing is proven"


def test_it_never_takes_its_own_running_journal_from_elsewhere(
    district: StoreDistrict,
) -> None:
    """Who stole Enggano's keys writes on in its journal: Enggano refuses it."""
    hub, enggano = with_hub(district)
    segment = sealed(district, enggano, 1)
    pen = Pen.of(district, "Enggano", 1)
    for entry in segment.entries:
        pen.seq += 1
        pen.add(entry.header, entry.body or b"")
    pen.h, pen.entries = segment.h_b, []
    pen.write(corrected(), officer=SARI)
    assert unmoved(enggano, pen.seal())
    give(hub, enggano)
    assert district.state(enggano).seq == 2


def test_it_reads_no_code_in_a_file_name(
    district: StoreDistrict, tmp_path: Path
) -> None:
    """A mirror full of oddly named files changes nothing at start."""
    member = district.members["Enggano"]
    member.mirror = tmp_path
    node = member.node_id.hex()[:8]
    for name in (
        f"{node}-99999999999.jrnm",
        f"{node}-0.jrnm",
        f"{node}-x.jrnm",
        "$(id)",
    ):
        (tmp_path / name).write_bytes(b"PRHM" * 100)
    _, enggano = with_hub(district)
    assert enggano.epoch == 1 and district.state(enggano).mirrored
