"""What someone with a stolen machine and our own code can make: any entry, any seal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nacl.signing import SigningKey

from perahu.journal.codec import Registry
from perahu.journal.entry import Entry, Header, genesis, link
from perahu.journal.segment import Segment, seal_bytes
from perahu.keys.certificates import Chain, journal_id
from perahu.kinds import Fact
from tests.cast import FACT_MODULES, NOON_MS, District

REGISTRY = Registry(FACT_MODULES)


@dataclass
class Pen:
    """Writes a journal that obeys nothing but the chain; the seal is real."""

    chain: Chain
    key: SigningKey
    lane: int
    audience: bytes = b""
    seq: int = 0
    h: bytes = b""
    lamport: int = 100
    entries: list[Entry] = field(default_factory=list)

    @classmethod
    def of(cls, district: District, name: str, lane: int, audience: bytes = b"") -> Pen:
        """The pen of who holds a node's keys."""
        member = district.members[name]
        raw = (member.folder / "certificate").read_bytes()
        chain = Chain.decode(raw, bytes(district.root.verify_key))
        key = chain.sign_key(member.keys)
        return cls(chain, key, lane, audience, h=genesis(raw))

    @property
    def journal(self) -> bytes:
        """The id of the journal it writes."""
        return journal_id(self.chain.encode(), self.lane, self.audience)

    def write(
        self,
        fact: Fact,
        *,
        officer: bytes = b"",
        parents: tuple[tuple[bytes, int], ...] = (),
        body: bytes | None = None,
    ) -> Pen:
        """Add an entry that says whatever it wants."""
        found, subjects = REGISTRY.encode(fact)
        self.seq, self.lamport = self.seq + 1, self.lamport + 1
        header = Header(
            seq=self.seq,
            fact_type=fact.KIND.type,
            version=fact.KIND.version,
            lamport=self.lamport,
            wall_ms=NOON_MS,
            quality=0,
            op_id=self.seq.to_bytes(16, "big"),
            subjects=subjects,
            parents=parents,
            officer=officer,
        )
        return self.add(header.encode(), found if body is None else body)

    def add(self, header: bytes, body: bytes) -> Pen:
        """Add an entry by its bytes."""
        entry = Entry.whole(header, bytes(15) + bytes([self.seq % 256]), body)
        self.h = link(self.h, header, entry.commit)
        self.entries.append(entry)
        return self

    def seal(self, key: SigningKey | None = None) -> Segment:
        """What was written since the last seal, under a real signature."""
        entries, self.entries = tuple(self.entries), []
        first = self.seq - len(entries) + 1
        message = seal_bytes(
            self.journal, first, self.seq, self.h, self.lamport, NOON_MS
        )
        signature = (key or self.key).sign(message).signature
        return Segment(
            self.journal,
            first,
            self.seq,
            self.h,
            self.lamport,
            NOON_MS,
            signature,
            entries,
        )


def control_cited(district: District, seq: int) -> Sequence[tuple[bytes, int]]:
    """The parent that says: I know the hub's control facts up to `seq`."""
    hub = (district.members["Hub"].folder / "certificate").read_bytes()
    return ((journal_id(hub, 0, b"H0")[:8], seq),)
