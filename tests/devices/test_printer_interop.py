"""The client against a printer not written by us: ippeveprinter, where it can run."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from perahu.devices.ipp import IppLimits, IppPrinter
from tests.devices.printers import card_job

WAIT_S = 10.0
CONF = """\
ATTR mimeMediaType document-format-default image/png
ATTR mimeMediaType document-format-supported image/png
ATTR keyword media-default iso_id-1_53.98x85.6mm
ATTR keyword media-supported iso_id-1_53.98x85.6mm
"""
SCRIPT = "#!/bin/sh\necho 'ATTR: job-impressions-completed=%d' >&2\nexit %d\n"


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def ippeveprinter(folder: Path, *, sides: int, ends_with: int) -> Iterator[IppPrinter]:
    """A real IPP printer whose command counts so many sides and ends with this code."""
    path = f"{os.defpath}:/usr/sbin:{os.environ.get('PATH', '')}"
    program = shutil.which("ippeveprinter", path=path)
    if program is None:
        pytest.skip("needs the Debian package cups-ipp-utils (ippeveprinter)")
    (folder / "conf").write_text(CONF)
    script = folder / "print.sh"
    script.write_text(SCRIPT % (sides, ends_with))
    script.chmod(0o755)
    port = free_port()
    words = [program, "-p", str(port), "-n", "localhost", "-d", str(folder)]
    words += ["-a", str(folder / "conf"), "-c", str(script), "Kartu"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        printer = IppPrinter(
            f"ipp://localhost:{port}/ipp/print",
            wait=time.sleep,
            monotonic_s=time.monotonic,
            limits=IppLimits(answer_s=5, print_s=20, poll_s=0.1),
        )
        ends_s = time.monotonic() + WAIT_S
        while not printer.state().ready:
            if process.poll() is not None or time.monotonic() > ends_s:
                pytest.skip("needs the Debian package avahi-daemon, with dbus running")
            time.sleep(0.1)
        yield printer
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("sides", "ends_with", "outcome"),
    [
        (1, 0, "printed"),
        (1, 1, "spoiled"),
        # It does not count fed cards: without a side it is for a person to judge.
        (0, 0, "uncertain"),
        (0, 1, "uncertain"),
    ],
)
def test_it_prints_on_a_printer_not_ours(
    tmp_path: Path, sides: int, ends_with: int, outcome: str
) -> None:
    """A real printer's counts and states mean what ours mean, and a name is known again."""
    with ippeveprinter(tmp_path, sides=sides, ends_with=ends_with) as printer:
        assert printer.print(card_job()).outcome == outcome
        assert printer.print(card_job()).outcome == outcome
        found = printer.look_up(card_job().name)
        assert found is not None
        assert found.outcome == outcome
