"""Tests draw the same numbers whatever ran before them: workers share tests out as they become free."""

from __future__ import annotations

import signal
import sys

import numpy as np
import pytest

# Shells make what they start in the background deaf to Ctrl-C, and its children too: tests of interrupts would not end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_start: dict[int, tuple[object, object]] = {}


@pytest.fixture(autouse=True)
def same_draws(request):
    """Every generator of the test's module starts where it stood before the first test of the module."""
    for value in vars(getattr(request.node, "module", None) or object).values():
        if isinstance(value, np.random.RandomState):
            value.set_state(_start.setdefault(id(value), (value, value.get_state()))[1])
        elif isinstance(value, np.random.Generator):
            bits = value.bit_generator
            bits.state = _start.setdefault(id(value), (value, bits.state))[1]


@pytest.fixture
def lines_run():
    """`lines_run(work)`: how many lines of Python `work()` runs. What it costs, whatever machine it runs on."""

    def count(work):
        lines = 0

        def trace(frame, event, argument):
            nonlocal lines
            lines += event == "line"
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            work()
        finally:
            sys.settrace(before)
        return lines

    return count


@pytest.fixture
def compiler_runs(tmp_path, monkeypatch):
    """The runs of the C compiler so far, each as the number of its units; nothing is in the cache."""
    from theano.cpu import cache, machine_code

    compile_, made = machine_code.compile_library, []
    monkeypatch.setattr(cache, "wanted_folder", lambda: str(tmp_path / "kernels"))
    monkeypatch.setattr(machine_code, "compile_library", lambda *a: made.append(len(a[1])) or compile_(*a))
    return made
