"""A desk's scanners as a process of its own: SBI 0.9.5 over HTTP, all people synthetic.

    python -m perahu.devices.sim_scanner --port 4501 --seed 1 --keys FOLDER

- One process, several devices: a slap finger scanner, an iris camera, a photo camera,
  and a signature pad that SBI does not know and that answers at /pad.
- FOLDER/root.pem, written before the port opens, is the certificate a desk pins.
- Who stands there and what breaks is set by POST /sim/... with a JSON object:
    /sim/person  {"seed": 7, "sex": "F", "missing_parts": [], "quality": 80 or {part: n},
                  "by_line": false, "backdrop": null}
    /sim/fault   {"fault": "error", "part": "left_ring", "code": "102", "times": 2}
    /sim/device  {"kind": "Finger", "state": "Unplugged"}
    /sim/delay   {"delay_ms": 800}
    /sim/reset   {}
  GET /sim/state tells the settings, GET /sim/root.pem the certificate.
- One thread (asyncio): captures wait for one another, control and discovery never wait
  for a slow or silent device.

It listens on 127.0.0.1 only, as SBI demands, and has no clock and no chance of its own:
the time of a capture is the one that was asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import h11

from perahu.devices import sim_answers
from perahu.devices.parts import BY_NAME
from perahu.devices.ports import BACKGROUNDS
from perahu.devices.sim_answers import Answer
from perahu.devices.sim_desk import FAULTS, STATES, Desk, Fault
from perahu.devices.sim_keys import DeviceKeys
from perahu.devices.sim_stream import frames
from perahu.devices.synth.person import Person

ADDRESS = "127.0.0.1"
REQUEST_BYTES_MAX = 65_536
_HEADER_BYTES_MAX = 16_384
_IDLE_S = 30.0
_FAULTS_MAX = 1_000


class BadControl(ValueError):
    """A control request that makes no sense; its words say why."""


class SimScanner:
    """The server: routes requests to one desk."""

    def __init__(self, desk: Desk, keys: DeviceKeys, port: int) -> None:
        self.desk = desk
        self.keys = keys
        self.address = f"http://{ADDRESS}:{port}"

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """The answer to one request; raises BadControl, KeyError for no such path."""
        desk, keys, address = self.desk, self.keys, self.address
        routes: dict[tuple[str, str], Callable[[], Answer]] = {
            ("MOSIPDISC", "/device"): lambda: Answer(
                sim_answers.discovery(desk, keys, address, _kind(body))
            ),
            ("MOSIPDINFO", "/info"): lambda: Answer(
                sim_answers.status(desk, keys, address)
            ),
            ("RCAPTURE", "/capture"): lambda: sim_answers.capture(desk, keys, body),
            ("GET", "/pad"): lambda: Answer(
                sim_answers.status(desk, keys, address, pad=True)
            ),
            ("POST", "/pad"): lambda: sim_answers.capture(desk, keys, body, pad=True),
            ("GET", "/sim/root.pem"): lambda: Answer(keys.root_pem),
            ("GET", "/sim/state"): lambda: Answer(self._state()),
        }
        if method == "POST" and path.startswith("/sim/"):
            self.control(path.removeprefix("/sim/"), body)
            return Answer(self._state())
        return routes[method, path]()

    def control(self, what: str, body: bytes) -> None:
        """Change who stands there or what is broken."""
        try:
            asked = json.loads(body or b"{}")
        except ValueError as error:
            raise BadControl("not JSON") from error
        if not isinstance(asked, dict):
            raise BadControl("not an object")
        actions: dict[str, Callable[[dict[str, Any]], None]] = {
            "person": self._person,
            "fault": self._fault,
            "device": self._device,
            "delay": self._delay,
            "reset": self._reset,
        }
        actions[what](asked)

    def _person(self, asked: dict[str, Any]) -> None:
        quality = asked.get("quality", {})
        if isinstance(quality, int):
            quality = {"*": quality}
        missing = frozenset(asked.get("missing_parts", ()))
        if not missing | (quality.keys() - {"*"}) <= BY_NAME.keys():
            raise BadControl("unknown part")
        backdrop = asked.get("backdrop")
        if backdrop not in (None, "", *BACKGROUNDS):
            raise BadControl("unknown backdrop")
        self.desk.person = Person(
            seed=int(asked["seed"]),
            sex=str(asked.get("sex", "")),
            missing=missing,
            quality={part: int(n) for part, n in quality.items()},
            by_line=bool(asked.get("by_line", False)),
            backdrop=backdrop,
        )

    def _fault(self, asked: dict[str, Any]) -> None:
        fault = Fault(**asked)
        if fault.fault not in FAULTS or fault.part not in ("", *BY_NAME):
            raise BadControl("unknown fault or part")
        if not 1 <= fault.times <= _FAULTS_MAX or len(self.desk.faults) >= _FAULTS_MAX:
            raise BadControl("too many")
        self.desk.faults.append(fault)

    def _device(self, asked: dict[str, Any]) -> None:
        if asked["kind"] not in self.desk.devices or asked["state"] not in STATES:
            raise BadControl("unknown kind or state")
        self.desk.plug(asked["kind"], asked["state"])

    def _delay(self, asked: dict[str, Any]) -> None:
        delay_ms = int(asked["delay_ms"])
        if not 0 <= delay_ms <= sim_answers.TIMEOUT_MS_MAX:
            raise BadControl("delay_ms out of range")
        self.desk.delay_ms = delay_ms

    def _reset(self, asked: dict[str, Any]) -> None:
        del asked
        self.desk = Desk(self.desk.seed)

    def _state(self) -> bytes:
        desk = self.desk
        return json.dumps(
            {
                "seed": desk.seed,
                "person": desk.person.seed,
                "missing_parts": sorted(desk.person.missing),
                "devices": {kind: d.state for kind, d in desk.devices.items()},
                "delay_ms": desk.delay_ms,
                "faults": [fault.fault for fault in desk.faults],
                "captures": sum(desk.shots.values()),
            }
        ).encode()


def _kind(body: bytes) -> str:
    """The type that a discovery asks for; one without a body asks for all."""
    try:
        asked = json.loads(body) if body else {}
    except ValueError:
        return ""
    return str(asked.get("type", "Biometric Device")) if isinstance(asked, dict) else ""


async def _serve_one(
    sim: SimScanner, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Read one request, answer it and close, as SBI's devices do."""
    try:
        async with asyncio.timeout(_IDLE_S):
            request, body = await _request(reader)
        method, path = request.method.decode(), request.target.decode("latin-1")
        if (method, path) == ("STREAM", "/stream"):
            async for part in frames(sim.desk, body):
                writer.write(part)
                await writer.drain()
            return
        status, answer = _answered(sim, method, path, body)
        if answer.delay_ms:
            await asyncio.sleep(answer.delay_ms / 1000)
        if answer.body is not None:
            writer.write(_response(status, answer.body, sim.address))
            await writer.drain()
    except (h11.RemoteProtocolError, TimeoutError, ConnectionError):
        # The client broke off or speaks no HTTP: there is nobody to tell.
        pass
    finally:
        writer.close()


async def _request(reader: asyncio.StreamReader) -> tuple[h11.Request, bytes]:
    """One whole request within the limits."""
    connection = h11.Connection(h11.SERVER, _HEADER_BYTES_MAX)
    request, body = None, b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(8_192))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > REQUEST_BYTES_MAX:
                raise h11.RemoteProtocolError("request too large")
        elif isinstance(event, h11.EndOfMessage) and request is not None:
            return request, body
        else:
            raise h11.RemoteProtocolError("closed early")


def _answered(
    sim: SimScanner, method: str, path: str, body: bytes
) -> tuple[int, Answer]:
    """The HTTP status and the answer."""
    try:
        return 200, sim.answer(method, path, body)
    except (BadControl, KeyError, TypeError, ValueError, AttributeError) as error:
        control = path.startswith("/sim/")
        told = {"error": sim_answers.error_of("500"), "why": repr(error)}
        return 400 if control else 404, Answer(json.dumps(told).encode())


def _response(status: int, body: bytes, address: str) -> bytes:
    """The answer's bytes, with the header lines that SBI names."""
    connection = h11.Connection(h11.SERVER)
    kind = b"application/x-pem-file" if body[:5] == b"-----" else b"application/json"
    headers = [
        (b"Cache-Control", b"no-store"),
        (b"Location", address.encode()),
        (b"Content-Type", kind),
        (b"Content-Length", str(len(body)).encode()),
        (b"Connection", b"close"),
    ]
    head = connection.send(h11.Response(status_code=status, headers=headers)) or b""
    return head + (connection.send(h11.Data(data=body)) or b"")


async def serve(sim: SimScanner, port: int) -> None:
    """Listen until cancelled."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _serve_one(sim, reader, writer)

    server = await asyncio.start_server(one, ADDRESS, port)
    async with server:
        await server.serve_forever()


def main(argv: Sequence[str] | None = None) -> int:
    """Start a desk's simulated scanners; 2 where the port is taken."""
    parser = argparse.ArgumentParser(description="Simulated scanners (SBI 0.9.5).")
    parser.add_argument("--port", type=int, default=4501)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keys", type=Path, help="folder of the devices' keys")
    parser.add_argument("--delay-ms", type=int, default=0)
    asked = parser.parse_args(argv)
    keys = DeviceKeys.kept(asked.keys) if asked.keys else DeviceKeys.new()
    desk = replace(Desk(asked.seed), delay_ms=asked.delay_ms)
    try:
        asyncio.run(serve(SimScanner(desk, keys, asked.port), asked.port))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        print(f"Port {asked.port} tidak dapat dipakai / cannot be used: {error}",
              file=sys.stderr)  # fmt: skip
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
