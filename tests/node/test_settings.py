"""`node.toml`, the roles, and where a node's passphrase comes from."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.node.roles import ROLES, role_of
from perahu.node.settings import (
    Settings,
    load_settings,
    save_settings,
    settings_of,
    split_address,
)
from perahu.words import Refusal

PLAIN = {"name": "Enggano", "role": "kecamatan", "wilayah": ["170301"]}


def test_it_works(tmp_path: Path) -> None:
    """What is saved is read back, every key of it."""
    settings = Settings(
        name="Kapal \"Laut\" 'Biru' \\ é",
        role="field",
        wilayah=("1703", "170301"),
        scanners=(4501, 4502),
        contact_s=5,
        mirror="/media/usb stick",
    )
    save_settings(tmp_path, settings)
    assert load_settings(tmp_path) == settings
    assert settings.row is ROLES["field"]


@given(st.text(min_size=1, max_size=60).filter(str.isprintable))
def test_it_keeps_any_printable_name(name: str) -> None:
    """A name is data, never TOML."""
    import tomllib

    from perahu.node.settings import toml_of

    text = toml_of(Settings(name=name, role="field", wilayah=("1703",)))
    assert settings_of(tomllib.loads(text), Path("x")).name == name


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 61},
        {"name": "a\nb"},
        {"name": 7},
        {"role": "captain"},
        {"wilayah": []},
        {"wilayah": ["17a"]},
        {"wilayah": "17"},
        {"wilayah": ["17"] * 65},
        {"language": "fr"},
        {"listen": "nowhere"},
        {"page": "127.0.0.1:99999"},
        {"parent": "host:"},
        {"parent_node": "xyz"},
        {"scanners": [80]},
        {"scanners": [True]},
        {"contact_s": 0},
        {"contact_s": True},
        {"contact_s": 10**9},
        {"sail": "up"},
    ],
)
def test_it_refuses_what_makes_no_sense(wrong: dict[str, object]) -> None:
    """A wrong key or value is named, and the book stays untouched."""
    with pytest.raises(Refusal):
        settings_of({**PLAIN, **wrong}, Path("node.toml"))


@pytest.mark.parametrize("key", ["name", "role", "wilayah"])
def test_it_needs_to_know_who_it_is(key: str) -> None:
    """Name, role and wilayah have no default."""
    with pytest.raises(Refusal, match="bad_settings"):
        settings_of({k: v for k, v in PLAIN.items() if k != key}, Path("node.toml"))


def test_it_reads_addresses() -> None:
    """host:port, also of IPv6; anything else is refused."""
    assert split_address("10.1.2.3:7443") == ("10.1.2.3", 7443)
    assert split_address("[::1]:7443") == ("::1", 7443)
    for wrong in ("", "host", ":1", "host:port", "host:-1"):
        with pytest.raises(Refusal, match="bad_address"):
            split_address(wrong)


def test_it_gives_every_role_a_row() -> None:
    """A parent is a role too; who has one has an offer for it, and is awaited there."""
    for row in ROLES.values():
        assert role_of(row.name) is row
        assert bool(row.parent) == (row.up is not None)
        if row.parent:
            down = ROLES[row.parent].down
            assert down is not None and row.up is not None
            assert down.acks_count is False and row.up.acks_count
    with pytest.raises(Refusal, match="unknown_role"):
        role_of("admiral")
