"""What others wrote and we ship: exactly the files that were looked at, and nobody's face."""

from __future__ import annotations

import re
from hashlib import sha256

import pytest

from tests.web.devices.conftest import WEB

VENDOR = WEB / "static" / "vendor"
FOLDERS = ("human-3.3.6", "zxing-wasm-3.1.4")


@pytest.mark.parametrize("name", FOLDERS)
def test_it_is_what_its_sums_say(name: str) -> None:
    """Every file beside VERSION.txt and the licence is listed there with its sum."""
    folder = VENDOR / name
    listed = (folder / "VERSION.txt").read_text()
    told = {
        name: digest
        for digest, name in re.findall(r"(?m)^([0-9a-f]{64})  (.+)$", listed)
    }
    found = {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("VERSION.txt", "LICENSE")
    }
    assert found == told
    assert (folder / "LICENSE").is_file()
    assert (VENDOR / "LICENSE-APACHE-2.0.txt").is_file()


@pytest.mark.parametrize("name", FOLDERS)
def test_it_holds_no_picture(name: str) -> None:
    """The library for faces ships photographs of people to warm up with: not here."""
    for script in (VENDOR / name).glob("*.js"):
        assert not re.search(r"/9j/4AA|iVBORw0KGgo", script.read_text()), script


@pytest.mark.parametrize("name", FOLDERS)
def test_it_makes_no_code_from_text(name: str) -> None:
    """The page's policy allows WebAssembly, not eval: none is asked for."""
    for script in (VENDOR / name).glob("*.js"):
        assert not re.search(r"new Function\(|[^.\w]eval\(", script.read_text()), script
