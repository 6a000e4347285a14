"""The tables of the residents: one row a person id, rebuilt from the book at any time.

Ids and hashes are hexadecimal text. A `*_order` column holds the place of the fact that
set its neighbours, as text that sorts like (lamport, journal, seq).
"""

from __future__ import annotations

from django.db import models


class Person(models.Model):
    """What stands of one person id; a row without a name is known from other facts only."""

    class Meta:
        app_label = "people"

    person = models.CharField(max_length=24, primary_key=True)
    nik = models.CharField(max_length=16, default="", db_index=True)
    no_kk = models.CharField(max_length=16, default="", db_index=True)
    nama = models.CharField(max_length=100, default="")
    jenis_kelamin = models.IntegerField(default=0)
    tempat_lahir = models.CharField(max_length=60, default="")
    tanggal_lahir = models.DateField(null=True)
    wilayah = models.CharField(max_length=10, default="", db_index=True)
    alamat = models.CharField(max_length=200, default="")
    rt = models.CharField(max_length=3, default="")
    rw = models.CharField(max_length=3, default="")
    agama = models.IntegerField(default=0)
    status_kawin = models.IntegerField(default=0)
    shdk = models.IntegerField(default=0)
    pendidikan = models.IntegerField(default=0)
    pekerjaan = models.IntegerField(default=0)
    gol_darah = models.IntegerField(default=13)
    kewarganegaraan = models.CharField(max_length=3, default="WNI")
    berlaku_hingga = models.DateField(null=True)
    status_rekam = models.CharField(max_length=32, default="")
    gelar_depan = models.CharField(max_length=60, default="")
    gelar_belakang = models.CharField(max_length=60, default="")

    stated_order = models.CharField(max_length=56, default="")
    """Of the whole statement that stands: an import or a registration."""
    batch = models.CharField(max_length=24, default="")
    """The import it came with; empty where a desk stated it."""
    undone = models.BooleanField(default=False)
    """Its import was undone; the person still shows where `served`."""
    served = models.BooleanField(default=False)
    """Some office has acted for this person."""
    has_history = models.BooleanField(default=False)
    """More than one statement is known; all of them are in BiodataStatement."""
    same_as = models.CharField(max_length=24, default="", db_index=True)
    """The id that this one follows: one person, as the hub found."""
    same_as_order = models.CharField(max_length=56, default="")


class SoundToken(models.Model):
    """How a person's name sounds: a row for each word of it, and one for the whole."""

    class Meta:
        app_label = "people"

    pk = models.CompositePrimaryKey("token", "person")
    token = models.CharField(max_length=40)
    person = models.CharField(max_length=24)


class BiodataStatement(models.Model):
    """One of several statements about a person, kept to weigh them again."""

    class Meta:
        app_label = "people"

    pk = models.CompositePrimaryKey("person", "stated_order")
    person = models.CharField(max_length=24)
    stated_order = models.CharField(max_length=56)
    batch = models.CharField(max_length=24, default="", db_index=True)
    content = models.TextField()
    """JSON: the biodata by element, or the list of changes."""


class ImportBatch(models.Model):
    """One import of a SIAK export at the hub."""

    class Meta:
        app_label = "people"

    batch = models.CharField(max_length=24, primary_key=True)
    file_name = models.CharField(max_length=200, default="")
    file_hash = models.CharField(max_length=64, default="", db_index=True)
    rows = models.IntegerField(default=0)
    officer = models.CharField(max_length=16, default="")
    begun_ms = models.BigIntegerField(default=0)
    begun_op = models.CharField(max_length=32, default="")
    begun_order = models.CharField(max_length=56, default="")
    undone = models.BooleanField(default=False)
    reason = models.CharField(max_length=200, default="")
    undone_order = models.CharField(max_length=56, default="")
