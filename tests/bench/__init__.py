"""Tests of the benches: that they run and say what they found, never how long it took."""
