"""HTTP to SBI's devices on this machine: odd verbs, hard limits on bytes and seconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from perahu.devices.sbi_faults import fault

ADDRESS = "127.0.0.1"
"""SBI devices bind to this address and no other, and so they are sought nowhere else."""

ANSWER_BYTES_MAX = 4_000_000
CONNECT_S = 0.5
GRACE_S = 2.0
"""How long after a capture's own time-out its answer may still arrive."""

_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Link:
    """One port of 127.0.0.1, with the timer the node handed over."""

    port: int
    monotonic_s: Callable[[], float]

    def ask(self, verb: str, path: str, body: object, timeout_s: float) -> Any:
        """One request and its JSON answer; None for 404; raises DeviceFault."""
        deadline = self.monotonic_s() + timeout_s
        connection = HTTPConnection(ADDRESS, self.port, timeout=CONNECT_S)
        try:
            connection.connect()
            connection.sock.settimeout(timeout_s)
            sent = b"" if body is None else json.dumps(body).encode()
            headers = {"Content-Type": "application/json", "EXT": "perahu"}
            connection.request(verb, path, sent, headers)
            response = connection.getresponse()
            received = self._read(connection, response.read1, deadline)
            if response.status == 404:
                return None
            return json.loads(received)
        except TimeoutError as error:
            raise fault("timeout") from error
        except ConnectionRefusedError as error:
            raise fault("not_connected") from error
        except (OSError, HTTPException, ValueError, RecursionError) as error:
            raise fault("bad_answer") from error
        finally:
            connection.close()

    def _read(
        self,
        connection: HTTPConnection,
        read: Callable[[int], bytes],
        deadline: float,
    ) -> bytes:
        """The whole body; a device that drips it slowly or without end is cut off."""
        received = bytearray()
        while True:
            left = deadline - self.monotonic_s()
            if left <= 0:
                raise TimeoutError
            if connection.sock is not None:
                connection.sock.settimeout(left)
            chunk = read(_CHUNK)
            if not chunk:
                return bytes(received)
            received += chunk
            if len(received) > ANSWER_BYTES_MAX:
                raise fault("bad_answer")
