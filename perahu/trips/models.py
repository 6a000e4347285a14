"""The table of trips: one row a trip, rebuilt from the book at any time.

Ids are hexadecimal text; an `*_order` column holds the place of the fact that set its
neighbours, so that the later fact wins whatever came first.
"""

from __future__ import annotations

from django.db import models


class Trip(models.Model):
    """A trip of the field laptop; a row without `begun_order` is known only from its end."""

    class Meta:
        app_label = "trips"

    trip = models.CharField(max_length=24, primary_key=True)
    desa = models.CharField(max_length=10, default="")
    node = models.CharField(max_length=32, default="", db_index=True)
    to = models.CharField(max_length=32, default="", db_index=True)
    orders = models.TextField(default="[]")
    """JSON: the print rights and printed cards that were to go along."""
    stock = models.TextField(default="[]")
    """JSON: [item, count] that were to go along."""
    carrier = models.CharField(max_length=200, default="")
    begun_order = models.CharField(max_length=56, default="")
    begun_ms = models.BigIntegerField(default=0)
    ended_order = models.CharField(max_length=56, default="", db_index=True)
    ended_ms = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=200, default="")
