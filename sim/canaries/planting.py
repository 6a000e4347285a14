"""How a bug is planted into the running program, and taken out again.

`rewritten` gives a function another body for as long as a `with` lasts: whoever imported
it, under whatever name, runs the wrong code. Where the text it would change is no longer
there, it raises `Moved`: a canary that sits nowhere proves nothing.
"""

from __future__ import annotations
import __future__ as future

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import CodeType, FunctionType
from typing import Any

Function = Callable[..., Any] | property


class Moved(Exception):
    """The place where a bug is to be planted looks otherwise now: look at it, and mend."""


@contextmanager
def rewritten(
    function: Function,
    *changes: tuple[str, str],
    names: Mapping[str, object] | None = None,
) -> Iterator[None]:
    """Within, the function's body reads otherwise: each (old text, new text) once.

    `names` are known to the new text besides those of the function's own module.
    """
    found = plain(function)
    given = found.__globals__
    added = dict(names or {})
    if clash := sorted(added.keys() & given.keys()):
        raise Moved(f"{found.__qualname__}: {clash} is a name of its module")
    before, wrong = found.__code__, changed(found, changes)
    given.update(added)
    found.__code__ = wrong
    try:
        yield
    finally:
        found.__code__ = before
        for name in added:
            del given[name]


def plain(function: Function) -> FunctionType:
    """The function itself, under whatever decorates it. Raises Moved."""
    bare = function.fget if isinstance(function, property) else function
    found = inspect.unwrap(bare) if bare is not None else bare
    if not isinstance(found, FunctionType):
        raise Moved(f"{function!r} is no function of ours")
    return found


def changed(function: FunctionType, changes: tuple[tuple[str, str], ...]) -> CodeType:
    """The code of the function with the changes made to its text. Raises Moved."""
    text = inspect.getsource(function)
    for old, new in changes:
        times = text.count(old)
        if times != 1:
            raise Moved(f"{function.__qualname__}: {times} times, not once: {old!r}")
        text = text.replace(old, new)
    # The line numbers stay those of the file, for whoever reads a trace.
    padding = "\n" * (function.__code__.co_firstlineno - 2)
    padding += "if True:\n" if text[0] == " " else "\n"
    module = compile(
        padding + text,
        function.__code__.co_filename,
        "exec",
        flags=future.annotations.compiler_flag,
        dont_inherit=True,
    )
    codes = [c for c in module.co_consts if isinstance(c, CodeType)]
    mine = [c for c in codes if c.co_name == function.__name__]
    if len(mine) != 1 or mine[0].co_freevars != function.__code__.co_freevars:
        raise Moved(f"{function.__qualname__}: it is not made by itself any more")
    return mine[0]


@contextmanager
def both(*plants: AbstractContextManager[None]) -> Iterator[None]:
    """One mistake that shows in more than one place."""
    with ExitStack() as planted:
        for one in plants:
            planted.enter_context(one)
        yield
