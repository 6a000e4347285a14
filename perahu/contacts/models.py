"""The tables of links: hours of each office and carrier, and the last contacts of each.

Ids are hexadecimal text; `told_order` is the place of the fact that last said something
of the row: the rows told longest ago go first where there are too many.
"""

from __future__ import annotations

from django.db import models


class HourOfLink(models.Model):
    """What one carrier of one node did in one hour."""

    class Meta:
        app_label = "contacts"
        unique_together = (("node", "hour", "carrier"),)

    node = models.CharField(max_length=32)
    hour = models.BigIntegerField()
    """Counted from 1970."""
    carrier = models.CharField(max_length=40)
    sort = models.CharField(max_length=40, default="")
    contacts = models.IntegerField(default=0)
    failures = models.IntegerField(default=0)
    sent_bytes = models.BigIntegerField(default=0)
    received_bytes = models.BigIntegerField(default=0)
    busy_ms = models.BigIntegerField(default=0)
    measured = models.IntegerField(default=0)
    """Contacts that measured a round trip."""
    rtt_sum_ms = models.BigIntegerField(default=0)
    """Of all that measured one."""
    loss_sum = models.BigIntegerField(default=0)
    """Thousandths, of all that measured."""
    told_order = models.CharField(max_length=56)


class LinkContact(models.Model):
    """One line of a fact: a contact, or several alike; the newest of each node."""

    class Meta:
        app_label = "contacts"
        unique_together = (("told_order", "number"),)

    node = models.CharField(max_length=32, db_index=True)
    told_order = models.CharField(max_length=56)
    number = models.IntegerField()
    from_ms = models.BigIntegerField()
    to_ms = models.BigIntegerField()
    carrier = models.CharField(max_length=40)
    sort = models.CharField(max_length=40)
    count = models.IntegerField()
    is_paced = models.BooleanField()
    answered = models.BooleanField()
    sent_bytes = models.BigIntegerField()
    received_bytes = models.BigIntegerField()
    busy_ms = models.BigIntegerField()
    rtt_ms = models.IntegerField()
    loss_permille = models.IntegerField()
    reason = models.CharField(max_length=40)
