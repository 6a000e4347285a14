"""Bengkulu Utara as real nodes in folders: founded once in a run, copied for every test.

*Hub* and *Provinsi* listen; *Enggano*, *Ketahun* and *Kapal* call the hub. Each office has
its operator with a PIN, knows the hub's grants, and knows the residents of its wilayah.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from perahu.journal.types import COMMON
from perahu.keys.pin import activation_hash, new_activation_code
from perahu.kinds import RIGHTS
from perahu.node import trust
from perahu.node.actions import GrantPlan, grant_operator, operator_named
from perahu.node.enrolling import NewNode, enrol, join
from perahu.node.founding import FirstOperator, found_kabupaten
from perahu.node.listener import Listener
from perahu.node.office import Office, open_office
from perahu.node.rng import system_random
from perahu.node.road import Caller, doors_of, side_of
from perahu.node.settings import Settings, load_settings, save_settings
from perahu.node.signing_in import set_pin
from perahu.node.tls import server_context
from perahu.people import actions as people
from perahu.sync.exchange import ExchangeResult, Patience
from tests.cast import carry
from tests.node.offices import PHRASE
from tests.people.builders import create_csv, villagers

HUB, PROVINSI = "Hub", "Provinsi"
ENGGANO, KETAHUN, KAPAL = "Enggano", "Ketahun", "Kapal"
NODES = (HUB, PROVINSI, ENGGANO, KETAHUN, KAPAL)
LOOPBACK, ANY = "127.0.0.1", "127.0.0.1:0"
PIN, DECREE = "739152", "SK 800/17/DATA-UJI/2026"
VILLAGERS = 60
"""Residents of each kecamatan."""

_PLACES = {
    PROVINSI: ("provinsi", "17"),
    ENGGANO: ("kecamatan", "170301"),
    KETAHUN: ("kecamatan", "170312"),
    KAPAL: ("field", "170301"),
}
OPERATORS = {HUB: "ratna", ENGGANO: "sari", KETAHUN: "made", KAPAL: "wati"}


@dataclass
class World:
    """A copy of the district; whatever a test opens is closed behind it."""

    folder: Path
    _open: ExitStack = field(default_factory=ExitStack)

    def place(self, name: str) -> Path:
        """The folder of a node."""
        return self.folder / name.lower()

    def open(self, name: str, wall_s: Callable[[], float] | None = None) -> Office:
        """Open a node as a command would."""
        office = open_office(self.place(name), passphrase=PHRASE, wall_s=wall_s)
        self._open.callback(office.close)
        return office

    def change(self, name: str, **changes: Any) -> Settings:
        """Change what stands in node.toml; a node that is open already does not hear it."""
        settings = replace(load_settings(self.place(name)), **changes)
        save_settings(self.place(name), settings)
        return settings

    def node_id(self, name: str) -> bytes:
        """The id of a node, as its enrolment said it."""
        return bytes.fromhex((self.folder / f"{name}.id").read_text())

    def residents(self, kecamatan: str = "170301") -> list[str]:
        """The NIK of its residents who may be recorded."""
        rows = villagers(VILLAGERS, kecamatan)
        return [row["NIK"] for row in rows if _may_be_recorded(row)]

    @contextmanager
    def answering(self, office: Office) -> Iterator[int]:
        """A node that listens in this process; gives its port."""
        with answering(office) as listener:
            yield listener.port

    def close(self) -> None:
        """Close every node that was opened."""
        self._open.close()


@contextmanager
def answering(office: Office, **more: Any) -> Iterator[Listener]:
    """The real listener of a node, on any free port of this machine."""
    files = office.folder / trust.FOLDER
    context = server_context(files / trust.CERTIFICATE_FILE, files / trust.KEY_FILE)
    listener = Listener(
        side_of(office), doors_of(office), context, (LOOPBACK, 0), **more
    )
    listener.start()
    try:
        yield listener
    finally:
        listener.stop()


def call(office: Office, port: int, *, attempts: int = 3) -> ExchangeResult:
    """Exchange everything once with whoever listens on this port as our parent."""
    office.settings = replace(office.settings, parent=f"{LOOPBACK}:{port}")
    with office.at_work():
        return Caller(office, Patience(attempts_max=attempts)).call()


def officer_of(office: Office, name: str) -> bytes:
    """The operator who works at an office."""
    return operator_named(office.authority, OPERATORS[name])


def found_world(folder: Path) -> World:
    """Found it all: about four seconds."""
    world = World(folder)
    hub_settings = Settings(
        name="Bengkulu Utara", role="kabupaten", wilayah=("1703",),
        listen=ANY, address=ANY, page=ANY,
    )  # fmt: skip
    founded = found_kabupaten(
        world.place(HUB),
        hub_settings,
        passphrase=PHRASE,
        root_file=folder / "root-key",
        operator=FirstOperator(login=OPERATORS[HUB], name="Ratna", decree=DECREE),
    )
    with open_office(world.place(HUB), passphrase=PHRASE) as hub:
        set_pin(hub, OPERATORS[HUB], founded.activation_code, PIN)
        for name in _PLACES:
            _add(world, hub, name)
        activations = {n: _grant(hub, n) for n in (ENGGANO, KETAHUN, KAPAL)}
        _import(world, hub)
        for name, code in activations.items():
            _first_load(world, hub, name, code)
    (folder / f"{HUB}.id").write_text(founded.node_id.hex())
    parent = world.node_id(PROVINSI).hex()
    world.change(HUB, parent=ANY, parent_node=parent)
    return world


def copy_world(world: World, folder: Path) -> World:
    """The same district in another place."""
    shutil.copytree(world.folder, folder)
    return World(folder)


def _add(world: World, hub: Office, name: str) -> None:
    role, wilayah = _PLACES[name]
    listen = ANY if name == PROVINSI else ""
    plan = NewNode(
        name=name, role=role, wilayah=(wilayah,), listen=listen, address=listen
    )
    letter = world.folder / f"{name}.enrol"
    enrolled = enrol(hub, plan, letter)
    join(
        world.place(name),
        letter,
        code=enrolled.code,
        passphrase=PHRASE,
        changes={"page": ANY},
    )
    (world.folder / f"{name}.id").write_text(enrolled.node_id.hex())


def _grant(hub: Office, name: str) -> str:
    code, today = new_activation_code(system_random), hub.now().today
    plan = GrantPlan(
        login=OPERATORS[name],
        name=OPERATORS[name].title(),
        rights=RIGHTS,
        wilayah=(_PLACES[name][1],),
        valid_from=today,
        valid_until=today + timedelta(days=365),
        decree=DECREE,
    )
    operator = system_random(8)
    activation = activation_hash(code)
    grant_operator(
        hub.journal, hub.ask(), plan, operator=operator, activation=activation
    )
    return code


def _import(world: World, hub: Office) -> None:
    officer = operator_named(hub.authority, OPERATORS[HUB])
    rows = [*villagers(VILLAGERS), *villagers(VILLAGERS, "170312", seed=2)]
    file = world.folder / "penduduk.csv"
    file.write_bytes(create_csv(*rows))
    plan = people.plan_import(file, today=hub.now().today)
    people.import_residents(hub.journal, hub.ask(officer), plan, rng=system_random)


def _first_load(world: World, hub: Office, name: str, code: str) -> None:
    with open_office(world.place(name), passphrase=PHRASE) as office:
        wanted = {COMMON, office.journal.node_id}
        carry(hub.journal, office.journal, audience=wanted.__contains__)
        set_pin(office, OPERATORS[name], code, PIN)


def _may_be_recorded(row: dict[str, str]) -> bool:
    born = int(row["TGL_LHR"][-4:])
    return row["STATUS_REKAM"] in ("", "UNREGISTERED", "BELUM REKAM") and born <= 2005
