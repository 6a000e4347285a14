"""The second reader (tools/auditor.py) looks at a book that a cut left and recovery healed."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sim.power.promises import Verdict
from sim.power.scene import Scene
from sim.power.town import MIRROR
from tools.auditor import Auditor
from tools.auditor_facts import audit as read

_IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


def audit(scene: Scene) -> Verdict:
    """Copy the files out of the disk, and let the auditor say what is wrong."""
    machine = scene.town.machines[scene.start.name]
    with tempfile.TemporaryDirectory(prefix="perahu-", dir=_IN_MEMORY) as folder:
        root = Path(folder)
        for name, content in scene.disk.snapshot().files.items():
            path = root / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        mirror = root / str(MIRROR).lstrip("/") if scene.start.mirrored else None
        place = root / str(machine.folder).lstrip("/")
        secret = machine.papers.keys.secret
        found = read(Auditor(place, secret, scene.town.root_public, mirror))
    return Verdict(corrupt=tuple(f"the auditor: {one}" for one in found.wrong))
