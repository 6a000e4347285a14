"""Power cuts and failing disks: every action of a node, cut at every operation of its disk.

1. actions.py is the table of what a node does; each begins on a disk that was made ready
   once (town.py) and is cloned.
2. cuts.py lets an action run and keeps the disk's state before each operation that changes
   something. From each of them the machine starts again with everything kept, dropped, torn
   or misdirected that was not flushed, and the real recovery runs.
3. What was promised before the cut (promises.py) must be there, byte for byte; the chain must
   verify, the ledger must balance, no action may be half there.
4. The second reader (auditing.py, tools/auditor.py) agrees with every book that is left.
5. failing.py lets each operation fail instead, once and for ever: the action is refused in
   words or done.

    python -m sim.power --cuts 20000 --seed 1 --json
"""
