"""The files of the office's TLS in a node's folder: `tls/`.

At the hub: the CA's certificate and its key (sealed by age to the hub's own secret), and
the hub's certificate. At any other node: the CA's certificate, and its own where it
listens. How a certificate is made is the business of tls.py.
"""

from __future__ import annotations

from pathlib import Path

from perahu.keys.sealing import open_blob, seal_blob
from perahu.node import tls
from perahu.node.disk import RealDisk
from perahu.node.settings import Settings, split_address
from perahu.words import Refusal

FOLDER = "tls"
CA_FILE, CA_KEY_FILE = "ca.pem", "ca.key.age"
CERTIFICATE_FILE, KEY_FILE = "node.pem", "node.key"


def make_authority(folder: Path, name: str, recipient: str) -> tls.KeyPair:
    """Make the CA of a kabupaten in its hub's folder."""
    authority = tls.make_authority(f"Perahu {name}")
    _put(folder, CA_FILE, authority.certificate)
    _put(folder, CA_KEY_FILE, seal_blob(authority.key, [recipient]))
    return authority


def authority_of(folder: Path, identity: str) -> tls.KeyPair:
    """The CA in a hub's folder. Raises Refusal "bad_tls_files"."""
    sealed = _get(folder, CA_KEY_FILE)
    return tls.KeyPair(_get(folder, CA_FILE), open_blob(sealed, identity))


def issue(authority: tls.KeyPair, node_id: bytes, settings: Settings) -> tls.KeyPair:
    """A certificate for a listening node: its road name, and where people reach it."""
    names = {"localhost", "127.0.0.1"}
    for address in (settings.address, settings.listen):
        if address:
            names.add(split_address(address)[0])
    # 0.0.0.0 and :: mean every address; nobody calls a node by them.
    return tls.issue(authority, node_id, sorted(names - {"0.0.0.0", "::"}))


def put_node(folder: Path, ca: bytes, pair: tls.KeyPair | None) -> None:
    """Put the CA's certificate, and the node's own where it has one, in its folder."""
    _put(folder, CA_FILE, ca)
    if pair is not None:
        _put(folder, CERTIFICATE_FILE, pair.certificate)
        _put(folder, KEY_FILE, pair.key)


def ca_of(folder: Path) -> bytes:
    """The CA's certificate (PEM). Raises Refusal "bad_tls_files"."""
    return _get(folder, CA_FILE)


def _put(folder: Path, name: str, content: bytes) -> None:
    (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
    RealDisk().replace_durable(folder / FOLDER / name, content)


def _get(folder: Path, name: str) -> bytes:
    path = folder / FOLDER / name
    if not path.exists():
        raise Refusal(
            "bad_tls_files",
            id=f"Berkas {path} tidak ada; ambil dari cadangan atau minta berkas pendaftaran "
            "baru. Buku tidak disentuh.",
            en=f"The file {path} is missing; take it from the backup or ask for a new "
            "enrolment file. The book was not touched.",
        )
    return path.read_bytes()
