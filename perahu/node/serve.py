"""The node process: listener, loops and pages in one process, until SIGTERM or Ctrl-C.

SIGUSR1 says that there may be work now: the link is back, a dish was turned on.
"""

from __future__ import annotations

import json
import signal
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.core.wsgi import get_wsgi_application

from perahu.node import trust
from perahu.node.assets import with_assets
from perahu.node.listener import Listener
from perahu.node.lock import FileLock
from perahu.node.loops import Loop, Loops
from perahu.node.office import Office
from perahu.node.pages import page_server
from perahu.node.road import ATTEMPTS_MAX, Caller, doors_of, side_of
from perahu.node.settings import split_address
from perahu.node.status import status_of
from perahu.node.tls import server_context
from perahu.node.waiting import Waiting
from perahu.node.web_carriers import WebCarriers
from perahu.node.web_office import WebOffice
from perahu.node.web_post import WebPost
from perahu.node.work import loops_of
from perahu.sync.exchange import Patience
from perahu.web.gate import SESSIONS_KEY
from perahu.web.ports import KEY
from perahu.web.sessions import Sessions
from perahu.words import Refusal, Words

TROUBLES_SHOWN_MAX = 5
STOP_WAIT_S = 10.0
SWITCH_S = 0.0005
_LOCK_FILE, _LOCK_WAIT_S = "serve.lock", 0.2
_READY = Words(
    "Simpul {ready} berjalan; keadaannya di {page}. Biarkan jendela ini terbuka; "
    "hentikan dengan Ctrl-C.",
    "The node {ready} is at work; see {page}. Leave this window open; Ctrl-C stops it.",
)


class Serving:
    """A node at work; `close` ends it cleanly."""

    def __init__(self, office: Office) -> None:
        """Take the addresses and begin. Raises Refusal "already_serving", "port_taken"."""
        self.office = office
        stopping = threading.Event()
        patience = Patience(
            attempts_max=ATTEMPTS_MAX, goes_on=lambda: not stopping.is_set()
        )
        self._caller = Caller(office, patience, notes_failures=True)
        self.loops: list[Loop] = loops_of(office, self._caller)
        self.troubles: deque[Words] = deque(maxlen=TROUBLES_SHOWN_MAX)
        with ExitStack() as opening:
            _only_one(office, opening)
            self.listener = self._listener()
            if self.listener is not None:
                self.listener.start()
                opening.callback(self.listener.stop)
            self.pages = page_server(office, self._application())
            opening.callback(self._end_parts)
            self.pages.start()
            opening.callback(self.pages.stop, STOP_WAIT_S)
            running = Loops(office, self.loops)
            running.start()
            opening.callback(running.stop, STOP_WAIT_S)
            opening.callback(stopping.set)
            self._stack = opening.pop_all()

    def ready(self) -> dict[str, Any]:
        """The line that says where it can be reached."""
        node = self.office.certificate
        road = None if self.listener is None else self.listener.port
        return {
            "ready": node.name,
            "node": node.node_id.hex(),
            "road_port": road,
            "page": self.pages.url,
        }

    def look_now(self) -> None:
        """Let every loop take its next step at once, and call the parent."""
        self._caller.want()
        for loop in self.loops:
            loop.nudge.set()

    def close(self) -> None:
        """End the loops after the step they are in, then let the addresses go."""
        self._stack.close()

    def _end_parts(self) -> None:
        """Let the parts of pages that are at work come to an end."""
        for part in self.web.parts.values():
            if hasattr(part, "close"):
                part.close(STOP_WAIT_S)

    def _listener(self) -> Listener | None:
        office = self.office
        if not office.settings.listen:
            return None
        files = office.folder / trust.FOLDER
        context = server_context(files / trust.CERTIFICATE_FILE, files / trust.KEY_FILE)
        return Listener(
            side_of(office),
            doors_of(office),
            context,
            split_address(office.settings.listen),
            troubled=lambda refusal: self.troubles.append(refusal.words),
            with_paced=office.settings.listen_udp,
        )

    def _application(self) -> Any:
        django = get_wsgi_application()
        waiting = Waiting(self.office.journal)

        def figures() -> dict[str, Any]:
            found = status_of(self.office, self.loops, waiting, self._caller)
            found["road_troubles"] = list(self.troubles)
            if self.pages.trouble is not None:
                found["road_troubles"].append(self.pages.trouble)
            return found

        self.web = WebOffice(self.office, status=figures, look_now=self.look_now)
        self.sessions = Sessions(self.web.monotonic_s, self.web.random)
        self.web.parts["carriers"] = WebCarriers(self.office, self._caller)
        self.web.parts["post"] = WebPost(
            self.office, self._caller, self.loops, self.look_now
        )

        def application(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            environ[KEY], environ[SESSIONS_KEY] = self.web, self.sessions
            with self.office.at_work():
                return django(environ, start)

        return with_assets(application)


def serve(office: Office) -> None:
    """Serve until asked to stop; says on stdout when it is ready, see `_say_ready`.

    SIGUSR1 says that a road may be up now: every loop looks at once instead of waiting
    for its turn (a carrier's own hook can send it).
    """
    # Each query lets go of the interpreter and waits for its turn to have it back: with
    # ten desks at once that is most of a save (docs/benchmarks.md, pages).
    sys.setswitchinterval(SWITCH_S)
    with _signals() as next_signal:
        serving = Serving(office)
        try:
            _say_ready(serving)
            while next_signal() == signal.SIGUSR1:
                serving.look_now()
        finally:
            serving.close()
            sys.stdout.flush()


def _say_ready(serving: Serving) -> None:
    """A sentence for a person at a terminal, one line of JSON for a program."""
    ready = serving.ready()
    if sys.stdout.isatty():
        print(_READY.in_(serving.office.settings.language).format(**ready), flush=True)
    else:
        print(json.dumps(ready), flush=True)


@contextmanager
def _signals() -> Iterator[Callable[[], int]]:
    """Gives what waits for the next signal and says which it was.

    The numbers come through a socket: a library's own thread may be the one that the
    system interrupts, and a plain handler would wait until this thread wakes by itself.
    """
    near, far = socket.socketpair()
    with near, far:
        far.setblocking(False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            signal.signal(number, lambda *_: None)
        before = signal.set_wakeup_fd(far.fileno())
        try:
            yield lambda: near.recv(1)[0]
        finally:
            signal.set_wakeup_fd(before)


def _only_one(office: Office, opening: ExitStack) -> None:
    lock = FileLock(office.folder / _LOCK_FILE, wait_max_s=_LOCK_WAIT_S)
    try:
        opening.enter_context(lock())
    except Refusal as refusal:
        name = office.settings.name
        raise Refusal(
            "already_serving",
            id=f"Simpul {name} sudah berjalan; hentikan dahulu yang itu.",
            en=f"The node {name} is running already; stop that one first.",
        ) from refusal
