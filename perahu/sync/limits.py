"""Every limit of the exchange, in one place (journal-format, "Frames" and "Exchange")."""

from __future__ import annotations

FRAME_BYTES_MAX = 64 * 1024
"""The payload of one frame, and also what it may inflate to."""
CHUNK_BYTES = 16 * 1024
"""A piece of a blob; only the last one of a blob may be shorter."""
BLOB_BYTES_MAX = 8 * 1024 * 1024
BLOBS_PER_MANIFEST_MAX = 64
BLOBS_ANNOUNCED_MAX = 4096
"""Blobs a peer may announce in one exchange before it has finished any of them."""

PASSPORT_BYTES_MAX = 8 * 1024
"""Certificate chain and known fact versions."""
FACT_KINDS_MAX = 1024
JOURNALS_MAX = 2048
"""Journals in one vector: 2,048 of them make 50 KB, the most that fits a frame."""
EPOCHS_MAX = 100
"""Epochs of one node in a book: each is a restore or a rebuild, and three journals."""
UNKNOWN_TOLD_MAX = 256
"""Journals told of in one ACK that came without their certificate."""
ACKED_BLOBS_MAX = 512
"""Blobs told of in one ACK; the rest goes into the next one."""
PARTIALS_MAX = 64
TOKENS_KEPT_MAX = 64
"""Tokens issued to a peer since the last one it showed."""
SESSIONS_KEPT_MAX = 64
"""Session ids remembered to tell a replay from a clone."""
TEXT_BYTES_MAX = 400
UNREAD_BYTES_MAX = 512 * 1024
"""Answers that wait for a peer to take them: with more than these it does not read."""
EVIDENCE_KEPT_MAX = 64
"""What a peer says of our segments, kept in one exchange for the people who look."""

WINDOW_START_BYTES = 96 * 1024
WINDOW_BYTES_MIN = 96 * 1024
WINDOW_BYTES_MAX = 2 * 1024 * 1024
"""Bytes in flight: so few that a new civil fact soon finds its turn, so many that the
link is never idle. 64 to 96 KB is what a slow link settles at; a fast one needs more."""
FIRST_FLIGHT_BYTES = 16 * 1024
"""Before the peer has answered HELLO: about what TCP sends in its first round trip. What
flies over road A then would go again if road B takes over."""
WINDOW_BYTES_PACED = 192 * 1024
"""At least so many over road B, which takes bytes only when it may send them: what is
repeated there keeps all behind it waiting, and the road must not run dry meanwhile."""

STALL_S_MIN = 8.0
STALL_RTTS = 4
BESIDE = (0.25, 3)
TAKE_OVER = (0.5, 4)
"""Shares of the shortest stall, and round trips: when a link that stands still is dialled
beside, which costs some hundred bytes, and when it is given up for the new one."""
TRIAL_S, TRIAL_RTTS = 4.0, 6
"""Road A is measured for so long before road B is tried, unless its kernel knows before."""
TRIAL_BYTES_MIN, TRIAL_LEFT_S, TRIAL_RATE_MAX = 128 * 1024, 6.0, 1024 * 1024
"""Nothing is tried for less, nor for so few seconds, nor on a road that is fast anyway."""
TRIAL_JUDGED_S, TRIAL_JUDGED_RTTS = 8.0, 10
TRIAL_SHARE_MIN = 0.92
"""Of road A's rate: road B is left where it carries less than this for so long. A change
costs some seconds, and so short a measurement errs by some hundredths."""
TRIAL_ANSWER_S, TRIAL_ANSWER_RTTS = 2.0, 4
"""Road B's HELLO is answered within this, or it is nobody's."""
DRAIN_RTTS, DRAIN_S_MAX = 1.5, 10.0
"""What is on road A may arrive first: so long at most, and so long when nothing moves."""
WAKE_S = 1.5
"""After an outage the old connection has so long to wake up before the new one speaks."""
STALL_S_ANSWERING = 60.0
"""The answering side is patient: a caller that went away dials again and fences this."""
ATTEMPTS_MAX = 12
"""Connections one exchange may try before it gives the turn back to the caller's loop."""
GIVE_UP_S = 120.0
"""An exchange that had got on goes on trying for so long after its last progress."""
PAUSE_S_MIN = 0.5
PAUSE_S_MAX = 2.0
CONNECT_S_MAX = 20.0
REDIAL_S = 3.0
"""A connection that is not up by then is tried anew beside itself, with a fresh SYN."""
HANDSHAKE_S_MAX = 30.0
FRESH_FACTS_S = 1.0
"""How often a running exchange looks for facts that another process recorded."""
FRESH_MARK_S = 0.1
"""How soon it takes in what this process recorded: what is close together shares a seal."""
GREETING_BYTES_MAX = 1200
"""HELLO and what follows it in one TLS record: what fits a packet with its HTTP head."""
PIECE_S, PIECE_S_PACED = 0.35, 0.7
SEGMENT_BYTES, PIECE_OVERHEAD, PIECE_SEGMENTS = 1448, 30, (2, 11)
"""One TLS record: so much of the link's time, in whole segments of TCP less what TLS and
HTTP add, so many at least and at most. Over road B nothing waits for the whole of it."""
RETRY_AFTER_S_MAX = 3600

REQUEST_HEAD_BYTES_MAX = 8 * 1024
READ_BYTES = 64 * 1024
CONNECTIONS_MAX = 64
"""Connections a listener holds at once; the next one is told to come back."""

COURIER_HEAD_BYTES = 16 * 1024
"""Room kept for the head at the beginning of a courier file."""
COURIER_PART_BYTES_MAX = 1_000_000_000
"""FAT32 and old tools take 1 GB without trouble."""
COURIER_PARTS_MAX = 999
COURIER_BUFFER_BYTES = 1024 * 1024
COURIER_SQUARE_BYTES = 4096
"""What one bad sector spoils at most, and what is made again at a time."""
COURIER_GROUP_BYTES = 400 * COURIER_SQUARE_BYTES
"""Frames that share repair data: what a reader holds in memory, with a tenth more."""
COURIER_BAD_SQUARES_MAX = 4096
"""Squares of one file that the medium may fail to read before it counts as gone."""
STICK_FILES_MAX = 2000
"""Courier files looked at on one stick."""
COURIER_ACKS_MAX = 128
"""ACK frames at the head of one file: 128 times 512 blobs, 4,096 recordings; one stick of
Madiun 2017 brought 3,900 (tests/incidents), and what is not told is written again."""
COURIER_TRIES_BYTES_MAX = 1 << 30
"""Bytes checksummed while looking for the next whole frame behind damaged places."""
NAME_CHARS_MAX = 20
"""Of a node's name inside a file name."""
