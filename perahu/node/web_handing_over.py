"""Handing over: what the command and the pages both do at this office.

A finger is compared with the templates that came with the order; wrong pick-up codes are
counted by card, and make it wait as wrong PINs make a person wait.
"""

from __future__ import annotations

from perahu.cards import actions, reads
from perahu.cards.rules import Proof, check_known, decide_hand_over
from perahu.devices.minutiae import parse
from perahu.devices.parts import FINGERS
from perahu.devices.ports import DeviceFault, FingerMatcher, Scanner
from perahu.journal.types import Ask, Receipt
from perahu.keys import cbor
from perahu.keys.pin import lock_s
from perahu.keys.sealing import open_blob
from perahu.node.desk import PART_FAULTS
from perahu.node.desk_devices import scanner_of, tell_simulator
from perahu.node.office import Office
from perahu.people import reads as people
from perahu.words import Refusal

SCANS_MAX = 3
_TRIES, _TRIES_BYTES_MAX = "pickup_tries", 64
"""The space of `local` with the wrong codes of a card, by its order."""


def give(office: Office, ask: Ask, order: bytes, proof: Proof) -> Receipt:
    """State the hand-over; then what was sealed for this card leaves the office."""
    journal = office.journal
    if proof.means == "code":
        _check_tries(office, order)
    try:
        receipt = actions.hand_over(journal, ask, order=order, proof=proof)
    except Refusal as refusal:
        if refusal.code == "code_differs":
            _count_wrong(office, order)
        raise
    journal.local.delete(_TRIES, order)
    actions.erase_parts(journal, order=order)
    return receipt


def proof_by_finger(
    office: Office, order: bytes, scanner: Scanner, collector: str = "self"
) -> Proof:
    """The best of a few scans against the templates that came with the order."""
    # 40 MB of Pillow and numpy, for those who compare fingers only.
    from perahu.devices.matcher import MinutiaeMatcher

    identity = office.keys.age_identity
    parts = actions.parts_of(
        office.journal,
        order=order,
        open_blob=lambda cipher: open_blob(cipher, identity),
    )
    if not parts.templates:
        raise Refusal(
            "no_templates",
            id="Pesanan ini tidak membawa sidik telunjuk; pakai kode ambil. Kartu tetap "
            "disimpan.",
            en="This order brings no index finger; use the pick-up code. The card stays "
            "here.",
        )
    matcher = MinutiaeMatcher()
    best = 0
    for template in parts.templates * SCANS_MAX:
        best = max(best, _compare(scanner, matcher, template))
        if best >= matcher.threshold:
            break
    return Proof(
        means="finger", collector=collector, score=best, threshold=matcher.threshold
    )


def _compare(scanner: Scanner, matcher: FingerMatcher, template: bytes) -> int:
    """How alike a fresh scan of this template's finger is; 0 where it gives none."""
    position = parse(template).position
    part = next(one.name for one in FINGERS if one.position == position)
    try:
        return matcher.match(template, matcher.extract(scanner.capture(part).record))
    except DeviceFault as fault:
        if fault.code in PART_FAULTS:
            return 0
        raise


class WebHandingOver:
    """Handing over at the pages; one per node process."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def by_finger(self, ask: Ask, order: bytes, desk: int) -> None:
        """Scan at this desk, compare, state the hand-over, erase."""
        office = self._office
        if office.journal.receipt(ask.op_id) is not None:
            return
        scanners = office.settings.scanners
        ports = scanners[desk - 1 : desk] or scanners
        # What needs no finger is refused before anybody puts one on the glass.
        _check_waits(office, order)
        scanner = scanner_of(office, None, ports)
        state = check_known(reads.order(order))
        biodata = people.biodata(people.person_of(state.person))
        if office.settings.demonstration and biodata is not None:
            tell_simulator(office, biodata, ports)
        give(office, ask, order, proof_by_finger(office, order, scanner))

    def by_code(self, ask: Ask, order: bytes, code: str, collector: str) -> None:
        """State the hand-over by the code on the proof, erase."""
        proof = Proof(means="code", collector=collector, code=code)
        give(self._office, ask, order, proof)


def _check_waits(office: Office, order: bytes) -> None:
    """Raises the refusal that no finger can turn, of a card that may not go out."""
    open_to_all = Proof(means="finger", score=1, threshold=1)
    decide_hand_over(reads.order(order), office.journal.node_id, open_to_all)


def _check_tries(office: Office, order: bytes) -> None:
    """Raises while this card waits after too many wrong codes."""
    wrong, until_s, uptime_s = _tries(office, order)
    now_s = int(office.clock.monotonic_s())
    # A smaller uptime is a restarted machine: the wait begins anew, it is never skipped.
    left_s = until_s - now_s if now_s >= uptime_s else lock_s(wrong)
    if left_s <= 0:
        return
    if now_s < uptime_s:
        _keep_tries(office, order, (wrong, now_s + left_s, now_s))
    minutes = -(-left_s // 60)
    raise Refusal(
        "code_locked",
        id=f"Sudah {wrong} kali kode salah untuk kartu ini; kode baru bisa dicoba lagi "
        f"{minutes} menit lagi. Kartu tetap disimpan. Sidik jari tetap bisa dipakai.",
        en=f"{wrong} wrong codes were given for this card; a code may be tried again in "
        f"{minutes} minutes. The card stays here. A finger still works.",
    )


def _count_wrong(office: Office, order: bytes) -> None:
    wrong = _tries(office, order)[0] + 1
    now_s = int(office.clock.monotonic_s())
    _keep_tries(office, order, (wrong, now_s + lock_s(wrong), now_s))


def _tries(office: Office, order: bytes) -> tuple[int, int, int]:
    kept = office.journal.local.get(_TRIES, order)
    if kept is None:
        return 0, 0, 0
    wrong, until_s, uptime_s = cbor.decode(kept, _TRIES_BYTES_MAX)
    return wrong, until_s, uptime_s


def _keep_tries(office: Office, order: bytes, tries: tuple[int, int, int]) -> None:
    office.journal.local.put(_TRIES, order, cbor.encode(list(tries)))
