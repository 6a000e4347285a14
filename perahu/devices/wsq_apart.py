"""A finger's picture, decoded in a process of its own.

The one library for WSQ is in C and falls over some broken pictures: it would take the whole
node with it, and every desk. Here it takes only itself, and the finger is captured again.
The file is both sides: imported it asks, run it answers.

    python -I wsq_apart.py < picture > u16 width ‖ u16 height ‖ one byte a pixel
"""

from __future__ import annotations

import struct
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

SECONDS_MAX = 10.0
_MEMORY_BYTES_MAX = 512 * 1024 * 1024
_SIZE = struct.Struct(">HH")


def decoded(image: bytes, size: tuple[int, int]) -> Image.Image:
    """The picture of exactly this size. Raises ValueError."""
    # Not above: who answers starts without it, in half the time.
    from PIL import Image

    try:
        done = subprocess.run(
            [sys.executable, "-I", __file__],
            input=image,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ValueError("it would not end") from error
    told, pixels = done.stdout[: _SIZE.size], done.stdout[_SIZE.size :]
    if done.returncode != 0 or told != _SIZE.pack(*size):
        raise ValueError("no WSQ picture of this size")
    return Image.frombytes("L", size, pixels)


def _answer() -> None:
    resource = import_module("resource")
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES_MAX, _MEMORY_BYTES_MAX))
    decompress = import_module("_wsq").decompress
    pixels, width, height, _ = decompress(sys.stdin.buffer.read())
    sys.stdout.buffer.write(_SIZE.pack(width, height) + bytes(pixels))


if __name__ == "__main__":
    _answer()
