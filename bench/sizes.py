"""Bytes of contacts, facts, photos and packets beside their bounds; encodings compared.

    python3 run.py bench sizes [--json] [--encodings]

Bytes above TLS and of pictures are the same in every run; `--encodings` adds what was not
chosen (ADR 0012) and takes half a minute. Beside ours stands what is usually sent: JSON
under gzip, and a packet as one JSON with its parts in base64.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import wsq  # noqa: F401  (registers the WSQ format with Pillow)
from PIL import Image

from perahu.node.django_settings import configure

# The workload imports the rooms' facts, and the rooms' models need Django set up.
configure()

from bench import figures, sizes_contacts, sizes_packet, sizes_quality  # noqa: E402
from bench.figures import Figure  # noqa: E402
from bench.sizes_packet import Packet  # noqa: E402
from bench.sizes_quality import Packer, Quality  # noqa: E402
from perahu.devices.lean import packed  # noqa: E402
from perahu.devices.ports import FACE, IRIS  # noqa: E402
from perahu.enrolment.facts import FINGERS, IRISES, PHOTO, SIGNATURE  # noqa: E402

IDLE_BYTES, IDLE_RTTS, FACT_BYTES = 2_000, 3, 80


def main() -> None:
    """Measure everything and show it."""
    parser = figures.arguments("sizes")
    parser.add_argument(
        "--encodings", action="store_true", help="and what was not chosen"
    )
    call = parser.parse_args()
    packet = sizes_packet.packet(call.seed)
    found = [*contacts(call.seed), *wire(), *parts(packet, call.seed), *chosen()]
    found += encodings() if call.encodings else []
    figures.show(found, as_json=call.json)


def contacts(seed: int) -> list[Figure]:
    """Above TLS: nothing to say, one fact, two hundred."""
    one = sizes_contacts.above(seed)
    batch = one.batch / sizes_contacts.BATCH
    peer = sizes_packet.json_batch_bytes(one.facts) / sizes_contacts.BATCH
    return [
        _bytes("idle_bytes", "idle contact above TLS", one.idle, IDLE_BYTES),
        _bytes("first_bytes", "… the first one: passports, the hub's facts", one.first),
        _bytes("one_fact_bytes", "one fact, more than an idle contact", one.one_fact),
        _bytes("batch_fact_bytes", "a civil fact in a batch of 200", batch, FACT_BYTES),
        _bytes(
            "batch_bytes", "… all 200, more than an idle contact", one.batch_contact
        ),
        _bytes("peer_fact_bytes", "peer: a fact in 200, JSON and gzip, unsigned", peer),
        _bytes(
            "peer_one_fact_bytes",
            "peer: one fact as JSON, unsigned",
            sizes_packet.json_fact_bytes(one.facts[0]),
        ),
    ]


def wire() -> list[Figure]:
    """The idle contact in TLS, over a real socket."""
    full, resumed = sizes_contacts.wire()
    assert resumed.is_resumed and not full.is_resumed
    return [
        _bytes("idle_tls_bytes", "idle contact in TLS", resumed.tls_bytes, IDLE_BYTES),
        _bytes("idle_full_tls_bytes", "… with a full handshake", full.tls_bytes),
        _bytes("idle_ip_bytes", "… with TCP/IP headers", resumed.with_headers),
        Figure("idle_rtts", "… TCP and TLS too", resumed.rtts, "RTT", IDLE_RTTS),
    ]


def parts(packet: Packet, seed: int) -> list[Figure]:
    """A person's parts as they are kept, sealed and sent."""
    road = sizes_packet.carried(packet, seed)
    kept, given = packet.kept, packet.from_devices
    plain, packed_up = sizes_packet.json_packet_bytes(given)
    rows = (
        ("thumbnail_bytes", "thumbnail", len(packet.thumbnail), 1_500),
        ("photo_bytes", "photo", len(kept[PHOTO]), 24_000),
        ("signature_bytes", "signature", len(kept[SIGNATURE]), 4_000),
        ("finger_bytes", "ten fingers", sum(len(kept[n]) for n in FINGERS), 180_000),
        ("iris_bytes", "two irises", sum(len(kept[n]) for n in IRISES), 42_000),
        ("packet_bytes", "whole packet", packet.kept_bytes, 250_000),
        ("packet_given_bytes", "… as the devices gave it", sum(map(len, given.values())), None),
        ("packet_sealed_bytes", "… sealed, thumbnail too", road.sealed, None),
        ("packet_road_bytes", "… on the road above TLS, facts and acks", road.contact, 256_000),
        ("peer_packet_bytes", "peer: JSON and base64 of what devices gave", plain, None),
        ("peer_gzip_packet_bytes", "… under gzip, which few requests are", packed_up, None),
    )  # fmt: skip
    return [_bytes(*row) for row in rows]


def chosen() -> list[Figure]:
    """How good the chosen encodings are, of pictures that a device packed before."""
    photo = sizes_quality.photo(again(28, FACE))
    eyes = sizes_quality.eyes(again(5.5, IRIS))
    finger = sizes_quality.fingers(_by(format="WSQ"))
    return [
        Figure(
            "photo_ssim", "photo in print, least SSIM", photo.alike, "", 0.98, False
        ),
        Figure("iris_own", "iris: one eye twice, bits that differ", eyes.own, "", 0.07),
        Figure("iris_others", "… two eyes, at least", eyes.others, "", 0.4, False),
        Figure(
            "finger_own", "finger: one finger twice, score", finger.own, "", 60, False
        ),
        Figure("finger_others", "… two fingers, at most", finger.others, "", 25),
    ]


def again(rate: float, kind: str) -> Packer:
    """A picture that a device packs at its rate, and the desk at ours."""

    def pack(picture: Image.Image) -> bytes:
        with Image.open(BytesIO(_jp2(rate)(picture))) as given:
            return packed(given, kind)

    return pack


def encodings() -> list[Figure]:
    """What else could be sent, and how good it is."""
    found: list[Figure] = []
    photos: dict[str, Packer] = {
        **{f"jp2_{rate}": _jp2(rate) for rate in (20, 28, 40, 60, 80)},
        **{
            f"jpeg_{q}": _by(format="JPEG", quality=q, optimize=True, progressive=True)
            for q in (50, 70, 85)
        },
        **{f"webp_{q}": _by(format="WEBP", quality=q, method=6) for q in (70, 80)},
        **{f"avif_{q}": _by(format="AVIF", quality=q, speed=4) for q in (50, 60)},
    }
    for name, pack in photos.items():
        found += _row("photo", name, sizes_quality.photo(pack), "SSIM in print")
    smalls: dict[str, Packer] = {
        "jpeg_70": _by(format="JPEG", quality=70, optimize=True),
        "webp_70": _by(format="WEBP", quality=70, method=6),
        "avif_50": _by(format="AVIF", quality=50, speed=4),
    }
    for name, pack in smalls.items():
        found += _row("thumbnail", name, sizes_quality.thumbnails(pack), "SSIM")
    eyes: dict[str, Packer] = {
        "png": _by(format="PNG", optimize=True),
        **{f"jp2_{rate}": _jp2(rate) for rate in (5.5, 10, 15, 20, 30, 50)},
        **{f"cropped_jp2_{rate}": _cropped(_jp2(rate)) for rate in (5.5, 8, 15)},
    }
    for name, pack in eyes.items():
        found += _row(
            "iris", name, sizes_quality.eyes(pack), "bits off the raw picture"
        )
    fingers: dict[str, Packer] = {
        "png": _by(format="PNG", optimize=True),
        "wsq": _by(format="WSQ"),
        **{f"jp2_{rate}": _jp2(rate) for rate in (10, 15, 20)},
    }
    for name, pack in fingers.items():
        found += _row("finger", name, sizes_quality.fingers(pack), "score with the raw")
    return found


def _row(part: str, name: str, found: Quality, measure: str) -> list[Figure]:
    rows = [
        _bytes(f"{part}_{name}_bytes", f"{part}, {name}", found.size),
        Figure(f"{part}_{name}_alike", f"… {measure}", found.alike, ""),
    ]
    if found.own or found.others:
        rows += [
            Figure(f"{part}_{name}_own", "… one twice, the worst", found.own, ""),
            Figure(f"{part}_{name}_others", "… two, the nearest", found.others, ""),
        ]
    return rows


def _by(**how: Any) -> Packer:
    """A picture as Pillow saves it so."""

    def pack(picture: Image.Image) -> bytes:
        out = BytesIO()
        picture.save(out, **how)
        return out.getvalue()

    return pack


def _jp2(rate: float) -> Packer:
    return _by(
        format="JPEG2000",
        quality_mode="rates",
        quality_layers=[rate],
        irreversible=True,
    )


def _cropped(pack: Packer) -> Packer:
    """ISO 19794-6 kind 3: the eye's middle alone."""
    return lambda picture: pack(picture.crop(sizes_quality.CROP))


def _bytes(name: str, words: str, value: float, bound: float | None = None) -> Figure:
    return Figure(name, words, value, "B", bound)


if __name__ == "__main__":
    main()
