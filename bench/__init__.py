"""Measurements, each beside its bound; none of them is a test, and CI runs none."""
