"""The tables of the recordings: one row a recording, rebuilt from the book at any time.

Ids and hashes are hexadecimal text. A `*_order` column holds the place of the fact that
set its neighbours (`reads.order_key`), so that the later fact wins whatever came first.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Recording(models.Model):
    """One recording; a row with an empty `number` is known only from the hub's facts."""

    class Meta:
        app_label = "enrolment"
        indexes = [
            models.Index(fields=["node", "waits"]),
            # A row holds all its parts, some kilobytes. What is done is counted, the last
            # verdict is found and doubles are looked for without reading any.
            models.Index(fields=["status", "node", "status_ms", "number"]),
            models.Index(fields=["nik", "abandoned", "version", "number"]),
            # Of these a round of the hub reads only the rows that it asks for.
            models.Index(
                name="to_submit",
                fields=["completed_order"],
                condition=Q(version__gt=F("submitted_version")),
            ),
            models.Index(
                name="unanswered",
                fields=["status_ms"],
                condition=Q(submitted_order__gt=F("status_order")),
            ),
            models.Index(fields=["status_order"]),
        ]

    recording = models.CharField(max_length=24, primary_key=True)
    person = models.CharField(max_length=24, db_index=True)
    nik = models.CharField(max_length=16, default="")
    number = models.CharField(max_length=40, default="", db_index=True)
    year = models.IntegerField(default=0)
    serial = models.IntegerField(default=0)
    wilayah = models.CharField(max_length=10, default="")
    background = models.CharField(max_length=16, default="")
    node = models.CharField(max_length=32, default="", db_index=True)
    officer = models.CharField(max_length=16, default="")
    opened_order = models.CharField(max_length=56, default="")
    opened_ms = models.BigIntegerField(default=0)

    confirmed = models.BooleanField(default=False)
    parts = models.TextField(default="{}")
    """JSON: part name to what was taken and what was called back (`reads._Row`)."""
    verified_order = models.CharField(max_length=56, default="")
    signed_order = models.CharField(max_length=56, default="")
    statement = models.CharField(max_length=64, default="")
    """SHA-256 of the sealed signature under the statement; empty for a bare line."""

    version = models.IntegerField(default=0, db_index=True)
    manifest = models.CharField(max_length=64, default="")
    completed_order = models.CharField(max_length=56, default="")
    completed_h = models.CharField(max_length=64, default="")
    completed_ms = models.BigIntegerField(default=0)
    abandoned = models.BooleanField(default=False)
    reason = models.CharField(max_length=200, default="")
    proof_order = models.CharField(max_length=56, default="")
    proof_level = models.IntegerField(default=-1)
    pickup = models.CharField(max_length=64, default="")
    recalled_order = models.CharField(max_length=56, default="")
    waits = models.CharField(max_length=10, default="")
    """What the office has to do, from the columns above (`reads.WAITS`); "" for nothing."""

    submitted_version = models.IntegerField(default=0)
    submitted_order = models.CharField(max_length=56, default="")
    submissions = models.TextField(default="[]")
    """JSON: [order, version, reference, wall_ms] of every hand-over to the centre."""
    reference = models.CharField(max_length=200, default="", db_index=True)
    status = models.CharField(max_length=40, default="")
    detail = models.CharField(max_length=200, default="")
    other_nik = models.CharField(max_length=40, default="")
    drc = models.CharField(max_length=40, default="")
    status_order = models.CharField(max_length=56, default="")
    status_ms = models.BigIntegerField(default=0)


class PersonLink(models.Model):
    """Two ids of one person, as the hub found (`SamePerson`)."""

    class Meta:
        app_label = "enrolment"

    other = models.CharField(max_length=24, primary_key=True)
    person = models.CharField(max_length=24, db_index=True)
    link_order = models.CharField(max_length=56, default="")
