"""Bawa ke lapangan: a trip to a desa and back."""
