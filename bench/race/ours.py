"""Our two nodes for `bench road`: a kabupaten founded in a folder, an office with packets.

Founded and enrolled by the functions the commands use; the office has its first load, so
what the exchange carries is what the bench states: packets, then small facts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bench.race.contenders import Contender, Pair, Place, module
from bench.workload import recordings
from perahu.enrolment.facts import FINGERS, PartCaptured
from perahu.journal.types import PART, BlobRef, Draft
from perahu.keys.pin import activation_hash, new_activation_code
from perahu.kinds import RIGHTS
from perahu.node.actions import GrantPlan, grant_operator
from perahu.node.carriers.file import CarrierEntry
from perahu.node.courier import add_first_load
from perahu.node.enrolling import NewNode, enrol, join
from perahu.node.founding import FirstOperator, found_kabupaten
from perahu.node.office import Office, open_office
from perahu.node.rng import system_random
from perahu.node.settings import Settings
from tests.cast import Dice

PASSPHRASE = "ombak besar di Enggano"
LOGIN = "sari"
_DECREE = "SK 800/17/DATA-UJI/2026"
_PORT = 443
_OPENING = 2
"""Facts of a recording before its first part: opened, biodata confirmed."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """Where the two nodes lie, and what the office has to send."""

    hub: Path
    office: Path
    stated: int
    """Entries of civil facts that state the packets."""


def found_nodes(folder: Path, carrier: CarrierEntry, packets: Sequence[bytes]) -> Nodes:
    """Found the hub at the carrier's end, join an office with it, state its packets."""
    hub, office, letter = folder / "hub", folder / "office", folder / "office.perahu"
    found_kabupaten(
        hub,
        Settings(
            name="Bengkulu Utara",
            role="kabupaten",
            wilayah=("1703",),
            listen=carrier.address,
            address=carrier.address,
            page="127.0.0.1:0",
        ),
        passphrase=PASSPHRASE,
        root_file=folder / "root-key",
        operator=FirstOperator(login="lina", name="Lina (DATA UJI)", decree=_DECREE),
    )
    with open_office(hub, passphrase=PASSPHRASE) as at_hub:
        plan = NewNode(name="Enggano", role="kecamatan", wilayah=("170301",))
        enrolled = enrol(at_hub, plan, letter)
        _grant(at_hub)
        add_first_load(at_hub, at_hub.ask(), enrolled.node_id, letter)
    join(
        office, letter, code=enrolled.code, passphrase=PASSPHRASE,
        changes={"page": "127.0.0.1:0", "carriers": (carrier,)},
    )  # fmt: skip
    with open_office(office, passphrase=PASSPHRASE) as at_office:
        cited = _state_packets(at_office, packets)
    lines = [f"{ref.sha256.hex()} {ref.size}\n" for ref in cited]
    (hub / "packets").write_text("".join(lines))
    return Nodes(hub, office, _OPENING + len(cited))


def _grant(hub: Office) -> None:
    code, today = new_activation_code(system_random), hub.now().today
    plan = GrantPlan(
        login=LOGIN,
        name="Sari (DATA UJI)",
        rights=RIGHTS,
        wilayah=("170301",),
        valid_from=today,
        valid_until=today + timedelta(days=365),
        decree=_DECREE,
    )
    grant_operator(
        hub.journal,
        hub.ask(),
        plan,
        operator=system_random(8),
        activation=activation_hash(code),
    )


def _state_packets(office: Office, packets: Sequence[bytes]) -> list[BlobRef]:
    """A recording whose fingers are the packets: facts that cite blobs, as a desk's do."""
    dice = Dice("packets")
    operator = office.authority.operator_by_login(LOGIN)
    assert operator is not None, "the first load brings the grant"
    opened, confirmed = list(recordings(1, 99, parts=False))[:_OPENING]
    person, recording = opened.fact.person, opened.fact.recording  # type: ignore[attr-defined]
    assert len(packets) <= len(FINGERS)
    cited = [office.journal.blobs.put(packet, PART) for packet in packets]
    captured = [
        Draft(
            PartCaptured(
                person=person,
                recording=recording,
                part=part,
                score=60 + dice(1)[0] % 40,
                tries=1,
                device="SIM-1",
            ),
            blobs=(ref,),
        )
        for part, ref in zip(FINGERS, cited, strict=False)
    ]
    with office.at_work(), office.journal.writing() as book:
        book.append(office.ask(operator.operator), [opened, confirmed, *captured])
    return cited


def _start(*, is_best: bool) -> Callable[[Place], Pair]:
    def start(place: Place) -> Pair:
        # The one choice between the roads: what node.toml says of the carrier.
        address = f"{place.lab.hub_address}:{_PORT}"
        carrier = CarrierEntry(name="uji", address=address, udp=is_best)
        nodes = found_nodes(place.folder, carrier, place.load.packets)
        hub = module("ours_hub", nodes.hub, PASSPHRASE, "--stated", str(nodes.stated))
        office = module(
            "ours_office", nodes.office, PASSPHRASE, "--login", LOGIN,
            "--seed", str(place.load.seed),
        )  # fmt: skip
        return Pair(place.at_office(office), place.at_hub(hub))

    return start


ROAD_A = Contender("a", (), _start(is_best=False))
BEST = Contender("best", (), _start(is_best=True))
"""Whatever the product itself chooses."""
