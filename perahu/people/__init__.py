"""Residents and families of this wilayah, found with no network."""
