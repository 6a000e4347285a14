"""The tables of cards and stock: one row an order, two rows a movement.

Ids are hexadecimal text. A `*_order` column holds the place of the fact that set its
neighbours (`reads.order_key`), so that the later fact wins whatever came first.
"""

from __future__ import annotations

from django.db import models


class PrintOrder(models.Model):
    """One order; a row with an empty `ordered_order` is known only from its prints."""

    class Meta:
        app_label = "cards"
        indexes = [
            models.Index(fields=["holder", "state", "priority", "ordered_order"])
        ]

    order = models.CharField(max_length=24, primary_key=True)
    person = models.CharField(max_length=24, db_index=True)
    recording = models.CharField(max_length=24, default="", db_index=True)
    kind = models.CharField(max_length=20, default="")
    priority = models.IntegerField(default=0)
    document = models.IntegerField(default=1)
    pickup = models.CharField(max_length=64, default="")
    home = models.CharField(max_length=32, default="")
    blobs = models.TextField(default="[]")
    """JSON: SHA-256 of the blobs sealed to the printing office, in the fact's order."""
    ordered_order = models.CharField(max_length=56, default="")
    ordered_ms = models.BigIntegerField(default=0)

    told_order = models.CharField(max_length=56, default="")
    """Of the last sender that said what is ordered; it counts where the order's own fact
    has not come here."""

    relayed_order = models.CharField(max_length=56, default="")
    """Of the last move that the hub told its receiver of."""

    moves = models.TextField(default="[]")
    """JSON: [order, "sent" or "taken", node, to or sent_by, 1 for a card, blobs]."""
    holder = models.CharField(max_length=32, default="")
    moving_to = models.CharField(max_length=32, default="")

    cancelled = models.CharField(max_length=200, default="")
    cancelled_order = models.CharField(max_length=56, default="")

    attempts = models.TextField(default="{}")
    """JSON: "node/attempt" to what is known of it (`reads._Row`)."""
    printed = models.IntegerField(default=0)
    printed_ms = models.BigIntegerField(default=0)

    collector = models.CharField(max_length=200, default="")
    means = models.CharField(max_length=20, default="")
    handed_node = models.CharField(max_length=32, default="")
    handed_order = models.CharField(max_length=56, default="")
    handed_ms = models.BigIntegerField(default=0)

    state = models.CharField(max_length=20, default="", db_index=True)
    """What the columns above come to (`reads._state`)."""


class Posting(models.Model):
    """One half of a movement; the other half has the same `movement` and other sign."""

    class Meta:
        app_label = "cards"
        # Balances and a ledger by time come out of the index alone: a kabupaten's page
        # adds up every movement there ever was.
        indexes = [models.Index(fields=["account", "item", "at_ms", "count"])]

    posting = models.CharField(max_length=80, primary_key=True)
    """The movement and "-" or "+"."""
    movement = models.CharField(max_length=78, db_index=True)
    account = models.CharField(max_length=60)
    item = models.CharField(max_length=10)
    count = models.IntegerField()
    kind = models.CharField(max_length=20)
    """The name of the fact that moved it."""
    order = models.CharField(max_length=64, default="")
    """When its node said so (`reads_stock._order`)."""
    node = models.CharField(max_length=32)
    officer = models.CharField(max_length=16)
    at_ms = models.BigIntegerField()
    text = models.CharField(max_length=200, default="")
    """The delivery note, the reason of a difference, the cause of a spoilage."""


class StockCount(models.Model):
    """A count by hand: what lay there whatever the ledger said, as of its order."""

    class Meta:
        app_label = "cards"
        indexes = [models.Index(fields=["account", "item", "order"])]

    movement = models.CharField(max_length=78, primary_key=True)
    account = models.CharField(max_length=60)
    item = models.CharField(max_length=10)
    order = models.CharField(max_length=64)
    counted = models.IntegerField()


class StockTransfer(models.Model):
    """A transfer of stock; a half that has not come is null."""

    class Meta:
        app_label = "cards"

    transfer = models.CharField(max_length=24, primary_key=True)
    item = models.CharField(max_length=10, default="")
    sent = models.IntegerField(null=True)
    sent_by = models.CharField(max_length=32, default="")
    to = models.CharField(max_length=32, default="")
    sent_order = models.CharField(max_length=56, default="")
    arrived = models.IntegerField(null=True)
    arrived_by = models.CharField(max_length=32, default="")
    arrived_order = models.CharField(max_length=56, default="")
    is_relayed = models.BooleanField(default=False)
    """The hub told the receiver of it."""
