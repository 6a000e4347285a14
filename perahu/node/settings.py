"""The folder of a node, and what its `node.toml` says.

node.toml        name, role, addresses, devices: for people to read and change
node.key         the node's secret, sealed under the start passphrase
root.pub         the kabupaten's root key, 32 bytes in hex
certificate      the node's chain of certificates
tls/             the office CA, and the listener's key and certificate
fence keyring book.sqlite3 tables.sqlite3 blobs/
lock flush.lock keyring.lock titipan.lock   one writer, one flush, one maker of keys, one
                               at the post at a time
"""

from __future__ import annotations

import dataclasses
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from perahu.keys.certificates import WILAYAH_MAX, is_wilayah
from perahu.node.carriers.file import (
    ONLY,
    CarrierEntry,
    CarrierMistake,
    carriers_of,
    toml_of_carriers,
)
from perahu.node.disk import RealDisk
from perahu.node.roles import Role, role_of
from perahu.words import Refusal

FILE = "node.toml"
FILE_BYTES_MAX = 65536
TEXT_LENGTH_MAX = 500
NAME_LENGTH_MAX = 60
SECONDS_MAX = 366 * 24 * 3600
SCANNER_PORTS = range(4501, 4601)
LANGUAGES = ("id", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `node.toml` says; every field is a key of the file."""

    name: str
    role: str
    wilayah: tuple[str, ...]
    language: str = "id"
    timezone: str = "Asia/Jakarta"
    listen: str = ""
    """host:port of the listener for other nodes; "" for none."""
    listen_udp: bool = True
    """Whether it answers at the same number over UDP too (road B)."""
    address: str = ""
    """host:port under which other nodes find that listener."""
    parent: str = ""
    """host:port of the node it calls."""
    parent_node: str = ""
    """The node id of its parent, in hex."""
    carriers: tuple[CarrierEntry, ...] = ()
    """The ways to that node, `[[carriers]]`; without them `parent` is the only one."""
    contact_s: int = 60
    """After so many quiet seconds it calls its parent all the same."""
    neighbours: tuple[str, ...] = ()
    """"NAME=host:port" of nodes on this network that are met to hand over post."""
    relay_mb: int = 1000
    """Other nodes' post that is carried at most; one sender may fill a quarter."""
    relay_after_s: int = 6 * 3600
    """Without a link for so long, a letter to the parent waits for whoever comes by."""
    page: str = "127.0.0.1:8700"
    """host:port of the pages; port 0 takes any free one."""
    mirror: str = ""
    """Folder on the second medium; "" for none, which the screens then say."""
    book: str = ""
    """postgresql://… at a hub with PostgreSQL; "" for the file in the folder."""
    sticks: tuple[str, ...] = ()
    """Folders that pages offer as sticks, beside what the system mounts."""
    printer: str = ""
    """ipp://… of the card printer."""
    scanners: tuple[int, ...] = ()
    """Ports on this machine where scanners answer (SBI)."""
    scanner_root: str = "scanner-root.pem"
    """The certificate (PEM) under which the scanners sign; relative to the folder."""
    demonstration: bool = False
    """Devices and people are simulated: pages say DATA UJI and tell the simulators who
    stands in front of them."""
    centre: str = ""
    """http(s)://… of the centre's side, at a hub."""
    centre_patience_s: int = 3 * 24 * 3600
    """Silence of the centre about a packet before it is handed over again."""

    @property
    def row(self) -> Role:
        """The role's row."""
        return role_of(self.role)

    @property
    def ways(self) -> tuple[CarrierEntry, ...]:
        """The carriers to the parent, as written; none where there is no parent."""
        if self.carriers or not self.parent:
            return self.carriers
        return (CarrierEntry(name=ONLY, address=self.parent),)


def load_settings(folder: Path) -> Settings:
    """Read `node.toml`. Raises Refusal "no_node" or "bad_settings"."""
    path = folder / FILE
    try:
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Refusal(
            "no_node",
            id=f"Di {folder} tidak ada simpul Perahu; buat dahulu dengan `perahu init`.",
            en=f"There is no Perahu node in {folder}; make one first with `perahu init`.",
        ) from error
    if len(raw) > FILE_BYTES_MAX:
        raise _bad(path, "terlalu besar", "it is too big")
    try:
        found = tomllib.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        # Not only tomllib's own errors: a number of 5,000 digits, brackets without end.
        raise _bad(path, f"bukan TOML: {error}", f"it is not TOML: {error}") from error
    return settings_of(found, path)


def settings_of(found: dict[str, Any], path: Path) -> Settings:
    """Check what was read, key by key. Raises Refusal "bad_settings"."""
    hints = get_type_hints(Settings)
    for key, value in found.items():
        if key not in hints:
            raise _bad(
                path, f"kunci {key!r} tidak dikenal", f"the key {key!r} is unknown"
            )
        if key == "carriers":
            found[key] = _carriers(value, path)
            continue
        if not _fits(value, hints[key]):
            raise _bad(path, f"isi {key!r} tidak sesuai", f"{key!r} has a wrong value")
        found[key] = tuple(value) if isinstance(value, list) else value
    for key in ("name", "role", "wilayah"):
        if key not in found:
            raise _bad(path, f"kunci {key!r} tidak ada", f"the key {key!r} is missing")
    settings = Settings(**found)
    _check(settings, path)
    return settings


def save_settings(folder: Path, settings: Settings) -> None:
    """Write `node.toml`, whole or not at all."""
    text = toml_of(settings)
    assert settings_of(tomllib.loads(text), folder / FILE) == settings
    RealDisk().replace_durable(folder / FILE, text.encode())


def toml_of(settings: Settings) -> str:
    """The settings as `node.toml` holds them."""
    lines = []
    for field in dataclasses.fields(settings):
        if field.name == "carriers":
            continue  # Tables go last in a TOML file.
        value = getattr(settings, field.name)
        shown = list(value) if isinstance(value, tuple) else value
        # A JSON string, number or list of them is a TOML one too.
        lines.append(f"{field.name} = {json.dumps(shown, ensure_ascii=False)}\n")
    return "".join(lines) + toml_of_carriers(settings.carriers)


def split_address(text: str) -> tuple[str, int]:
    """host and port of "host:port". Raises Refusal "bad_address"."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise Refusal(
            "bad_address",
            id=f"Alamat {text!r} tidak berbentuk host:port, misalnya 10.1.2.3:7443.",
            en=f"The address {text!r} is not host:port, for example 10.1.2.3:7443.",
        )
    return host.strip("[]"), int(port)


def _fits(value: Any, kind: Any) -> bool:
    if kind is str:
        is_text = isinstance(value, str) and len(value) <= TEXT_LENGTH_MAX
        return is_text and value.isprintable()
    if kind is bool:
        return isinstance(value, bool)
    if kind is int:
        return type(value) is int and 0 < value <= SECONDS_MAX
    if not isinstance(value, list) or len(value) > WILAYAH_MAX:
        return False
    if kind == tuple[int, ...]:
        return all(type(item) is int and item in SCANNER_PORTS for item in value)
    return all(
        isinstance(item, str) and len(item) <= TEXT_LENGTH_MAX and item.isprintable()
        for item in value
    )


def _check(settings: Settings, path: Path) -> None:
    if not 1 <= len(settings.name) <= NAME_LENGTH_MAX:
        raise _bad(
            path, "nama simpul kosong atau terlalu panjang", "the name is too long"
        )
    if not settings.wilayah or not all(map(is_wilayah, settings.wilayah)):
        raise _bad(path, "kode wilayah tidak sah", "a wilayah code is not valid")
    if settings.language not in LANGUAGES:
        raise _bad(path, "bahasa: id atau en", "the language is id or en")
    role_of(settings.role)
    addresses = [settings.listen, settings.address, settings.parent, settings.page]
    for text in (*addresses, *(carrier.address for carrier in settings.carriers)):
        if text:
            split_address(text)
    for text in settings.neighbours:
        name, _, address = text.partition("=")
        split_address(address.strip())
        if not name.strip():
            raise _bad(
                path, "neighbours: NAMA=host:port", "neighbours are NAME=host:port"
            )
    if settings.parent_node and not _is_node_id(settings.parent_node):
        raise _bad(path, "parent_node tidak sah", "parent_node is not a node id")


def _carriers(value: Any, path: Path) -> tuple[CarrierEntry, ...]:
    try:
        return carriers_of(value)
    except CarrierMistake as mistake:
        raise _bad(path, *mistake.words) from mistake


def _is_node_id(text: str) -> bool:
    return len(text) == 32 and all(c in "0123456789abcdef" for c in text)


def _bad(path: Path, id: str, en: str) -> Refusal:
    return Refusal(
        "bad_settings",
        id=f"Berkas {path} tidak dapat dipakai: {id}. Buku tidak disentuh.",
        en=f"The file {path} cannot be used: {en}. The book was not touched.",
    )
