"""The album of the handbook's pictures: small files, and none of an older walk."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from tools.pictures import BYTES_MAX, Album, WalkStuck

SIZE = (640, 480)


def png_of(picture: Image.Image) -> bytes:
    """What a browser would have given."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def test_it_keeps_small_pictures(tmp_path: Path) -> None:
    """A page becomes a small file with its own size; what an older walk left goes."""
    (tmp_path / "99-lama.png").write_bytes(b"old")
    album = Album(tmp_path)
    album.keep("01-masuk", png_of(Image.linear_gradient("L").resize(SIZE)))
    album.close()
    assert [path.name for path in tmp_path.iterdir()] == ["01-masuk.png"]
    with Image.open(tmp_path / "01-masuk.png") as kept:
        assert kept.size == SIZE
    assert album.sizes["01-masuk"] <= BYTES_MAX


def test_it_refuses_a_picture_that_stays_large(tmp_path: Path) -> None:
    """Rather no picture than a heavy one: noise fits in no palette."""
    noise = Random(1).randbytes(3 * SIZE[0] * SIZE[1])
    with pytest.raises(WalkStuck):
        Album(tmp_path).keep("01-masuk", png_of(Image.frombytes("RGB", SIZE, noise)))
    assert not list(tmp_path.iterdir())
