"""A small district to kill processes in: the hub and Enggano, founded by the real functions.

The residents, the orders for cards and the blank cards are there from the first moment,
and the vaults are sealed at the lowest cost there is: a worker opens its node in
milliseconds, so that the time goes into work and not into a passphrase.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from perahu.cards import actions, actions_stock, reads
from perahu.enrolment.rules import pickup_hash
from perahu.journal.types import PART, PHOTO
from perahu.keys.pin import activation_hash, new_activation_code
from perahu.keys.sealing import seal_blob
from perahu.keys.vault import Cost, seal_secret
from perahu.kinds import RIGHTS
from perahu.node.actions import GrantPlan, grant_operator, operator_named
from perahu.node.courier import export_to, import_files
from perahu.node.enrolling import NewNode, enrol, join
from perahu.node.founding import FirstOperator, found_kabupaten
from perahu.node.office import KEY_FILE, Office, open_office
from perahu.node.rng import system_random
from perahu.node.settings import Settings, load_settings, save_settings
from perahu.node.signing_in import set_pin
from perahu.people import actions as people
from perahu.people.models import Person
from sim.people import write_csv
from tools.auditor import secret_of

HUB, ENGGANO = "Hub", "Enggano"
NODES = (HUB, ENGGANO)
OPERATORS = {HUB: "ratna", ENGGANO: "sari"}
PHRASE, PIN, CODE = "ombak besar di Enggano", "739152", "AB23 CD45"
DECREE = "SK 800/17/DATA-UJI/2026"
RESIDENTS, ORDERS, BLANKO = 60, 24, 200
KECAMATAN = "170301"
LOOPBACK = "127.0.0.1"
ANY = f"{LOOPBACK}:0"
_CHEAP = Cost(ops=1, memory_bytes=8192)


@dataclass(frozen=True, slots=True)
class Town:
    """A district in a folder."""

    folder: Path

    def place(self, name: str) -> Path:
        """The folder of a node."""
        return self.folder / name.lower()

    def mirror(self, name: str) -> Path:
        """The second medium of a node."""
        return self.folder / f"cermin-{name.lower()}"

    @property
    def stick(self) -> Path:
        """The stick that goes to and fro."""
        return self.folder / "stik"

    def open(self, name: str) -> Office:
        """Open a node as a command does."""
        return open_office(self.place(name), passphrase=PHRASE)

    def node_id(self, name: str) -> bytes:
        """The id of a node."""
        return bytes.fromhex((self.folder / f"{name}.id").read_text())

    def change(self, name: str, **changes: Any) -> None:
        """Change what stands in node.toml."""
        place = self.place(name)
        save_settings(place, replace(load_settings(place), **changes))

    def copy(self, folder: Path) -> Town:
        """The same district in another place, with its own sticks and mirrors."""
        shutil.copytree(self.folder, folder)
        made = Town(folder)
        for name in NODES:
            made.change(name, mirror=str(made.mirror(name)))
        return made


def officer_of(office: Office, name: str) -> bytes:
    """The operator who works at a node."""
    return operator_named(office.authority, OPERATORS[name])


def found_town(
    folder: Path, seed: int, *, residents: int = RESIDENTS, cards: int = ORDERS
) -> Town:
    """Found it, bring the residents, order the cards and count the blanks in."""
    town = Town(folder)
    folder.mkdir(parents=True)
    town.stick.mkdir()
    for name in NODES:
        town.mirror(name).mkdir()
    code = _found_hub(town)
    with town.open(HUB) as hub:
        set_pin(hub, OPERATORS[HUB], code, PIN)
        activation = _grant(hub)
        _join_enggano(town, hub)
        _bring_residents(town, hub, seed, residents)
        _order_cards(town, hub, cards)
        export_to(hub, town.node_id(ENGGANO), town.stick)
    for name in NODES:
        _seal_cheaply(town.place(name) / KEY_FILE)
    with town.open(ENGGANO) as office:
        import_files(office, [town.stick], None)
        set_pin(office, OPERATORS[ENGGANO], activation, PIN)
        _count_in(office)
        assert len(reads.print_queue(office.journal.node_id)) == cards, "they came"
    for file in town.stick.iterdir():
        file.unlink()
    return town


def _found_hub(town: Town) -> str:
    settings = Settings(
        name="Bengkulu Utara", role="kabupaten", wilayah=("1703",), listen=ANY,
        address=ANY, page=ANY, mirror=str(town.mirror(HUB)), contact_s=1,
    )  # fmt: skip
    founded = found_kabupaten(
        town.place(HUB),
        settings,
        passphrase=PHRASE,
        root_file=town.folder / "root-key",
        operator=FirstOperator(login=OPERATORS[HUB], name="Ratna", decree=DECREE),
    )
    (town.folder / f"{HUB}.id").write_text(founded.node_id.hex())
    return founded.activation_code


def _join_enggano(town: Town, hub: Office) -> None:
    letter = town.folder / "enggano.enrol"
    plan = NewNode(name=ENGGANO, role="kecamatan", wilayah=(KECAMATAN,))
    enrolled = enrol(hub, plan, letter)
    changes = {"page": ANY, "mirror": str(town.mirror(ENGGANO)), "contact_s": 1}
    join(
        town.place(ENGGANO),
        letter,
        code=enrolled.code,
        passphrase=PHRASE,
        changes=changes,
    )
    (town.folder / f"{ENGGANO}.id").write_text(enrolled.node_id.hex())


def _seal_cheaply(vault: Path) -> None:
    secret = secret_of(vault.read_bytes(), PHRASE)
    vault.write_bytes(seal_secret(secret, PHRASE, system_random, _CHEAP))


def _grant(hub: Office) -> str:
    code, today = new_activation_code(system_random), hub.now().today
    plan = GrantPlan(
        login=OPERATORS[ENGGANO],
        name="Sari",
        rights=RIGHTS,
        wilayah=(KECAMATAN,),
        valid_from=today,
        valid_until=today + timedelta(days=365),
        decree=DECREE,
    )
    activation = activation_hash(code)
    grant_operator(
        hub.journal, hub.ask(), plan, operator=system_random(8), activation=activation
    )
    return code


def _bring_residents(town: Town, hub: Office, seed: int, count: int) -> None:
    file = town.folder / "penduduk.csv"
    write_csv(file, kecamatan=KECAMATAN, count=count, seed=seed)
    plan = people.plan_import(file, today=hub.now().today)
    ask = hub.ask(officer_of(hub, HUB))
    people.import_residents(hub.journal, ask, plan, rng=system_random)


def _order_cards(town: Town, hub: Office, count: int) -> None:
    node = town.node_id(ENGGANO)
    recipient = hub.authority.nodes()[node].age_recipient
    grown = Person.objects.filter(tanggal_lahir__lte="2005-12-31").order_by("nik")
    for one in grown[:count]:
        blobs = [
            hub.journal.blobs.put(seal_blob(part, [recipient]), blob_class)
            for part, blob_class in (
                (_picture("blue"), PHOTO),
                (_picture("white"), PART),
                (b"FMR\0left", PART),
            )
        ]
        actions.order_print(
            hub.journal,
            hub.ask(),
            person=bytes.fromhex(one.person),
            recording=b"recording-01",
            home=node,
            kind="BELUM_PERNAH",
            blobs=blobs,
            pickup=pickup_hash(CODE),
        )


def _count_in(office: Office) -> None:
    actions_stock.receive_stock(
        office.journal,
        office.ask(officer_of(office, ENGGANO)),
        item="blanko",
        count=BLANKO,
        source="TERIMA_PUSAT",
        document="BAST 1",
    )


def _picture(colour: str) -> bytes:
    out = BytesIO()
    Image.new("RGB", (60, 80), colour).save(out, format="PNG")
    return out.getvalue()
