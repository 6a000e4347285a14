"""Bawa ke lapangan: from an office to the field laptop and back, without the hub.

1. At the office: a trip is begun, its rights, cards and stock are sent, and the courier
   file for the laptop is written. Cut short anywhere, `go_on` does what is left.
2. At the laptop: the file is read, what came is taken; the stock waits to be counted.
3. Back: the laptop sends what it did not use, and writes its file; the office reads it.

What is between two halves is on its way, and is shown so until somebody takes it: a stick
that is lost is written anew, and a laptop that is lost is never forgotten.

Example: `go_on(office, officer, trip, stick)`, at work (`with office.at_work()`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perahu.cards import (
    actions,
    actions_move,
    actions_stock,
    reads,
    reads_stock,
)
from perahu.cards.facts import ITEMS
from perahu.journal.types import Ask
from perahu.keys import cbor
from perahu.keys.certificates import NodeCertificate
from perahu.keys.sealing import open_blob
from perahu.node.courier import Taken, export_to, import_files
from perahu.node.office import Office
from perahu.node.relay.field import post_back, post_in, post_out
from perahu.node.relay.stick import Handed
from perahu.node.wilayah import share_wilayah
from perahu.sync.courier.exporting import Exported
from perahu.trips import actions as actions_trip
from perahu.trips import reads as reads_trip
from perahu.trips import reads_visits
from perahu.trips.reads import DONE, NOT_SENT, TripState
from perahu.trips.reads_visits import Visits
from perahu.trips.rules import Wanted, op_of, transfer_of
from perahu.words import Refusal, Words

STAYS_HERE = frozenset((
    "print_cancelled", "right_on_its_way", "right_elsewhere", "already_printed",
    "look_first", "no_card_here", "card_elsewhere", "blob_missing", "unknown_order",
    "not_enough",
))  # fmt: skip
"""Refusals about one piece: it stays where it is, and the trip goes on without it."""
TRIPS_TIDIED = 50
WAY_BACK_FILE = b"way back"
"""The name under which a laptop notes the file it wrote last."""
_SPACE, _FILE_BYTES_MAX = "field", 256 * 1024

Step = Callable[[int, int], None]
"""Told how many steps of how many are done."""


def _say_nothing(done: int, total: int) -> None:
    """Nobody watches."""


@dataclass(slots=True, kw_only=True)
class Sent:
    """What was sent on its way, and the file that carries it."""

    rights: int = 0
    cards: int = 0
    stock: dict[str, int] = field(default_factory=dict)
    stayed: list[tuple[bytes, Words]] = field(default_factory=list)
    """(order, why) of what could not go."""
    exported: Exported | None = None
    post: Handed = field(default_factory=Handed)
    """Letters for others on the same stick: the laptop's own to the hub among them."""


@dataclass(slots=True, kw_only=True)
class Received:
    """What a file from the other side brought, and what is to be done now."""

    files: list[Taken] = field(default_factory=list)
    rights: int = 0
    cards: int = 0
    waiting: int = 0
    """Rights whose photo is not here: the file was torn; they are taken from the next."""
    ended: list[bytes] = field(default_factory=list)
    """Trips of which everything is back now."""
    post: Handed = field(default_factory=Handed)
    """Letters for others that were taken along: the laptop's to the hub goes on from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastFile:
    """The file last written for a trip: what its custody slip says."""

    names: tuple[str, ...]
    check_words: tuple[str, ...]
    size_bytes: int
    at_ms: int


def last_file(office: Office, trip: bytes) -> LastFile | None:
    """The file last written for a trip, or None where none was."""
    raw = office.journal.local.get(_SPACE, trip)
    if raw is None:
        return None
    names, words, size, at_ms = cbor.decode(raw, _FILE_BYTES_MAX)
    return LastFile(
        names=tuple(names), check_words=tuple(words), size_bytes=size, at_ms=at_ms
    )


def _note_file(office: Office, trip: bytes, made: Exported) -> None:
    names = [path.name for path in made.paths]
    at_ms = office.now().wall_ms
    raw = cbor.encode([names, list(made.check_words), made.size_bytes, at_ms])
    office.journal.local.put(_SPACE, trip, raw)


def neighbours(office: Office) -> list[NodeCertificate]:
    """Whom this node meets from hand to hand: its field laptops, or a laptop's offices."""
    mine, beside = office.certificate, office.settings.row.beside
    nodes = office.authority.nodes().values()
    found = [
        node
        for node in nodes
        if node.role in beside
        and node.node_id != mine.node_id
        and share_wilayah(mine, node)
    ]
    return sorted(found, key=lambda node: (node.name.casefold(), node.node_id))


def neighbour(office: Office, name: str | None) -> NodeCertificate:
    """The neighbour of this name; without one the only one there is. Raises Refusal."""
    found = neighbours(office)
    if name is not None:
        wanted = name.strip().casefold()
        found = [node for node in found if node.name.casefold() == wanted]
    if len(found) != 1:
        raise Refusal(
            "which_node",
            id="Sebutkan satu simpul yang dikenal di wilayah ini (--to); tidak ada yang "
            "dikirim.",
            en="Name one node that is known in this wilayah (--to); nothing was sent.",
        )
    return found[0]


def visits_of(office: Office, desa: str) -> Visits:
    """Whom to visit in a desa, as this node knows it today."""
    age = office.authority.policy.umur_rekam_min
    today = office.now().today
    return reads_visits.visits(desa, today, age, office.journal.node_id)


def check_beside(office: Office, to: bytes) -> None:
    """Refuses a node that this one does not meet from hand to hand."""
    if to not in [node.node_id for node in neighbours(office)]:
        raise Refusal(
            "not_beside",
            id="Simpul itu bukan laptop lapangan atau kantor di wilayah ini; tidak ada yang "
            "dikirim.",
            en="That node is no field laptop or office of this wilayah; nothing was sent.",
        )


def remarks(office: Office, plan: actions_trip.TripPlan) -> list[Words]:
    """What is missing for this trip, in words; empty where nothing is."""
    tests = (
        (plan.without_parts, _NO_PARTS),
        (plan.unclear, _UNCLEAR),
        (max(0, len(plan.rights) - plan.stock["blanko"]), _FEW_BLANKO),
    )
    found = [Words(w.id.format(n), w.en.format(n)) for n, w in tests if n]
    if office.authority.policy.policy == "ONLINE_ONLY" and plan.to_record:
        found.append(_ONLINE_ONLY)
    if office.journal.halts():
        found.append(_HALTED)
    return found


# --- out ---------------------------------------------------------------------------------


def take_to_field(
    office: Office,
    officer: bytes,
    wanted: Wanted,
    folder: Path,
    on_step: Step = _say_nothing,
) -> Sent:
    """Begin a trip and do all of it: send, and write the file for the laptop."""
    _check_stick(folder)
    check_beside(office, wanted.to)
    ask = office.ask(officer, op_of(wanted.trip, "begin"))
    actions_trip.begin_trip(office.journal, ask, wanted=wanted)
    return go_on(office, officer, wanted.trip, folder, on_step)


def go_on(
    office: Office,
    officer: bytes,
    trip: bytes,
    folder: Path,
    on_step: Step = _say_nothing,
) -> Sent:
    """Do what is left of a trip, and write the file once more."""
    _check_stick(folder)
    state = _open_trip(office, trip)
    sent = Sent()
    left = [order for order, where, _ in state.orders if where == NOT_SENT]
    unsent = [one for one in state.stock if one.sent is None]
    total = len(left) + len(unsent) + 1
    for done, order in enumerate(left):
        on_step(done, total)
        ask = office.ask(officer, op_of(trip, f"order {order.hex()}"))
        _send(office, ask, order, state.to, sent)
    for one in unsent:
        ask = office.ask(officer, op_of(trip, f"stock {one.item}"))
        transfer = transfer_of(trip, one.item)
        _send_stock(office, ask, (transfer, one.item, one.planned, state.to), sent)
    on_step(total - 1, total)
    sent.exported = export_to(office, state.to, folder)
    sent.post = post_out(office, folder, state.to)
    _note_file(office, trip, sent.exported)
    on_step(total, total)
    return sent


def _open_trip(office: Office, trip: bytes) -> TripState:
    state = reads_trip.trip_state(trip)
    if state is None or not state.is_open or state.node != office.journal.node_id:
        raise Refusal(
            "trip_closed",
            id="Perjalanan ini tidak ada di sini atau sudah ditutup; tidak ada yang "
            "dikirim.",
            en="There is no such trip here, or it is closed; nothing was sent.",
        )
    return state


def _send(office: Office, ask: Ask, order: bytes, to: bytes, sent: Sent) -> None:
    identity = office.keys.age_identity
    state = reads.order(order)
    try:
        actions_move.send_order(
            office.journal,
            ask,
            order=order,
            to=to,
            open_blob=lambda cipher: open_blob(cipher, identity),
        )
    except Refusal as refusal:
        if refusal.code not in STAYS_HERE:
            raise
        sent.stayed.append((order, refusal.words))
        return
    is_card = state is not None and state.printed
    sent.cards, sent.rights = sent.cards + is_card, sent.rights + (not is_card)


def _send_stock(
    office: Office, ask: Ask, what: tuple[bytes, str, int, bytes], sent: Sent
) -> None:
    transfer, item, count, to = what
    try:
        actions_stock.send_stock(
            office.journal, ask, transfer=transfer, item=item, count=count, to=to
        )
    except Refusal as refusal:
        if refusal.code not in STAYS_HERE:
            raise
        sent.stayed.append((b"", refusal.words))
        return
    sent.stock[item] = count


# --- in ----------------------------------------------------------------------------------


def receive(office: Office, officer: bytes, paths: Sequence[Path]) -> Received:
    """Read the files of the other side, if any, and take what is on its way here."""
    files = import_files(office, list(paths), None) if paths else []
    got = Received(files=files, post=post_in(office, paths))
    take_in(office, officer, got)
    return got


def take_in(office: Office, officer: bytes, got: Received) -> None:
    """Take every right and card on its way here whose parts have come; then tidy up."""
    journal, node = office.journal, office.journal.node_id
    for order, _, is_card in reads_trip.orders_coming(node):
        state = reads.order(order)
        needed = state.blobs if state is not None and not is_card else ()
        if not all(journal.blobs.has(sha) for sha in needed):
            got.waiting += 1
            continue
        actions_move.take_order(journal, office.ask(officer), order=order)
        got.cards, got.rights = got.cards + is_card, got.rights + (not is_card)
    tidy(office)
    got.ended += settle(office, officer)


def count_in(
    office: Office, officer: bytes, transfer: bytes, count: int
) -> list[bytes]:
    """Note what was counted of a stock transfer; gives the trips that end with it."""
    actions_stock.arrive_stock(
        office.journal, office.ask(officer), transfer=transfer, count=count
    )
    return settle(office, officer)


def settle(office: Office, officer: bytes) -> list[bytes]:
    """Close the trips of this office of which nothing is out any more."""
    ended = []
    for state in reads_trip.trips(office.journal.node_id, open_only=True):
        is_mine = state.node == office.journal.node_id
        unsent = state.count(NOT_SENT) or any(one.sent is None for one in state.stock)
        if is_mine and not unsent and not state.out and (state.orders or state.stock):
            ask = office.ask(officer, op_of(state.trip, "end"))
            actions_trip.end_trip(office.journal, ask, trip=state.trip)
            ended.append(state.trip)
    return ended


def tidy(office: Office) -> int:
    """Parts of cards that are handed over, or here no more, leave this node. How many."""
    gone = 0
    for state in reads_trip.trips(office.journal.node_id, limit=TRIPS_TIDIED):
        for order, where, _ in state.orders:
            if where == DONE:
                gone += actions.erase_parts(office.journal, order=order)
            elif where != NOT_SENT:
                gone += actions_move.forget_sent_parts(office.journal, order=order)
    return gone


# --- back --------------------------------------------------------------------------------


def bring_back(
    office: Office,
    officer: bytes,
    to: bytes,
    folder: Path,
    *,
    counted: Mapping[str, int] | None = None,
    reason: str = "",
    on_step: Step = _say_nothing,
) -> Sent:
    """At the laptop: send back what was not used, and write the file for the office.

    `counted` is what a person counted in the bag; a difference to the ledger needs a reason.
    Raises Refusal "look_first" or "count_first" while something is not clear yet.
    """
    _check_stick(folder)
    check_beside(office, to)
    journal, node = office.journal, office.journal.node_id
    _check_clear(node)
    for item, count in (counted or {}).items():
        if count != reads_stock.on_hand(node, item):
            actions_stock.count_stock(
                journal, office.ask(officer), item=item, counted=count, reason=reason
            )
    sent = Sent()
    mine = [one for one in reads_trip.orders_at(node) if reads.right_sent_by(one) == to]
    for done, order in enumerate(mine):
        on_step(done, len(mine) + 1)
        _send(office, office.ask(officer), order, to, sent)
    for item in ITEMS:
        count = reads_stock.on_hand(node, item)
        if count > 0:
            transfer = journal.ports.random(12)
            what = (transfer, item, count, to)
            _send_stock(office, office.ask(officer), what, sent)
    sent.exported = export_to(office, to, folder)
    sent.post = post_back(office, folder)
    _note_file(office, WAY_BACK_FILE, sent.exported)
    tidy(office)
    on_step(len(mine) + 1, len(mine) + 1)
    return sent


def _check_clear(node: bytes) -> None:
    unclear, uncounted = reads.to_look_at(node), reads_stock.on_the_way(node)
    if unclear:
        raise Refusal(
            "look_first",
            id=f"Ada {len(unclear)} cetakan yang belum jelas hasilnya; belum ada yang "
            "dikirim kembali. Lihat printer, catat apa yang terjadi, lalu ulangi.",
            en=f"What became of {len(unclear)} prints is not known; nothing was sent back. "
            "Look at the printer, note what happened, then do it again.",
        )
    if uncounted:
        raise Refusal(
            "count_first",
            id=f"Ada {len(uncounted)} kiriman barang yang belum dihitung di sini; belum ada "
            "yang dikirim kembali. Hitung dahulu, lalu ulangi.",
            en=f"{len(uncounted)} transfers of stock were not counted here yet; nothing was "
            "sent back. Count them first, then do it again.",
        )


def _check_stick(folder: Path) -> None:
    """Before anything moves: without a stick nothing of a trip would get anywhere."""
    if not folder.is_dir():
        raise Refusal(
            "no_stick",
            id=f"Folder {folder} tidak ada; pasang stiknya. Belum ada yang dikirim.",
            en=f"There is no folder {folder}; plug the stick in. Nothing was sent.",
        )


_NO_PARTS = Words(
    "{} hak cetak atau kartu belum lengkap fotonya; tetap di kantor sampai datang dari "
    "kabupaten.",
    "The photo of {} print rights or cards has not come from the kabupaten; they stay here.",
)
_UNCLEAR = Words(
    "{} cetakan belum jelas hasilnya; lihat printer dahulu agar dapat ikut.",
    "What became of {} prints is not known; look at the printer first, so that they can go.",
)
_FEW_BLANKO = Words(
    "Blanko kurang {} untuk mencetak semua di lapangan.",
    "There are {} blanko too few to print everything in the field.",
)
_ONLINE_ONLY = Words(
    "Aturan kabupaten: perekaman hanya saat tersambung ke pusat. Di lapangan tanpa "
    "jaringan hanya cetak dan serah kartu yang dapat dilakukan.",
    "The kabupaten's rule: recording only while the centre is reached. In the field without "
    "a network cards are printed and handed over, nothing is recorded.",
)
_HALTED = Words(
    "Simpul ini baru dipulihkan: hitung blanko dahulu (opname).",
    "This node was restored: count the blanko first (opname).",
)
