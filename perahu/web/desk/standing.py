"""Where people stand, in one word and with the one next step, for lists and pages.

Four questions to the tables for any number of people: their recordings and their cards.

Example: `standings(visit, residents)[person].words` is "siap diambil".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from perahu.cards import reads as cards
from perahu.cards import reads_desk as card_rows
from perahu.cards.reads_desk import Card
from perahu.enrolment import reads_desk
from perahu.enrolment.reads import BEGUN, RECALLED, UNPROVED
from perahu.enrolment.reads_desk import OnDesk
from perahu.enrolment.rules import age_on
from perahu.enrolment.rules_parts import going_on_words, parts_words
from perahu.people.facts import Biodata
from perahu.people.reads import Resident
from perahu.web.links import link
from perahu.web.status_words import Turn, status_words
from perahu.web.visits import Visit
from perahu.words import Words

NOT_YET, TOO_YOUNG, ELSEWHERE = "not_yet", "too_young", "elsewhere"
RECORDING, CALLED_BACK, WAITING, TROUBLED = (
    "recording",
    "recalled",
    "waiting",
    "trouble",
)
_MARRIED_FROM = 2
_NONE = Words("", "")
NEVER_RECORDED = ("", "UNREGISTERED")

_STATE_WORDS = {
    NOT_YET: Words("belum rekam", "not recorded"),
    TOO_YOUNG: Words("belum cukup umur", "too young"),
    ELSEWHERE: Words("sudah direkam menurut pusat", "recorded, by the centre's book"),
    RECORDING: Words("sedang direkam", "being recorded"),
    CALLED_BACK: Words("panggil ulang", "call back"),
    WAITING: Words("menunggu", "waiting"),
    TROUBLED: Words("perlu diputuskan", "to be decided"),
    cards.QUEUED: Words("siap cetak", "ready to print"),
    cards.LOOK: Words("periksa hasil cetak", "look at the print"),
    cards.MOVING: Words("hak cetak dalam perjalanan", "print right on its way"),
    cards.TO_HAND_OVER: Words("kartu siap diambil", "card ready"),
    cards.CARD_MOVING: Words("kartu dalam perjalanan", "card on its way"),
    cards.HELD_BACK: Words("kartu ditahan", "card held back"),
    cards.HANDED_OVER: Words("sudah diserahkan", "handed over"),
}
_TONES = {
    CALLED_BACK: "is-warn", TROUBLED: "is-bad", cards.LOOK: "is-bad",
    cards.HELD_BACK: "is-bad", cards.TO_HAND_OVER: "is-good", cards.QUEUED: "is-good",
    RECORDING: "is-warn",
}  # fmt: skip
_CARD_ORDER = (
    cards.LOOK, cards.TO_HAND_OVER, cards.CARD_MOVING, cards.QUEUED, cards.MOVING,
    cards.HELD_BACK, cards.HANDED_OVER,
)  # fmt: skip
"""Of several orders the one somebody must do something about is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one person stands."""

    state: str
    words: Words
    """The state in a word or two."""
    reason: Words = _NONE
    """Why, or what with."""
    label: object = ""
    """What the button says; "" where there is nothing to do."""
    address: str = ""
    recording: OnDesk | None = None
    card: Card | None = None

    @property
    def tone(self) -> str:
        """The class of its tag."""
        return _TONES.get(self.state, "")


def standings(visit: Visit, residents: Sequence[Resident]) -> dict[bytes, Standing]:
    """Where each of these people stands."""
    persons = {one.person: one.biodata.nik for one in residents}
    recordings = reads_desk.latest_of(persons)
    orders: dict[bytes, list[Card]] = {}
    for card in card_rows.of_persons([*persons, *_other_ids(recordings, persons)]):
        orders.setdefault(card.person, []).append(card)
    found = {}
    for one in residents:
        recording = recordings.get(one.person)
        mine = list(orders.get(one.person, ()))
        if recording and recording.state.person != one.person:
            mine += orders.get(recording.state.person, ())
        found[one.person] = _standing(visit, one, recording, _card_of(mine))
    return found


def _other_ids(
    recordings: dict[bytes, OnDesk], persons: dict[bytes, str]
) -> list[bytes]:
    """Ids under which somebody found by NIK was recorded."""
    found = {one.state.person for one in recordings.values()}
    return sorted(found - persons.keys())


def _card_of(orders: Sequence[Card]) -> Card | None:
    ranked = [one for one in orders if one.state in _CARD_ORDER]
    return min(ranked, key=lambda one: _CARD_ORDER.index(one.state), default=None)


def _standing(
    visit: Visit, resident: Resident, recording: OnDesk | None, card: Card | None
) -> Standing:
    if recording is not None and recording.waits in (BEGUN, RECALLED):
        return _unfinished(visit, recording)
    if card is not None:
        return _carded(visit, recording, card)
    if recording is not None:
        return _waiting(visit, recording)
    return _unrecorded(visit, resident)


def _unrecorded(visit: Visit, resident: Resident) -> Standing:
    who = resident.biodata
    if who.status_rekam not in NEVER_RECORDED:
        return _of(ELSEWHERE, status_words(who.status_rekam).name)
    today, policy = visit.office.now().today, visit.office.journal.authority.policy
    if is_too_young(who, today, policy.umur_rekam_min):
        age = age_on(who.tanggal_lahir, today)
        return _of(TOO_YOUNG, Words(f"{age} tahun", f"aged {age}"))
    address = link(visit, "recording-start", resident.person)
    return _of(NOT_YET, label=_("Mulai rekam") if address else "", address=address)


def is_too_young(who: Biodata, today: date, umur_rekam_min: int) -> bool:
    """Whether this person may not be recorded yet: too young, and never married."""
    is_young = age_on(who.tanggal_lahir, today) < umur_rekam_min
    return is_young and who.status_kawin < _MARRIED_FROM


def _unfinished(visit: Visit, one: OnDesk) -> Standing:
    is_here = one.state.node == visit.office.journal.node_id
    address = link(visit, "recording", one.state.recording) if is_here else ""
    if one.recalled:
        reason, state = recalled_words(one), CALLED_BACK
    else:
        step = going_on_words(one.step.name, one.step.part)
        reason = Words(f"lanjutkan: {step.id}", f"goes on with: {step.en}")
        state = CALLED_BACK if one.waits == RECALLED else RECORDING
    label = _("Rekam ulang bagian itu") if one.recalled else _("Lanjutkan")
    return _of(state, reason, label if address else "", address, one)


def recalled_words(one: OnDesk) -> Words:
    """Which parts the centre cannot read."""
    parts = parts_words(one.recalled)
    return Words(f"{parts.id} tidak terbaca", f"{parts.en} cannot be read")


def _waiting(visit: Visit, one: OnDesk) -> Standing:
    if one.waits == UNPROVED:
        address = link(visit, "recording-proof", one.state.recording)
        reason = Words("bukti belum diberikan", "no proof was given yet")
        label = _("Berikan bukti") if address else ""
        return _of(WAITING, reason, label, address, one)
    if not one.submitted:
        reason = Words("belum dikirim ke pusat", "not sent to the centre yet")
        return _of(WAITING, reason, recording=one)
    told = status_words(one.status)
    state = TROUBLED if told.turn is Turn.KABUPATEN else WAITING
    return _of(state, told.name, recording=one)


def _carded(visit: Visit, recording: OnDesk | None, card: Card) -> Standing:
    label, name = _CARD_STEPS.get(card.state, ("", ""))
    address = link(visit, name, card.order) if name else ""
    return Standing(
        state=card.state,
        words=_STATE_WORDS[card.state],
        label=label if address else "",
        address=address,
        recording=recording,
        card=card,
    )


_CARD_STEPS = {
    cards.QUEUED: (_("Cetak"), "print-order"),
    cards.LOOK: (_("Lihat hasilnya"), "print-order"),
    cards.TO_HAND_OVER: (_("Serahkan"), "hand-over-card"),
}


def _of(
    state: str,
    reason: Words = _NONE,
    label: object = "",
    address: str = "",
    recording: OnDesk | None = None,
) -> Standing:
    return Standing(
        state=state,
        words=_STATE_WORDS[state],
        reason=reason,
        label=label,
        address=address,
        recording=recording,
    )
