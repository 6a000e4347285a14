"""Tests of print orders, cards and stock."""
