"""An office that sends with rsync over ssh, begun again whenever it failed."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import threading
import time
from pathlib import Path

from bench.race.ends.lines import hear, tell

PAUSE_S = 5.0
"""Between two tries, as the loops in people's scripts have it."""
LOOK_S = 0.2
SILENCE_S = 60
"""rsync gives up a connection on which nothing has moved for so long."""


def command(given: argparse.Namespace) -> list[str]:
    """The line a user would have in a script."""
    folder: Path = given.folder
    shell = (
        f"ssh -F none -i {folder}/ssh.key -p {given.port} -o BatchMode=yes "
        f"-o UserKnownHostsFile={folder}/known_hosts -o StrictHostKeyChecking=yes "
        "-o ServerAliveInterval=15 -o ServerAliveCountMax=3 -o ConnectTimeout=30"
    )
    return [
        "rsync", "-az", "--partial", f"--timeout={SILENCE_S}", "-e", shell,
        f"{folder}/out/", f"{given.address}:{folder}/in/",
    ]  # fmt: skip


def wait_for_device(given: argparse.Namespace) -> None:
    """Until the road to the hub goes through the device (a tunnel that must come up)."""
    words = ["ip", "route", "get", given.address]
    while given.device:
        found = subprocess.run(words, capture_output=True, text=True, check=False)
        if f"dev {given.device} " in found.stdout:
            return
        time.sleep(LOOK_S)


def main() -> None:
    """Go on until a pass that began with everything in the folder went well."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", default="")
    given = parser.parse_args()
    begun, stated = threading.Event(), threading.Event()

    def state() -> None:
        tell("recorded")
        for path in sorted((given.folder / "small").iterdir()):
            # As a program writes into a folder that is being sent: whole or not at all.
            draft = given.folder / path.name
            shutil.copy(path, draft)
            draft.rename(given.folder / "out" / path.name)
        stated.set()

    hear({"go": begun.set, "small": state})
    tell("ready")
    begun.wait()
    while True:
        wait_for_device(given)
        is_last = stated.is_set()
        done = subprocess.run(command(given), stdin=subprocess.DEVNULL, check=False)
        if done.returncode == 0 and is_last:
            tell("done")
            break
        if done.returncode == 0:
            stated.wait(PAUSE_S)
        else:
            tell("failed", code=done.returncode)
            time.sleep(PAUSE_S)
    time.sleep(3600)


if __name__ == "__main__":
    main()
