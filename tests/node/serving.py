"""Node processes for tests: started as an office starts them, and ended after the test."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from perahu.node.settings import load_settings, save_settings

ANY = "127.0.0.1:0"
ENDED_S = 30


class Node:
    """A node process and the line it said when it was ready."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "perahu", "--dir", str(folder), "serve"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PERAHU_LANG": "en"},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.ready: dict[str, Any] = json.loads(line) if line else {}

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and text of one of its pages."""
        url = self.ready["page"].rstrip("/") + path
        try:
            with urllib.request.urlopen(
                urllib.request.Request(url, headers=headers), timeout=ENDED_S
            ) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Exit code and what it wrote to stderr."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=ENDED_S)
        return self.process.returncode, said


Starter = Callable[[Path], Node]


@pytest.fixture
def start() -> Iterator[Starter]:
    """Starts node processes, and kills what is left of them after the test."""
    nodes: list[Node] = []

    def one(folder: Path) -> Node:
        nodes.append(Node(folder))
        return nodes[-1]

    yield one
    for node in nodes:
        if node.process.poll() is None:
            node.process.kill()
            node.process.communicate()


def aim(folder: Path, port: int) -> None:
    """Tell a node where its parent listens this time."""
    found = load_settings(folder)
    save_settings(folder, dataclasses.replace(found, parent=f"127.0.0.1:{port}"))
