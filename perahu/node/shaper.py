"""A bad link in user space, for the demo and the tests: rate, delay and cuts, no root.

    python3 -m perahu.node.shaper --listen 7000 --target 127.0.0.1:7443 --control 7001

A TCP proxy. All its connections share one line of so many bytes a second each way, with a
delay each way and a small queue, as a modem has. A cut kills every connection, either by
RST or by silence (what a carrier switch does: the old flows never speak again). The
control port takes one command a line and answers with one JSON line of counts:

    rate UP DOWN        bytes a second, 0 is no limit
    delay MS            each way
    cut reset|silent    until `open`
    open                the link is back; flows that were cut stay dead
    flap UP_S DOWN_S reset|silent    open and cut in turn, until `open` or `cut`
    stats | stop
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import struct
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

_QUEUE_BYTES = 16 * 1024
"""What waits inside the modem before the sender feels it."""
_BUFFER_BYTES = 32 * 1024
_SEGMENT_BYTES = 1400
_READ_BYTES_MAX = 64 * 1024
_SLICE_S = 0.02
_MODES = ("open", "reset", "silent")


@dataclass(slots=True)
class Counts:
    """What has passed, and what was cut."""

    up_bytes: int = 0
    down_bytes: int = 0
    connections: int = 0
    cuts: int = 0
    mode: str = "open"


class _Line:
    """One direction of the link, shared by all connections."""

    def __init__(self, rate_bytes_s: int) -> None:
        self.rate_bytes_s = rate_bytes_s
        self._free_s = 0.0

    def departs_s(self, size: int, now_s: float) -> float:
        """When the last of these bytes leaves the modem."""
        if self.rate_bytes_s == 0:
            return now_s
        self._free_s = max(now_s, self._free_s) + size / self.rate_bytes_s
        return self._free_s

    def queue_s(self) -> float:
        """How long the queue may grow."""
        return _QUEUE_BYTES / self.rate_bytes_s if self.rate_bytes_s else 0.0

    def slice_bytes(self) -> int:
        """How much is taken at once, so that two connections share fairly."""
        if self.rate_bytes_s == 0:
            return _READ_BYTES_MAX
        return max(256, min(_READ_BYTES_MAX, int(self.rate_bytes_s * _SLICE_S)))

    def clear(self) -> None:
        """Forget what stood in the queue."""
        self._free_s = 0.0


class _Flow:
    """One connection through the link."""

    def __init__(self, near: socket.socket, far: socket.socket | None) -> None:
        self.near, self.far = near, far
        self.tasks: list[asyncio.Task[None]] = []
        self.ended = 0
        """Directions that came to their end."""

    def freeze(self) -> None:
        """Say nothing more, and do not even close."""
        for task in self.tasks:
            task.cancel()

    def close(self, *, reset: bool) -> None:
        """Close both ends, by RST if asked."""
        self.freeze()
        for end in (self.near, self.far):
            if end is None:
                continue
            with suppress(OSError):
                if reset:
                    linger = struct.pack("ii", 1, 0)
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                end.close()


class Shaper:
    """The link; `start` runs it in a thread of its own, `main` as a process."""

    def __init__(
        self,
        target: tuple[str, int],
        *,
        listen_port: int = 0,
        control_port: int | None = None,
        rate_bytes_s: tuple[int, int] = (0, 0),
        delay_ms: int = 0,
    ) -> None:
        """Bind the ports at once, so that they are known; port 0 takes any free one."""
        self.counts = Counts()
        self._target = target
        self._up, self._down = (_Line(rate) for rate in rate_bytes_s)
        self._delay_s = delay_ms / 1000
        self._flows: set[_Flow] = set()
        self._flapping: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._listener = _listening(listen_port)
        self._control = _listening(control_port) if control_port is not None else None

    @property
    def port(self) -> int:
        """Where clients connect."""
        return int(self._listener.getsockname()[1])

    # -- running ----------------------------------------------------------------------

    def start(self) -> None:
        """Run in a thread until `stop`."""
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self.run(ready)), name="shaper", daemon=True
        )
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """End the thread and every connection."""
        if self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread is not None:
            self._thread.join()

    def tell(self, line: str) -> Counts:
        """Give a command from another thread and wait until it is done."""
        assert self._loop is not None, "the shaper is not running"
        done = asyncio.run_coroutine_threadsafe(self._obey_soon(line), self._loop)
        return done.result(timeout=10)

    async def _obey_soon(self, line: str) -> Counts:
        self.obey(line)
        return self.counts

    async def run(self, ready: threading.Event | None = None) -> None:
        """Serve until told to stop."""
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        tasks = [asyncio.create_task(self._accept())]
        if self._control is not None:
            tasks.append(asyncio.create_task(self._accept_control(self._control)))
        if ready is not None:
            ready.set()
        await self._stopping.wait()
        self._end_flapping()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._cut_all(reset=True)
        self._listener.close()
        if self._control is not None:
            self._control.close()

    # -- commands ---------------------------------------------------------------------

    def obey(self, line: str) -> None:
        """Do one command; raises ValueError for what is none."""
        match line.split():
            case ["rate", up, down]:
                self._up.rate_bytes_s, self._down.rate_bytes_s = int(up), int(down)
            case ["delay", milliseconds]:
                self._delay_s = int(milliseconds) / 1000
            case ["cut", ("reset" | "silent") as mode]:
                self._end_flapping()
                self._cut(mode)
            case ["open"]:
                self._end_flapping()
                self.counts.mode = "open"
            case ["flap", up_s, down_s, ("reset" | "silent") as mode]:
                self._end_flapping()
                self._flapping = asyncio.get_running_loop().create_task(
                    self._flap(float(up_s), float(down_s), mode)
                )
            case ["stats"]:
                pass
            case ["stop"]:
                assert self._stopping is not None
                self._stopping.set()
            case _:
                raise ValueError(f"no such command: {line[:60]!r}")

    def _cut(self, mode: str) -> None:
        assert mode in _MODES
        self.counts.mode = mode
        self.counts.cuts += 1
        self._cut_all(reset=mode == "reset")
        self._up.clear()
        self._down.clear()

    def _cut_all(self, *, reset: bool) -> None:
        for flow in self._flows:
            if reset:
                flow.close(reset=True)
            else:
                flow.freeze()
        if reset:
            self._flows.clear()

    async def _flap(self, up_s: float, down_s: float, mode: str) -> None:
        while True:
            self.counts.mode = "open"
            await asyncio.sleep(up_s)
            self._cut(mode)
            await asyncio.sleep(down_s)

    def _end_flapping(self) -> None:
        if self._flapping is not None:
            self._flapping.cancel()
            self._flapping = None

    # -- carrying ---------------------------------------------------------------------

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        connecting: set[asyncio.Task[None]] = set()
        while True:
            near, _ = await loop.sock_accept(self._listener)
            near.setblocking(False)
            self.counts.connections += 1
            if self.counts.mode == "reset":
                _Flow(near, None).close(reset=True)
                continue
            flow = _Flow(near, None)
            self._flows.add(flow)
            if self.counts.mode == "silent":
                continue
            task = asyncio.create_task(self._connect(flow))
            flow.tasks.append(task)
            connecting.add(task)
            task.add_done_callback(connecting.discard)

    async def _connect(self, flow: _Flow) -> None:
        loop = asyncio.get_running_loop()
        far = socket.socket()
        far.setblocking(False)
        flow.far = far
        try:
            await loop.sock_connect(far, self._target)
        except OSError:
            self._flows.discard(flow)
            flow.close(reset=True)
            return
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        flow.near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for source, sink, upward in ((flow.near, far, True), (far, flow.near, False)):
            carried: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
            flow.tasks += [
                asyncio.create_task(self._take(flow, source, carried, upward)),
                asyncio.create_task(self._give(flow, sink, carried, upward)),
            ]

    async def _take(
        self,
        flow: _Flow,
        source: socket.socket,
        carried: asyncio.Queue[tuple[float, bytes]],
        upward: bool,
    ) -> None:
        """Read as fast as the line allows and note when each piece arrives."""
        loop, line = asyncio.get_running_loop(), self._up if upward else self._down
        while True:
            try:
                piece = await loop.sock_recv(source, line.slice_bytes())
            except OSError:
                self._flows.discard(flow)
                flow.close(reset=True)
                return
            now_s = time.monotonic()
            departs_s = line.departs_s(len(piece), now_s)
            carried.put_nowait((departs_s + self._delay_s, piece))
            if not piece:
                return
            await asyncio.sleep(max(0.0, departs_s - now_s - line.queue_s()))

    async def _give(
        self,
        flow: _Flow,
        sink: socket.socket,
        carried: asyncio.Queue[tuple[float, bytes]],
        upward: bool,
    ) -> None:
        """Write each piece when its time has come; an empty one is the end."""
        loop = asyncio.get_running_loop()
        while True:
            arrives_s, piece = await carried.get()
            await asyncio.sleep(max(0.0, arrives_s - time.monotonic()))
            try:
                if not piece:
                    sink.shutdown(socket.SHUT_WR)
                    flow.ended += 1
                    break
                await loop.sock_sendall(sink, piece)
            except OSError:
                self._flows.discard(flow)
                flow.close(reset=True)
                return
            if upward:
                self.counts.up_bytes += len(piece)
            else:
                self.counts.down_bytes += len(piece)
        if flow.ended == 2:
            self._flows.discard(flow)
            flow.close(reset=False)

    # -- control ----------------------------------------------------------------------

    async def _accept_control(self, listener: socket.socket) -> None:
        server = await asyncio.start_server(self._converse, sock=listener)
        async with server:
            await server.serve_forever()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while line := await reader.readline():
            answer: dict[str, object] = {}
            try:
                self.obey(line.decode("ascii", "replace").strip())
            except ValueError as error:
                answer["error"] = str(error)
            writer.write(json.dumps(asdict(self.counts) | answer).encode() + b"\n")
            with suppress(ConnectionError):
                await writer.drain()
        writer.close()


def control(port: int, line: str) -> dict[str, object]:
    """Give a command to a shaper of another process; the counts it answers with."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(line.encode() + b"\n")
        with connection.makefile("rb") as answers:
            answer: dict[str, object] = json.loads(answers.readline())
    if "error" in answer:
        raise ValueError(str(answer["error"]))
    return answer


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Small segments and buffers, or the loopback swallows what a modem would not.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SEGMENT_BYTES)
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    listener.setblocking(False)
    return listener


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a shaped link as a process, until `stop` or a signal."""
    parser = argparse.ArgumentParser(
        description="A slow, cut-prone link for trying out."
    )
    parser.add_argument("--listen", type=int, default=0)
    parser.add_argument("--target", required=True, help="HOST:PORT")
    parser.add_argument("--control", type=int, default=0)
    parser.add_argument(
        "--rate", type=int, nargs=2, default=[0, 0], help="UP DOWN, B/s"
    )
    parser.add_argument("--delay-ms", type=int, default=0)
    asked = parser.parse_args(arguments)
    host, _, port = asked.target.rpartition(":")
    shaper = Shaper(
        (host, int(port)),
        listen_port=asked.listen,
        control_port=asked.control,
        rate_bytes_s=(asked.rate[0], asked.rate[1]),
        delay_ms=asked.delay_ms,
    )
    assert shaper._control is not None
    ports = {"listen": shaper.port, "control": shaper._control.getsockname()[1]}
    print(json.dumps(ports), flush=True)
    with suppress(KeyboardInterrupt):
        asyncio.run(shaper.run())


if __name__ == "__main__":
    main()
