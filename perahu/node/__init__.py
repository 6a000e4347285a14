"""Wires the rooms with a clock, randomness, disk, link and devices."""
