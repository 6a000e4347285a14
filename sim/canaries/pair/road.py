"""How two machines meet: a session carried by hand, or a file on a stick.

The carrying may end after so many bytes, change one bit, or be heard by somebody who says
it all again later. What a contact brought and what was refused in it is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from perahu.node.roles import ROLES
from perahu.sync.ack import Evidence
from perahu.sync.courier.exporting import export
from perahu.sync.courier.reading import read
from perahu.sync.courier.report import Imported
from perahu.sync.initiator import Initiator
from perahu.sync.offer import Offer
from perahu.sync.passport import Passport
from perahu.sync.responder import Doors, Responder
from perahu.words import Refusal
from sim.canaries.pair.machines import HUB, STICK, Machine

UP, DOWN = ROLES["kecamatan"].up, ROLES["kabupaten"].down
_TURNS_MAX = 400


@dataclass(slots=True)
class Trouble:
    """What happens to the bytes of one contact."""

    cut: int | None = None
    """After so many bytes in all nothing comes through any more."""
    flip: int | None = None
    """This byte of the caller's is changed on the way."""
    piece: int = 1 << 16
    """So much goes one way before the other one has its turn."""
    watch: Callable[[], None] = lambda: None
    """Looks at both sides after each turn."""


@dataclass(slots=True)
class Contact:
    """How it went."""

    is_finished: bool = False
    code: str = ""
    """Why one side refused, or the stream broke; empty where nobody did."""
    content_bytes: int = 0
    """Segments and chunks, of both sides."""
    stored: int = 0
    refused: int = 0
    """Segments that one side took for no facts."""
    told: list[Evidence] = field(default_factory=list)
    said: bytes = b""
    """All that the caller said, as somebody on the road heard it."""


def offer_at(machine: Machine) -> Offer:
    """What the other side is to this machine."""
    found = DOWN if machine.name == HUB else UP
    assert found is not None
    return found


def doors_of(hub: Machine) -> Doors:
    """Whoever the hub has enrolled may come in."""

    def offer_for(passport: Passport) -> Offer | None:
        is_known = hub.journal.authority.node(passport.node_id) is not None
        return DOWN if is_known else None

    return Doors(offer_for)


def begin(caller: Machine, hub: Machine) -> tuple[Initiator, Responder]:
    """Both sides of a session that nobody has said a word in yet."""
    initiator = Initiator(caller.side(), hub.peer, offer_at(caller))
    return initiator, Responder(hub.side(), doors_of(hub))


def carry(initiator: Initiator, responder: Responder, trouble: Trouble) -> Contact:
    """Bytes to and fro until both are done, nothing moves, or the trouble."""
    contact = Contact()
    left = 1 << 40 if trouble.cut is None else trouble.cut
    try:
        for _ in range(_TURNS_MAX):
            if initiator.finished and responder.finished:
                break
            up = initiator.to_send(min(trouble.piece, left))
            left -= len(up)
            responder.received(_heard(contact, up, trouble))
            down = responder.to_send(min(trouble.piece, left))
            left -= len(down)
            initiator.received(down)
            trouble.watch()
            if not up and not down:
                break
    except Refusal as refusal:
        contact.code = refusal.code
    _sum_up(contact, initiator, responder)
    return contact


def _heard(contact: Contact, up: bytes, trouble: Trouble) -> bytes:
    at = -1 if trouble.flip is None else trouble.flip - len(contact.said)
    if 0 <= at < len(up):
        up = up[:at] + bytes([up[at] ^ 1]) + up[at + 1 :]
    contact.said += up
    return up


def _sum_up(contact: Contact, initiator: Initiator, responder: Responder) -> None:
    contact.is_finished = initiator.finished and responder.finished
    for one in (initiator, responder):
        contact.content_bytes += sum(c.sent_bytes for c in one.progress.classes)
        if one.refusal is not None:
            contact.code = contact.code or one.refusal.code
        if one.is_greeted:
            contact.stored += one.stored_entries
            contact.refused += one._receiving.refused_segments
        contact.told += one.evidence_heard


def meet(caller: Machine, hub: Machine, trouble: Trouble | None = None) -> Contact:
    """One exchange; a second one at once where the first says that it would do."""
    for _ in range(3):
        initiator, responder = begin(caller, hub)
        contact = carry(initiator, responder, trouble or Trouble())
        again = initiator.is_worth_repeating
        initiator.close()
        responder.close()
        caller.journal.catch_up()
        hub.journal.catch_up()
        if not again:
            break
    return contact


def replayed(said: bytes, hub: Machine) -> str:
    """Somebody says again what was said before: why the hub refuses it, or nothing."""
    responder = Responder(hub.side(), doors_of(hub))
    try:
        responder.received(said)
    except Refusal as refusal:
        return refusal.code
    responder.close()
    return responder.refusal.code if responder.refusal else ""


@dataclass(frozen=True, slots=True)
class File:
    """A courier file out of its stick."""

    name: str
    to: str
    content: bytes


def write(source: Machine, target: Machine) -> list[File]:
    """Everything the other one lacks, as files."""
    done = export(source.side(), target.peer, offer_at(source), STICK)
    found = []
    for path in done.paths:
        content = source.disk.find(str(path))
        assert content is not None, "it was written just now"
        found.append(File(path.name, target.name, bytes(content.data)))
        source.disk.remove(path)
    return found


def take(file: File, target: Machine) -> Imported | str:
    """Read a file; the code of the refusal where it is not taken."""
    path: Path = STICK / file.name
    target.disk.put(path, file.content)

    def offer_for(_: Passport) -> Offer | None:
        return offer_at(target)

    try:
        return read(target.side(), path, offer_for)
    except Refusal as refusal:
        return refusal.code
    finally:
        target.disk.remove(path)
