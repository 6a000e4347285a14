"""What a process of the bench tells and is told: lines on stdout and stdin."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any


def tell(event: str, **more: Any) -> None:
    """Say what happened, with the moment it happened unless that is given."""
    print(json.dumps({"event": event, "t": time.monotonic()} | more), flush=True)


def hear(commands: dict[str, Callable[[], None]]) -> None:
    """Do each command once its line comes, on a thread of its own; at the end of stdin, end.

    A contender whose parent died must not go on sending.
    """

    def listen() -> None:
        for line in sys.stdin:
            action = commands.get(line.strip())
            if action is not None:
                action()
        sys.stdout.flush()
        # Nothing here needs an orderly end; a thread in the middle of a send would hold it.
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
