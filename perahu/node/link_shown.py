"""The last contacts of this node as lines of text, for `perahu road`."""

from __future__ import annotations

from perahu.contacts import reads
from perahu.contacts.rules import Line
from perahu.contacts.rules_words import reason_words
from perahu.node.link_memory import untold
from perahu.node.office import Office
from perahu.words import Words

_LINE = Words(
    "{carrier}{times}, {seconds} detik, {sent} kB terkirim, {received} kB diterima: {reason}",
    "{carrier}{times}, {seconds} seconds, {sent} kB sent, {received} kB received: {reason}",
)
_TIMES = Words(" {count} kali", " {count} times")
_ONCE = Words("", "")


def last_contacts(office: Office, limit: int = 10) -> list[Line]:
    """The last contacts of this node, told or not, the newest first."""
    found = untold(office) + reads.last_lines(office.journal.node_id, limit)
    return sorted(found, key=lambda line: -line.to_ms)[:limit]


def words_of(line: Line) -> Words:
    """A contact in one sentence; when it was is for the caller to say."""
    times = _ONCE if line.count == 1 else _TIMES
    reason = reason_words(line.reason)
    return Words(*(
        sentence.format(
            carrier=line.carrier,
            times=how_often.format(count=line.count),
            seconds=(line.busy_ms + 999) // 1000,
            sent=(line.sent_bytes + 999) // 1000,
            received=(line.received_bytes + 999) // 1000,
            reason=why,
        )
        for sentence, how_often, why in zip(_LINE, times, reason, strict=True)
    ))  # fmt: skip
