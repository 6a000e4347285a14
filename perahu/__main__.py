"""`python3 -m perahu`: the commands a real office uses."""

from __future__ import annotations

import sys

from perahu.node.cli import main

if __name__ == "__main__":
    sys.exit(main())
