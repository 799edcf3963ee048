"""Kernels written by hand, and their sweeps called on arrays."""

import ctypes

import numpy as np

from theano.codegen import Expr, Kernel, MapSweep, Out
from theano.cpu.kernels import MAX_WIDTH

ROW = 512


def load(i, dtype):
    return Expr("load", (), dtype, i)


def map_kernel(inputs, *values):
    sweep = MapSweep(tuple(("out", j) for j in range(len(values))), tuple(values))
    return Kernel(tuple(inputs), tuple(Out(v.dtype) for v in values), (sweep,))


def run_sweep(sweep, memory, n):
    """Call the body of `sweep` on arrays found in `memory` by operand (without its mode)."""
    assert n % sweep.width == 0
    assert sweep.width <= MAX_WIDTH
    arrays = []
    for operand, dtype in zip(sweep.operands, sweep.dtypes, strict=True):
        single = operand[-1] == "S" or operand[0] == "iota"
        array = memory[operand[:2] if operand[0] in ("in", "out", "temp", "acc") else operand[:1]]
        assert array.dtype == dtype
        assert array.size >= (1 if single else n)
        arrays.append(array)
    pointers = (ctypes.c_void_p * len(arrays))(*[a.ctypes.data for a in arrays])
    ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_ssize_t)(sweep.body)(pointers, n)


def run_map(compiled, inputs, n=ROW):
    """Outputs of a plain map kernel."""
    kernel = compiled.request.kernel
    outs = [np.full(n, 77, dtype=o.dtype) if o.dtype != "bool" else np.zeros(n, bool) for o in kernel.outputs]
    memory = {("in", i): a for i, a in enumerate(inputs)} | {("out", j): a for j, a in enumerate(outs)}
    run_sweep(compiled.sweeps[0], memory | {("iota",): np.array([0], "int64")}, n)
    return outs
