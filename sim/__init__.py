"""Worlds made of a seed: synthetic people and, later, whole districts on a virtual clock."""
