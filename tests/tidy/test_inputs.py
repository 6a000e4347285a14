"""No hidden inputs: time, randomness, threads and the environment enter through node/."""

from __future__ import annotations

import ast

from tests.tidy.house import complain, full_names, imported, python_files, tree

TIME = (
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "django.utils.timezone.localdate",
    "django.utils.timezone.now",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.sleep",
    "time.time",
    "time.time_ns",
)
CHANCE = (
    "nacl.public.PrivateKey.generate",
    "nacl.signing.SigningKey.generate",
    "nacl.utils.random",
    "os.getrandom",
    "os.urandom",
    "random",
    "secrets",
    "uuid.uuid1",
    "uuid.uuid4",
)
THREADS = ("concurrent.futures", "multiprocessing", "threading")
SURROUNDINGS = ("os.environ", "os.getenv", "os.putenv", "sys.argv")
EVERYTHING = (*TIME, *CHANCE, *THREADS, *SURROUNDINGS)

# A simulator of a scanner, a printer or the centre is a process of its own, started by
# node/: it waits and serves by itself, but its seed is still handed to it.
PROCESSES = ("perahu/devices/sim_", "perahu/centre/sim")


def banned_in(name: str) -> tuple[str, ...]:
    """What this file may not touch."""
    if name.startswith("perahu/node/"):
        return ()
    if name.startswith(PROCESSES):
        return (*CHANCE, *SURROUNDINGS)
    if name == "perahu/__main__.py":
        return (*TIME, *CHANCE, *THREADS)
    return EVERYTHING


def touches(full: str, banned: tuple[str, ...]) -> bool:
    """Whether a full name is a banned one or lies within it."""
    return any(full == one or full.startswith(f"{one}.") for one in banned)


def hidden_inputs(name: str) -> list[str]:
    """Every place of a file where an input enters that was not handed to it."""
    banned = banned_in(name)
    read = full_names(name)
    found = {(line, full) for line, full in imported(name) if touches(full, banned)}
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Attribute | ast.Name):
            full = read(node)
            if touches(full, banned):
                found.add((node.lineno, full))
    return [f"{name}:{line} {full}" for line, full in sorted(found)]


def test_it_lets_time_chance_and_threads_in_through_node_alone() -> None:
    """Below node/ everything is handed its clock, randomness, disk and link."""
    found = [line for name in python_files("perahu") for line in hidden_inputs(name)]
    complain("Only perahu/node/ may touch these; take them as arguments:", found)


def test_it_draws_numpy_chance_only_from_a_seed() -> None:
    """numpy's generator is made from a seed, never from the machine's own chance."""
    found = []
    for name in python_files("perahu", "sim", "bench"):
        read = full_names(name)
        for node in ast.walk(tree(name)):
            if not isinstance(node, ast.Call):
                continue
            full = read(node.func)
            seeded = full == "numpy.random.default_rng" and (node.args or node.keywords)
            plain = full in ("numpy.random.Generator", "numpy.random.SeedSequence")
            if full.startswith("numpy.random.") and not seeded and not plain:
                found.append(f"{name}:{node.lineno} {full}")
    complain("Use numpy.random.default_rng(seed):", found)
