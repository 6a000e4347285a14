"""The carriers in `node.toml`: by which ways this node may reach its parent, and when.

    [[carriers]]
    name = "vsat"
    words = "Parabola kantor"
    kind = "satelit"
    address = "hub.example:443"
    interface = "eth1"
    preference = 1
    cost_per_mb = 0
    monthly_mb = 4000
    hours = "22:00-03:00"
    outside = "records"
    udp = true

A way that costs or sleeps is still a way for records: what is stated of people and rights
is small and goes at once, packets wait for the window (`outside = "records"`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from perahu.words import Words

CARRIERS_MAX = 16
TEXT_LENGTH_MAX = 80
COST_MAX, MONTHLY_MB_MAX, PREFERENCE_MAX = 10_000_000, 100_000_000, 100
OTHER = "lain"
KINDS: dict[str, Words] = {
    "kabel": Words("kabel", "cable"),
    "lan": Words("jaringan kantor", "office network"),
    "wifi": Words("Wi-Fi", "Wi-Fi"),
    "seluler": Words("seluler", "cellular"),
    "satelit": Words("satelit", "satellite"),
    "radio": Words("radio", "radio"),
    "vpn": Words("VPN", "VPN"),
    OTHER: Words("lain", "other"),
}
"""What a carrier can be, as node.toml and the hub's policy name it."""
RECORDS, NOTHING = "records", "nothing"
ONLY = "utama"
"""The name of the one carrier of a node.toml that lists none: the old `parent`."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?")
_INTERFACE = re.compile(r"[A-Za-z0-9._:-]{1,15}")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Hours:
    """A window of the day, in minutes since midnight; it may reach across midnight."""

    begin: int
    end: int

    def holds(self, minute: int) -> bool:
        """Whether this minute of the day lies in it."""
        if self.begin < self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end

    def minutes_to(self, minute: int) -> int:
        """How long from this minute until it opens; 0 while it is open."""
        return 0 if self.holds(minute) else (self.begin - minute) % _DAY_MINUTES


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierEntry:
    """One `[[carriers]]` of node.toml; every field is a key of it."""

    name: str
    address: str
    """host:port of the parent over this way: public, inside a VPN, on the LAN."""
    words: str = ""
    """Its name for people; the plain name where there is none."""
    kind: str = OTHER
    interface: str = ""
    """The network interface to go out by; "" leaves it to the system."""
    source: str = ""
    """The own address to go out from, where an interface cannot be bound."""
    preference: int = 1
    """The smaller, the sooner."""
    cost_per_mb: int = 0
    """Rupiah."""
    monthly_mb: int = 0
    """What may go over it in a calendar month, both directions; 0 for no limit."""
    hours: str = ""
    """Local time in which everything may go; "" for always."""
    outside: str = RECORDS
    """What may go outside the hours, and when the month's share is used up."""
    udp: bool = True
    """Whether the paced way may be tried over it."""

    @property
    def shown(self) -> str:
        """Its name for people."""
        return self.words or self.name

    @property
    def window(self) -> Hours | None:
        """Its hours; None for always."""
        return hours_of(self.hours) if self.hours else None


class CarrierMistake(ValueError):
    """A `[[carriers]]` that cannot be used; `words` is the middle of a sentence."""

    def __init__(self, id: str, en: str) -> None:
        super().__init__(en)
        self.words = Words(id, en)


def hours_of(text: str) -> Hours:
    """The window of "22:00-03:00". Raises CarrierMistake."""
    found = _HOURS.fullmatch(text)
    if found is None or text[:5] == text[6:]:
        raise CarrierMistake(
            f"jam {text!r} tidak berbentuk 22:00-03:00",
            f"the hours {text!r} are not like 22:00-03:00",
        )
    numbers = [int(one) for one in found.groups()]
    return Hours(numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3])


def carriers_of(found: object) -> tuple[CarrierEntry, ...]:
    """What `carriers` of node.toml holds. Raises CarrierMistake."""
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise CarrierMistake(
            "carriers ditulis sebagai [[carriers]]",
            "carriers are written as [[carriers]]",
        )
    if len(found) > CARRIERS_MAX:
        raise CarrierMistake(
            f"lebih dari {CARRIERS_MAX} jalur", f"more than {CARRIERS_MAX} carriers"
        )
    entries = tuple(_entry(one) for one in found)
    names = [entry.name for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise CarrierMistake(
                f"dua jalur bernama {name!r}", f"two carriers are named {name!r}"
            )
    return entries


def _entry(found: object) -> CarrierEntry:
    if isinstance(found, CarrierEntry):
        return found
    if not isinstance(found, Mapping):
        raise CarrierMistake("sebuah jalur bukan tabel", "a carrier is not a table")
    named = str(found.get("name", "?"))[:TEXT_LENGTH_MAX]
    kinds = {field.name: field.type for field in fields(CarrierEntry)}
    for key, value in found.items():
        if key not in kinds:
            raise CarrierMistake(
                f"jalur {named!r}: kunci {key!r} tidak dikenal; yang bukan milik jalur "
                "ditulis di atas [[carriers]] yang pertama",
                f"carrier {named!r}: the key {key!r} is unknown; what is not a carrier's "
                "stands above the first [[carriers]]",
            )
        if not _fits(key, value):
            raise _wrong(named, key)
    for key in ("name", "address"):
        if key not in found:
            raise CarrierMistake(
                f"jalur {named!r}: kunci {key!r} tidak ada",
                f"carrier {named!r}: the key {key!r} is missing",
            )
    entry = CarrierEntry(**dict(found))
    if entry.hours:
        hours_of(entry.hours)
    return entry


def _fits(key: str, value: Any) -> bool:
    most = _MOST.get(key)
    if most is not None:
        least = 1 if key == "preference" else 0
        return type(value) is int and least <= value <= most
    if key == "udp":
        return isinstance(value, bool)
    if not isinstance(value, str) or len(value) > TEXT_LENGTH_MAX:
        return False
    if not value.isprintable():
        return False
    choices, form = _CHOICES.get(key), _FORMS.get(key)
    if choices is not None:
        return value in choices
    return form is None or bool(form.fullmatch(value))


_MOST = {
    "preference": PREFERENCE_MAX,
    "cost_per_mb": COST_MAX,
    "monthly_mb": MONTHLY_MB_MAX,
}
_CHOICES: dict[str, Sequence[str]] = {
    "kind": tuple(KINDS),
    "outside": (RECORDS, NOTHING),
}
_FORMS = {
    "name": _NAME,
    "address": re.compile(r".+:\d{1,5}"),
    "interface": re.compile(rf"(?:{_INTERFACE.pattern})?"),
    "source": re.compile(r"[0-9a-fA-F.:]*"),
}


_HINTS = {
    "name": Words(
        "huruf kecil, angka dan tanda hubung, paling banyak 24",
        "small letters, digits and hyphens, 24 at most",
    ),
    "address": Words(
        "host:port, misalnya 10.1.2.3:7443", "host:port, for example 10.1.2.3:7443"
    ),
    "interface": Words(
        "nama alat jaringan, misalnya eth1", "a network device, for example eth1"
    ),
    "source": Words(
        "alamat angka komputer ini, misalnya 10.0.0.2",
        "this computer's own number address, for example 10.0.0.2",
    ),
    "udp": Words("true atau false", "true or false"),
}


def _wrong(named: str, key: str) -> CarrierMistake:
    hint = _HINTS.get(key, Words("teks pendek", "a short text"))
    if choices := _CHOICES.get(key):
        hint = Words(", ".join(choices), ", ".join(choices))
    elif most := _MOST.get(key):
        hint = Words(
            f"angka bulat tanpa tanda kutip, paling banyak {most}",
            f"a whole number without quotes, {most} at most",
        )
    return CarrierMistake(
        f"jalur {named!r}: isi {key!r} tidak sesuai ({hint.id})",
        f"carrier {named!r}: {key!r} has a wrong value ({hint.en})",
    )


def toml_of_carriers(entries: Sequence[CarrierEntry]) -> str:
    """The tables as `node.toml` holds them, without what is as usual."""
    lines = []
    for entry in entries:
        lines.append("\n[[carriers]]\n")
        for field in fields(CarrierEntry):
            value = getattr(entry, field.name)
            if field.name in ("name", "address") or value != field.default:
                lines.append(
                    f"{field.name} = {json.dumps(value, ensure_ascii=False)}\n"
                )
    return "".join(lines)
