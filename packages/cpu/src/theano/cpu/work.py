"""What the steps of a plan do, for profiles: bytes, operations, and what the machine could do."""

from __future__ import annotations

import functools
import json
from typing import Any

import numpy as np

from theano.codegen.expr import post_order
from theano.codegen.kernel import ReduceSweep
from theano.compile.work import Limits, Work
from theano.digest import digest
from theano.lowering import CallStep, KernelStep, ViewStep
from theano.tensor.activated import Activated

__all__ = ["factors_of", "machine_limits", "operations", "work_of"]

_FACTORS = {"dot": (0, 1), "batched_dot": (0, 1), "gemm": (2, 3), "ger": (2, 3)}
"""Positions of the inputs that are multiplied."""

_PARTIAL = frozenset({"inc_rows", "inc_subtensor", "take_rows", "subtensor", "shape", "shape_i", "assert", "choose"})
"""Routines that touch only a part of their operands."""


def factors_of(step: Any) -> tuple[int, ...]:
    """The inputs whose product the step computes; empty when it computes none."""
    if isinstance(step, CallStep):
        return _FACTORS.get(step.routine, ())
    return (0, 1) if type(step.node.op) is Activated else ()


def operations(step: Any) -> int:
    """Arithmetic operations and functions for each position of a kernel."""
    if not isinstance(step, KernelStep):
        return 0
    count = 0
    for sweep in step.kernel.sweeps:
        values = [sweep.value] if isinstance(sweep, ReduceSweep) else list(sweep.values)
        count += sum(e.kind == "call" for e in post_order(values)) + isinstance(sweep, ReduceSweep)
    return count


def work_of(step: Any, count: int, record: tuple[float, ...]) -> Work | None:
    """What a step did, from the runtime's record; None for views and steps in Python.

    Parameters
    ----------
    step : Step
    count : int
        Its `operations`.
    record : tuple
        As ``Plan._step_records`` gives it: seconds, runs, bytes read, bytes written, elements, operations of products.
    """
    _seconds, _runs, read, written, elements, flops = record
    if isinstance(step, KernelStep) and flops:
        sizes = [np.dtype(v.type.dtype).itemsize for v in step.node.outputs]
        return Work(read + written, flops + count * written / sum(sizes), is_product=True)
    if isinstance(step, KernelStep):
        return Work(read + written, count * elements)
    if not isinstance(step, CallStep) or isinstance(step, ViewStep):
        return None
    if step.routine == "take_rows":
        return Work(2 * written, None)
    if step.routine in _PARTIAL:
        return Work(None, None)
    return Work(read + written, flops or None, is_product=bool(flops))


_BYTES = 64 << 20


@functools.cache
def machine_limits() -> Limits:
    """Measured once (in about 50 ms) and kept beside the compiled kernels."""
    from theano.cpu import machine  # lazy: only profiles ask
    from theano.cpu.cache import kernel_cache

    name, cache = f"limits-{digest('1', machine.identity())}.json", kernel_cache()
    try:
        bandwidth, flops = json.loads(cache.read(name) or b"")
        return Limits(float(bandwidth), float(flops))
    except (ValueError, TypeError):
        found = Limits(_copy_bandwidth(), _peak())
        cache.publish(name, json.dumps([found.bandwidth, found.flops]).encode())
        return found


def _peak() -> float:
    from theano.cpu import _runtime  # lazy: optional

    return float(_runtime.lib.rt_peak_flops())


def _copy_bandwidth() -> float:
    from time import thread_time  # lazy, as above

    source, target = np.ones(_BYTES // 8), np.empty(_BYTES // 8)
    times = []
    for _ in range(4):
        start = thread_time()
        np.copyto(target, source)
        times.append(thread_time() - start)
    return 2 * _BYTES / max(min(times), 1e-9)
