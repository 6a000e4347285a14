"""Every limit of the journal, in one place (journal-format, "Limits")."""

from __future__ import annotations

BODY_BYTES_MAX = 32 * 1024
HEADER_BYTES_MAX = 4 * 1024
SEGMENT_ENTRIES_MAX = 256
SEGMENT_BYTES_MAX = 48 * 1024
"""Headers, salts and bodies of a segment, before compression."""
SUBJECTS_MAX = 8
PARENTS_MAX = 8
BLOBS_PER_ENTRY_MAX = 16
BLOB_BYTES_MAX = 8 * 1024 * 1024
CHUNK_BYTES = 16 * 1024
CERTIFICATE_BYTES_MAX = 4 * 1024
DRAFTS_PER_APPEND_MAX = 10_000
SUBJECT_BYTES = 12
OP_ID_BYTES = 16
OFFICER_BYTES = 8
EVENTS_PER_BATCH = 2_000
REPLAY_EVENTS_PER_BATCH = 8_000
"""When the tables catch up: more is hardly faster, and every 1,000 take 4 MB."""
KEYS_HELD_MAX = 20_000
"""Subjects' keys kept unwrapped in memory."""
LAMPORT_LEAP_MAX = 1 << 32
"""A greater leap of a foreign Lamport time is kept in its entry, but never followed."""
