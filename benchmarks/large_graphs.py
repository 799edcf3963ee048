"""Chains of 25 000 to 100 000 nodes: every stage must grow linearly."""

from __future__ import annotations

import io
import pickle
import time

from benchmarks.measure import Result


def stages(length: int) -> dict[str, float]:
    """Seconds of each stage for a chain of `length` elementwise nodes in the Python executor."""
    import theano
    from theano import tensor

    seconds = {}
    clock = time.perf_counter

    def lap(name):
        nonlocal started
        seconds[name] = clock() - started
        started = clock()

    started = clock()
    x = tensor.dscalar("x")
    y = x
    for _ in range(length // 2):
        y = tensor.sin(y) + x
    lap("build")
    g = theano.grad(y, x)
    lap("differentiate")
    f = theano.function([x], [y, g], mode=theano.Mode("py", None))
    lap("compile")
    f(0.5)
    lap("call")
    theano.printing.debugprint(y, file=io.StringIO())
    lap("print")
    pickle.loads(pickle.dumps(y))
    lap("pickle")
    return seconds


def growth() -> list[Result]:
    """One result for each stage; the contestants are the lengths."""
    measured = {n: stages(n) for n in (25_000, 50_000, 100_000)}
    return [
        Result(f"chain: {stage}", {f"{n} nodes": measured[n][stage] for n in measured}, "linear")
        for stage in next(iter(measured.values()))
    ]


CASES = [growth]
