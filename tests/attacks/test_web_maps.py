"""Attacks with a map: lines that are small to send and endless to thin."""

from __future__ import annotations

import json

import pytest

from perahu.web.district import borders
from perahu.words import Refusal


def test_it_refuses_a_comb_before_it_costs_hours() -> None:
    """A border of ten thousand long teeth is refused, not thinned for half a minute."""
    count = 10_000
    ring = [
        [102 + (n % 2) * 0.5 * (1 - n / count / 2), -5 + n * 1e-4] for n in range(count)
    ]
    feature = {
        "type": "Feature",
        "properties": {"KODE": "170301"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    with pytest.raises(Refusal) as refused:
        borders.read_geojson(json.dumps(feature).encode(), [("170301", "Enggano")])
    assert refused.value.code == "bad_map"
