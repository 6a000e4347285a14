"""Mutants: every byte that comes from outside, damaged in every way, and nobody believes it.

- `damage.py`    ways to damage bytes, and trees of CBOR
- `kabupaten.py` a hub and an office with real keys, put back as they were in an instant
- `pen.py`       a stolen key: good seals over what no honest program would write
- `courier.py`   damaged courier files, read by the real reader
- `road.py`      damaged frames, heard by real sessions of both sides
- `parsers/`     every other reader of outside bytes
- `watch.py`     one try: what it raised, what it took of time and memory, what is kept

What must hold for each: the book afterwards holds nothing that its author did not seal,
byte for byte; nothing but a refusal in words is raised; no try takes a second of the
processor or 200 MB; what the repair data promises to mend is mended; and the report names
exactly what is missing.

    python -m sim.fuzz --mutants 50000 --seed 1 --json
"""
