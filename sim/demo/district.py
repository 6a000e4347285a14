"""Bengkulu Utara in a folder: five nodes, the centre, scanners, printers and a bad link.

Founded and enrolled by the same functions the commands use; then every one of them is a
process of its own, with real sockets, databases and TLS on loopback.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from perahu.keys.pin import activation_hash, new_activation_code
from perahu.kinds import RIGHTS
from perahu.node.actions import GrantPlan, grant_operator
from perahu.node.enrolling import NewNode, enrol, join
from perahu.node.founding import FirstOperator, found_kabupaten
from perahu.node.office import Office, open_office
from perahu.node.rng import system_random
from perahu.node.settings import Settings, save_settings
from perahu.node.signing_in import set_pin
from sim.demo.plan import PIN, Plan
from sim.demo.processes import (
    LOOPBACK,
    SCANNER_PORTS,
    Process,
    ProcessDied,
    free_port,
    get,
    is_free,
    tell,
    wait_port,
)

HUB, PROVINSI = "Bengkulu Utara", "Provinsi Bengkulu"
ENGGANO, KETAHUN, KAPAL = "Enggano", "Ketahun", "Kapal"
NODES = (PROVINSI, HUB, ENGGANO, KETAHUN, KAPAL)
PAGE_PORTS = {ENGGANO: 8701, HUB: 8702, KETAHUN: 8703, KAPAL: 8704, PROVINSI: 8705}
CENTRE_PATIENCE_S = 4
"""The simulated centre answers within 3 s: after 4 s of silence a packet is lost."""
DESKS = {ENGGANO: 2, KAPAL: 1}
"""Desks with scanners of their own."""
DECREE = "SK 800/17/DATA-UJI/2026"
_PLACES = {
    PROVINSI: ("provinsi", "17"),
    ENGGANO: ("kecamatan", "170301"),
    KETAHUN: ("kecamatan", "170312"),
    KAPAL: ("field", "170301"),
}
OPERATORS = {
    HUB: ("lina", "Lina (DATA UJI)", "1703"),
    ENGGANO: ("sari", "Sari (DATA UJI)", "170301"),
    KETAHUN: ("made", "Made (DATA UJI)", "170312"),
    KAPAL: ("wati", "Wati (DATA UJI)", "170301"),
}


@dataclass(slots=True)
class Desk:
    """A node of the district as the demo knows it."""

    name: str
    folder: Path
    passphrase: str
    page: int
    listen: int = 0
    scanners: tuple[int, ...] = ()
    """One port a desk."""
    printer: int = 0
    process: Process | None = None

    @property
    def status_url(self) -> str:
        """Where its status page answers in JSON."""
        return f"http://{LOOPBACK}:{self.page}/status.json"

    def open(self) -> Office:
        """Open its book beside the running process, as a command does."""
        return open_office(self.folder, passphrase=self.passphrase)


@dataclass(slots=True)
class District:
    """All of it; `close` ends every process that was started."""

    plan: Plan
    desks: dict[str, Desk] = field(default_factory=dict)
    centre: int = 0
    link: int = 0
    link_control: int = 0
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def folder(self) -> Path:
        """Where everything lies."""
        return self.plan.folder

    def close(self) -> None:
        """End every process, last started first."""
        self._stack.close()

    # -- founding ---------------------------------------------------------------------

    def found(self) -> None:
        """Found the kabupaten, enrol the others from files, and set everybody's PIN."""
        self.centre, self.link, self.link_control = (free_port() for _ in range(3))
        for name in NODES:
            self.desks[name] = self._desk(name)
            self.desks[name].scanners = self._start_scanners(self.desks[name])
        hub = self.desks[HUB]
        founded = found_kabupaten(
            hub.folder,
            self._hub_settings(hub),
            passphrase=hub.passphrase,
            root_file=self.folder / "kunci-akar-simpan-luring.txt",
            operator=FirstOperator(
                login=OPERATORS[HUB][0], name=OPERATORS[HUB][1], decree=DECREE
            ),
        )
        with hub.open() as office:
            set_pin(office, OPERATORS[HUB][0], founded.activation_code, PIN)
            codes = {name: self._enrol(office, name) for name in _PLACES}
            self.activations = {
                name: self._grant(office, name) for name in (ENGGANO, KETAHUN, KAPAL)
            }
        for name, code in codes.items():
            self._join(self.desks[name], code)

    activations: dict[str, str] = field(default_factory=dict)
    """Activation codes that the operators at the offices were given."""

    def _desk(self, name: str) -> Desk:
        folder = self.folder / name.lower().replace(" ", "-")
        (self.folder / "cermin").mkdir(parents=True, exist_ok=True)
        return Desk(
            name=name,
            folder=folder,
            passphrase=system_random(12).hex(),
            page=_page_port(name),
            listen=free_port() if name in (HUB, PROVINSI) else 0,
            printer=free_port() if name in (ENGGANO, KAPAL) else 0,
        )

    def _mirror(self, desk: Desk) -> str:
        return str(self.folder / "cermin" / desk.folder.name)

    def _hub_settings(self, hub: Desk) -> Settings:
        return Settings(
            name=HUB,
            role="kabupaten",
            wilayah=("1703",),
            language=self.plan.language,
            listen=f"{LOOPBACK}:{hub.listen}",
            address=f"{LOOPBACK}:{hub.listen}",
            page=f"{LOOPBACK}:{hub.page}",
            contact_s=1,
            mirror=self._mirror(hub),
            centre=f"http://{LOOPBACK}:{self.centre}",
            centre_patience_s=CENTRE_PATIENCE_S,
            demonstration=True,
            sticks=(str(self.stick()),),
        )

    def stick(self) -> Path:
        """The USB stick that everybody in this district passes on."""
        folder = self.folder / "stik-usb"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _enrol(self, office: Office, name: str) -> str:
        role, wilayah = _PLACES[name]
        desk = self.desks[name]
        address = f"{LOOPBACK}:{desk.listen}" if desk.listen else ""
        plan = NewNode(
            name=name, role=role, wilayah=(wilayah,), listen=address, address=address
        )
        enrolled = enrol(office, plan, self._letter(desk))
        if name == PROVINSI:
            parent = replace(
                office.settings, parent=address, parent_node=enrolled.node_id.hex()
            )
            save_settings(office.folder, parent)
        return enrolled.code

    def _letter(self, desk: Desk) -> Path:
        return self.folder / f"pendaftaran-{desk.folder.name}.perahu"

    def _join(self, desk: Desk, code: str) -> None:
        changes: dict[str, Any] = {
            "page": f"{LOOPBACK}:{desk.page}",
            "contact_s": 1,
            "mirror": self._mirror(desk),
            "language": self.plan.language,
            "demonstration": True,
            "sticks": (str(self.stick()),),
        }
        if desk.name == ENGGANO:
            changes["parent"] = f"{LOOPBACK}:{self.link}"
        if desk.name == KAPAL:
            # At sea nobody answers: what Kapal has goes by courier file.
            changes["parent"] = f"{LOOPBACK}:{free_port()}"
        if desk.scanners:
            changes["scanners"] = desk.scanners
            changes["scanner_root"] = str(self.scanner_keys(desk) / "root.pem")
            changes["printer"] = f"ipp://{LOOPBACK}:{desk.printer}/ipp/print"
        letter = self._letter(desk)
        join(
            desk.folder, letter, code=code, passphrase=desk.passphrase, changes=changes
        )

    def _grant(self, office: Office, name: str) -> str:
        login, full_name, wilayah = OPERATORS[name]
        code, today = new_activation_code(system_random), office.now().today
        grant = GrantPlan(
            login=login,
            name=full_name,
            rights=RIGHTS,
            wilayah=(wilayah,),
            valid_from=today,
            valid_until=today + timedelta(days=365),
            decree=DECREE,
        )
        grant_operator(
            office.journal,
            office.ask(),
            grant,
            operator=system_random(8),
            activation=activation_hash(code),
        )
        return code

    # -- processes --------------------------------------------------------------------

    def start_world(self) -> None:
        """The centre, the scanners, the printers and the shaped link."""
        seed = str(self.plan.seed)
        self._start(
            "pusat",
            "perahu.centre.sim_server",
            "--port", str(self.centre), "--seed", seed,
            "--store", str(self.folder / "pusat.db"), "--delay-scale", "0.00002",
            port=self.centre,
        )  # fmt: skip
        self._start(
            "tautan",
            "perahu.node.shaper",
            "--listen", str(self.link),
            "--target", f"{LOOPBACK}:{self.desks[HUB].listen}",
            "--control", str(self.link_control),
            port=self.link_control,
        )  # fmt: skip
        tell(self.link_control, "cut reset")
        for desk in self.desks.values():
            if desk.scanners:
                self._start_devices(desk, seed)

    def _start_devices(self, desk: Desk, seed: str) -> None:
        name = desk.folder.name
        self._start(
            f"pencetak-{name}",
            "perahu.devices.sim_printer",
            "--port", str(desk.printer), "--seed", seed,
            "--folder", str(self.folder / f"kartu-{name}"), "--card-s", "0.15",
            port=desk.printer,
        )  # fmt: skip

    def _start_scanners(self, desk: Desk) -> tuple[int, ...]:
        """One simulator a desk, on ports that another demo may be after as well."""
        taken = [port for one in self.desks.values() for port in one.scanners]
        found: list[int] = []
        for number in range(1, DESKS.get(desk.name, 0) + 1):
            found.append(self._start_scanner(desk, number, [*taken, *found]))
        return tuple(found)

    def _start_scanner(self, desk: Desk, number: int, taken: list[int]) -> int:
        # One folder of device keys: the office pins one root for all its desks.
        keys = self.scanner_keys(desk)
        for port in SCANNER_PORTS:
            if port in taken or not is_free(port):
                continue
            process = Process(
                f"pemindai-{desk.folder.name}-{number}",
                "perahu.devices.sim_scanner",
                [
                    "--port",
                    str(port),
                    "--seed",
                    str(self.plan.seed),
                    "--keys",
                    str(keys),
                ],
                folder=self.folder,
            )
            self._stack.callback(process.stop)
            try:
                wait_port(process, port)
            except ProcessDied:
                continue
            # Another's may have been quicker, and ours is gone before it has a root.
            ours = keys / "root.pem"
            if ours.exists() and ours.read_bytes() == get(port, "/sim/root.pem"):
                return port
        raise ProcessDied("no free port for the scanners")

    def scanner_keys(self, desk: Desk) -> Path:
        """The folder of the simulated devices' keys, with `root.pem`."""
        return self.folder / f"pemindai-{desk.folder.name}"

    def _start(self, name: str, module: str, *arguments: str, port: int) -> Process:
        process = Process(name, module, arguments, folder=self.folder)
        self._stack.callback(process.stop)
        wait_port(process, port)
        return process

    def serve(self, *names: str) -> None:
        """Start the node processes and wait until each says it is ready."""
        begun = [(self.desks[name], self.command(name, "serve")) for name in names]
        for desk, process in begun:
            desk.process = process
            next(process.events(), None)
            process.check()

    def command(
        self, name: str, *words: str, environment: dict[str, str] | None = None
    ) -> Process:
        """One `perahu` command at a node, as a process of its own."""
        desk = self.desks[name]
        secret = {
            "PERAHU_PASSPHRASE": desk.passphrase,
            "PERAHU_PIN": PIN,
            "PERAHU_CODE": self.activations.get(name, ""),
            "PERAHU_LANG": self.plan.language,
        }
        process = Process(
            f"{desk.folder.name}-{words[0]}",
            "perahu",
            ["--dir", str(desk.folder), *words],
            folder=self.folder,
            environment=secret | (environment or {}),
        )
        self._stack.callback(process.stop)
        return process

    def run(self, name: str, *words: str) -> list[dict[str, Any]]:
        """Run a command to its end and give its JSON lines. Raises CommandFailed."""
        process = self.command(name, *words)
        events = list(process.events())
        finish(process, words)
        return events

    def page_urls(self) -> dict[str, str]:
        """Node → address of its status page."""
        return {d.name: f"http://{LOOPBACK}:{d.page}/" for d in self.desks.values()}


def _page_port(name: str) -> int:
    """The same address at every demo, where no other one has taken it."""
    wanted = PAGE_PORTS[name]
    return wanted if is_free(wanted) else free_port()


class CommandFailed(RuntimeError):
    """A command of the story did not end well; its log says why."""


def finish(process: Process, words: Sequence[str]) -> None:
    """Wait for a command's end; it must be 0."""
    code = process.wait()
    if code != 0:
        said = process.log.read_text(errors="replace")[-600:]
        raise CommandFailed(f"perahu {' '.join(words)} ended with {code}: {said}")
