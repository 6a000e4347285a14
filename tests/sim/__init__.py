"""Tests of the worlds, disks and links that are made of a seed."""
