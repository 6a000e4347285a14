"""The state of a desk's simulated devices: who stands there, what is broken, what is shot.

It knows no sockets: `sim_scanner.py` serves it. Everything it gives is a function of the
person's seed, the part and the number of the capture, never of a clock.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime

from perahu.devices.parts import BY_NAME, BY_SUBTYPE, Part
from perahu.devices.ports import FACE, FINGER, IRIS, SIGNATURE
from perahu.devices.synth.person import Person, record_of

UNPLUGGED = "Unplugged"
STATES = ("Ready", "Busy", "Not Ready", "Not Registered", UNPLUGGED)

FAULTS = (
    "error", "timeout", "silent", "hang_up", "garbage", "wrong_hash", "wrong_key",
    "wrong_part", "cut_record", "score", "delay",
)  # fmt: skip
"""What a capture can be made to do: answer an error code; 701 after the time asked for;
never answer; close the connection; answer no JSON; break the hash chain; sign with a
foreign key; give another finger; cut the record short; give a low score; be slow."""

ERRORS = {
    "100": "Device not registered",
    "101": "Unable to detect a biometric object",
    "102": "Technical error during extraction",
    "103": "Device tamper detected",
    "104": "Unable to connect to management server",
    "105": "Image orientation error",
    "106": "Device not found",
    "107": "Device public key expired",
    "108": "Domain public key missing",
    "109": "Requested number of biometric (Finger/IRIS) not supported",
    "110": "Device is not ready",
    "111": "Device is busy",
    "112": "Invalid transaction ID",
    "113": "Count mismatch for given device type",
    "114": "Device type mismatch",
    "115": "Env value mismatch",
    "119": "Bio subtype value mismatch",
    "121": "Purpose value mismatch",
    "500": "Invalid URL",
    "502": "Biometric type value mismatch",
    "605": "Device is not connected for the deviceId given in the stream request",
    "701": "Capture timeout has happened",
    "704": "Device id not present in the capture request",
    "705": "Device is not connected for the deviceId given in the capture request",
    "710": "Capture failed for an unknown reason",
}
"""SBI 0.9.5's own codes 100-109 and, above them, those that its reference devices use."""

CAPTURES_A_TRAY_MAX = 4


@dataclass(frozen=True, slots=True)
class Device:
    """One simulated device."""

    kind: str
    subtype: str
    device_id: str
    model: str
    serial: str
    sub_ids: tuple[str, ...]
    state: str = "Ready"


@dataclass(frozen=True, slots=True)
class Fault:
    """What the next captures of a part (or of a kind, or of anything) will do."""

    fault: str
    part: str = ""
    kind: str = ""
    code: str = "710"
    score: int = 20
    delay_ms: int = 0
    times: int = 1

    def meets(self, part: Part) -> bool:
        """True where this fault waits for a capture of that part."""
        return self.part in ("", part.name) and self.kind in ("", part.kind)


@dataclass(frozen=True, slots=True)
class Shot:
    """One captured part before it is put into SBI's words."""

    part: Part
    record: bytes
    score: int


class DeviceError(Exception):
    """An SBI error code as the answer."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _devices(seed: int) -> dict[str, Device]:
    """The devices of one desk; their serial numbers follow the simulator's seed."""
    rows = (
        (FINGER, "Slap", "1", "FP-SIM-4", ("1", "2", "3")),
        (IRIS, "Double", "2", "IR-SIM-2", ("1", "2", "3")),
        (FACE, "Full face", "3", "CAM-SIM", ("0",)),
        (SIGNATURE, "Pad", "4", "PAD-SIM", ("0",)),
    )
    return {
        kind: Device(kind, sub, number, model, f"UJI{seed:07d}{number:>02}", subs)
        for kind, sub, number, model, subs in rows
    }


@dataclass(slots=True)
class Desk:
    """All devices of one desk, and the person in front of them."""

    seed: int = 0
    person: Person = field(default_factory=lambda: Person(0))
    devices: dict[str, Device] = field(default_factory=dict)
    delay_ms: int = 0
    faults: list[Fault] = field(default_factory=list)
    shots: Counter[tuple[int, str]] = field(default_factory=Counter)
    """Captures so far of each (person's seed, part)."""

    def __post_init__(self) -> None:
        """Plug in the devices."""
        self.devices = _devices(self.seed)
        self.person = Person(self.seed)

    def plug(self, kind: str, state: str) -> None:
        """Set what a device says of itself; `UNPLUGGED` takes it away."""
        assert state in STATES, state
        self.devices[kind] = replace(self.devices[kind], state=state)

    def plugged(self, kind: str = "") -> list[Device]:
        """The devices one can see, of one kind or of all."""
        return [
            device
            for device in self.devices.values()
            if device.state != UNPLUGGED and kind in ("", device.kind)
        ]

    def fault_for(self, part: Part) -> Fault | None:
        """Take the fault that waits for this part, using it up by one."""
        for n, fault in enumerate(self.faults):
            if fault.meets(part):
                left = replace(fault, times=fault.times - 1)
                self.faults[n : n + 1] = [left] if left.times else []
                return fault
        return None

    def ready(self, kind: str, device_id: str | None) -> Device:
        """The device that will capture; raises DeviceError with SBI's code."""
        device = self.devices.get(kind)
        if device is None:
            raise DeviceError("114")
        if device.state == UNPLUGGED:
            raise DeviceError("106")
        if device_id is not None and device_id not in ("0", device.device_id):
            raise DeviceError("705")
        states = {"Busy": "111", "Not Ready": "110", "Not Registered": "100"}
        if device.state in states:
            raise DeviceError(states[device.state])
        return device

    def shoot(
        self, part: Part, taken: datetime, backdrop: str, fault: Fault | None
    ) -> Shot:
        """Capture one part now; raises DeviceError 101 where the person has none."""
        person = self.person
        if part.name in person.missing:
            raise DeviceError("101")
        if fault is not None and fault.fault == "score":
            quality = {**person.quality, part.name: fault.score}
            person = replace(person, quality=quality)
        number = self.shots[person.seed, part.name]
        self.shots[person.seed, part.name] += 1
        record, score = record_of(person, part, number, taken, backdrop)
        return Shot(part, record, score)


def other_finger(part: Part) -> Part:
    """The neighbour that a confused person puts down instead."""
    names = [name for name, each in BY_NAME.items() if each.kind == part.kind]
    return BY_NAME[names[(names.index(part.name) + 1) % len(names)]]


def asked_parts(
    kind: str, subtypes: list[str], exceptions: list[str], sub_id: str
) -> list[Part]:
    """The parts of one request: named ones, or a slap's without the excepted ones."""
    if kind == FACE:
        return [BY_NAME["photo"]]
    known = {subtype for each, subtype in BY_SUBTYPE if each == kind}
    if not (set(subtypes) | set(exceptions)) <= known:
        raise DeviceError("119")
    if not subtypes:
        # Sub-id 3 is the two thumbs of a slap device, and both eyes of an iris camera.
        subtypes = [
            part.subtype
            for part in BY_NAME.values()
            if part.kind == kind and (part.sub_id == sub_id or kind + sub_id == "Iris3")
        ]
    parts = [BY_SUBTYPE[kind, name] for name in subtypes if name not in exceptions]
    if not 1 <= len(parts) <= CAPTURES_A_TRAY_MAX:
        raise DeviceError("109")
    return parts
