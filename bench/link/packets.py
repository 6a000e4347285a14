"""IPv4 packets as bytes: whose flow it is, another address in it, a reset in answer.

Checksums are adjusted, not made anew (RFC 1624): one that was wrong stays wrong.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

ICMP, TCP, UDP = 1, 6, 17
SOURCE, TARGET = 12, 16
"""Where the two addresses of an IPv4 header stand."""
SYN, FIN, RST, ACK = 0x02, 0x01, 0x04, 0x10
HEADER_BYTES_MIN = 20
_CHECKSUM_AT = {TCP: 16, UDP: 6}
_ICMP_ERRORS = (3, 11, 12)
_TTL = 64


class Flow(NamedTuple):
    """The five that name a flow, seen from the packet's own direction."""

    protocol: int
    source: bytes
    source_port: int
    target: bytes
    target_port: int

    def turned(self) -> Flow:
        """The same flow seen from the other end."""
        return Flow(
            self.protocol, self.target, self.target_port, self.source, self.source_port
        )


def is_ipv4(packet: bytes) -> bool:
    """Whether it is a whole IPv4 packet."""
    return len(packet) >= HEADER_BYTES_MIN and packet[0] >> 4 == 4


def header_bytes(packet: bytes | bytearray, at: int = 0) -> int:
    """The length of the IP header that begins at `at`."""
    return (packet[at] & 0x0F) * 4


def flow_of(packet: bytes) -> Flow | None:
    """The flow of a TCP or UDP packet; None for others and for a later fragment."""
    protocol, start = packet[9], header_bytes(packet)
    if protocol not in _CHECKSUM_AT or not _is_first(packet) or len(packet) < start + 8:
        return None
    source_port, target_port = struct.unpack_from("!HH", packet, start)
    return Flow(
        protocol,
        packet[SOURCE : SOURCE + 4],
        source_port,
        packet[TARGET : TARGET + 4],
        target_port,
    )


def flags_of(packet: bytes) -> int:
    """The TCP flags of a packet; 0 for what is no TCP."""
    at = header_bytes(packet) + 13
    if packet[9] != TCP or not _is_first(packet) or len(packet) <= at:
        return 0
    return int(packet[at])


def checksum(*parts: bytes) -> int:
    """The checksum of the internet over the parts, each of which begins on an even byte."""
    total = 0
    for part in parts:
        even = part + b"\0" if len(part) % 2 else part
        total += sum(struct.unpack(f"!{len(even) // 2}H", even))
    return _folded(total)


def adjusted(check: int, old: bytes, new: bytes) -> int:
    """A checksum after `old` became `new` in what it covers: RFC 1624, equation 3."""
    total = check ^ 0xFFFF
    for word in struct.unpack(f"!{len(old) // 2}H", old):
        total += word ^ 0xFFFF
    total += sum(struct.unpack(f"!{len(new) // 2}H", new))
    return _folded(total)


def _folded(total: int) -> int:
    """The complement of a sum of words whose carries were added back."""
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def readdressed(packet: bytes, at: int, address: bytes) -> bytes:
    """The packet with another source or target address (`at`), and right checksums.

    An ICMP error quotes the packet it is about: the address changes in there too, at the
    other end. The ICMP checksum stays: the quoted header's own checksum makes up for it.
    """
    changed = bytearray(packet)
    old = packet[at : at + 4]
    _put_address(changed, 0, at, address)
    start = header_bytes(packet)
    if not _is_first(packet):
        return bytes(changed)
    protocol = packet[9]
    if protocol in _CHECKSUM_AT:
        where = start + _CHECKSUM_AT[protocol]
        _adjust(changed, where, old, address, keeps_zero=protocol == UDP)
    elif protocol == ICMP and packet[start] in _ICMP_ERRORS:
        quoted, other = start + 8, SOURCE if at == TARGET else TARGET
        is_whole = len(packet) >= quoted + HEADER_BYTES_MIN
        if is_whole and packet[quoted + other : quoted + other + 4] == old:
            _put_address(changed, quoted, other, address)
    return bytes(changed)


def _put_address(packet: bytearray, start: int, at: int, address: bytes) -> None:
    """Put an address into the IP header at `start`, and adjust that header's checksum."""
    old = bytes(packet[start + at : start + at + 4])
    packet[start + at : start + at + 4] = address
    _adjust(packet, start + 10, old, address, keeps_zero=False)


def _adjust(
    packet: bytearray, where: int, old: bytes, new: bytes, *, keeps_zero: bool
) -> None:
    """Adjust the checksum at `where`; in UDP 0 is no checksum and 0xFFFF is zero."""
    if len(packet) < where + 2:
        return
    (check,) = struct.unpack_from("!H", packet, where)
    if keeps_zero and check == 0:
        return
    found = adjusted(check, old, new)
    struct.pack_into("!H", packet, where, found or (0xFFFF if keeps_zero else 0))


def _is_first(packet: bytes) -> bool:
    """Whether it is no fragment, or the first of its fragments."""
    word: int = struct.unpack_from("!H", packet, 6)[0]
    return word & 0x1FFF == 0


def reset_back(packet: bytes) -> bytes:
    """The reset that a TCP packet's sender believes: RFC 9293, 3.5.2."""
    start = header_bytes(packet)
    sequence, answer = struct.unpack_from("!II", packet, start + 4)
    flags = flags_of(packet)
    flow = _flow(packet).turned()
    if flags & ACK:
        return _reset(flow, answer, None)
    length = len(packet) - start - (packet[start + 12] >> 4) * 4
    length += bool(flags & SYN) + bool(flags & FIN)
    return _reset(flow, 0, (sequence + length) & 0xFFFFFFFF)


def reset_onward(packet: bytes) -> bytes:
    """The reset that goes on to a TCP packet's target in its stead."""
    start = header_bytes(packet)
    sequence, answer = struct.unpack_from("!II", packet, start + 4)
    return _reset(_flow(packet), sequence, answer if flags_of(packet) & ACK else None)


def _flow(packet: bytes) -> Flow:
    flow = flow_of(packet)
    assert flow is not None and flow.protocol == TCP, "only TCP is reset"
    return flow


def _reset(flow: Flow, sequence: int, answer: int | None) -> bytes:
    """A packet of 40 bytes with RST, and ACK where there is something to answer."""
    flags = RST if answer is None else RST | ACK
    segment = struct.pack(
        "!HHIIBBHHH",
        flow.source_port, flow.target_port, sequence, answer or 0, 5 << 4, flags, 0, 0, 0,
    )  # fmt: skip
    pseudo = flow.source + flow.target + struct.pack("!HH", TCP, len(segment))
    check = checksum(pseudo, segment)
    segment = segment[:16] + struct.pack("!H", check) + segment[18:]
    header = struct.pack(
        "!BBHHHBBH4s4s",
        0x45, 0, HEADER_BYTES_MIN + len(segment), 0, 0x4000, _TTL, TCP, 0,
        flow.source, flow.target,
    )  # fmt: skip
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    return header + segment
