"""`python -m sim.kills`."""

from __future__ import annotations

from perahu.node.django_settings import configure

# The rooms' models need Django set up before anything of them is imported.
configure()

from sim.kills.command import main  # noqa: E402

if __name__ == "__main__":
    raise SystemExit(main())
