"""The link without its devices: what a packet meets, reckoned without waiting."""

from __future__ import annotations

import random
import struct
from dataclasses import replace
from itertools import pairwise

import pytest

from bench.link import packets
from bench.link.counts import Event, counts_of, counts_row, up_between_s
from bench.link.engine import HUB, INSIDE, Departure, Link, Side, outside_address
from bench.link.profiles import PROFILES, Burst, Profile, queue_of

CLEAN = replace(PROFILES["clean256"], rtt_s=0.1)
QUICK = replace(CLEAN, rate_bit_s=1e9, queue_bytes=1 << 30)
OUTSIDE = outside_address(0)


def packet(
    protocol: int = packets.UDP,
    *,
    source: bytes = INSIDE,
    target: bytes = HUB,
    ports: tuple[int, int] = (4000, 443),
    flags: int = packets.ACK,
    sequence: int = 1000,
    answer: int = 2000,
    payload: bytes = b"DATA UJI",
) -> bytes:
    """A packet with right checksums."""
    if protocol == packets.UDP:
        size = 8 + len(payload)
        segment = struct.pack("!HHHH", *ports, size, 0) + payload
    elif protocol == packets.TCP:
        segment = struct.pack(
            "!HHIIBBHHH", *ports, sequence, answer, 80, flags, 9, 0, 0
        )
        segment += payload
    else:
        segment = payload
    where = {packets.UDP: 6, packets.TCP: 16}.get(protocol)
    if where is not None:
        check = sum_of_segment(protocol, source, target, segment) or 0xFFFF
        segment = segment[:where] + struct.pack("!H", check) + segment[where + 2 :]
    header = struct.pack(
        "!BBHHHBBH4s4s",
        0x45, 0, 20 + len(segment), 7, 0, 64, protocol, 0, source, target,
    )  # fmt: skip
    check = packets.checksum(header)
    return header[:10] + struct.pack("!H", check) + header[12:] + segment


def sum_of_segment(protocol: int, source: bytes, target: bytes, segment: bytes) -> int:
    """The checksum over pseudo header and segment: 0 where the one inside is right."""
    pseudo = source + target + struct.pack("!HH", protocol, len(segment))
    return packets.checksum(pseudo, segment)


def is_right(found: bytes) -> bool:
    """Whether both checksums of a TCP or UDP packet are right, made anew over all."""
    whole = packets.checksum(found[:20]) == 0
    return (
        whole and sum_of_segment(found[9], found[12:16], found[16:20], found[20:]) == 0
    )


def sized(size: int) -> bytes:
    """A UDP packet of so many bytes."""
    return packet(payload=bytes(size - 28))


def link(profile: Profile, seed: int = 1) -> Link:
    """A link with its own chance."""
    return Link(profile, random.Random(seed))


def all_due(found: Link, until_s: float) -> list[Departure]:
    """What leaves until then, in steps as the process takes them."""
    departed = []
    while (next_s := found.next_s()) is not None and next_s <= until_s:
        departed += found.due(next_s)
    return departed + found.due(until_s)


def test_it_sends_at_the_rate_and_half_a_round_trip_later() -> None:
    """The n-th of packets offered at once is due after n times its bits and the way."""
    one = link(CLEAN)
    for _ in range(10):
        one.offer(5.0, Side.HUB, sized(1000))
    dues = [departure.due_s for departure in all_due(one, 10.0)]
    assert dues == pytest.approx([5 + n * 8000 / 256e3 + 0.05 for n in range(1, 11)])


def test_it_reckons_the_same_however_late_it_wakes() -> None:
    """A process that slept through everything gets the same moments, in the same order."""
    early, late = link(PROFILES["edge64"]), link(PROFILES["edge64"])
    for one in (early, late):
        for turn in range(40):
            one.offer(turn * 0.01, Side(turn % 2), _towards(Side(turn % 2)))
    assert all_due(early, 60.0) == late.due(60.0)


def _towards(side: Side) -> bytes:
    return packet() if side == Side.HUB else packet(source=HUB, target=OUTSIDE)


def test_it_drops_what_the_queue_does_not_hold() -> None:
    """Bytes that wait and the one on the air count; what has left makes room again."""
    one = link(replace(CLEAN, queue_bytes=10_000))
    for _ in range(15):
        one.offer(0.0, Side.HUB, sized(1000))
    assert one.counts.to_hub.udp.queue.packets == 5
    half_s = 500 * 8 / 256e3
    one.offer(half_s, Side.HUB, sized(1000))
    one.offer(half_s, Side.HUB, sized(500))
    assert one.counts.to_hub.udp.queue.packets == 6
    assert len(all_due(one, 9.0)) == 11


def test_it_keeps_the_order_within_the_jitter() -> None:
    """No packet overtakes another, and each is within half of the jitter of its way."""
    profile = replace(PROFILES["edge64"], loss=0.0, rate_bit_s=1e9)
    one = link(profile)
    for turn in range(500):
        one.offer(turn * 0.02, Side.HUB, packet(ports=(turn + 1, 9)))
    departed = all_due(one, 60.0)
    flows = [packets.flow_of(departure.packet) for departure in departed]
    assert [flow and flow.source_port for flow in flows] == list(range(1, 501))
    dues = [departure.due_s for departure in departed]
    assert all(first <= second for first, second in pairwise(dues))
    delays = [due - turn * 0.02 for turn, due in enumerate(dues)]
    assert 0.5 <= min(delays) < 0.55 and 0.65 < max(delays) < 0.7001


def lost_of(profile: Profile, seed: int, count: int = 20_000) -> list[bool]:
    """Which of many packets to the hub are lost."""
    one = link(profile, seed)
    found = []
    for turn in range(count):
        one.offer(turn * 0.001, Side.HUB, packet())
        found.append(one.counts.to_hub.udp.loss.packets)
        one.due(turn * 0.001)
    return [after > before for before, after in pairwise([0, *found])]


@pytest.mark.parametrize("name", ["loss2", "loss20", "edge64"])
def test_it_loses_the_share_of_the_profile(name: str) -> None:
    """One packet is lost as any other is, each way by itself."""
    profile = replace(QUICK, loss=PROFILES[name].loss)
    lost = sum(lost_of(profile, 3))
    spread = (20_000 * profile.loss * (1 - profile.loss)) ** 0.5
    assert abs(lost - 20_000 * profile.loss) < 4 * spread


def test_it_loses_the_same_with_the_same_seed() -> None:
    """Chance is the seed's, and what goes the other way changes nothing."""
    profile = replace(QUICK, loss=0.2)
    assert lost_of(profile, 5, 500) == lost_of(profile, 5, 500)
    assert lost_of(profile, 5, 500) != lost_of(profile, 6, 500)
    one = link(profile, 5)
    for turn in range(500):
        one.offer(turn * 0.001, Side.HUB, packet())
        one.offer(turn * 0.001, Side.OFFICE, _towards(Side.OFFICE))
    assert one.counts.to_hub.udp.loss.packets == sum(lost_of(profile, 5, 500))


def test_it_loses_in_bursts_with_the_mean_of_the_profile() -> None:
    """Gilbert and Elliott: a tenth in the long run, and much more after a lost one."""
    burst = PROFILES["burst"].burst
    assert burst is not None and burst.mean_loss == pytest.approx(0.10)
    lost = lost_of(replace(QUICK, burst=burst), 7, 60_000)
    assert sum(lost) / len(lost) == pytest.approx(0.10, abs=0.012)
    after = [second for first, second in pairwise(lost) if first]
    assert sum(after) / len(after) == pytest.approx(0.69, abs=0.04)
    always = Burst(into_bad=1.0, out_of_bad=0.0, loss_good=0.0, loss_bad=1.0)
    assert all(lost_of(replace(QUICK, burst=always), 1, 50))


def test_it_goes_down_and_up_as_the_schedule_says() -> None:
    """The schedule begins with the first packet; the first outage comes by the seed."""
    profile, events = PROFILES["flap60"], set()
    for seed in range(20):
        one = link(profile, seed)
        assert one.due(500.0) == [] and one.timeline == []
        one.offer(1000.0, Side.HUB, packet())
        one.due(1300.0)
        first, down, *_ = one.timeline
        assert (first.what, first.at_s) == ("up", 1000.0)
        assert 1020 <= down.at_s <= 1060
        events.add(down.at_s)
        gaps = [b.at_s - a.at_s for a, b in pairwise(one.timeline[1:])]
        assert gaps == pytest.approx(([30.0, 60.0] * 9)[: len(gaps)])
        up_s = up_between_s(one.timeline, 1000.0, 1300.0)
        assert one.snapshot(1300.0).up_s == pytest.approx(up_s)
    assert len(events) == 20


def test_it_carries_nothing_while_it_is_down() -> None:
    """What waits, what is on the air and what comes then is dropped, both ways."""
    one = link(replace(CLEAN, up_s=10.0, down_s=5.0, first_s=(4.0, 4.0)))
    one.offer(0.0, Side.HUB, sized(1000))
    for side in Side:
        one.offer(3.96, side, _towards(side))
        one.offer(4.5, side, _towards(side))
        one.offer(8.99, side, _towards(side))
    one.offer(9.0, Side.HUB, packet())
    assert len(all_due(one, 12.0)) == 2
    to_hub, to_office = one.counts.to_hub.udp, one.counts.to_office.udp
    assert (to_hub.outage.packets, to_office.outage.packets) == (3, 3)
    assert (to_hub.delivered.packets, to_hub.under_way) == (2, 0)


def test_it_says_how_long_it_was_up_between_two_moments() -> None:
    """Moments before, within and after an outage, and one that has not ended."""
    line = [
        Event(at_s, what, "")  # type: ignore[arg-type]
        for at_s, what in ((10.0, "up"), (20.0, "down"), (30.0, "up"), (40.0, "down"))
    ]
    assert up_between_s(line, 0.0, 15.0) == 15.0
    assert up_between_s(line, 12.0, 25.0) == 8.0
    assert up_between_s(line, 22.0, 28.0) == 0.0
    assert up_between_s(line, 25.0, 90.0) == 10.0
    assert up_between_s([], 25.0, 90.0) == 65.0


SWITCHING = replace(QUICK, switch_s=90.0, first_s=(30.0, 30.0))


@pytest.mark.parametrize("protocol", [packets.TCP, packets.UDP])
def test_it_ends_old_flows_in_silence_at_a_switch(protocol: int) -> None:
    """They are dropped both ways; a new flow comes from the new address at once."""
    one = link(SWITCHING)
    one.offer(0.0, Side.HUB, packet(protocol))
    [first] = all_due(one, 29.0)
    assert first.packet[12:16] == outside_address(0) and is_right(first.packet)
    one.offer(31.0, Side.HUB, packet(protocol))
    back = packet(protocol, source=HUB, target=OUTSIDE, ports=(443, 4000))
    one.offer(31.0, Side.OFFICE, back)
    assert all_due(one, 40.0) == []
    one.offer(40.0, Side.HUB, packet(protocol, ports=(4001, 443)))
    target = outside_address(1)
    one.offer(
        40.0,
        Side.OFFICE,
        packet(protocol, source=HUB, target=target, ports=(443, 4001)),
    )
    new = all_due(one, 50.0)
    assert {departure.side for departure in new} == set(Side)
    assert all(is_right(departure.packet) for departure in new)
    assert {d.packet[12:16] for d in new} == {target, HUB}
    assert one.counts.switches == 1 and one.timeline[1].at_s == 30.0


def test_it_drops_what_is_on_the_air_at_a_switch() -> None:
    """A packet that was not through yet belongs to a flow that is dead now."""
    one = link(SWITCHING)
    one.offer(0.0, Side.HUB, packet())
    one.offer(29.97, Side.HUB, packet())
    assert len(all_due(one, 60.0)) == 1
    assert one.counts.to_hub.udp.dead.packets == 1


def test_it_switches_every_time_to_an_address_of_its_own() -> None:
    """A flow of before the last switch but one is as dead as the others."""
    one = link(SWITCHING)
    one.offer(0.0, Side.HUB, packet())
    for turn, at_s in enumerate((31.0, 121.0, 211.0), start=1):
        one.offer(at_s, Side.HUB, packet(ports=(4000 + turn, 443)))
        one.offer(at_s, Side.HUB, packet())
    sources = [departure.packet[12:16] for departure in all_due(one, 215.0)]
    assert sources == [outside_address(turn) for turn in range(4)]
    assert one.counts.to_hub.udp.dead.packets == 3


def tcp_numbers(found: bytes) -> tuple[int, int, int]:
    """Sequence, acknowledgement and flags."""
    sequence, answer = struct.unpack_from("!II", found, 24)
    return sequence, answer, found[33]


def test_it_resets_both_ends_where_the_carrier_does() -> None:
    """Each end gets what it believes: its next byte expected, from the address it knows."""
    one = link(replace(SWITCHING, switch_mode="rst"))
    one.offer(0.0, Side.HUB, packet(packets.TCP))
    all_due(one, 29.0)
    one.offer(31.0, Side.HUB, packet(packets.TCP, sequence=5000, answer=6000))
    found = {departure.side: departure.packet for departure in all_due(one, 35.0)}
    assert all(is_right(reset) for reset in found.values())
    office, hub = found[Side.OFFICE], found[Side.HUB]
    assert packets.flow_of(office) == packets.Flow(6, HUB, 443, INSIDE, 4000)
    assert tcp_numbers(office)[0] == 6000
    assert packets.flow_of(hub) == packets.Flow(6, OUTSIDE, 4000, HUB, 443)
    assert tcp_numbers(hub)[:2] == (5000, 6000)
    assert tcp_numbers(hub)[2] & tcp_numbers(office)[2] & packets.RST
    assert one.counts.resets == 2
    assert one.counts.to_hub.tcp.delivered.packets == 1, "our own are in no lane"


def test_it_resets_when_the_hub_is_first_to_speak() -> None:
    """The hub's packet to the old address resets the office under its own address."""
    one = link(replace(SWITCHING, switch_mode="rst"))
    one.offer(0.0, Side.HUB, packet(packets.TCP))
    back = packet(
        packets.TCP, source=HUB, target=OUTSIDE, ports=(443, 4000), sequence=8
    )
    one.offer(31.0, Side.OFFICE, back)
    found = {departure.side: departure.packet for departure in all_due(one, 35.0)[1:]}
    assert packets.flow_of(found[Side.OFFICE]) == packets.Flow(
        6, HUB, 443, INSIDE, 4000
    )
    assert packets.flow_of(found[Side.HUB]) == packets.Flow(6, OUTSIDE, 4000, HUB, 443)
    assert tcp_numbers(found[Side.OFFICE])[0] == 8
    assert tcp_numbers(found[Side.HUB])[0] == 2000
    assert all(is_right(reset) for reset in found.values())


def test_it_answers_no_reset_and_no_udp() -> None:
    """Two ends that reset each other for ever would fill the link."""
    one = link(replace(SWITCHING, switch_mode="rst"))
    one.offer(0.0, Side.HUB, packet(packets.TCP))
    one.offer(0.0, Side.HUB, packet())
    all_due(one, 29.0)
    one.offer(31.0, Side.HUB, packet(packets.TCP, flags=packets.RST))
    one.offer(31.0, Side.HUB, packet())
    assert all_due(one, 35.0) == [] and one.counts.resets == 0


def test_it_resets_a_connection_that_has_not_begun() -> None:
    """A SYN without an answer is reset by acknowledging it: RFC 9293, 3.5.2."""
    syn = packet(packets.TCP, flags=packets.SYN, sequence=77, payload=b"")
    reset = packets.reset_back(syn)
    assert tcp_numbers(reset) == (0, 78, packets.RST | packets.ACK) and is_right(reset)
    onward = packets.reset_onward(syn)
    assert tcp_numbers(onward) == (77, 0, packets.RST) and is_right(onward)


@pytest.mark.parametrize("protocol", [packets.TCP, packets.UDP])
def test_it_keeps_checksums_right_under_any_address(protocol: int) -> None:
    """Adjusted, they are what they would be if they were made anew."""
    chance = random.Random(1)
    for _ in range(300):
        before = packet(protocol, payload=chance.randbytes(chance.randrange(30)))
        assert is_right(before)
        for at in (packets.SOURCE, packets.TARGET):
            after = packets.readdressed(before, at, chance.randbytes(4))
            assert is_right(after) and after[20:26] == before[20:26]


def test_it_leaves_no_checksum_where_there_was_none() -> None:
    """A UDP checksum of zero says there is none, and later fragments hold none at all."""
    bare = bytearray(packet())
    bare[26:28] = b"\0\0"
    assert packets.readdressed(bytes(bare), 12, OUTSIDE)[26:28] == b"\0\0"
    later = bytearray(packet(packets.TCP))
    later[6:8] = b"\0\xb9"
    after = packets.readdressed(bytes(later), 12, OUTSIDE)
    assert after[20:] == bytes(later[20:])
    assert packets.flow_of(bytes(later)) is None and packets.flags_of(bytes(later)) == 0


def test_it_readdresses_the_packet_that_an_error_quotes() -> None:
    """The office knows by it which of its sockets nobody listens to at the hub."""
    quoted = packet(source=OUTSIDE)[:28]
    body = b"\x03\x03\0\0\0\0\0\0" + quoted
    body = body[:2] + struct.pack("!H", packets.checksum(body)) + body[4:]
    error = packet(packets.ICMP, source=HUB, target=OUTSIDE, payload=body)
    after = packets.readdressed(error, packets.TARGET, INSIDE)
    assert after[16:20] == after[40:44] == INSIDE
    assert packets.checksum(after[20:]) == packets.checksum(after[28:48]) == 0


def test_it_carries_only_what_is_meant_for_the_office() -> None:
    """The hub reaches no address behind the carrier, and IPv6 is not carried at all."""
    one = link(QUICK)
    one.offer(0.0, Side.OFFICE, packet(source=HUB, target=INSIDE))
    one.offer(0.0, Side.HUB, b"\x60" + bytes(60))
    assert all_due(one, 1.0) == []
    assert one.counts.to_office.all.dead.packets == 1
    assert one.counts.to_hub.all.offered.packets == 0


def test_it_counts_each_protocol_and_the_first_syn() -> None:
    """Packets and bytes with their headers; the counts survive JSON."""
    one = link(QUICK)
    one.offer(1.0, Side.HUB, packet(packets.ICMP))
    one.offer(2.0, Side.HUB, packet(packets.TCP, flags=packets.SYN))
    one.offer(3.0, Side.HUB, packet(packets.TCP, flags=packets.SYN))
    one.offer(4.0, Side.OFFICE, _towards(Side.OFFICE))
    all_due(one, 5.0)
    found = one.snapshot(5.0)
    assert (found.first_packet_s, found.first_syn_s) == (1.0, 2.0)
    assert (found.to_hub.first_s, found.to_hub.last_s) == (1.0, 3.0)
    assert (found.to_hub.icmp.offered.bytes, found.to_hub.tcp.offered.bytes) == (28, 96)
    assert found.to_hub.all.delivered.bytes == 124
    assert found.to_office.udp.delivered.packets == 1
    assert counts_of(counts_row(found)) == found


def test_it_knows_the_ideal_time_of_a_payload() -> None:
    """Payload over the rate that the loss leaves, in seconds of an open link."""
    assert PROFILES["clean256"].limit_s(32_000) == pytest.approx(1.0)
    assert PROFILES["loss20"].limit_s(16_000) == pytest.approx(1.25)
    assert PROFILES["burst"].limit_s(16_000) == pytest.approx(1 / 0.9)
    assert [queue_of(rate) for rate in (64_000, 256_000)] == [30_000, 48_000]
    assert list(PROFILES) == [profile.name for profile in PROFILES.values()]
