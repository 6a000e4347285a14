"""Courier files in bad hands: every mutant is read by the real reader into a real book.

Five hands: a bad medium (nothing moves; what must be missing is worked out by itself, in
`layout.py`), a bad copy (things move, end, repeat), a carrier who knows the format (frames
dropped, doubled, reordered, changed, with sums and repair data that fit again), a sloppy
one (the head of one file on the body of another), and the sender itself gone bad.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from perahu.journal.journal import Journal
from perahu.journal.types import PART, PHOTO, THUMBNAIL, BlobRef
from perahu.keys.sealing import FrameKey
from perahu.sync import frames, passport
from perahu.sync.courier import exporting, groups
from perahu.sync.courier.reading import files_on, read
from perahu.sync.courier.report import Imported
from perahu.sync.courier.writing import COUNT, HASH, LAST_BYTES, NUMBER, SIZE
from perahu.sync.frames import Frame
from perahu.sync.hello import Hello
from perahu.sync.limits import FRAME_BYTES_MAX
from perahu.sync.offer import ForkEvidence
from perahu.sync.session import Side
from sim.chance import Chance
from sim.fuzz.damage import IN_PLACE, as_cbor, bent, damaged
from sim.fuzz.insider import Insider
from sim.fuzz.kabupaten import TO_HUB, Kabupaten, corrected, peer_of
from sim.fuzz.layout import HEAD_BYTES, Cost, Sound, cost, taken_apart
from sim.fuzz.oracle import blobs_in, check_audited, check_blobs, check_book, heads_of
from sim.fuzz.pen import Pen, sealed_by
from sim.fuzz.watch import NotBelieved, Watch

TARGET = "courier file"
_HELLO = b"JRN1-hello"
_BIG_ONE_OF = 150
_AUDIT_ONE_OF = 40
_HEAL_ONE_OF = 60


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file to be read, and what is known about it beforehand."""

    content: bytes
    of: Sound
    hand: str
    cost: Cost | None = None
    """What must be missing, where that can be worked out."""
    mended: Cost | None = None
    """The same where stale frames lie about: whether it is whole, and what is mended."""
    is_ours: bool = False
    """Its sender made it so: then what it sealed is what it sealed."""


class CourierMutants:
    """A hub that reads, an office that wrote, and the hands between them."""

    def __init__(self, folder: Path, seed: int, watch: Watch) -> None:
        self._seed, self._watch, self._stick = seed, watch, folder / "stick"
        self._stick.mkdir()
        self._kabupaten = Kabupaten(folder / "kabupaten")
        self._path = self._stick / "JRN-x.jrnb"
        self.enggano = self._kabupaten.open("Enggano")
        self._sealed_blobs: set[str] = set()
        self._sound = self._written()
        self._sealed = sealed_by(self.enggano)
        hub = self._kabupaten.open("Hub")
        self._sealed |= sealed_by(hub)
        hub.close()
        self._keys = self._kabupaten.members["Enggano"].papers.keys
        self._pen = Pen(self.enggano, self._keys, self._sealed)
        self._back = self._kabupaten.keep("Hub")
        self._hub: Journal | None = None
        self._whole = {one.hello.session: self._came(one) for one in self._sound}

    def _came(self, of: Sound) -> tuple[int, int]:
        """Entries and blobs that a fresh hub has of a sound file."""
        hub = self._fresh()
        self._path.write_bytes(of.content)
        got = read(Side(hub, _heard_of), self._path, self._kabupaten.offer_for)
        assert got.is_whole, "a sound file"
        return got.stored_entries, got.blobs

    def _written(self) -> list[Sound]:
        """Files as an office writes them: nearly empty, small, with blobs, in parts, big."""
        name, number, found = "Enggano", 0, list[bytes]()
        hub = self._kabupaten.open("Hub")
        sizes = ((), (9_000,), (700, 20_000, 45_000), (120_000, 90_000), (1_700_000,))
        for blobs in sizes:
            for _ in range(3):
                number += 1
                fact = corrected(number)
                self._kabupaten.state(self.enggano, name, fact)
            refs = tuple(map(self._blob, blobs))
            self._kabupaten.state(self.enggano, name, corrected(number + 900), refs)
            in_parts = len(blobs) == 2
            made = exporting.export(
                Side(self.enggano),
                peer_of(hub),
                TO_HUB,
                self._stick,
                part_bytes_max=150_000 if in_parts else 1 << 30,
            )
            found += [path.read_bytes() for path in made.paths]
            for path in made.paths:
                path.unlink()
        hub.close()
        return [taken_apart(one) for one in found]

    def _blob(self, size: int) -> BlobRef:
        chance = Chance("blob", size)
        of = THUMBNAIL if size < 2_000 else PHOTO if size < 50_000 else PART
        ref = self.enggano.blobs.put(chance.randbytes(size), of)
        self._sealed_blobs.add(ref.sha256.hex())
        return ref

    def run(self, count: int, told: Callable[[int], None] = lambda _: None) -> None:
        """So many mutants, each at a hub that has nothing of the office yet."""
        for number in range(count):
            chance = Chance(self._seed, "courier", number)
            self.read_one(self._mutant(chance), chance)
            told(1)

    def read_one(self, mutant: Mutant, chance: Chance) -> None:
        """One file at a fresh hub; then, now and then, what was meant to come."""
        hub = self._fresh()
        self._path.write_bytes(mutant.content)
        with self._watch.trying(TARGET, lambda: mutant.content):
            self._read(hub, mutant)
            if not mutant.is_ours and chance.randrange(_HEAL_ONE_OF) == 0:
                self._heal(hub, mutant.of)
            if chance.randrange(_AUDIT_ONE_OF) == 0:
                check_audited(hub, self._kabupaten)

    def replay(self, content: bytes) -> None:
        """Bytes that failed once: of a file that is written the same in every run, or not."""
        of = next((one for one in self._sound if one.hello.session in content), None)
        mutant = Mutant(content, of or self._sound[0], "replayed", is_ours=of is None)
        self.read_one(mutant, Chance("replayed"))

    def close(self) -> None:
        """Close every book."""
        self._kabupaten.close()

    # -- reading -----------------------------------------------------------------------

    def _fresh(self) -> Journal:
        self._hub = self._back()
        return self._hub

    def _read(self, hub: Journal, mutant: Mutant) -> None:
        folder = self._kabupaten.members["Hub"].folder
        heads, blobs = heads_of(hub), set(blobs_in(folder))
        side = Side(hub, _heard_of)
        got: Imported | None = None
        files_on(hub, self._stick)
        try:
            got = read(side, self._path, self._kabupaten.offer_for)
        finally:
            entries = check_book(hub, heads, self._sealed)
            files = check_blobs(folder, blobs, self._sealed_blobs)
            if got is None and (entries or files):
                raise NotBelieved("a refused file brought something")
            if got is None:
                _check_refusal(mutant)
        self._check_report(got, mutant, entries, files)

    def _check_report(
        self, got: Imported, mutant: Mutant, entries: int, files: int
    ) -> None:
        """What the officer is told is what happened."""
        words = got.words
        if not (words.id and words.en):
            raise NotBelieved("no words")
        if (got.stored_entries, got.blobs) != (entries, files):
            told = f"{got.stored_entries} and {got.blobs} told"
            raise NotBelieved(f"{told}, {entries} and {files} came")
        if mutant.cost is not None:
            found = Cost(
                got.missing_frames, got.missing_bytes, got.mended_bytes // 4096
            )
            if found != mutant.cost:
                raise NotBelieved(f"told {found}, is {mutant.cost}")
        if mutant.mended is not None:
            seen = got.is_whole, got.mended_bytes // 4096
            if seen != (mutant.mended.frames == 0, mutant.mended.mended_squares):
                raise NotBelieved(f"told {seen}, is {mutant.mended}")
        if got.is_whole and not mutant.is_ours:
            self._check_all_came(self._lying_there(mutant))

    def _lying_there(self, mutant: Mutant) -> Sound:
        """Which file it is by its head: old sectors may bring back a whole older one."""
        front = mutant.content[:HEAD_BYTES]
        heads = (one for one in self._sound if one.content[:HEAD_BYTES] == front)
        return next(heads, mutant.of)

    def _check_all_came(self, of: Sound) -> None:
        """A file that is called whole brought all that its sender wrote into it.

        More may be here: a spliced file has whole frames of an older one.
        """
        assert self._hub is not None
        whole = self._whole[of.hello.session]
        rows, enggano = self._hub.journals(), self.enggano.node_id
        here = sum(row.head_seq for row in rows if row.node == enggano)
        blobs = len(blobs_in(self._kabupaten.members["Hub"].folder))
        if here < whole[0] or blobs < whole[1]:
            raise NotBelieved(f"called whole; {(here, blobs)} of {whole} are here")

    def _heal(self, hub: Journal, of: Sound) -> None:
        """No mutant stands in the way of the sound file that comes after it."""
        self._path.write_bytes(of.content)
        got = read(Side(hub, _heard_of), self._path, self._kabupaten.offer_for)
        if not got.is_whole:
            raise NotBelieved("a sound file is not whole any more")
        if of.hello.file.get(9) is not True:
            self._check_all_came(of)

    # -- hands -------------------------------------------------------------------------

    def _mutant(self, chance: Chance) -> Mutant:
        big = self._sound[-1]
        of = (
            big
            if chance.randrange(_BIG_ONE_OF) == 0
            else chance.choice(self._sound[:-1])
        )
        hand = chance.choices(
            (self._medium, self._copy, self._carrier, self._sloppy, self._sender),
            (30, 15, 30, 5, 20),
        )[0]
        return hand(chance, of)

    def _others(self) -> list[bytes]:
        return [one.content for one in self._sound[:-1]]

    def _medium(self, chance: Chance, of: Sound) -> Mutant:
        """Sectors, bits and runs, in their place."""
        content, is_stale = of.content, chance.hits(0.2)
        others = self._others() if is_stale else []
        for _ in range(chance.choice((1, 1, 2, 3, 6))):
            if chance.hits(0.4):
                content = _bad_sectors(chance, content, others)
            else:
                content = chance.choice(IN_PLACE)(chance, content, ())
        found = cost(of, content)
        if is_stale:
            # An old head may lie there too; then it is the old file that is damaged.
            is_known = content[:HEAD_BYTES] == of.content[:HEAD_BYTES]
            return Mutant(content, of, "medium", mended=found if is_known else None)
        return Mutant(content, of, "medium", cost=found)

    def _copy(self, chance: Chance, of: Sound) -> Mutant:
        """Torn, cut, repeated, spliced."""
        content = damaged(chance, of.content, self._others())
        return Mutant(content, of, "copy")

    def _carrier(self, chance: Chance, of: Sound) -> Mutant:
        """Frames changed by who knows the format, with sums and repair that fit."""
        found = [one.frame for one in of.frames if one.frame.type not in (0, 30, 31)]
        more = [one.frame for one in chance.choice(self._sound[:-1]).frames]
        for _ in range(chance.choice((1, 1, 2, 5))):
            found = _changed(chance, found, more)
        body, last = _in_groups(of.hello.session[:8], found)
        if chance.hits(0.7):
            size = max(0, of.hello.file[SIZE] - len(body))
            body += bytes(size) if chance.hits(0.5) else b""
        front = of.content[:HEAD_BYTES]
        tail = of.content[of.heads[2].begin :]
        assert last
        return Mutant(front + body + tail, of, "carrier")

    def _sloppy(self, chance: Chance, of: Sound) -> Mutant:
        """The head of one part or day on the body of another."""
        other = chance.choice(self._sound[:-1]).content
        content = of.content[:HEAD_BYTES] + other[HEAD_BYTES:]
        if chance.hits(0.3):
            content = damaged(chance, content, self._others())
        return Mutant(content, of, "sloppy")

    def _sender(self, chance: Chance, of: Sound) -> Mutant:
        """The office itself, with its own keys: odd heads, odd frames, good signatures."""
        session, key = chance.randbytes(16), FrameKey.new(chance.randbytes)
        insider = Insider(
            self.enggano, self._pen, key, session, self.enggano.incarnation
        )
        found = [insider.frame(chance) for _ in range(chance.choice((1, 4, 12)))]
        body, last = _in_groups(session[:8], found)
        says = {
            COUNT: len(found), HASH: hashlib.sha256(body).digest(), SIZE: len(body),
            LAST_BYTES: last, NUMBER: 7,
        }  # fmt: skip
        head = self._head(chance, session, key, says)
        front = (frames.MAGIC + head)[:HEAD_BYTES]
        room = groups.filler(max(10, HEAD_BYTES - len(front)))
        content = (front + room)[:HEAD_BYTES] + body + head
        if chance.hits(0.2):
            content = damaged(chance, content, self._others())
        return Mutant(content, of, "sender", is_ours=True)

    def _head(
        self, chance: Chance, session: bytes, key: FrameKey, says: dict[int, object]
    ) -> bytes:
        hub = self._kabupaten.members["Hub"].papers
        ours = passport.write(self.enggano.chain, {12: 1})
        hello = Hello(
            session=session,
            counter=0,
            sender=self.enggano.node_id,
            receiver=hub.node_id,
            incarnation=self.enggano.incarnation,
            passport_name=ours.name,
            passport=ours.content,
            wrapped_key=key.wrapped_for(bytes(hub.keys.box_key.public_key)),
            file=says,
        )
        tree = hello._plain()
        if chance.hits(0.3):
            tree = tree | {19: bent(chance, tree[19])}
        elif chance.hits(0.2):
            tree = bent(chance, tree)
        body = as_cbor(tree)
        signature = self.enggano.sign(_HELLO, body)
        payload = as_cbor([body, signature])[:FRAME_BYTES_MAX]
        return Frame(frames.HELLO, payload).encode()


def _heard_of(_: ForkEvidence) -> None:
    """A fork is told of; that is all a book does about it."""


def _check_refusal(mutant: Mutant) -> None:
    """A file with a head left in its place is not turned away for a bad medium."""
    if mutant.cost is None and mutant.mended is None:
        return
    content, sound = mutant.content, mutant.of
    for head in sound.heads:
        if content[head.begin : head.end] == sound.content[head.begin : head.end]:
            raise NotBelieved("a head is whole, and the file was refused")


def _bad_sectors(chance: Chance, content: bytes, others: Sequence[bytes]) -> bytes:
    """Whole sectors: zeros, noise, or what stood in another file at that place."""
    size = 512 * chance.choice((1, 8, 8, 16, 64))
    at = chance.randrange(max(1, len(content) // 512)) * 512
    size = min(size, len(content) - at)
    bad = [bytes(size), chance.randbytes(size)]
    if others:
        bad = [chance.choice(others)[at : at + size].ljust(size, b"\0")]
    return content[:at] + chance.choice(bad) + content[at + size :]


def _changed(chance: Chance, found: list[Frame], more: Sequence[Frame]) -> list[Frame]:
    """The same frames with one dropped, doubled, moved, foreign or changed."""
    made = list(found) or [Frame(0, b"")]
    at, how = chance.randrange(len(made)), chance.randrange(7)
    one = made[at]
    if how == 0:
        del made[at]
    elif how == 1:
        made.insert(chance.randrange(len(made)), one)
    elif how == 2:
        made.insert(chance.randrange(len(made)), made.pop(at))
    elif how == 3:
        made[at] = chance.choice(more)
    elif how == 4:
        made[at] = Frame(chance.randrange(1, 11), one.payload, one.flags)
    elif how == 5:
        made[at] = Frame(one.type, one.payload, one.flags ^ 1 << chance.randrange(8))
    else:
        payload = damaged(chance, one.payload, [other.payload for other in more])
        made[at] = Frame(one.type, payload[:65_536], one.flags)
    return made


def _in_groups(name: bytes, found: Sequence[Frame]) -> tuple[bytes, int]:
    """Frames as a file holds them, with repair data; and the last group's data bytes."""
    made, group, number, last = b"", b"", 0, 0
    pieces = [frame.encode() for frame in found] or [groups.filler(64)]
    for raw in [*pieces, b""]:
        if raw and groups.fits(len(group), len(raw)):
            group += raw
            continue
        last = groups.filled(len(group)) if not raw else groups.GROUP_BYTES
        data = group + groups.filler(last - len(group))
        made += data + b"".join(groups.repair(name, number, data))
        group, number = raw, number + 1
    return made, last
