"""The kinds of work that a worker is killed at; each goes on for ever on a real node.

A job says a receipt after the action returned it, and never before. Only the printer says
first what it did: a card that came out cannot be taken back.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from perahu.cards import actions as cards
from perahu.cards import reads as orders
from perahu.cards.rules import Proof
from perahu.devices.card_ports import CardFace
from perahu.journal.types import Receipt
from perahu.keys.sealing import open_blob
from perahu.node import trust
from perahu.node.courier import export_to, take_all
from perahu.node.listener import Listener
from perahu.node.office import Office
from perahu.node.rng import system_random
from perahu.node.road import Caller, doors_of, side_of
from perahu.node.tls import server_context
from perahu.people import actions as people
from perahu.people.models import Person
from perahu.people.rules import Change
from perahu.sync.exchange import Patience
from perahu.words import Refusal
from sim.kills import desk
from sim.kills.ledger import Ledger
from sim.kills.town import (
    CODE,
    ENGGANO,
    HUB,
    KECAMATAN,
    LOOPBACK,
    Town,
    officer_of,
)
from sim.kills.workers import Say, Work

ATTEMPTS_MAX = 2
_AWAY = ("unreachable", "fenced")
"""Nobody answers, for the other one was killed: no news."""
_SERIALS_FROM = 9_000
"""People of the erasing desk: born in other years than those of the other one."""


@dataclass(slots=True)
class Bench:
    """What a worker has in hand."""

    town: Town
    name: str
    office: Office
    ledger: Ledger
    """As the parent knew it when it forked; the worker's own copy."""
    port: int
    """Where the hub listens in this series."""
    chance: Random
    say: Say
    number: int
    """The next operation of the desk."""

    @property
    def officer(self) -> bytes:
        """Who works here."""
        return officer_of(self.office, self.name)

    def receipt(self, given: Receipt, number: int | None = None) -> None:
        """Say that this was recorded."""
        self.say(
            "receipt",
            number=number,
            journal=given.journal,
            seq=given.seq,
            h=given.h,
            op=given.op_id,
            mirrored=given.mirrored,
        )


Job = Callable[[Bench], None]


def life(town: Town, kind: str, ledger: Ledger, port: int, seed: int) -> Work:
    """The whole life of a worker: open the node, say so, and do the job until the end."""
    place = JOBS[kind]

    def live(say: Say) -> None:
        office = town.open(place.name)
        with office.at_work():
            chance, number = Random(seed), ledger.desk_next
            bench = Bench(town, place.name, office, ledger, port, chance, say, number)
            say("begun")
            place.job(bench)

    return live


def record(bench: Bench, times: int | None = None) -> None:
    """A desk: people come, are registered, recorded with their parts, and corrected."""
    last = None if times is None else bench.number + times
    while bench.number != last:
        ask = bench.office.ask(bench.officer, desk.op_id(bench.number))
        bench.receipt(desk.do(bench.office, ask, bench.number), bench.number)
        bench.number += 1


def seal(bench: Bench) -> None:
    """A desk whose segments are closed again and again, as before every exchange."""
    while True:
        record(bench, times=1)
        bench.office.journal.seal()


def rebuild(bench: Bench) -> None:
    """The tables are emptied and played again while the desk goes on."""
    while True:
        record(bench, times=1)
        bench.office.tables.rebuild()
        bench.office.journal.catch_up()


def sync(bench: Bench) -> None:
    """A desk, and beside it the road to the hub over TLS, in one process."""
    thread = threading.Thread(target=_loud, args=(bench, road), daemon=True)
    thread.start()
    record(bench)


def road(bench: Bench) -> None:
    """Exchange with the hub again and again."""
    office = bench.office
    office.settings = replace(office.settings, parent=f"{LOOPBACK}:{bench.port}")
    caller = Caller(office, Patience(attempts_max=ATTEMPTS_MAX))
    with office.at_work():
        while True:
            refusal = caller.call().refusal
            if refusal is not None and refusal.code not in _AWAY:
                raise refusal


def _loud(bench: Bench, job: Job) -> None:
    try:
        job(bench)
    except Exception as error:  # noqa: BLE001 - said, and the run fails by it
        bench.say("failed", trace=f"{type(error).__name__}: {error}")


def answer(bench: Bench) -> None:
    """The hub's listener, and its own desk at the same time."""
    office = bench.office
    files = office.folder / trust.FOLDER
    context = server_context(files / trust.CERTIFICATE_FILE, files / trust.KEY_FILE)
    listener = Listener(
        side_of(office), doors_of(office), context, (LOOPBACK, bench.port)
    )
    listener.start()
    bench.say("listening")
    order(bench)


def order(bench: Bench, times: int | None = None) -> None:
    """The hub corrects residents of Enggano, one after another: news to send down."""
    known = list(Person.objects.order_by("nik")[:50])
    for _ in itertools.count() if times is None else range(times):
        one = bench.chance.choice(known)
        change = Change("alamat", f"DATA UJI, {system_random(4).hex()}", "surat desa")
        ask = bench.office.ask(bench.officer)
        given = people.correct_biodata(
            bench.office.journal,
            ask,
            person=bytes.fromhex(one.person),
            changes=[change],
            wilayah=one.wilayah,
        )
        bench.receipt(given)


def courier(bench: Bench) -> None:
    """Write a file for the other node, read what lies there for us, and answer it."""
    other = ENGGANO if bench.name == HUB else HUB
    stick = bench.town.stick
    while True:
        if bench.name == HUB:
            order(bench, times=1)
        else:
            record(bench, times=2)
        try:
            haul = take_all(bench.office, [stick], stick)
            for one in haul.taken:
                one.path.unlink()
        except Refusal as refusal:
            if refusal.code != "nothing_for_us":
                raise
        _write_anew(bench, bench.town.node_id(other))


def _write_anew(bench: Bench, other: bytes) -> None:
    """A file holds all since the last ack: the older ones of ours may leave the stick."""
    stick = bench.town.stick
    lying = set(stick.iterdir())
    written = export_to(bench.office, other, stick)
    ours = {path for path in lying if _sender(path) == _sender(written.paths[0])}
    for path in ours - set(written.paths):
        path.unlink(missing_ok=True)


def _sender(path: Path) -> str:
    """Whose file it is, as its name says: JRN-<from>-<to>-…"""
    return path.name.split("-")[1] if path.name.startswith("JRN-") else path.name


def print_cards(bench: Bench) -> None:
    """Look at what was left uncertain, print, hand over, erase the parts."""
    office, journal = bench.office, bench.office.journal
    press = desk.Press(lambda job: bench.say("card", job=job), set(bench.ledger.cards))
    _look_at_uncertain(bench, press)
    _hand_over_printed(bench)
    identity = office.keys.age_identity
    for waiting in orders.print_queue(journal.node_id):
        printed = cards.print_card(
            journal,
            office.ask(bench.officer),
            press,
            order=waiting.order,
            open_blob=lambda cipher: open_blob(cipher, identity),
            draw=_draw,
        )
        bench.receipt(printed.receipt)
        _hand_over_printed(bench)
    record(bench)


def _look_at_uncertain(bench: Bench, press: desk.Press) -> None:
    """A person looks at the printer's tray: was it printed before the power went?"""
    journal = bench.office.journal
    for state, attempt in orders.to_look_at(journal.node_id):
        job = f"{state.order.hex()}-{attempt.attempt}"
        found = "printed" if job in press.jobs else "never_began"
        given = cards.resolve_attempt(
            journal,
            bench.office.ask(bench.officer),
            order=state.order,
            attempt=attempt.attempt,
            outcome=found,
        )
        bench.receipt(given)


def _hand_over_printed(bench: Bench) -> None:
    journal = bench.office.journal
    for state in orders.by_state(orders.TO_HAND_OVER, journal.node_id):
        ask = bench.office.ask(bench.officer)
        proof = Proof(means="code", code=CODE)
        given = cards.hand_over(journal, ask, order=state.order, proof=proof)
        bench.receipt(given)
    for state in orders.by_state(orders.HANDED_OVER, journal.node_id):
        cards.erase_parts(journal, order=state.order)


def _draw(face: CardFace, *, photo: bytes, signature: bytes) -> bytes:
    """The picture is not what is looked at here."""
    return f"{face.nik} {len(photo)} {len(signature)}".encode()


def erase(bench: Bench) -> None:
    """Somebody is registered and then, by law, erased; the tables are made anew."""
    office, serial = bench.office, bench.ledger.serials
    while True:
        bench.say("serial", serial=serial)
        person = system_random(12)
        given = people.register_resident(
            office.journal,
            office.ask(bench.officer),
            person=person,
            biodata=desk.biodata_of(_SERIALS_FROM + serial),
            wilayah=KECAMATAN,
            papers="KK",
        )
        bench.receipt(given)
        office.journal.erase(person)
        bench.say("erased", subject=person)
        office.journal.catch_up()
        serial += 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a kind of job is done, and how much its worker does at most before it dies."""

    name: str
    job: Job
    receipts_max: int


JOBS = {
    "record": Place(ENGGANO, record, 12),
    "sync": Place(ENGGANO, sync, 12),
    "courier": Place(ENGGANO, courier, 6),
    "print": Place(ENGGANO, print_cards, 7),
    "erase": Place(ENGGANO, erase, 3),
    "seal": Place(ENGGANO, seal, 7),
    "rebuild": Place(ENGGANO, rebuild, 5),
    "answer": Place(HUB, answer, 12),
    "order": Place(HUB, order, 8),
    "courier at the hub": Place(HUB, courier, 4),
}
"""Every kind of job a worker is killed at."""
