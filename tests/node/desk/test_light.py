"""A node that only serves never pays for what desk commands need."""

from __future__ import annotations

import subprocess
import sys

from tests.devices.scanners.desk import ROOT

LOOK = """
import sys
from perahu.node import cli
from perahu.node.django_settings import configure
configure()
cli.command_line("id")
print(*[name for name in ("numpy", "PIL", "zxingcpp", "openpyxl", "rich") if name in sys.modules])
"""


def test_it_loads_no_pictures_until_they_are_needed() -> None:
    """Declaring every command loads neither Pillow nor numpy: together they are 40 MB."""
    words = [sys.executable, "-c", LOOK]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("", 0), done.stderr
