"""One round of the hub: decide, hand over, listen to the centre, and draw the consequences.

Everything is derived from the book: a round that died half-way is simply repeated.

1. Decide on what arrived (cases); open cases for what a person must see.
2. Hand closed, accepted packets whose parts are all here to the centre.
3. Note what the centre says; order cards, call parts back, cancel, open cases.
4. After long silence hand a packet over once more, then ask a person.
5. Tell offices of the rights, cards and stock that others sent them.

`hub_round(hub)` is called by the node's loop, at work (`with office.at_work()`); it raises
nothing for a centre that cannot be reached, it says so in `HubRound.trouble`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from perahu.cards import actions as cards
from perahu.cards import reads as orders
from perahu.cards import reads_stock as stock
from perahu.cards.actions_move import relay_moves
from perahu.cases import actions as decisions
from perahu.cases import reads as cases
from perahu.cases import rules_centre
from perahu.cases.rules import SAH, Finding
from perahu.centre.ports import Centre, CentrePacket, CentreRefused, CentreUnreachable
from perahu.devices.ports import DeviceFault
from perahu.enrolment import actions_centre, reads_hub
from perahu.enrolment.actions_centre import Taken
from perahu.enrolment.facts import INDEXES, PARTS, PHOTO, SIGNATURE, CentreStatusSeen
from perahu.enrolment.reads import pickup_of
from perahu.enrolment.reads_hub import AtCentre, Closed, Silence
from perahu.enrolment.rules import RecordingState
from perahu.journal.journal import Journal
from perahu.journal.types import PART, Ask, BlobRef
from perahu.journal.types import PHOTO as PHOTO_CLASS
from perahu.keys.certificates import NodeCertificate, covers
from perahu.keys.sealing import open_blob, seal_blob
from perahu.node.roles import role_of
from perahu.people import reads as people
from perahu.people.facts import Biodata
from perahu.words import Refusal, Words

PACKETS_PER_ROUND = 25
"""Packets handed over in one round: 25 of 0.5 MB take seconds, and the loop breathes."""
LOOKED_AT_PER_ROUND = 500
PAGES_PER_ROUND = 20
CONSEQUENCES_PER_ROUND = 500
PATIENCE_MS = 3 * 24 * 3600 * 1000
"""Without news for so long a packet is handed over again; domain.md 1.5 knows 1 to 20 days."""
TROUBLE_MAX = 20

_CENTRE, _CURSOR = "centre", b"cursor"
_STUCK = "STUCK_AT_CENTRE"


class HubOffice(Protocol):
    """What the hub's round needs of an open node."""

    @property
    def journal(self) -> Journal:
        """The hub's book."""

    def ask(self, officer: bytes = b"") -> Ask:
        """A fresh ask of the node itself."""


@dataclass(slots=True, kw_only=True)
class Hub:
    """The hub between its rounds: its ports, and how far this process has looked."""

    office: HubOffice
    centre: Centre
    extract: Callable[[bytes], bytes]
    """The template of a finger's record (devices.ports.FingerMatcher.extract)."""
    patience_ms: int = PATIENCE_MS
    submit_after: str = ""
    followed: str = ""
    deferred: set[bytes] = field(default_factory=set)
    """Recordings whose consequence could not be drawn yet; tried again each round."""


@dataclass(slots=True)
class HubRound:
    """What one round did; `trouble` says in words what it could not do."""

    decided: bool = False
    submitted: int = 0
    statuses: int = 0
    ordered: int = 0
    cancelled: int = 0
    recalled: int = 0
    cases: int = 0
    relayed: int = 0
    centre_answered: bool = False
    has_heard_all: bool = False
    """Whether everything that the centre has to say was read."""
    trouble: list[Words] = field(default_factory=list)

    @property
    def did_something(self) -> bool:
        """Whether the loop should come back soon."""
        counts = (self.submitted, self.statuses, self.ordered, self.recalled)
        rest = (self.cancelled, self.cases, self.relayed)
        return self.decided or any(counts) or any(rest)

    def note(self, refusal: Refusal) -> None:
        """Keep the words of what could not be done, each once."""
        fresh = refusal.words not in self.trouble
        if fresh and len(self.trouble) < TROUBLE_MAX:
            self.trouble.append(refusal.words)


def hub_round(hub: Hub) -> HubRound:
    """Do everything that is due now, in the order above."""
    done = HubRound()
    journal = hub.office.journal
    receipt = decisions.accept_arrivals(journal, hub.office.ask())
    done.decided = receipt is not None
    _open_cases(hub, done, _standing_findings())
    try:
        submit_ready(hub, done)
        poll_centre(hub, done)
        if done.has_heard_all:
            # The word on a packet may stand on a page that comes with the next round.
            _break_silence(hub, done)
    except CentreUnreachable as refusal:
        done.note(refusal)
    except CentreRefused as refusal:
        # A centre that does not know our cursor any more is read from the beginning.
        journal.local.delete(_CENTRE, _CURSOR)
        done.note(refusal)
    _draw_consequences(hub, done)
    done.relayed = relay_moves(journal, hub.office.ask())
    return done


# --- to the centre -----------------------------------------------------------------------


def submit_ready(hub: Hub, done: HubRound) -> None:
    """Hand over closed packets that stand, whose every part lies here."""
    journal = hub.office.journal
    waiting = reads_hub.to_submit(LOOKED_AT_PER_ROUND, hub.submit_after)
    if not waiting and hub.submit_after:
        # The end of the list: what waited for a part or a decision is looked at again.
        hub.submit_after = ""
        waiting = reads_hub.to_submit(LOOKED_AT_PER_ROUND)
    absent = {ref.sha256 for ref in journal.blobs.missing()} if waiting else set()
    taken: list[Taken] = []
    try:
        for closed in waiting:
            if len(taken) == PACKETS_PER_ROUND:
                return
            if _is_ready(closed, absent):
                reference = _submit(hub, closed.state, done)
                if reference:
                    version = closed.state.version
                    taken.append(Taken(closed.state.recording, version, reference))
            hub.submit_after = closed.order
    finally:
        # What the centre has taken is noted, also where it was lost in the middle.
        if taken:
            actions_centre.note_submitted(journal, hub.office.ask(), taken=taken)
            done.submitted += len(taken)


def _is_ready(closed: Closed, absent: set[bytes]) -> bool:
    captured = (part.blob for part in closed.state.parts.values() if part.blob)
    if not absent.isdisjoint(captured):
        return False
    return cases.decision_of(closed.journal, closed.seq) == SAH


def _submit(hub: Hub, state: RecordingState, done: HubRound) -> str:
    """Hand one packet over; the centre's reference, or "" where it could not be done."""
    try:
        return hub.centre.submit(_packet(hub.office.journal, state))
    except CentreUnreachable:
        raise
    except CentreRefused as refusal:
        finding = Finding(
            kind="VALIDATION",
            about=(state.recording, state.person),
            reason=f"Pusat menolak paket {state.number}: {refusal.words.id}",
            audience=state.node,
            again=f"refused/{state.version}",
        )
        _open_cases(hub, done, [finding])
        done.note(refusal)
    except Refusal as refusal:
        done.note(refusal)
    return ""


def _packet(journal: Journal, state: RecordingState) -> CentrePacket:
    biodata = people.biodata(state.person)
    held = [state.part(name) for name in PARTS]
    return CentrePacket(
        recording=state.recording.hex(),
        version=state.version,
        nik=state.nik,
        biodata=_as_text(biodata) if biodata else {},
        parts={p.part: _opened(journal, p.blob) for p in held if p.blob},
        exceptions={p.part: p.exception for p in held if p.exception},
    )


def _as_text(biodata: Biodata) -> dict[str, str]:
    fields = {name: getattr(biodata, name) for name in Biodata.__slots__}
    return {name: str(value) for name, value in fields.items() if value is not None}


def _opened(journal: Journal, sha: bytes) -> bytes:
    return open_blob(journal.blobs.read(sha), journal.keys.age_identity)


# --- from the centre ---------------------------------------------------------------------


def poll_centre(hub: Hub, done: HubRound) -> None:
    """Note the last status of every packet that has news; remember how far was read."""
    journal = hub.office.journal
    cursor = (journal.local.get(_CENTRE, _CURSOR) or b"").decode()
    start, seen = cursor, dict[str, CentreStatusSeen]()
    for _ in range(PAGES_PER_ROUND):
        page = hub.centre.statuses(cursor)
        done.centre_answered = True
        for one in page.statuses:
            known = reads_hub.by_reference(one.reference)
            if known is not None:
                seen[one.reference] = CentreStatusSeen(
                    person=known.state.person,
                    recording=known.state.recording,
                    status=one.status,
                    detail=one.detail,
                    other_nik=one.other_nik,
                    drc=one.drc,
                )
        if page.cursor == cursor or not page.statuses:
            done.has_heard_all = True
            break
        cursor = page.cursor
    actions_centre.note_centre_seen(journal, hub.office.ask())
    if seen:
        news = list(seen.values())
        actions_centre.note_statuses(journal, hub.office.ask(), seen=news)
        done.statuses += len(news)
    if cursor != start:
        journal.local.put(_CENTRE, _CURSOR, cursor.encode())


def _break_silence(hub: Hub, done: HubRound) -> None:
    """Hand over again what the centre has not spoken of for too long, then ask a person."""
    now_ms = hub.office.ask().at.wall_ms
    silent = reads_hub.silent_at_centre(
        now_ms - hub.patience_ms + 1, rules_centre.WAITING
    )
    overdue, again = list[Silence](), 0
    for one in silent:
        due = rules_centre.about_silence(
            now_ms, one.since_ms, one.submissions, hub.patience_ms
        )
        if due == "case":
            overdue.append(one)
        elif due == "resubmit" and again < PACKETS_PER_ROUND:
            state = _packet_of(one).state
            if state.whole:
                again += 1
                _submit_again(hub, state, done)
    if overdue:
        _open_cases(hub, done, _about_silence(hub, overdue))


def _packet_of(silent: Silence) -> AtCentre:
    found = reads_hub.at_centre(silent.recording)
    assert found is not None, "a packet is silent at the centre that has it"
    return found


def _about_silence(hub: Hub, overdue: list[Silence]) -> list[Finding]:
    """A case for each packet that was left behind, and one for all where all were."""
    verdict_ms = reads_hub.last_verdict_ms(rules_centre.WAITING)
    behind, rest = list[Silence](), list[Silence]()
    for one in sorted(overdue, key=lambda one: (one.since_ms, one.recording)):
        is_behind = rules_centre.is_left_behind(
            one.since_ms, verdict_ms, hub.patience_ms
        )
        (behind if is_behind else rest).append(one)
    found = [_finding(_STUCK, _packet_of(one)) for one in behind]
    if rest and not cases.is_opened_since(_STUCK, verdict_ms):
        for_all = _finding(_STUCK, _packet_of(rest[0]))
        if len(rest) > 1:
            words = rules_centre.reason_of_silence(len(rest))
            reason = f"{for_all.reason} {words}"
            for_all = replace(for_all, reason=reason, audience=b"")
        found.append(for_all)
    return found


def _submit_again(hub: Hub, state: RecordingState, done: HubRound) -> None:
    reference = _submit(hub, state, done)
    if reference:
        taken = [Taken(state.recording, state.version, reference)]
        actions_centre.note_submitted(hub.office.journal, hub.office.ask(), taken=taken)
        done.submitted += 1


# --- the consequences --------------------------------------------------------------------


def _draw_consequences(hub: Hub, done: HubRound) -> None:
    """Act on every status that this process has not acted on yet."""
    news = reads_hub.statuses_since(hub.followed, CONSEQUENCES_PER_ROUND)
    late = [reads_hub.at_centre(recording) for recording in sorted(hub.deferred)]
    for one in (*(known for known in late if known), *(known for _, known in news)):
        hub.deferred.discard(one.state.recording)
        # A packet that was reopened, or goes as a new version, awaits another answer.
        if one.status and one.state.whole:
            try:
                _follow(hub, one, done)
            except Refusal as refusal:
                done.note(refusal)
                hub.deferred.add(one.state.recording)
    if news:
        hub.followed = news[-1][0]


def _follow(hub: Hub, one: AtCentre, done: HubRound) -> None:
    follows = rules_centre.consequence(one.status, one.detail, one.drc, PARTS)
    _open_cases(hub, done, [_finding(kind, one) for kind in follows.cases])
    order = orders.order_of_recording(one.state.recording)
    if follows.cancel and order is not None and not order.cancelled:
        reason = f"{one.status} {one.detail}".strip()
        cards.cancel_print(
            hub.office.journal, hub.office.ask(), order=order.order, reason=reason
        )
        done.cancelled += 1
    if follows.order and (order is None or (order.cancelled and not order.printed)):
        _order(hub, one.state)
        done.ordered += 1
    if follows.recall:
        receipt = actions_centre.recall_parts(
            hub.office.journal,
            hub.office.ask(),
            recording=one.state.recording,
            parts=follows.recall,
            reason=f"{one.status} {one.detail}".strip(),
        )
        done.recalled += receipt is not None


def _order(hub: Hub, state: RecordingState) -> None:
    """Order the card at the office nearest to the person, with what the chip wants."""
    journal, ask = hub.office.journal, hub.office.ask()
    home = printing_office(journal.authority.nodes().values(), state)
    biodata = people.biodata(state.person)
    cards.order_print(
        journal,
        ask,
        person=state.person,
        recording=state.recording,
        home=home.node_id,
        kind=rules_centre.print_kind(biodata, ask.at.today)
        if biodata
        else "BELUM_PERNAH",
        blobs=_card_blobs(hub, state, home),
        pickup=pickup_of(state.recording),
    )


def _card_blobs(
    hub: Hub, state: RecordingState, home: NodeCertificate
) -> list[BlobRef]:
    """Photo, signature and index templates, sealed to the printing office alone."""
    journal = hub.office.journal
    contents: list[tuple[bytes, int]] = []
    for name in (PHOTO, SIGNATURE):
        if state.part(name).blob:
            blob_class = PHOTO_CLASS if name == PHOTO else PART
            contents.append((_opened(journal, state.part(name).blob), blob_class))
    for name in INDEXES:
        if state.part(name).blob:
            template = _template(hub, _opened(journal, state.part(name).blob))
            contents += [(template, PART)] if template else []
    return [
        journal.blobs.put(seal_blob(content, [home.age_recipient]), blob_class)
        for content, blob_class in contents
    ]


def _template(hub: Hub, record: bytes) -> bytes:
    """The template of an index; none where it cannot be made: then the code hands over."""
    try:
        return hub.extract(record)
    except DeviceFault:
        return b""


def printing_office(
    nodes: Iterable[NodeCertificate], state: RecordingState
) -> NodeCertificate:
    """The office that prints: of those that serve the place of recording the one with the
    narrowest wilayah, so a field laptop leaves it to its kecamatan; of equals the recorder.

    Raises Refusal "no_printing_office".
    """
    offices = [
        node
        for node in nodes
        if role_of(node.role).serves_people and covers(node.wilayah, state.wilayah)
    ]
    if not offices:
        raise Refusal(
            "no_printing_office",
            id=f"Tidak ada kantor di wilayah {state.wilayah} yang dapat mencetak; "
            "daftarkan kantornya, kartu tetap menunggu.",
            en=f"No office in wilayah {state.wilayah} can print; enrol one, the card waits.",
        )

    def distance(node: NodeCertificate) -> tuple[int, int, bool, bytes]:
        width = -max(
            len(code) for code in node.wilayah if covers((code,), state.wilayah)
        )
        return width, len(node.wilayah), node.node_id != state.node, node.node_id

    return min(offices, key=distance)


# --- cases -------------------------------------------------------------------------------


def _open_cases(hub: Hub, done: HubRound, findings: list[Finding]) -> None:
    fresh = [one for one in findings if cases.case(one.case) is None]
    if fresh:
        journal, ask = hub.office.journal, hub.office.ask()
        decisions.open_cases(journal, ask, findings=fresh)
        done.cases += len(fresh)


def _finding(kind: str, one: AtCentre) -> Finding:
    return Finding(
        kind=kind,
        about=(one.state.recording, one.state.person),
        reason=rules_centre.reason_of(kind, one.state.number, one.detail, one.drc),
        audience=one.state.node,
        again=str(one.state.version),
    )


def _standing_findings() -> list[Finding]:
    """What the tables show that a person must see: forks, double prints, lost stock."""
    findings = list(cases.fork_findings())
    for twice in orders.printed_twice():
        findings.append(
            Finding(
                kind="PRINTED_TWICE",
                about=(twice.person, *twice.orders),
                reason=f"Kartu versi {twice.document} tercetak lebih dari sekali; periksa "
                "keduanya sebelum diserahkan.",
            )
        )
    for transfer in stock.open_differences():
        findings.append(
            Finding(
                kind="TRANSFER_DIFFERENCE",
                about=(transfer.transfer,),
                reason=f"Kiriman {transfer.item}: dikirim {transfer.sent}, "
                f"tiba {transfer.arrived}.",
            )
        )
    return findings
