"""The simulated devices' keys: a self-signed root and one device certificate under it.

Real devices come with certificates of their maker; a desk pins the maker's root. The
simulator writes its own root as `root.pem`, to be pinned in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

_FROM, _TO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC)
"""Fixed periods: a simulator has no clock."""

_KEY_FILE, ROOT_FILE = "device.pem", "root.pem"


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """What a device signs with, and the root that stands behind it."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    root: x509.Certificate

    @classmethod
    def new(cls) -> DeviceKeys:
        """Fresh keys; the root's private key is forgotten at once."""
        root_key, key = _key(), _key()
        root = _certificate("DATA UJI root", root_key, "DATA UJI root", root_key)
        leaf = _certificate("DATA UJI device", key, "DATA UJI root", root_key)
        return cls(key, leaf, root)

    @classmethod
    def kept(cls, folder: Path) -> DeviceKeys:
        """The keys in a folder, made at the first start."""
        if not (folder / _KEY_FILE).exists():
            cls.new()._keep(folder)
        pem = (folder / _KEY_FILE).read_bytes()
        key = serialization.load_pem_private_key(pem, None)
        certificates = x509.load_pem_x509_certificates(
            pem[pem.index(b"-----BEGIN C") :]
        )
        assert isinstance(key, rsa.RSAPrivateKey) and len(certificates) == 2
        return cls(key, *certificates)

    def _keep(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        key = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        leaf = self.certificate.public_bytes(serialization.Encoding.PEM)
        parts = {ROOT_FILE: self.root_pem, _KEY_FILE: key + leaf + self.root_pem}
        for name, pem in parts.items():
            new = folder / f"{name}.new"
            new.touch(mode=0o600)
            new.write_bytes(pem)
            new.replace(folder / name)

    @property
    def root_pem(self) -> bytes:
        """The root certificate, to be pinned."""
        return self.root.public_bytes(serialization.Encoding.PEM)

    def foreign(self) -> DeviceKeys:
        """Keys of a stranger, for the fault `wrong_key`."""
        return DeviceKeys.new()


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate(
    name: str, key: rsa.RSAPrivateKey, by: str, by_key: rsa.RSAPrivateKey
) -> x509.Certificate:
    """A certificate for `key`, issued by `by_key`."""

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(by))
        .public_key(key.public_key())
        .serial_number(1 if key is by_key else 2)
        .not_valid_before(_FROM)
        .not_valid_after(_TO)
        .add_extension(x509.BasicConstraints(key is by_key, None), critical=True)
        .sign(by_key, hashes.SHA256())
    )
