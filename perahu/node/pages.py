"""The page server: granian's WSGI worker inside the node's own process.

granian starts a worker as a process of its own, or embeds ASGI only; a node is to be one
process. So its worker is driven here as granian drives it (docs/adr/0005-one-process.md);
the version is pinned, and the tests open a page.

Pages for this machine alone are plain http, which browsers trust on loopback. Any other
address is TLS under the node's own authority (page_tls.py), and nothing else listens.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from granian import _futures, _granian, wsgi
from granian.http import HTTP1Settings

from perahu.node import lan
from perahu.node.cli import sentence_or_mistake
from perahu.node.django_settings import answer_under
from perahu.node.office import Office
from perahu.node.page_trust import PageCertificate, ensure_authority, is_secure
from perahu.node.sentences import port_taken
from perahu.node.settings import split_address
from perahu.node.turns import HANDS, Turns
from perahu.words import Refusal, Words

__all__ = ["Application", "PageServer", "is_secure", "page_server"]

BACKLOG = 64
CONNECTIONS_MAX = 512
"""Browsers that are connected; who comes on top waits in the socket's backlog."""
IDLE_S = 30
HEAD_MS = 10_000
"""So long a connection may say nothing, or not all of its request's head."""
HEAD_BYTES_MAX = 65_536
LOOK_S = 60.0
"""So often the certificate is compared with the clock and this machine's addresses."""
OLDEST_TLS = "tls1.2"

# Without types: granian's stubs describe an older worker than the one they come with.
_core: Any = _granian
_scheduler: Any = _futures._new_cbscheduler

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
"""A WSGI application."""


def page_server(office: Office, application: Application) -> PageServer:
    """The server of a node's pages, on TLS unless they are for this machine alone.

    Raises Refusal "port_taken", "page_address_away", "page_name_outside".
    """
    settings = office.settings
    if not is_secure(settings):
        return PageServer(settings.page, application)
    ensure_authority(office.folder, settings, office.keys.age_recipient)
    certificate = PageCertificate(office.folder, settings, office.keys.age_identity)
    return PageServer(settings.page, application, certificate)


class PageServer:
    """Serves one WSGI application until it is stopped."""

    def __init__(
        self,
        address: str,
        application: Application,
        certificate: PageCertificate | None = None,
    ) -> None:
        """Take the address; with a certificate, for TLS. Raises Refusal "port_taken"."""
        self.trouble: Words | None = None
        """Why the certificate could not be renewed; the old one goes on."""
        self._certificate = certificate
        if certificate is not None:
            certificate.renew()
        self.host, wanted = split_address(address)
        self._socket = _listening(self.host, wanted)
        self.port = int(self._socket.getsockname()[1])
        self._application = (
            application if certificate is None else _with_secure_cookies(application)
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pages")

    @property
    def names(self) -> tuple[str, ...]:
        """The names and addresses under which its pages answer, the best one first."""
        if self._certificate is not None:
            return self._certificate.names
        return tuple(dict.fromkeys((self.host, *lan.LOOPBACK_NAMES, "::1")))

    @property
    def url(self) -> str:
        """Where people find its pages."""
        scheme = "http" if self._certificate is None else "https"
        name = self.names[0]
        return f"{scheme}://{f'[{name}]' if ':' in name else name}:{self.port}/"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self, wait_s: float) -> None:
        """Finish what is in hand and let the address go."""
        self._stopping.set()
        self._thread.join(wait_s)
        self._socket.close()

    def _run(self) -> None:
        answer_under(self, self.names)
        worker = self._worker()
        while not self._stopping.wait(None if self._certificate is None else LOOK_S):
            worker = self._renewed(worker)
        worker.stop()
        answer_under(self, ())

    def _worker(self) -> _Worker:
        path = None if self._certificate is None else str(self._certificate.path)
        return _Worker(self._socket, self._application, path)

    def _renewed(self, worker: _Worker) -> _Worker:
        """The same worker, or one with the certificate that is needed now."""
        assert self._certificate is not None
        try:
            if not self._certificate.renew():
                self.trouble = None
                return worker
            answer_under(self, self.names)
            # Both take from one socket for a moment, so that no desk finds it shut.
            fresh = self._worker()
        except Exception as error:  # noqa: BLE001 - desks go on with the old one
            self.trouble = sentence_or_mistake(error)
            return worker
        worker.stop()
        return fresh


class _Worker:
    """One worker of granian, at work from the start."""

    def __init__(
        self, listener: Any, application: Application, tls: str | None
    ) -> None:
        """Begin; `tls` is the file with certificate and key."""
        self._ended = threading.Event()
        self._signal = _core.WorkerSignal()
        self._signal.add_cb(self._ended.set)
        self._loop = asyncio.new_event_loop()
        # A worker closes what it listened on.
        own = _core.SocketHolder(os.dup(listener.fileno()), False, BACKLOG)
        on_tls: tuple[Any, ...] = (
            tls is not None,
            tls,
            tls,
            None,
            OLDEST_TLS,
            None,
            [],
            False,
        )
        http = HTTP1Settings(
            header_read_timeout=HEAD_MS, max_buffer_size=HEAD_BYTES_MAX
        )
        worker = _core.WSGIWorker(
            1, (None, own), None, 1, HANDS, HANDS, IDLE_S, CONNECTIONS_MAX,
            "1", http, None, None, *on_tls, (None, None),
        )  # fmt: skip
        # The pages' models can only be imported once Django knows its settings.
        from perahu.web.urls import is_slow

        turns = Turns(application, is_slow)
        answer = wsgi._callback_wrapper(turns, {}, None)
        worker.serve_mtr(
            _scheduler(self._loop, answer, impl_asyncio=True), self._loop, self._signal
        )

    def stop(self) -> None:
        """Finish what is in hand and end."""
        self._signal.set()
        self._ended.wait()
        self._loop.close()


def _with_secure_cookies(application: Application) -> Application:
    """The same pages, whose cookies a browser never sends over plain http.

    Here and not in Django, where it would hold for every node of one process.
    """

    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        def start_secure(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Any:
            return start(status, [_secure(one) for one in headers], exc_info)

        return application(environ, start_secure)

    return answer


def _secure(header: tuple[str, str]) -> tuple[str, str]:
    name, value = header
    if name.lower() != "set-cookie" or "; secure" in value.lower():
        return header
    return name, f"{value}; Secure"


def _listening_at(host: str) -> str:
    """The address to listen at: a name is for people and certificates, not for sockets.

    Under a name we listen everywhere; asking who has it might need a network at start.
    """
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return "127.0.0.1" if lan.is_loopback(host) else "0.0.0.0"


def _listening(host: str, port: int) -> socket.socket:
    """A socket where desks may knock from now on; a worker answers when it is there."""
    place = _listening_at(host)
    family = socket.AF_INET6 if ":" in place else socket.AF_INET
    # Ours alone: granian would share the port with whoever else shares it, and two nodes
    # on one port is a mistake.
    held = socket.socket(family, socket.SOCK_STREAM)
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Every connection taken here inherits it. Without, the end of each answer waits
        # 40 ms for the acknowledgement of its beginning (Nagle; RFC 1122 4.2.3.2).
        held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        held.bind((place, port))
        held.listen(BACKLOG)
    except OSError as error:
        held.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise _not_ours(host) from error
        raise port_taken(f"{host}:{port}") from error
    return held


def _not_ours(host: str) -> Refusal:
    return Refusal(
        "page_address_away",
        id=f"Komputer ini tidak punya alamat {host}, alamat halaman di node.toml. Periksa "
        "kabel atau Wi-Fi, atau pakai 0.0.0.0 agar semua alamatnya dilayani. Buku tidak "
        "disentuh.",
        en=f"This computer has no address {host}, the address of the pages in node.toml. "
        "Check the cable or the Wi-Fi, or use 0.0.0.0 to serve all its addresses. The book "
        "was not touched.",
    )
