"""Looks at a line from below: name, connection, TLS, who answers, how fast. Harmless.

Nothing but a few kilobytes of an empty request leaves this machine; no HELLO is said, so
that an exchange that goes on beside it is not disturbed. Every step has its own time.
"""

from __future__ import annotations

import errno
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from perahu.node import tcp
from perahu.sync.http import PATH

DNS_S, CONNECT_S, HANDSHAKE_S, SMALL_S, ANSWER_S = 4.0, 5.0, 5.0, 5.0, 9.0
"""How long each step may take: 28 s in the worst case."""
ADDRESSES_MAX = 3
PADDING_BYTES = 6 * 1024
"""Enough to see that a line is slow, and less than a request's head may be."""
_ANSWER_BYTES_MAX = 4096
_SMALL_SEGMENT = 536
_SHOWN_MAX = 80
_HOSTNAME_MISMATCH = 62
"""X509_V_ERR_HOSTNAME_MISMATCH: our authority, another node."""
_NETWORKS = Path("/sys/class/net")

Resolve = Callable[[str, int], list[tcp.Target]]


class Wrong(Exception):
    """What is wrong with a line: a code, and what was seen."""

    def __init__(self, code: str, seen: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.seen = shown(seen)


def shown(text: str) -> str:
    """What a stranger sent, fit for a screen."""
    return "".join(one for one in text if one.isprintable())[:_SHOWN_MAX]


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be looked at."""

    host: str
    port: int
    source: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Speed:
    """What the answer to one request says of the line."""

    rtt_s: float
    rate_bytes_s: float
    """Upwards; 0 where it is too fast to tell."""
    loss: float
    """Packets sent again, as a share of all."""
    status: int = 0
    is_ours: bool = False


@dataclass(slots=True)
class Probe:
    """One look at one line; each step goes on where the one before ended."""

    line: Line
    context: ssl.SSLContext
    name: str
    """The parent's road name."""
    resolve: Resolve = field(default_factory=lambda: resolve_system)
    targets: list[tcp.Target] = field(default_factory=list)
    target: tcp.Target | None = None
    connect_s: float = 0.0

    def look_at_interface(self) -> None:
        """The interface and the own address are there. Raises Wrong."""
        if self.line.device:
            _check_interface(_NETWORKS / self.line.device)
        if self.line.source:
            family = socket.AF_INET6 if ":" in self.line.source else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM) as trial:
                try:
                    trial.bind((self.line.source, 0))
                except OSError as error:
                    raise Wrong("no_source", self.line.source) from error

    def look_up(self) -> bool:
        """Find the parent's addresses; false where there is no name. Raises Wrong."""
        try:
            number = ipaddress.ip_address(self.line.host)
        except ValueError:
            pass
        else:
            family = socket.AF_INET6 if number.version == 6 else socket.AF_INET
            self.targets = [(family, (self.line.host, self.line.port))]
            return False
        self.targets = _within(
            DNS_S, lambda: self.resolve(self.line.host, self.line.port)
        )
        lies = [
            where
            for _, (where, _) in self.targets
            if _is_no_answer(where, self.line.host)
        ]
        if lies:
            raise Wrong("dns_lies", lies[0])
        return True

    def connect(self) -> None:
        """Reach the port. Raises Wrong."""
        wrong = Wrong("silent")
        until_s = time.monotonic() + CONNECT_S
        for target in self.targets[:ADDRESSES_MAX]:
            left_s = max(0.5, until_s - time.monotonic())
            try:
                began_s = time.monotonic()
                self._open(
                    target, left_s / 2 if len(self.targets) > 1 else left_s
                ).close()
                self.connect_s, self.target = time.monotonic() - began_s, target
            except Wrong as found:
                wrong = found
            else:
                return
        raise wrong

    def shake_hands(self) -> None:
        """TLS with our own authority's word for it. Raises Wrong."""
        try:
            self._secure(HANDSHAKE_S).close()
        except Wrong as wrong:
            if wrong.code == "tls_stalls" and self._goes_in_small_pieces():
                raise Wrong("mtu") from wrong
            raise

    def ask(self) -> Speed:
        """Whether the parent itself answers, and how fast. Raises Wrong."""
        head = (
            f"GET {PATH} HTTP/1.1\r\nHost: {self.line.host}\r\n"
            f"X-Pad: {'.' * PADDING_BYTES}\r\n\r\n"
        ).encode()
        with closing(self._secure(HANDSHAKE_S)) as secure:
            secure.settimeout(ANSWER_S)
            began_s = time.monotonic()
            try:
                secure.sendall(head)
                answer = secure.recv(_ANSWER_BYTES_MAX)
            except (TimeoutError, ssl.SSLWantReadError) as error:
                raise Wrong("answer_stalls") from error
            except OSError as error:
                raise Wrong("reset") from error
            took_s = time.monotonic() - began_s
            told = tcp.told_by(secure)
        if not answer:
            raise Wrong("reset")
        rtt_s = told.rtt_min_s or self.connect_s
        sending_s = took_s - rtt_s
        rate = len(head) / sending_s if sending_s > 0.05 else 0.0
        status, is_ours = _status_of(answer)
        return Speed(rtt_s, rate, told.resent_share, status, is_ours)

    # -- one connection ---------------------------------------------------------------

    def _open(
        self, target: tcp.Target, seconds: float, segment: int = 0
    ) -> socket.socket:
        family, where = target
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            if segment:
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment)
            bind(plain, self.line)
            plain.settimeout(seconds)
            plain.connect(where)
        except OSError as error:
            plain.close()
            raise _wrong_connection(error, where[0]) from error
        return plain

    def _secure(self, seconds: float, segment: int = 0) -> ssl.SSLSocket:
        assert self.target is not None, "connect comes first"
        plain = self._open(self.target, seconds, segment)
        try:
            return self.context.wrap_socket(plain, server_hostname=self.name)
        except ssl.SSLCertVerificationError as error:
            plain.close()
            if error.verify_code == _HOSTNAME_MISMATCH:
                raise Wrong("other_node") from error
            raise Wrong("foreign", self._issuer()) from error
        except TimeoutError as error:
            plain.close()
            raise Wrong("tls_stalls") from error
        except ssl.SSLError as error:
            plain.close()
            raise self._not_tls(error) from error
        except OSError as error:
            plain.close()
            raise Wrong("reset") from error

    def _goes_in_small_pieces(self) -> bool:
        """Whether the handshake ends once no packet is large."""
        try:
            self._secure(SMALL_S, _SMALL_SEGMENT).close()
        except Wrong:
            return False
        return True

    def _issuer(self) -> str:
        """Who signed the certificate that is shown in our parent's place."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        assert self.target is not None
        with suppress(OSError, ValueError, x509.InvalidVersion, Wrong):
            plain = self._open(self.target, SMALL_S)
            with closing(plain), context.wrap_socket(plain) as secure:
                raw = secure.getpeercert(binary_form=True)
            issuer = x509.load_der_x509_certificate(raw or b"").issuer
            for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
                if named := issuer.get_attributes_for_oid(oid):
                    return str(named[0].value)
        return ""

    def _not_tls(self, error: ssl.SSLError) -> Wrong:
        """Somebody answers who speaks no TLS, or not ours: often a portal's page."""
        if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return Wrong("reset")
        if "WRONG_VERSION" not in str(error) and "HTTP_REQUEST" not in str(error):
            return Wrong("other_tls")
        answer = b""
        assert self.target is not None
        with (
            suppress(OSError, Wrong),
            closing(self._open(self.target, SMALL_S)) as plain,
        ):
            plain.sendall(f"GET / HTTP/1.0\r\nHost: {self.line.host}\r\n\r\n".encode())
            answer = plain.recv(_ANSWER_BYTES_MAX)
        if not answer.startswith(b"HTTP/"):
            return Wrong("stranger")
        found = re.search(rb"(?im)^location: *(\S+)", answer)
        return Wrong("captive", found[1].decode("ascii", "replace") if found else "")


def bind(plain: socket.socket, line: Line) -> None:
    """Go out by the interface and address of the carrier. Raises OSError."""
    if line.device:
        name = line.device.encode()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name)
    if line.source:
        plain.bind((line.source, 0))


def resolve_system(host: str, port: int) -> list[tcp.Target]:
    """As the system's resolver says; empty where it does not know. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [
        (family, (str(where[0]), int(where[1]))) for family, _, _, _, where in found
    ]


def _within(seconds: float, look: Callable[[], list[tcp.Target]]) -> list[tcp.Target]:
    """What a resolver says in time: it cannot be told how long to try."""
    said: list[list[tcp.Target]] = []

    def run() -> None:
        with suppress(OSError, UnicodeError):
            said.append(look())

    thread = threading.Thread(target=run, name="resolver", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise Wrong("dns_silent")
    if not said or not said[0]:
        raise Wrong("dns_unknown")
    return said[0]


def _is_no_answer(where: str, host: str) -> bool:
    """An address that can be nobody's parent: a resolver that lies says such ones."""
    try:
        number = ipaddress.ip_address(where.partition("%")[0])
    except ValueError:
        return True
    if number.is_loopback:
        return host != "localhost"
    return number.is_unspecified or number.is_multicast or number.is_link_local


def _check_interface(folder: Path) -> None:
    if not folder.exists():
        raise Wrong("no_interface", folder.name)
    with suppress(OSError):
        flags = int((folder / "flags").read_text(), 16)
        state = (folder / "operstate").read_text().strip()
        # A modem's state is often "unknown" while it works; only "down" is sure.
        if not flags & 1 or state == "down":
            raise Wrong("interface_down", folder.name)


def _wrong_connection(error: OSError, where: str) -> Wrong:
    if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
        return Wrong("silent", where)
    code = {
        errno.ECONNREFUSED: "refused",
        errno.EHOSTUNREACH: "no_route",
        errno.ENETUNREACH: "no_route",
        errno.ENODEV: "no_interface",
        errno.EADDRNOTAVAIL: "no_source",
        errno.ECONNRESET: "reset",
    }.get(error.errno or 0, "no_route")
    return Wrong(code, where)


def _status_of(answer: bytes) -> tuple[int, bool]:
    """Status of an HTTP answer, and whether one of our listeners gave it."""
    found = re.match(rb"HTTP/1\.\d (\d{3})", answer)
    if found is None:
        return 0, False
    return int(found[1]), b"\r\nx-jrn:" in answer.lower()
