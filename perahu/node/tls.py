"""The office's own certificate authority, and TLS 1.3 under it and nothing else.

- The kabupaten makes one authority; each node that listens gets a certificate for the
  name `<node id>.jrn` (the road). Pages have an authority of their own: page_tls.py.
- Dates play no part: a laptop whose clock says 1970 must still reach its hub. Who may
  speak is decided by the signature in HELLO and by revocation in the journal.
- P-256, because browsers refuse Ed25519 certificates.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from perahu.words import Refusal

_NOT_BEFORE = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_AFTER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME, which the ssl module does not name."""
_PADDING = 0x10
"""SSL_OP_TLSEXT_PADDING: 150 to 250 empty bytes a hello, for a load balancer of 2014."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


def road_name(node_id: bytes) -> str:
    """The name under which a node is known on the road, whatever its address."""
    return f"{node_id.hex()}.jrn"


def make_authority(name: str) -> KeyPair:
    """A new authority for one kabupaten."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=True,
        crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        without_end(x509.CertificateBuilder())
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    return pair_of(certificate, key)


def issue(authority: KeyPair, node_id: bytes, names: Sequence[str] = ()) -> KeyPair:
    """A certificate for a node: its road name, and the names or addresses of its pages."""
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    issuer_key = serialization.load_pem_private_key(authority.key, password=None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, node_id.hex())])
    alternatives = [general_name(n) for n in (road_name(node_id), *names)]
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())  # type: ignore[arg-type]
    certificate = (
        without_end(x509.CertificateBuilder())
        .subject_name(subject)
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        .add_extension(identifier, critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    return pair_of(certificate, key)


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.3 for the answering side. Raises Refusal "bad_tls_files"."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # A ticket names a session that we remember; one that holds it is 176 bytes longer,
    # and goes both ways at every contact.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 1
    # A line that was cut ends no session: the next one resumes it.
    context.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise _bad_files(certificate) from error
    return context


def client_context(authority: bytes) -> ssl.SSLContext:
    """TLS 1.3 for the calling side, trusting this authority (PEM) and no other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.options &= ~_PADDING
    context.verify_flags |= _NO_CHECK_TIME
    # An exchange ends by its own END; a line that was cut must not cost us the ticket.
    context.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
    try:
        context.load_verify_locations(cadata=authority.decode("ascii"))
    except (ValueError, ssl.SSLError) as error:
        raise _bad_files(Path("ca.pem")) from error
    assert context.check_hostname
    assert context.verify_mode == ssl.CERT_REQUIRED
    return context


def without_end(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    """With a serial number, and dates that hold whatever a clock says."""
    return (
        builder.serial_number(x509.random_serial_number())
        .not_valid_before(_NOT_BEFORE)
        .not_valid_after(_NOT_AFTER)
    )


def general_name(name: str) -> x509.GeneralName:
    """An IP address or a DNS name, as certificates write them."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def pair_of(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> KeyPair:
    """Both as PEM."""
    return KeyPair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def _bad_files(path: Path) -> Refusal:
    return Refusal(
        "bad_tls_files",
        f"Sertifikat atau kuncinya ({path.name}) tidak ada atau rusak; yang tersimpan "
        "tetap utuh. Minta berkas pendaftaran baru dari kabupaten.",
        f"The certificate or its key ({path.name}) is missing or damaged; what is stored "
        "is intact. Ask the kabupaten for a new enrolment file.",
    )
