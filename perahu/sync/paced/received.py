"""The receiving half of road B: which numbers arrived, and the bytes in their order."""

from __future__ import annotations

from heapq import heappop, heappush

from perahu.sync.paced.frames import RUNS_TOLD, TICKS_S, Ack

NUMBERS_KEPT = 4096
"""Numbers behind the largest that are still known apart; older ones are dropped."""
WINDOW_BYTES = 1024 * 1024
"""How far ahead of what was taken bytes may arrive; the sender keeps within it."""
PIECES_MAX = 4096


class Received:
    """Numbers that arrived: nothing is taken twice, and what an ACK says of them."""

    def __init__(self) -> None:
        self.largest = -1
        self._seen = 0
        """Bit i: number largest - i arrived."""
        self._arrived_s = 0.0

    def is_new(self, number: int) -> bool:
        """Whether this number has not been taken and can still be told from a replay."""
        back = self.largest - number
        if back < 0:
            return True
        return back < NUMBERS_KEPT and not self._seen >> back & 1

    def add(self, number: int, now_s: float) -> bool:
        """Note a number that `is_new`; true where it is the largest so far."""
        assert self.is_new(number)
        ahead = number - self.largest
        if ahead <= 0:
            self._seen |= 1 << -ahead
            return False
        # A leap further than what is kept forgets everything before it.
        shifted = self._seen << ahead if ahead < NUMBERS_KEPT else 0
        self._seen = (shifted | 1) & ((1 << NUMBERS_KEPT) - 1)
        self.largest, self._arrived_s = number, now_s
        return True

    def ack(self, now_s: float) -> Ack:
        """What arrived, newest first, as far back as an ACK reaches."""
        assert self.largest >= 0
        runs: list[tuple[int, int]] = []
        seen, top = self._seen, self.largest
        while seen and len(runs) <= RUNS_TOLD:
            # ~seen has its lowest set bit where the run of ones ends.
            length = (~seen & (seen + 1)).bit_length() - 1
            runs.append((top - length + 1, top))
            seen >>= length
            gap = (seen & -seen).bit_length() - 1
            seen, top = (seen >> gap, top - length - gap) if seen else (0, top)
        held = max(0, round((now_s - self._arrived_s) * TICKS_S))
        clock = round(self._arrived_s * TICKS_S) % 2**32
        return Ack(tuple(runs), min(held, 2**30 - 1), clock)


class Assembly:
    """The bytes of the other end's stream, put in their order."""

    def __init__(self) -> None:
        self._ready = bytearray()
        self._taken = 0
        self._pieces: dict[int, bytes] = {}
        self._starts: list[int] = []
        self._held_bytes = 0
        self.end: int | None = None
        """The length of the whole stream, once the other end has closed it."""

    @property
    def arrived(self) -> int:
        """Bytes that are there without a gap."""
        return self._taken + len(self._ready)

    @property
    def is_over(self) -> bool:
        """Everything that will ever come was taken."""
        return self.end is not None and self._taken >= self.end

    def has_room_for(self, offset: int, piece: bytes) -> bool:
        """Whether a piece may be taken in; else it must not be acknowledged."""
        if offset + len(piece) <= self.arrived:
            return True
        if offset + len(piece) > self._taken + WINDOW_BYTES:
            return False
        is_next = offset <= self.arrived
        held = self._held_bytes + len(piece)
        return is_next or (held <= WINDOW_BYTES and len(self._pieces) < PIECES_MAX)

    def add(self, offset: int, piece: bytes) -> None:
        """Take in a piece that there is room for."""
        assert self.has_room_for(offset, piece)
        if offset + len(piece) <= self.arrived:
            return
        if offset > self.arrived:
            self._keep(offset, piece)
            return
        self._ready += piece[self.arrived - offset :]
        while self._starts and self._starts[0] <= self.arrived:
            start = heappop(self._starts)
            kept = self._pieces.pop(start)
            self._held_bytes -= len(kept)
            self._ready += kept[self.arrived - start :]
        assert self._held_bytes >= 0 and (self._pieces or not self._held_bytes)

    def _keep(self, offset: int, piece: bytes) -> None:
        before = self._pieces.get(offset, b"")
        if len(piece) > len(before):
            if not before:
                heappush(self._starts, offset)
            self._pieces[offset] = piece
            self._held_bytes += len(piece) - len(before)

    def take(self, bytes_max: int) -> bytes:
        """The next bytes in order; b"" where none are there."""
        found = bytes(self._ready[:bytes_max])
        del self._ready[:bytes_max]
        self._taken += len(found)
        return found
