"""What people do at the desks of a story: record, print, hand over, ask how far it is.

Every receipt that a desk gets is kept by the stage, and is looked for at the hub at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from perahu.cards import actions as cards
from perahu.cards import actions_stock, reads, reads_stock
from perahu.cards.rules import Proof
from perahu.devices.card_image import render
from perahu.devices.card_ports import CardFace
from perahu.devices.printer_ports import NEVER_BEGAN, PRINTED
from perahu.enrolment import actions
from perahu.enrolment import reads as recordings
from perahu.enrolment.facts import INDEXES, PHOTO, SIGNATURE
from perahu.enrolment.rules import Capture, pickup_hash
from perahu.journal.journal import Journal
from perahu.journal.types import PART, BlobRef, Receipt
from perahu.journal.types import PHOTO as PHOTO_CLASS
from perahu.keys.sealing import open_blob, seal_blob
from perahu.people import reads as people
from perahu.sync.courier.exporting import export
from perahu.sync.courier.reading import read
from perahu.sync.courier.report import Imported
from perahu.sync.session import Side
from perahu.web.citizen import told
from perahu.web.desk.standing import standings
from perahu.web.district.figures import look
from perahu.web.visits import Visit
from tests.cards.world import picture
from tests.enrolment.stations import Station
from tests.incidents.machine import Machine
from tests.incidents.stage import HEAD, HUB, Neighbour, Stage
from tests.sync.road import TO_OFFICE
from tests.sync.sticks import hub_of, peer_of, read_up, write_up
from tests.web.cast_hub import CastOffice

_FACE, _SCRAWL = picture(), picture("white", (60, 20))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What somebody goes home with: a register number and a code on paper."""

    who: Neighbour
    recording: bytes
    number: str
    code: str


@dataclass
class Town:
    """The stage, and the printers and the people on it."""

    stage: Stage
    machines: dict[str, Machine] = field(default_factory=dict)
    printers: int = 1
    """How many stand side by side at each office."""
    delivered: dict[str, int] = field(default_factory=dict)
    """Blanko that were carried into each office."""
    codes: dict[bytes, str] = field(default_factory=dict)
    """The codes of people recorded in earlier years, by person."""

    def keep(self, receipt: Receipt) -> Receipt:
        """A receipt that an office gave; the hub must have its entry in the end."""
        self.stage.receipts.append(receipt)
        return receipt

    def machine(self, office: Station) -> Machine:
        """The printer of an office."""
        if office.name not in self.machines:
            clock = self.stage.district.members[office.name].clock
            self.machines[office.name] = Machine(clock, self.printers)
        return self.machines[office.name]

    # -- recording --------------------------------------------------------------------

    def record(self, office: Station, who: Neighbour) -> Recorded:
        """The twelve steps, from the NIK to the proof with its code."""
        recording = self.stage.district.members[office.name].dice(12)
        with office.at_work() as journal:
            self.keep(
                actions.open_recording(
                    journal, office.ask(), person=who.person, recording=recording,
                    wilayah=office.wilayah,
                )
            )  # fmt: skip
            self.keep(
                actions.confirm_biodata(journal, office.ask(), recording=recording)
            )
            return self._to_the_proof(office, journal, who, recording)

    def resume(self, office: Station, who: Neighbour) -> Recorded:
        """Go on with a recording that was stopped, at the part where it stopped."""
        with office.at_work() as journal:
            found = recordings.known_recording(who.person, who.nik)
            assert found is not None and not found.whole
            return self._to_the_proof(office, journal, who, found.recording)

    def _to_the_proof(
        self, office: Station, journal: Journal, who: Neighbour, recording: bytes
    ) -> Recorded:
        state = recordings.recording(recording)
        assert state is not None
        for part in state.open_parts:
            self._capture(office, journal, recording, part, who.nik)
        self._close(office, journal, recording)
        found = recordings.recording(recording)
        assert found is not None and found.whole
        code = actions.pickup_code(journal, recording)
        return Recorded(who=who, recording=recording, number=found.number, code=code)

    def _capture(
        self, office: Station, journal: Journal, recording: bytes, part: str, nik: str
    ) -> None:
        record = {PHOTO: _FACE, SIGNATURE: _SCRAWL}.get(
            part
        ) or f"{part} {nik}".encode()
        capture = Capture(
            part=part, record=record, score=80, tries=1, device="SIM 1",
            thumbnail=b"small" if part == PHOTO else b"",
        )  # fmt: skip
        self.keep(
            actions.accept_part(
                journal, office.ask(), recording=recording, capture=capture
            )
        )

    def _close(self, office: Station, journal: Journal, recording: bytes) -> None:
        self.keep(
            actions.verify_indexes(
                journal, office.ask(), recording=recording,
                scores=dict.fromkeys(INDEXES, 80), threshold=40,
            )
        )  # fmt: skip
        self.keep(
            actions.sign_statement(
                journal, office.ask(), recording=recording, signature=_SCRAWL,
                by_line=False,
            )
        )  # fmt: skip
        for step in (actions.complete_recording, actions.issue_proof):
            self.keep(step(journal, office.ask(), recording=recording))

    # -- stock ------------------------------------------------------------------------

    def deliver(self, counts: dict[str, int]) -> None:
        """Blanko from the centre come to the hub and go to the offices; who hears of the
        transfer at the next meeting counts them in there (`count_in`)."""
        stage = self.stage
        with stage.hub.at_work() as journal:
            actions_stock.receive_stock(
                journal, stage.hub.ask(HEAD), item="blanko", count=sum(counts.values()),
                source="TERIMA_PUSAT", document="BAST 470/1",
            )  # fmt: skip
            for name, count in counts.items():
                actions_stock.send_stock(
                    journal, stage.hub.ask(HEAD),
                    transfer=stage.district.members[HUB].dice(12), item="blanko",
                    count=count, to=stage.stations[name].journal.node_id,
                )  # fmt: skip

    def count_in(self, office: Station) -> int:
        """Take in every parcel on its way here, and fill the printer with it."""
        with office.at_work() as journal:
            parcels = reads_stock.on_the_way(journal.node_id)
            for one in parcels:
                self.keep(
                    actions_stock.arrive_stock(
                        journal,
                        office.ask(),
                        transfer=one.transfer,
                        count=one.sent or 0,
                    )
                )
        count = sum(one.sent or 0 for one in parcels)
        self.machine(office).engine.cards += count
        self.delivered[office.name] = self.delivered.get(office.name, 0) + count
        return count

    # -- cards ------------------------------------------------------------------------

    def order(self, people_: Iterable[Neighbour]) -> None:
        """The hub orders cards of people recorded in earlier years, who have a code each.

        Their parts were sealed to the office that prints, as with any order.
        """
        stage = self.stage
        for who in people_:
            member = stage.district.members[who.office]
            code = member.dice(4).hex().upper()
            with stage.hub.at_work() as journal:
                blobs = self._parts_for(who)
                cards.order_print(
                    journal, stage.hub.ask(), person=who.person,
                    recording=member.dice(12), home=member.node_id,
                    kind="BELUM_PERNAH", blobs=blobs, pickup=pickup_hash(code),
                )  # fmt: skip
            self.codes[who.person] = code

    def _parts_for(self, who: Neighbour) -> list[BlobRef]:
        to = [self.stage.district.members[who.office].keys.age_recipient]
        blobs = self.stage.hub.journal.blobs
        contents = (_FACE, _SCRAWL, b"FMR\x00" + who.nik.encode())
        return [
            blobs.put(seal_blob(one, to), PHOTO_CLASS if n == 0 else PART)
            for n, one in enumerate(contents)
        ]

    def send(self, office: Station, path: Path) -> Imported:
        """An office's courier file travels on a stick to the hub; the receipts travel back.

        The stick is read twice at the hub: a carrier who asks again must do no harm.
        """
        hub = self.stage.hub.journal
        made = write_up(office.journal, hub, path)
        taken = [read_up(hub, part) for part in made.paths]
        assert all(one.is_whole and not one.refused for one in taken)
        again = [read_up(hub, part) for part in made.paths]
        assert not any(one.stored_entries or one.blobs for one in again)
        back = path / "back"
        back.mkdir()
        done = tuple(sorted(pair for one in taken for pair in one.done))
        answer = export(
            Side(hub), peer_of(office.journal), TO_OFFICE, back, answering=done
        )
        for part in answer.paths:
            read(Side(office.journal), part, hub_of)
        return taken[0]

    def queue(self, office: Station, limit: int = 1000) -> list[bytes]:
        """The orders that wait for print, by the rule of the queue."""
        with office.at_work() as journal:
            return [one.order for one in reads.print_queue(journal.node_id, limit)]

    def order_of(self, office: Station, who: Neighbour) -> bytes:
        """The order of somebody's card."""
        with office.at_work():
            [found] = reads.orders_of(who.person)
        return found.order

    def print(self, office: Station, order: bytes) -> str:
        """Print one card; how it ended. Refusals are the caller's to expect."""
        machine = self.machine(office)
        keys = self.stage.district.members[office.name].keys
        with office.at_work() as journal:
            answer = cards.print_card(
                journal, office.ask(), machine, order=order,
                open_blob=lambda cipher: open_blob(cipher, keys.age_identity),
                draw=_sketch if machine.made else render,
            )  # fmt: skip
        self.keep(answer.receipt)
        return answer.outcome

    def look(self, office: Station) -> int:
        """Somebody looks at each print nobody knows the end of, and says what is there.

        How many good cards were found.
        """
        machine, good = self.machine(office), 0
        with office.at_work() as journal:
            found = reads.to_look_at(journal.node_id)
            for order, attempt in found:
                name = f"{order.order.hex()}-{attempt.attempt}"
                outcome = PRINTED if name in machine.made else NEVER_BEGAN
                good += outcome == PRINTED
                self.keep(
                    cards.resolve_attempt(
                        journal, office.ask(), order=order.order,
                        attempt=attempt.attempt, outcome=outcome,
                    )
                )  # fmt: skip
        return good

    def print_all(self, office: Station, limit: int = 1 << 20) -> int:
        """Print the queue as far as blanko and the limit go; how many good cards."""
        good = 0
        while good < limit:
            here = self.queue(office, min(500, limit - good))
            if not here:
                break
            for order in here:
                if not self.machine(office).engine.cards:
                    return good
                if self.print(office, order) != PRINTED:
                    # It keeps its place: whoever's card went wrong is the next again.
                    good += self.look(office)
                    break
                good += 1
        return good

    def hand_over(self, office: Station, person: bytes, code: str) -> None:
        """The person comes with the code, and goes with the card."""
        with office.at_work() as journal:
            [order] = reads.orders_of(person)
            proof = Proof(means="code", code=code)
            self.keep(
                cards.hand_over(journal, office.ask(), order=order.order, proof=proof)
            )

    # -- words ------------------------------------------------------------------------

    def told(self, office: Station, one: Recorded) -> str:
        """The sentence that somebody reads on the citizen's page of an office."""
        with office.at_work():
            words = told(self._window(office), one.number, one.who.born)
        assert words is not None and words.en
        return words.id

    def standing(self, office: Station, who: Neighbour) -> str:
        """The word that stands beside a name at the desk."""
        with office.at_work():
            resident = people.person(who.person)
            assert resident is not None
            visit = Visit(self._window(office), "id", "")
            return standings(visit, [resident])[who.person].words.id

    def alarms(self, office: Station) -> list[str]:
        """Why the head of the kabupaten sees this office as one to look at."""
        stage = self.stage
        window = self._window(stage.hub)
        for name, moment in stage.met.items():
            node = stage.stations[name].journal.node_id
            window.met[node] = round((stage.moment - moment).total_seconds())
        with stage.hub.at_work():
            seen = look(window).office(office.journal.node_id)
        assert seen is not None
        return [alarm.words.id for alarm in seen.alarms]

    def _window(self, office: Station) -> CastOffice:
        is_office = office.name != HUB
        return CastOffice(office, {}, serves_people=is_office, decides=not is_office)


def _sketch(face: CardFace, *, photo: bytes, signature: bytes) -> bytes:
    """The photo alone: after an office's first card the picture is not what is tried."""
    return photo
