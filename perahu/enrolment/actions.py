"""The desk's actions in a recording, one a step (domain.md 1.2); each is done once per ask.

- A part is sealed to the hub and the provinsi before the fact that cites it is appended:
  from that moment this node cannot read it any more.
- A session that died goes on where `reads.next_step` says; nothing else is remembered.
  The two index templates lived in memory only: who crashed before the comparison scans
  the index fingers anew, which replaces those parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from perahu.enrolment import reads, reads_hub, rules, rules_proof
from perahu.enrolment.rules import Capture, RecordingState
from perahu.enrolment.rules_proof import Paper, Proof
from perahu.journal.journal import Journal
from perahu.journal.types import (
    PART,
    THUMBNAIL,
    Ask,
    BlobRef,
    Draft,
    Level,
    Receipt,
)
from perahu.keys.certificates import TRAVELLING_ROLES, Chain
from perahu.keys.facts import ONLINE_ONLY
from perahu.keys.sealing import seal_blob
from perahu.kinds import Fact
from perahu.people import reads as people
from perahu.words import Refusal

PROOF_DOMAIN = b"PRH1-proof"
"""What the epoch key signs of a proof; a prefix no other purpose uses."""
_PICKUPS = "pickup"
"""The space of `local` with the pick-up codes this node has given out."""
_EVICTED = "evicted"
"""The space of `local` with the recordings whose parts were taken away here."""
_CODE_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0 O 1 I L: people read the code from paper and say it by telephone."""
_CODE_CHARS = 8


def open_recording(
    journal: Journal, ask: Ask, *, person: bytes, recording: bytes, wilayah: str
) -> Receipt:
    """Step 4: begin to record this person; the asker minted the 12 bytes of its id."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        biodata = people.biodata(person)
        if biodata is None:
            raise _unknown_person()
        policy = book.authority.policy
        known = reads.known_recording(person, biodata.nik)
        rules.check_once_for_life(biodata.status_rekam, known)
        rules.check_may_record(biodata, ask.at.today, policy.umur_rekam_min)
        serial = reads.next_serial(book.node_id, ask.at.today.year)
        fact = rules.decide_open(
            rules.Opening(
                person=person,
                recording=recording,
                wilayah=wilayah,
                number=rules.register_number(
                    serial, wilayah, ask.at.today, _mark(journal)
                ),
            ),
            biodata,
        )
        return book.append(ask, [Draft(fact)])


def _mark(journal: Journal) -> str:
    """Two signs of a node that is one of several in its wilayah; "" for an office."""
    if journal.certificate.role not in TRAVELLING_ROLES:
        return ""
    signs = (_CODE_SIGNS[byte % len(_CODE_SIGNS)] for byte in journal.node_id[:2])
    return "".join(signs)


def confirm_biodata(journal: Journal, ask: Ask, *, recording: bytes) -> Receipt:
    """Step 5: the person confirmed the biodata as read aloud."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        fact = rules.decide_confirm(_going(recording))
        return book.append(ask, [Draft(fact)])


def check_may_capture(journal: Journal, ask: Ask) -> None:
    """Before a device is started: refuses under ONLINE_ONLY without a fresh centre."""
    authority = journal.authority
    rules.check_centre_fresh(
        authority.policy.policy == ONLINE_ONLY,
        ask.at.wall_ms,
        authority.centre_seen_ms,
    )


def accept_part(
    journal: Journal, ask: Ask, *, recording: bytes, capture: Capture
) -> Receipt:
    """Step 6, one part: seal it, keep it, cite it."""
    if done := journal.receipt(ask.op_id):
        return done
    check_may_capture(journal, ask)
    rules.decide_part(_going(recording), capture)
    blobs = _seal_capture(journal, capture)
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        fact = rules.decide_part(_going(recording), capture)
        return book.append(ask, [Draft(fact, blobs)])


def except_part(
    journal: Journal,
    ask: Ask,
    *,
    recording: bytes,
    part: str,
    reason: str,
    text: str = "",
) -> Receipt:
    """Step 6: this part cannot be taken; the recording goes on without it."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        fact = rules.decide_exception(_going(recording), part, reason, text)
        return book.append(ask, [Draft(fact)])


def verify_indexes(
    journal: Journal,
    ask: Ask,
    *,
    recording: bytes,
    scores: Mapping[str, int],
    threshold: int,
) -> Receipt:
    """Step 7: the second scans of the index fingers match the first."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        fact = rules.decide_verified(_going(recording), scores, threshold)
        return book.append(ask, [Draft(fact)])


def sign_statement(
    journal: Journal, ask: Ask, *, recording: bytes, signature: bytes, by_line: bool
) -> Receipt:
    """Step 8: the statement of truth; a line stands for who cannot sign."""
    if done := journal.receipt(ask.op_id):
        return done
    rules.decide_statement(_going(recording), by_line)
    blobs = (_sealed(journal, signature, PART),) if signature else ()
    if not blobs and not by_line:
        raise Refusal(
            "signature_missing",
            id="Tanda tangan belum ada; minta tanda tangan di papan, atau pilih garis.",
            en="There is no signature yet; ask for it on the pad, or choose a line.",
        )
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        fact = rules.decide_statement(_going(recording), by_line)
        return book.append(ask, [Draft(fact, blobs)])


def complete_recording(journal: Journal, ask: Ask, *, recording: bytes) -> Receipt:
    """Step 9: close the packet; its manifest names every part."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        fact = rules.decide_complete(_going(recording))
        return book.append(ask, [Draft(fact)])


def issue_proof(journal: Journal, ask: Ask, *, recording: bytes) -> Receipt:
    """Step 10: the proof of recording at its present level, with the pick-up code."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        state = _going(recording)
        fact = rules.decide_proof(state, int(level_of(journal, recording)), "")
        code = pickup_code(journal, recording)
        if not code:
            code = _new_code(journal.ports.random(_CODE_CHARS))
            journal.local.put(_PICKUPS, recording, code.encode())
        fact = rules.decide_proof(state, fact.level, code)
        return book.append(ask, [Draft(fact)])


def abandon_recording(
    journal: Journal, ask: Ask, *, recording: bytes, reason: str
) -> Receipt:
    """Give up a recording that was not closed; nothing of it is sent to the centre."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        fact: Fact = rules.decide_abandon(_going(recording), reason)
        return book.append(ask, [Draft(fact)])


def level_of(journal: Journal, recording: bytes) -> Level:
    """How safe a recording is: the lowest level of all the entries it stands on."""
    entries = reads.entries_of(recording)
    return min(journal.level_of(place, seq) for place, seq in entries)


def evict_parts(journal: Journal, *, limit: int = 200) -> int:
    """Take away what was captured here once it is safe elsewhere and the centre said PRR.

    Retention (domain.md 8): the hub and the provinsi hold every entry and every blob; this
    office keeps hashes and receipts. Gives how many recordings were cleared.
    """
    cleared = {name for name, _ in journal.local.items(_EVICTED)}
    done = 0
    for recording in reads.print_ready_here(journal.node_id):
        if done == limit:
            break
        if recording in cleared or level_of(journal, recording) < Level.SAFE:
            continue
        for sha in reads.blobs_of(recording):
            journal.blobs.remove(sha)
        # Noted last: a crash in between removes once more what is gone already.
        journal.local.put(_EVICTED, recording, b"")
        done += 1
    return done


def pickup_code(journal: Journal, recording: bytes) -> str:
    """The pick-up code this node printed for a recording; "" where it gave none."""
    found = journal.local.get(_PICKUPS, recording)
    return found.decode() if found else ""


def proof_paper(
    journal: Journal, *, recording: bytes, today: date
) -> tuple[Paper, str]:
    """What stands on the proof of a closed recording, and the text of its QR code."""
    closed, state = reads_hub.closed(recording), _going(recording)
    biodata = people.biodata(state.person)
    if closed is None or biodata is None:
        raise _unknown_person()
    paper = Paper(
        journal=closed.journal,
        seq=closed.seq,
        h=closed.h,
        level=int(level_of(journal, recording)),
        number=state.number,
        name=biodata.nama,
        nik=biodata.nik,
        office=journal.certificate.name,
        day=f"{today:%d-%m-%Y}",
        code=pickup_code(journal, recording),
        version=state.version,
    )
    statement = rules_proof.statement(paper)
    signature = journal.sign(PROOF_DOMAIN, statement)
    chain8 = _chain8(journal.chain.encode())
    return paper, rules_proof.qr_text(statement, signature, chain8)


def check_proof(journal: Journal, text: str) -> Proof:
    """A scanned proof whose signature is good and whose entry stands in this book.

    Raises Refusal "bad_proof", "unknown_journal" where its office's book is not here, or
    "other_history" where it is, and another entry has this number.
    """
    proof = rules_proof.read_qr(text)
    chains = (row.certificate for row in journal.journals())
    signer = next((one for one in chains if _chain8(one) == proof.chain8), None)
    if signer is None:
        raise Refusal(
            "unknown_journal",
            id="Buku kantor yang memberi bukti ini belum ada di simpul ini; tanyakan ke "
            "kabupaten. Bukti itu sendiri tidak ditolak.",
            en="The book of the office that gave this proof is not at this node; ask the "
            "kabupaten. The proof itself is not refused.",
        )
    chain = Chain.decode(signer, journal.root_public)
    try:
        VerifyKey(chain.epoch.public).verify(
            PROOF_DOMAIN + proof.statement, proof.signature
        )
    except BadSignatureError as error:
        raise rules_proof.bad_proof() from error
    here = journal.hash_at(proof.journal, proof.seq)
    if here is not None and here[:8] != proof.h8:
        raise rules_proof.other_history()
    return proof


def _chain8(certificate: bytes) -> bytes:
    return hashlib.sha256(certificate).digest()[:8]


def _going(recording: bytes) -> RecordingState:
    return rules.check_still_going(reads.recording(recording))


def _seal_capture(journal: Journal, capture: Capture) -> tuple[BlobRef, ...]:
    # The photo travels with its packet, not before all packets: docs/adr/0006.
    part = _sealed(journal, capture.record, PART)
    if not capture.thumbnail:
        return (part,)
    return (part, _sealed(journal, capture.thumbnail, THUMBNAIL))


def _sealed(journal: Journal, plain: bytes, blob_class: int) -> BlobRef:
    recipients: Sequence[str] = journal.authority.recipients_for_parts()
    if not recipients:
        raise Refusal(
            "no_recipient",
            id="Simpul ini belum kenal kunci kabupaten, jadi rekaman tidak dapat disegel; "
            "muat berkas dari kabupaten dulu. Tidak ada yang hilang.",
            en="This node does not know the kabupaten's key yet, so nothing can be sealed; "
            "load the kabupaten's file first. Nothing was lost.",
        )
    return journal.blobs.put(seal_blob(plain, recipients), blob_class)


def _new_code(chance: bytes) -> str:
    return "".join(_CODE_SIGNS[byte % len(_CODE_SIGNS)] for byte in chance)


def _unknown_person() -> Refusal:
    return Refusal(
        "unknown_person",
        id="Orang ini belum ada di buku simpul ini; cari dengan NIK atau daftarkan dulu.",
        en="This person is not in this node's book; search by NIK or register first.",
    )
