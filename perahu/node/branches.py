"""What this book holds and the parent never will: entries that lie on a branch.

A whole folder is put back, book, fence and certificate, and people are recorded before the
first contact. The parent holds other entries at those numbers, signed by the same node, and
keeps them. It says so itself: in a session by EVIDENCE, in a file by giving its own history
back. From then on these entries wait for nothing, and no contact is made for their sake.
`perahu history` names them, and a runbook says how their people are served again.
"""

from __future__ import annotations

from perahu.journal.waiting import BRANCH
from perahu.node.office import Office
from perahu.words import Words

_WORDS = Words(
    "Hanya di komputer ini: {n} catatan. Tidak akan terkirim, sebab simpul di atas memegang "
    "catatan lain dengan nomor yang sama. ",
    "On this machine only: {n} entries. They will not be sent, for the node above holds "
    "others with the same numbers. ",
)
_SERVE_AGAIN = Words(
    "Layani lagi orangnya: daftarnya `perahu history`, caranya di lembar "
    "`pencetakan-berhenti-di-kantor`.",
    "Serve these people again: `perahu history` lists them, the runbook "
    "`pencetakan-berhenti-di-kantor` says how.",
)
_STATE_AGAIN = Words(
    "Nyatakan lagi: daftarnya `perahu history`, caranya di lembar "
    "`pencetakan-berhenti-di-kabupaten`.",
    "State it again: `perahu history` lists it, the runbook "
    "`pencetakan-berhenti-di-kabupaten` says how.",
)


def branches(office: Office) -> set[bytes]:
    """Every journal of which the parent holds another history."""
    return {name for name, _ in office.journal.local.items(BRANCH)}


def branch_words(office: Office, count: int) -> Words | None:
    """How many entries there are and what to do about them; None where there are none."""
    if not count:
        return None
    deed = _SERVE_AGAIN if office.settings.row.serves_people else _STATE_AGAIN
    return Words(
        _WORDS.id.format(n=count) + deed.id, _WORDS.en.format(n=count) + deed.en
    )
