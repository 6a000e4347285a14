"""Canaries: bugs planted on purpose, so that a harness that sees nothing is itself seen.

Each file of `book/`, `road/` and `desk/` is one wrong change to the real program, as
somebody somewhere really made it, and names the harness that has to find it. A harness
that lets one of them live is blind there, whatever it reports otherwise.

    python -m sim --canaries            plants each of them, and runs its harness
"""
