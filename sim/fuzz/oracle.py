"""What must be true of a book after every mutant: nothing in it that nobody sealed."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from perahu.journal.entry import commit_of
from perahu.journal.journal import Journal
from sim.fuzz.kabupaten import Kabupaten
from sim.fuzz.pen import Sealed
from sim.fuzz.watch import NotBelieved
from tools.auditor import Auditor
from tools.auditor_facts import audit

Heads = dict[bytes, int]


def heads_of(journal: Journal) -> Heads:
    """How far each journal of a book goes."""
    return {row.id: row.head_seq for row in journal.journals()}


def blobs_in(folder: Path) -> dict[str, Path]:
    """The whole blobs beside a book, by name."""
    found = (folder / "blobs").glob("*/*")
    return {path.name: path for path in found if len(path.parent.name) == 2}


def check_book(journal: Journal, before: Heads, sealed: Sealed) -> int:
    """How many entries came. Raises NotBelieved for one that its author did not seal."""
    came = 0
    for row in journal.journals():
        grown = row.head_seq - before.get(row.id, 0)
        if grown < 0:
            raise NotBelieved("a journal became shorter")
        if not grown:
            continue
        came += grown
        _check_journal(journal, row.id, row.head_seq, sealed)
    return came


def _check_journal(journal: Journal, name: bytes, head: int, sealed: Sealed) -> None:
    known, last = sealed.get(name, {}), 0
    for segment in journal.segments(name, 0):
        for seq, entry in enumerate(segment.entries, segment.a):
            if seq != last + 1:
                raise NotBelieved(f"a hole before {seq}")
            last = seq
            if (entry.header, entry.commit) not in known.get(seq, ()):
                raise NotBelieved(f"entry {seq} was sealed by nobody")
            if entry.body is not None and entry.commit != commit_of(
                entry.salt or b"", entry.body
            ):
                raise NotBelieved(f"entry {seq} has another body")
    if last != head:
        raise NotBelieved(f"{head} entries, and seals over {last}")


def check_blobs(folder: Path, before: set[str], sealed: set[str]) -> int:
    """How many whole blobs came. Raises NotBelieved for one that is another's."""
    found = blobs_in(folder)
    for name in found.keys() - before:
        if name not in sealed:
            raise NotBelieved("a blob that nobody cited")
        if sha256(found[name].read_bytes()).hexdigest() != name:
            raise NotBelieved("a blob with other bytes")
    return len(found.keys() - before)


def check_audited(hub: Journal, kabupaten: Kabupaten) -> None:
    """Our own check of the hub's whole book; it is closed, and the second reader's."""
    report = hub.verify()
    if not report.sound:
        raise NotBelieved(f"verify: {report.faults[0].en}")
    hub.close()
    member = kabupaten.members["Hub"]
    secret = member.papers.keys.secret
    found = audit(Auditor(member.folder, secret, kabupaten.root_public))
    if found.wrong:
        raise NotBelieved(f"the auditor: {found.wrong[0]}")
