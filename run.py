#!/usr/bin/env python3
"""Perahu's one command: sets up what is pinned, then shows, tests, lints or measures.

Standard library only. It makes `.venv` beside this file, installs the locks with their
hashes when they changed, and runs the command inside. It names no package index: pip asks
the one this machine is set up for.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OFFICE = VENV / "bin" / "perahu"
RUN_LOCK = "requirements.txt"
DEV_LOCK = "requirements-dev.txt"
PYTHON_MIN = (3, 11)
MEMORY = Path("/dev/shm")
MEMORY_MIN = 6 * 2**30
"""Bytes that must be free there; the tests need about four GB."""
ENDING_S = 20.0
"""So long the proof may take to clear its folders away when the tests are stopped."""
CODE = ("perahu", "sim", "bench", "tests", "tools", "run.py")

COMMANDS = {
    "demo": "watch a district at work, from Enggano to the card in hand (--help for more)",
    "test": "lint, every test and the proof; with words for pytest only those",
    "lint": "style, types and the arrows of the house",
    "sim": "a world of offices and its story (--seed S), or many (--worlds N, --canaries)",
    "proof": "nothing lost: every harness at the size that CI wants (in `test` too)",
    "soak": "the same with new seeds for --minutes M; adds to docs/soak.csv",
    "bench": "measure something against its bound (a bare `bench` lists what)",
    "setup": "only install what is pinned, and `perahu`, the command of an office",
}


USAGE = {
    "test": "test [WORDS FOR PYTEST]    for example: test tests/cards -x",
    "lint": "lint",
    "setup": "setup",
}
"""The commands that no other program explains."""


class Stop(Exception):
    """The command ends here: a sentence in English and in Bahasa Indonesia, exit code 2."""

    def __init__(self, en: str, id: str) -> None:
        super().__init__(en)
        self.en, self.id = en, id


def main(words: list[str]) -> int:
    """Do what the words ask and give the exit code."""
    if not words or words[0] in ("-h", "--help", "help"):
        print_commands()
        return 0
    name, rest = words[0], words[1:]
    try:
        if name not in COMMANDS:
            raise Stop(
                f"There is no command `{name}`; call `python3 run.py` to see them all.",
                f"Tidak ada perintah `{name}`; `python3 run.py` menampilkan semuanya.",
            )
        if name in USAGE and rest in (["-h"], ["--help"]):
            print(f"usage: python3 run.py {USAGE[name]}\n\n{COMMANDS[name]}")
            return 0
        check_python()
        calls = {
            "demo": demo, "test": test, "lint": lint, "bench": bench, "setup": setup,
            "sim": sim, "proof": proof, "soak": soak,
        }  # fmt: skip
        return calls[name](rest)
    except Stop as stop:
        print(f"{stop.id}\n{stop.en}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def print_commands() -> None:
    """List the commands, one line each."""
    print("Perahu: python3 run.py COMMAND [WORDS]\n")
    for name, line in COMMANDS.items():
        print(f"  {name:6} {line}")
    print("\nCOMMAND --help says more; a first look: python3 run.py demo")


# The commands ---------------------------------------------------------------------------


def demo(words: list[str]) -> int:
    """Run the demonstration in this process's place, so that Ctrl-C reaches it alone."""
    set_up(RUN_LOCK)
    return become("sim.demo", words)


def test(words: list[str]) -> int:
    """Lint, then every test, and the proof in what time they leave; pytest sums up on stdout.

    Words go to pytest, and then there is no proof: who asks for one test waits for that.
    """
    if words:
        return _linted() or _pytest(words)
    set_up(RUN_LOCK, DEV_LOCK)
    say("proof, at the lowest priority beside the rest")
    with _humbly("-m", "sim.proof") as proof:
        if _linted():
            return 1
        failed = _pytest([])
        say("the rest of the proof")
        unproven = proof.wait()
    if unproven:
        print("\nThe proof failed: something may be lost.", file=sys.stderr)
    return failed or unproven


def _linted() -> int:
    failed = lint([])
    if failed:
        print("\nLint failed, so no test was run.", file=sys.stderr)
    return failed


def _pytest(words: list[str]) -> int:
    say("pytest")
    fixed = ("-m", "pytest", "-n", "2", "--dist", "worksteal", "-rfEs")
    with _in_memory() as folder:
        return call(*fixed, *words, TMPDIR=folder)


@contextmanager
def _humbly(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Python of `.venv` in the time that nobody else wants; all it says goes to stderr.

    The tests wait a third of their time, for pages and for processes that start.
    """
    sys.stdout.flush()
    child = subprocess.Popen(
        [str(PYTHON), *words],
        cwd=ROOT,
        env=clean_env(),
        stdout=sys.stderr,
        start_new_session=True,
        preexec_fn=_be_humble,
    )
    try:
        yield child
    finally:
        for end in (child.terminate, child.kill):
            with suppress(subprocess.TimeoutExpired):
                end()
                child.wait(ENDING_S)


def _be_humble() -> None:
    """Lowest among its like; where Linux shares the time by session, its session too."""
    os.nice(19)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text("19")


@contextmanager
def _in_memory() -> Iterator[str]:
    """A folder for the books that tests make: each flush is asked for, nobody waits.

    Half of the tests' time would be a disk's. Where there is no room in memory it lies on
    the disk; it is gone when the tests are over.
    """
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_MIN
    with tempfile.TemporaryDirectory(
        prefix="p", dir=MEMORY if has_room else None
    ) as folder:
        # The tests' PostgreSQL runs as a user of its own, who must get through to its files.
        Path(folder).chmod(0o711)
        yield folder


def lint(words: list[str]) -> int:
    """Run every linter, even after one has failed, and give 1 if any did."""
    if words:
        raise Stop("`lint` takes no words.", "`lint` tidak menerima kata tambahan.")
    set_up(RUN_LOCK, DEV_LOCK)
    code = [name for name in CODE if (ROOT / name).exists()]
    steps = {
        "ruff check": ("-m", "ruff", "check", *code),
        "ruff format": ("-m", "ruff", "format", "--check", *code),
        "mypy": ("-m", "mypy", "--strict", *code),
        "lint-imports": (str(VENV / "bin" / "lint-imports"), "--no-logo"),
    }
    failed = []
    for name, step in steps.items():
        say(name)
        if call(*step):
            failed.append(name)
    if failed:
        print(f"\nNot clean: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def bench(words: list[str]) -> int:
    """Run one measurement, or list them."""
    names = bench_names()
    if not words or words[0] in ("-h", "--help"):
        print("Perahu: python3 run.py bench NAME [--json]\n")
        for name, line in names.items():
            print(f"  {name:10} {line}")
        return 0
    if words[0] not in names:
        raise Stop(
            f"There is no bench `{words[0]}`; there are: {', '.join(names)}.",
            f"Tidak ada bench `{words[0]}`; yang ada: {', '.join(names)}.",
        )
    set_up(RUN_LOCK, DEV_LOCK)
    return become(f"bench.{words[0]}", words[1:])


def sim(words: list[str]) -> int:
    """Play worlds; the same seed is the same world, whatever Python's own hashes do."""
    set_up(RUN_LOCK, DEV_LOCK)
    os.environ["PYTHONHASHSEED"] = "0"
    return become("sim", words)


def proof(words: list[str]) -> int:
    """Run the slice of every harness."""
    set_up(RUN_LOCK, DEV_LOCK)
    return become("sim.proof", words)


def soak(words: list[str]) -> int:
    """Run every harness for long."""
    set_up(RUN_LOCK, DEV_LOCK)
    return become("sim.soak", words)


def setup(words: list[str]) -> int:
    """Make `.venv` alone, and say how an office calls its command."""
    if words:
        raise Stop("`setup` takes no words.", "`setup` tidak menerima kata tambahan.")
    set_up(RUN_LOCK)
    print(f"{OFFICE}\nSiap; atau `. {VENV}/bin/activate`, lalu `perahu --help`.")
    print(f"Ready; or `. {VENV}/bin/activate`, then `perahu --help`.")
    return 0


def bench_names() -> dict[str, str]:
    """Each bench and the first line of its docstring."""
    found = {}
    for path in sorted((ROOT / "bench").glob("[a-z]*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.If) for node in tree.body):  # ends in `if __name__`
            found[path.stem] = (ast.get_docstring(tree) or "").split("\n")[0]
    return found


# The environment ------------------------------------------------------------------------


def check_python() -> None:
    """Refuse a Python that cannot run Perahu, before anything is made."""
    wanted = ".".join(map(str, PYTHON_MIN))
    have = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON_MIN:
        raise Stop(
            f"Perahu needs Python {wanted} or newer and this is {have}; call run.py with "
            f"a newer one, for example `python{wanted} run.py demo`.",
            f"Perahu perlu Python {wanted} atau lebih baru, ini {have}; jalankan dengan "
            f"yang lebih baru, misalnya `python{wanted} run.py demo`.",
        )
    if sys.maxsize < 2**32:
        raise Stop(
            "Perahu needs a 64-bit Python; this one is 32-bit.",
            "Perahu perlu Python 64-bit; yang ini 32-bit.",
        )


def set_up(*locks: str) -> None:
    """Make `.venv` where it is missing or broken, and install the locks that changed."""
    # 1. A virtual environment that answers and is of this Python.
    made_by = VENV / "python-version"
    version = f"{sys.version}\n"
    if not (made_by.exists() and made_by.read_text() == version and PYTHON.exists()):
        make_venv()
        made_by.write_text(version)
    # 2. Each lock whose digest is not the one that was installed last. The stamp is
    #    written after pip is done, so an interrupted set-up is taken up again.
    for lock in locks:
        stamp = VENV / f"{lock}.installed"
        digest = hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text() == digest:
            continue
        install(lock)
        stamp.write_text(digest)
    # 3. The command of an office, which works from any folder.
    make_command()


def make_command() -> None:
    """Write `.venv/bin/perahu`, which runs this clone's code with what is pinned."""
    root, python = shlex.quote(str(ROOT)), shlex.quote(str(PYTHON))
    # -P: what lies in the folder one happens to be in is never imported.
    text = f'#!/bin/sh\nPYTHONPATH={root} exec {python} -P -m perahu "$@"\n'
    if not OFFICE.exists() or OFFICE.read_text() != text:
        OFFICE.write_text(text)
        OFFICE.chmod(0o755)


def make_venv() -> None:
    """Make an empty `.venv`, or say which Debian package is missing."""
    if importlib.util.find_spec("venv") is None or not has_ensurepip():
        raise Stop(
            "Python's venv module is missing; install the Debian package python3-venv "
            "(`apt-get install python3-venv`) and call again.",
            "Modul venv Python belum ada; pasang paket Debian python3-venv "
            "(`apt-get install python3-venv`) lalu ulangi.",
        )
    say("making .venv")
    if subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        raise Stop(
            f"`{VENV}` could not be made; the lines above say why.",
            f"`{VENV}` tidak dapat dibuat; sebabnya ada di baris di atas.",
        )


def has_ensurepip() -> bool:
    """Whether pip can be put into a new environment (Debian ships this apart)."""
    return importlib.util.find_spec("ensurepip") is not None


def install(lock: str) -> None:
    """Install one lock; pip's progress goes to stderr, so stdout stays the command's."""
    count = (ROOT / lock).read_text().count("==")
    say(f"installing {count} pinned packages of {lock} (only when it changed)")
    # Settings made for other installs (a target folder, --user) must not lead astray;
    # which index to ask stays as this machine has it.
    astray = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_CONSTRAINT")
    env = {name: text for name, text in clean_env().items() if name not in astray}
    env.update(PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1")
    words = [str(PYTHON), "-m", "pip", "install", "-q", "--require-hashes"]
    words += ["-r", lock]
    if subprocess.call(words, cwd=ROOT, env=env, stdout=sys.stderr.fileno()):
        raise Stop(
            "pip could not install what is pinned (its lines above say why; mostly the "
            "network is away); call again and it goes on where it stopped.",
            "pip gagal memasang paket (sebabnya di baris di atas; biasanya jaringan "
            "putus); ulangi saja, pemasangan akan dilanjutkan.",
        )


def clean_env() -> dict[str, str]:
    """The environment without what would let another Python's packages in.

    PYTHONOPTIMIZE goes too: it takes away assertions, which are part of the program.
    """
    drop = ("PYTHONHOME", "PYTHONPATH", "PYTHONOPTIMIZE")
    return {name: text for name, text in os.environ.items() if name not in drop}


def call(*words: str, **env: str) -> int:
    """Run Python of `.venv` from the root, and give its exit code."""
    sys.stdout.flush()
    return subprocess.call([str(PYTHON), *words], cwd=ROOT, env=clean_env() | env)


def become(module: str, words: list[str]) -> int:
    """Let the module take this process's place; it never comes back."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execve(PYTHON, [str(PYTHON), "-m", module, *words], clean_env())


def say(what: str) -> None:
    """Tell on stderr what begins."""
    print(f"== {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
