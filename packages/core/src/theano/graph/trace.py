"""Where a variable was made: cheap capture of the user's stack frames.

Taking a trace must cost about a microsecond, because every op application takes one. So only raw facts are
kept (file, line, function); source lines are looked up when somebody reads the report.
"""

from __future__ import annotations

import linecache
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from theano.configuration import config


class Frame(NamedTuple):
    """One user frame: file name, line number and function name."""

    filename: str
    lineno: int
    name: str

    @property
    def line(self) -> str:
        """The source line, stripped; empty if the source is not at hand."""
        return linecache.getline(self.filename, self.lineno).strip()


Stack = tuple[Frame, ...]

# A program has few places that build graphs, but builds many nodes there: frames and stacks are shared.
_frames: dict[Any, Frame] = {}
_stacks: dict[Stack, Stack] = {}
# Whether frames of a module are the user's, by the module's name.
_wanted: dict[str, bool] = {}


def is_library_frame(module_name: str) -> bool:
    """Whether a frame with this ``__name__`` belongs to Theano itself.

    Examples
    --------
    >>> is_library_frame("theano.tensor.math"), is_library_frame("model")
    (True, False)
    """
    return module_name == "theano" or module_name.startswith("theano.")


_fixed = threading.local()


@contextmanager
def one_stack(stack: Stack | None) -> Iterator[None]:
    """Let `stack` stand for every stack that this thread captures in the block; None: capture as always.

    A derivative is one call of the user's, and makes thousands of nodes.
    """
    before = getattr(_fixed, "stack", None)
    _fixed.stack = stack
    try:
        yield
    finally:
        _fixed.stack = before


def capture(limit: int | None = None) -> Stack:
    """Return the innermost user frames of the current call, outermost first.

    Parameters
    ----------
    limit : int, optional
        How many user frames to keep; default ``config.traceback.limit``. Zero keeps none, a negative number all.
    """
    if limit is None:
        stack = getattr(_fixed, "stack", None)
        limit = config.traceback.limit
        if stack is not None and limit:
            return stack  # type: ignore[no-any-return]
    if limit == 0:
        return ()
    frames: list[Frame] = []
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        wanted = _wanted.get(name)
        if wanted is None:
            wanted = _wanted[name] = not is_library_frame(name) or name == "theano.__main__"
        if wanted:
            code, lineno = frame.f_code, frame.f_lineno
            known = _frames.get((code, lineno))
            if known is None:
                known = _frames[code, lineno] = Frame(code.co_filename, lineno, code.co_name)
            frames.append(known)
            if len(frames) == limit:
                break
        frame = frame.f_back  # type: ignore[assignment]
    frames.reverse()
    stack = tuple(frames)
    return _stacks.setdefault(stack, stack)


def add_tag_trace(thing: Any, user_line: int | None = None) -> Any:
    """Record the current user stack in ``thing.tag.trace`` and return `thing`."""
    stack = capture(user_line)
    if stack:
        thing.tag.trace = [stack]
    return thing


def format_stack(stack: Stack) -> str:
    """Render one stack as Python's traceback does."""
    lines = []
    for frame in stack:
        lines.append(f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n')
        text = linecache.getline(frame.filename, frame.lineno).strip()
        if text:
            lines.append(f"    {text}\n")
    return "".join(lines)


def format_trace(variable: Any) -> str:
    """Render where `variable` was created; an empty string if nothing was recorded."""
    traces = getattr(variable.tag, "trace", None) or ()
    return "\n".join(format_stack(stack) for stack in traces if stack)


def user_line(variable: Any) -> str | None:
    """Return ``file:line: source`` of the innermost user frame that made `variable`."""
    traces = getattr(variable.tag, "trace", None) or ()
    for stack in traces:
        if stack:
            frame = stack[-1]
            text = linecache.getline(frame.filename, frame.lineno).strip()
            return f"{frame.filename}:{frame.lineno}: {text}" if text else f"{frame.filename}:{frame.lineno}"
    return None


def warn_user(text: str, category: type[Warning] = UserWarning) -> None:
    """``warnings.warn`` that shows the user's line, however deep in the library it is called."""
    level, frame = 1, sys._getframe(1)
    while is_library_frame(frame.f_globals.get("__name__", "")) and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, category, stacklevel=level + 1)


def copy_stack_trace(source: Any, target: Any) -> Any:
    """Add the creation traces of `source` (a variable or several) to `target` (the same), keeping its own.

    Returns
    -------
    target
    """
    sources = source if isinstance(source, list | tuple) else (source,)
    merged: list[Stack] = []
    for variable in sources:
        for stack in getattr(variable.tag, "trace", None) or ():
            if stack and stack not in merged:
                merged.append(stack)
    for variable in target if isinstance(target, list | tuple) else (target,):
        own = [s for s in getattr(variable.tag, "trace", None) or () if s not in merged]
        variable.tag.trace = merged + own
    return target
