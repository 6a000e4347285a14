"""kill -9 of real processes, hundreds of times: nothing that was said is ever missing.

- `town.py` founds a small district in a folder; every series of kills begins with a copy.
- A parent that has everything imported forks workers (`workers.py`) which do real work on a
  node's folder (`jobs.py`) and say each receipt over a pipe the moment they have it; at a
  random moment the worker is killed, and the node is opened and looked at (`checks.py`).
- `whole.py` starts whole nodes cold, web and all, with a desk at work through HTTP.

    python -m sim.kills --kills 280 --whole 20 --seed 1 --json
"""
