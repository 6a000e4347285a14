"""The devices of this office as `node.toml` names them: scanners and the card printer.

What reads pictures (Pillow, numpy: 40 MB) is loaded when a device is asked for, not with
the commands: a node that only serves never pays for it.

`tell_simulator` is for demonstrations only: the simulated scanners must be told who
stands in front of them. Nothing else here knows that a device may be simulated.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from perahu.devices.ipp import IppLimits, IppPrinter
from perahu.devices.ports import Scanner
from perahu.node.office import Office
from perahu.node.rng import system_random
from perahu.people.facts import Biodata
from perahu.words import Refusal

ROOT_BYTES_MAX = 65_536
PRINTER_POLL_S, PRINTER_ANSWER_S = 0.25, 10.0
READY_S_MAX = 300.0
"""So long a run waits for somebody to mend the printer."""
SIMULATOR_S = 5.0


def scanner_of(
    office: Office, root_file: Path | None, ports: tuple[int, ...] = ()
) -> Scanner:
    """The scanners of this desk, trusted under the pinned root. Raises Refusal.

    Of an office with several desks only those at `ports`.
    """
    from perahu.devices.sbi import PORTS, Desk, SbiScanner, SbiSettings

    named = root_file or office.folder / office.settings.scanner_root
    try:
        with named.open("rb") as file:
            root_pem = file.read(ROOT_BYTES_MAX)
        return SbiScanner(
            SbiSettings(root_pem, ports or office.settings.scanners or PORTS),
            Desk(
                wall=lambda: datetime.fromtimestamp(office.now().wall_ms / 1000, UTC),
                monotonic_s=office.clock.monotonic_s,
                new_id=lambda: system_random(16).hex(),
            ),
        )
    except (OSError, ValueError) as error:
        raise Refusal(
            "no_scanner_root",
            id=f"Sertifikat akar pemindai {named} tidak ada atau bukan PEM; isi "
            "scanner_root di node.toml atau --scanner-root. Tidak ada yang diubah.",
            en=f"The scanners' root certificate {named} is missing or no PEM; set "
            "scanner_root in node.toml or --scanner-root. Nothing was changed.",
        ) from error


def sit_at(office: Office, port: int | None) -> None:
    """Use only the scanners at this port, where an office has several desks."""
    if port is not None:
        office.settings = replace(office.settings, scanners=(port,))


def check_plugged_in(scanner: Scanner) -> None:
    """Refuse before anything is opened where no trusted scanner answers at all."""
    if not scanner.devices():
        raise Refusal(
            "no_scanner",
            id="Tidak ada pemindai yang menjawab di komputer ini; pasang alat dan jalankan "
            "programnya, lalu ulangi. Tidak ada yang diubah.",
            en="No scanner answers on this computer; plug the devices in and start their "
            "program, then repeat it. Nothing was changed.",
        )


def printer_of(office: Office, answer_s: float = PRINTER_ANSWER_S) -> IppPrinter:
    """The card printer of this office; it has so long for each answer. Raises Refusal."""
    if not office.settings.printer:
        raise Refusal(
            "no_printer",
            id="Printer kartu belum diatur; isi printer di node.toml (ipp://…). Tidak ada "
            "blanko yang dipakai.",
            en="No card printer is set; fill in printer in node.toml (ipp://…). No blanko "
            "was used.",
        )
    return IppPrinter(
        office.settings.printer,
        wait=time.sleep,
        monotonic_s=office.clock.monotonic_s,
        limits=IppLimits(answer_s=answer_s, poll_s=PRINTER_POLL_S),
    )


def wait_until_ready(printer: IppPrinter) -> bool:
    """Wait while somebody mends the printer; False where nobody did in time."""
    end_s = time.monotonic() + READY_S_MAX
    while not printer.state().ready:
        if time.monotonic() > end_s:
            return False
        time.sleep(PRINTER_POLL_S)
    return True


def tell_simulator(
    office: Office, biodata: Biodata, ports: tuple[int, ...] = ()
) -> None:
    """For demonstrations only: put the synthetic person of this NIK before the scanners."""
    asked = {
        "seed": seed_of(biodata.nik),
        "sex": "F" if biodata.jenis_kelamin == 2 else "M",
    }
    for port in ports or office.settings.scanners:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=SIMULATOR_S)
        try:
            link.request("POST", "/sim/person", json.dumps(asked))
            is_told = link.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            is_told = False
        finally:
            link.close()
        if not is_told:
            raise Refusal(
                "no_simulator",
                id=f"Di port {port} tidak ada pemindai simulasi; --sim-person hanya untuk "
                "peragaan. Tidak ada yang direkam.",
                en=f"There is no simulated scanner on port {port}; --sim-person is for "
                "demonstrations only. Nothing was recorded.",
            )


def seed_of(nik: str) -> int:
    """The synthetic person who stands for this NIK, always the same one."""
    return int.from_bytes(hashlib.sha256(nik.encode()).digest()[:6], "big")
