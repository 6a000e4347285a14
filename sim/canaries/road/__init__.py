"""Bugs of the road: what is sent, acknowledged, let in and believed."""
