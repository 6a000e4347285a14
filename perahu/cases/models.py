"""The tables of the hub's decisions, rebuilt from the book at any time.

Ids and hashes are hexadecimal text; `*_order` is the place of the fact that set the row.
"""

from __future__ import annotations

from django.db import models


class Acceptance(models.Model):
    """How far a journal stands, and which of its entries do not."""

    class Meta:
        app_label = "cases"

    journal = models.CharField(max_length=32, primary_key=True)
    seq = models.BigIntegerField(default=0)
    h = models.CharField(max_length=64, default="")
    excepted = models.TextField(default="[]")
    set_order = models.CharField(max_length=56, default="")


class Mark(models.Model):
    """An entry that is disputed or rejected; the later word counts."""

    class Meta:
        app_label = "cases"

    entry = models.CharField(max_length=48, primary_key=True)
    """Journal and seq in hexadecimal."""
    journal = models.CharField(max_length=32, db_index=True)
    seq = models.BigIntegerField()
    mark = models.CharField(max_length=10, default="")
    case = models.CharField(max_length=24, default="", db_index=True)
    reason = models.CharField(max_length=300, default="")
    set_order = models.CharField(max_length=56, default="")


class Case(models.Model):
    """Something a person must decide; a row with an empty kind is known by its end only."""

    class Meta:
        app_label = "cases"

    case = models.CharField(max_length=24, primary_key=True)
    kind = models.CharField(max_length=30, default="", db_index=True)
    about = models.TextField(default="[]")
    reason = models.CharField(max_length=300, default="")
    audience = models.CharField(max_length=32, default="")
    opened_order = models.CharField(max_length=56, default="")
    opened_ms = models.BigIntegerField(default=0)
    decision = models.CharField(max_length=40, default="", db_index=True)
    decided_reason = models.CharField(max_length=300, default="")
    decided_by = models.CharField(max_length=16, default="")
    decided_order = models.CharField(max_length=56, default="")


class Fork(models.Model):
    """Evidence of a fork or a clone, waiting for its case."""

    class Meta:
        app_label = "cases"

    seen = models.CharField(max_length=56, primary_key=True)
    node = models.CharField(max_length=32)
    journal = models.CharField(max_length=32)
    seq = models.BigIntegerField()


class LostFile(models.Model):
    """A courier file that was reported lost, or found again; the later word counts."""

    class Meta:
        app_label = "cases"

    place = models.CharField(max_length=240, primary_key=True)
    """The node that wrote it, in hexadecimal, and the name of the file."""
    node = models.CharField(max_length=32)
    file = models.CharField(max_length=200)
    number = models.BigIntegerField()
    to = models.CharField(max_length=32)
    check_words = models.CharField(max_length=100)
    written_ms = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    found = models.BooleanField(default=False)
    said_ms = models.BigIntegerField(default=0)
    set_order = models.CharField(max_length=56, default="", db_index=True)
