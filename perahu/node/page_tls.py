"""The certificates of a node's pages: an authority of its own, and one for the server.

- Every node makes its own: desks trust the machine they work with, and its key never
  leaves that machine. The authority of the road (tls.py) signs for every node and is kept
  out of browsers (docs/adr/0009-page-authority.md).
- The authority may sign for the local network alone (name constraints: private addresses,
  `.local`, this machine). Who imports it lets nobody pose as a bank: browsers refuse that.
- The authority has no end, so that pages never stop on a date that nobody remembers. The
  server's certificate has one, as browsers want it, and is renewed by the node itself.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from perahu.node.tls import KeyPair, general_name, pair_of, without_end

LAN_NETWORKS = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8",
    "fc00::/7", "::1/128",
)  # fmt: skip
LAN_NAMES = ("local", "localhost")
"""With all that stands before them: kantor.local."""

EARLIER = timedelta(days=365)
"""A desk's clock may be so far behind ours; browsers check the dates."""
LATER = timedelta(days=397)
RENEWED_BEFORE = timedelta(days=60)
_NAME_LENGTH_MAX = 48


def make_page_authority(name: str, own: Iterable[str] = ()) -> KeyPair:
    """A new authority for the pages of the node `name`, for the LAN and names of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    # The number tells two authorities of one name apart in a browser's list.
    shown = f"Perahu {name[:_NAME_LENGTH_MAX]} {identifier.digest[:3].hex()}"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, shown)])
    lan = [_subtree(one) for one in (*LAN_NAMES, *LAN_NETWORKS)]
    permitted = lan + [_subtree(one) for one in own if not _covers(lan, one)]
    certificate = (
        without_end(x509.CertificateBuilder())
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(is_authority=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(_FOR_SERVERS, critical=False)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return pair_of(certificate, key)


def issue_page(authority: KeyPair, names: Sequence[str], now: datetime) -> KeyPair:
    """The server's certificate for these names and addresses; the first one is its name."""
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    issuer_key = serialization.load_pem_private_key(authority.key, password=None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    assert all(permits(authority.certificate, name) for name in names)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + LATER)
        .subject_name(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
        )
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(is_authority=False), critical=True)
        .add_extension(_FOR_SERVERS, critical=False)
        .add_extension(
            x509.SubjectAlternativeName([general_name(one) for one in names]),
            critical=False,
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .sign(issuer_key, hashes.SHA256())
    )
    return pair_of(certificate, key)


def permits(authority: bytes, name: str) -> bool:
    """Whether an authority (PEM) may sign for a name or an address."""
    return _covers(_constraints(authority), name)


def permitted_names(authority: bytes) -> list[str]:
    """What an authority (PEM) may sign for, as people read it."""
    return [str(tree.value) for tree in _constraints(authority)]


def can_be_named(name: str) -> bool:
    """Whether a name of one word may be ours alone: no top-level domain looks like it.

    Permission for `id` would be permission for every site in Indonesia.
    """
    has_mark = any(c.isdigit() or c == "-" for c in name)
    return "." in name or (has_mark and not name.startswith("xn--"))


def is_good(
    pair: bytes, authority: KeyPair, names: Iterable[str], now: datetime
) -> bool:
    """Whether a server's certificate (PEM, its key behind it) still does what it should."""
    try:
        found = x509.load_pem_x509_certificate(pair)
        found.verify_directly_issued_by(
            x509.load_pem_x509_certificate(authority.certificate)
        )
        held = serialization.load_pem_private_key(pair, password=None)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        # Torn, of another authority, or not there yet: a new one is the answer.
        return False
    named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        held.public_key() == found.public_key()
        and set(named) == {general_name(one) for one in names}
        and found.not_valid_before_utc <= now
        and now + RENEWED_BEFORE < found.not_valid_after_utc
    )


def der_of(certificate: bytes) -> bytes:
    """A certificate (PEM) as browsers and systems take it; its SHA-256 is the fingerprint."""
    found = x509.load_pem_x509_certificate(certificate)
    return found.public_bytes(serialization.Encoding.DER)


def pem_of(certificate: bytes) -> bytes:
    """A certificate (DER) as PEM."""
    found = x509.load_der_x509_certificate(certificate)
    return found.public_bytes(serialization.Encoding.PEM)


_FOR_SERVERS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=is_authority, crl_sign=is_authority, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip


def _constraints(authority: bytes) -> list[x509.GeneralName]:
    found = x509.load_pem_x509_certificate(authority).extensions
    return list(
        found.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees
        or ()
    )


def _subtree(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_network(name))
    except ValueError:
        return x509.DNSName(name)


def _covers(trees: Iterable[x509.GeneralName], name: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        names = [f".{one.value}" for one in trees if isinstance(one, x509.DNSName)]
        return any(f".{name}".endswith(one) for one in names)
    return any(
        address in one.value
        for one in trees
        if isinstance(one, x509.IPAddress)
        and isinstance(one.value, ipaddress.IPv4Network | ipaddress.IPv6Network)
    )
