"""The files of the pages' TLS in a node's folder, and when they are made anew.

tls/ca-kantor.crt       the authority's certificate (DER): what desks import
tls/ca-kantor.key.age   certificate and key, sealed to the node's own secret
tls/page.pem            the server's certificate and its key
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from perahu.keys.sealing import open_blob, seal_blob
from perahu.node import lan
from perahu.node.disk import RealDisk
from perahu.node.page_tls import (
    can_be_named,
    der_of,
    is_good,
    issue_page,
    make_page_authority,
    pem_of,
    permits,
)
from perahu.node.settings import Settings, split_address
from perahu.node.tls import KeyPair
from perahu.node.trust import FOLDER
from perahu.words import Refusal

AUTHORITY_FILE, AUTHORITY_KEY_FILE = "ca-kantor.crt", "ca-kantor.key.age"
SERVER_FILE = "page.pem"
AUTHORITY_PATH = "/kantor.crt"
"""Where a page offers AUTHORITY_FILE; public."""
_KEY_MARK = b"-----BEGIN PRIVATE KEY-----"


def is_secure(settings: Settings) -> bool:
    """Whether the pages are on TLS: always, unless they are for this machine alone."""
    return not lan.is_loopback(page_host(settings))


def page_host(settings: Settings) -> str:
    """The name or address in `page`."""
    return split_address(settings.page)[0].lower()


def authority_certificate(folder: Path) -> bytes | None:
    """The certificate (DER) for desks to import; None where none was ever needed.

    A page offers it at AUTHORITY_PATH.
    """
    path = folder / FOLDER / AUTHORITY_FILE
    return path.read_bytes() if path.exists() else None


def ensure_authority(
    folder: Path, settings: Settings, recipient: str, *, anew: bool = False
) -> None:
    """Make the pages' authority where it is needed and missing, or in any case `anew`."""
    if not is_secure(settings):
        return
    if not anew and (folder / FOLDER / AUTHORITY_KEY_FILE).exists():
        return
    authority = make_page_authority(settings.name, _own_names(settings))
    _check_host(authority.certificate, settings)
    # The sealed pair is the truth; the certificate is a copy of it, mended at each start.
    sealed = seal_blob(authority.certificate + authority.key, [recipient])
    _put(folder, AUTHORITY_KEY_FILE, sealed)
    _put(folder, AUTHORITY_FILE, der_of(authority.certificate))


def page_names(settings: Settings, authority: bytes) -> list[str]:
    """Every name of the pages that an authority (PEM) may sign for, the best one first."""
    host, label = page_host(settings), lan.host_label()
    wanted = [host] if host not in lan.EVERY_ADDRESS else []
    wanted += lan.own_addresses()
    wanted += [f"{label}.local", label] if label else []
    wanted += lan.LOOPBACK_NAMES
    return list(dict.fromkeys(one for one in wanted if permits(authority, one)))


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class PageCertificate:
    """The server's certificate of one node, renewed when it must be."""

    folder: Path
    settings: Settings
    identity: str
    now: Callable[[], datetime] = _wall
    names: tuple[str, ...] = ()
    """What the certificate in `path` is good for, after `renew`."""

    @property
    def path(self) -> Path:
        """The certificate and its key."""
        return self.folder / FOLDER / SERVER_FILE

    def renew(self) -> bool:
        """Put a good certificate in place; says whether that took a new one.

        It is made anew near its end, when a clock went back, when this machine has other
        addresses, and under a new authority. Raises Refusal "page_name_outside",
        "bad_page_ca".
        """
        authority = self._authority()
        _check_host(authority.certificate, self.settings)
        names = page_names(self.settings, authority.certificate)
        self.names = tuple(names)
        held = self.path.read_bytes() if self.path.exists() else b""
        now = self.now().replace(microsecond=0)
        if is_good(held, authority, names, now):
            return False
        pair = issue_page(authority, names, now)
        _put(self.folder, SERVER_FILE, pair.certificate + pair.key)
        return True

    def _authority(self) -> KeyPair:
        path = self.folder / FOLDER / AUTHORITY_KEY_FILE
        try:
            opened = open_blob(path.read_bytes(), self.identity)
        except (OSError, Refusal) as error:
            raise _bad_authority(path) from error
        certificate, mark, key = opened.partition(_KEY_MARK)
        if authority_certificate(self.folder) != der_of(certificate):
            _put(self.folder, AUTHORITY_FILE, der_of(certificate))
        return KeyPair(certificate, mark + key)


def authority_pem(folder: Path) -> bytes:
    """The authority's certificate as PEM, from the file that desks import."""
    found = authority_certificate(folder)
    assert found is not None, "made by ensure_authority"
    return pem_of(found)


def _own_names(settings: Settings) -> list[str]:
    host, label = page_host(settings), lan.host_label()
    own = [host] if host not in lan.EVERY_ADDRESS else []
    return [one for one in dict.fromkeys((*own, label)) if one and can_be_named(one)]


def _check_host(authority: bytes, settings: Settings) -> None:
    host = page_host(settings)
    if host in lan.EVERY_ADDRESS or permits(authority, host):
        return
    raise Refusal(
        "page_name_outside",
        id=f"Sertifikat kantor tidak berlaku untuk {host}, alamat halaman di node.toml. "
        "Pakai alamat jaringan kantor atau nama yang berakhir .local; bila alamat itu "
        "memang benar, jalankan `perahu trust --new` dan pasang lagi di setiap meja. "
        "Buku tidak disentuh.",
        en=f"The office's certificate does not cover {host}, the address of the pages in "
        "node.toml. Use an address of the office's network or a name that ends in .local; "
        "if that address is right, run `perahu trust --new` and import it again at every "
        "desk. The book was not touched.",
    )


def _bad_authority(path: Path) -> Refusal:
    return Refusal(
        "bad_page_ca",
        id=f"Berkas {path} tidak ada atau rusak; ambil dari cadangan, atau jalankan "
        "`perahu trust --new` dan pasang lagi di setiap meja. Buku tidak disentuh.",
        en=f"The file {path} is missing or damaged; take it from the backup, or run "
        "`perahu trust --new` and import it again at every desk. The book was not touched.",
    )


def _put(folder: Path, name: str, content: bytes) -> None:
    (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
    RealDisk().replace_durable(folder / FOLDER / name, content)
