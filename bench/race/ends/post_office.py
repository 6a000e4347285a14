"""An office that sends by HTTPS: one POST a record and a packet, tried again until taken."""

from __future__ import annotations

import argparse
import http.client
import queue
import ssl
import time
from contextlib import suppress
from pathlib import Path

from bench.race.ends.lines import hear, tell

TIMEOUT_S = 60.0
"""What the books on HTTP clients recommend, and what people set."""
PAUSE_S_MIN, PAUSE_S_MAX = 1.0, 60.0


class Sender:
    """Sends files one after the other over one connection that it keeps alive."""

    def __init__(self, address: str, port: int, authority: Path) -> None:
        self._address, self._port = address, port
        self._context = ssl.create_default_context(cafile=str(authority))
        self._connection: http.client.HTTPSConnection | None = None

    def send(self, path: Path) -> None:
        """Until the server has answered 201; a pause that doubles after each failure."""
        pause_s = PAUSE_S_MIN
        while not self._try(path):
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, PAUSE_S_MAX)

    def _try(self, path: Path) -> bool:
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                self._address, self._port, timeout=TIMEOUT_S, context=self._context
            )
        with suppress(OSError, http.client.HTTPException):
            self._connection.request("POST", f"/{path.name}", path.read_bytes())
            answer = self._connection.getresponse()
            answer.read()
            return answer.status == 201
        return False


def main() -> None:
    """Send what lies in `out`, and `small` behind it once it is stated."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    waiting: queue.Queue[Path] = queue.Queue()
    small = sorted((given.folder / "small").iterdir())
    packets = sorted((given.folder / "out").iterdir())
    wanted = len(small) + len(packets)

    def state() -> None:
        tell("recorded")
        for path in small:
            waiting.put(path)

    def go() -> None:
        for path in packets:
            waiting.put(path)

    hear({"go": go, "small": state})
    tell("ready")
    sender, sent = Sender(given.address, given.port, given.folder / "ca.pem"), 0
    for _ in range(wanted):
        path = waiting.get()
        sender.send(path)
        sent += path.stat().st_size
        tell("acked", bytes=sent)
    tell("done")
    time.sleep(3600)


if __name__ == "__main__":
    main()
