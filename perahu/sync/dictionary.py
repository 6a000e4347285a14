"""Compression of segments: zstd, with a shared dictionary where both sides hold the same.

A dictionary holds verbatim pieces of its samples, so it is trained on synthetic data only
and committed beside this file. Which one is used is said by 8 bytes of its hash in each
HELLO; a side that does not hold the other's asks for none by naming none.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import zstandard

from perahu.sync import limits
from perahu.words import Refusal

LEVEL_LIVE, LEVEL_FILE = 9, 19
NONE = b""
_PATH = Path(__file__).with_name("dictionary.zdict")
_WINDOW_BYTES_MAX = 1 << 20


@lru_cache(maxsize=1)
def ours() -> tuple[bytes, zstandard.ZstdCompressionDict | None]:
    """The name of the dictionary this program ships, and the dictionary; or NONE."""
    if not _PATH.exists():
        return NONE, None
    content = _PATH.read_bytes()
    return sha256(content).digest()[:8], zstandard.ZstdCompressionDict(content)


def compressor(level: int, *, with_dictionary: bool) -> zstandard.ZstdCompressor:
    """A compressor for one thread; the packed bytes do not say how large they become."""
    return zstandard.ZstdCompressor(
        level=level,
        dict_data=ours()[1] if with_dictionary else None,
        write_content_size=False,
        write_dict_id=False,
    )


def inflate(packed: bytes, size: int, *, with_dictionary: bool) -> bytes:
    """Exactly `size` bytes, or Refusal "bad_packing": a bomb never gets to burst."""
    if not 0 < size <= limits.FRAME_BYTES_MAX:
        raise _bad_packing()
    if with_dictionary and ours()[1] is None:
        raise _bad_packing()
    opener = zstandard.ZstdDecompressor(
        dict_data=ours()[1] if with_dictionary else None,
        max_window_size=_WINDOW_BYTES_MAX,
    )
    try:
        claimed = zstandard.get_frame_parameters(packed).content_size
        # The library believes a size inside the packed bytes over the limit we give it.
        if claimed not in (size, zstandard.CONTENTSIZE_UNKNOWN):
            raise _bad_packing()
        plain = opener.decompress(packed, max_output_size=size, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise _bad_packing() from error
    if len(plain) != size:
        raise _bad_packing()
    return plain


def _bad_packing() -> Refusal:
    return Refusal(
        "bad_packing",
        "Kiriman tidak dapat dibuka dari pemampatannya; tidak ada yang dipakai darinya. "
        "Perbarui program di kedua pihak bila terulang.",
        "A transmission could not be unpacked; nothing of it was used. Update the program "
        "on both sides if it happens again.",
    )
