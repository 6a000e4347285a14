"""The processes of `bench road`: our two nodes, and peers as a user would set them up.

Each contender is a pair. The side at the office is told on stdin and tells on stdout:

    go               begin to send what lies in the folder
    small            state the small facts now; said back as {"event": "recorded", "t": …}
    {"event": "acked", "t": …, "bytes": …}   so much is known to be at the hub
    {"event": "done", "t": …}                everything is at the hub, and known to be

The side at the hub says {"event": "ready"} once it listens and {"event": "held", "t": …,
"small": …, "bytes": …} whenever more has come. Times are CLOCK_MONOTONIC seconds, which
all processes of a machine share. Nothing here knows what the link is like.
"""
