"""The page server: granian's WSGI worker inside the node's own process.

granian starts a worker as a process of its own, or embeds ASGI only; a node is to be one
process. So its worker is driven here as granian drives it (docs/adr/0005-one-process.md);
the version is pinned, and the tests open a page.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from granian import _futures, _granian, wsgi
from granian.http import HTTP1Settings

from perahu.node.sentences import port_taken
from perahu.node.settings import split_address

THREADS = 4
BACKLOG = 64
WAITING_MAX = 64
"""Requests in hand and in line; what comes on top waits in the socket's backlog."""
IDLE_S = 30

# Without types: granian's stubs describe an older worker than the one they come with.
_core: Any = _granian
_scheduler: Any = _futures._new_cbscheduler

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
"""A WSGI application."""


class PageServer:
    """Serves one WSGI application until it is stopped."""

    def __init__(self, address: str, application: Application) -> None:
        """Take the address. Raises Refusal "port_taken"."""
        self.host, wanted = split_address(address)
        self.port = _free_port(self.host, wanted)
        self._socket = _core.ListenerSpec(self.host, self.port, BACKLOG)
        self._socket.build()
        self._application = application
        self._signal = _core.WorkerSignal()
        self._thread = threading.Thread(target=self._run, name="pages")

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self, wait_s: float) -> None:
        """Finish what is in hand and let the address go."""
        self._signal.set()
        self._thread.join(wait_s)

    def _run(self) -> None:
        ended = threading.Event()
        self._signal.add_cb(ended.set)
        no_tls: tuple[Any, ...] = (False, None, None, None, "tls1.3", None, [], False)
        worker = _core.WSGIWorker(
            1, (self._socket, None), None, 1, THREADS, THREADS, IDLE_S, WAITING_MAX,
            "1", HTTP1Settings(), None, None, *no_tls, (None, None),
        )  # fmt: skip
        loop = asyncio.new_event_loop()
        answer = wsgi._callback_wrapper(self._application, {}, None)
        worker.serve_mtr(
            _scheduler(loop, answer, impl_asyncio=True), loop, self._signal
        )
        ended.wait()
        loop.close()


def _free_port(host: str, wanted: int) -> int:
    # granian shares a port with whoever else shares it; two nodes on one is a mistake.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, wanted))
        except OSError as error:
            raise port_taken(f"{host}:{wanted}") from error
        return int(trial.getsockname()[1])
