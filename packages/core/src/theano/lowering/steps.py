"""The steps of a plan.

A step is made by an op's ``lower`` (with empty `inputs` and `outputs`) and given its slots by the waist. Every step
keeps the node it came from: that is its meaning in Python, and what errors talk about.
"""

from __future__ import annotations

from typing import Any

from theano.codegen import Kernel
from theano.frozen import dataclass


@dataclass(frozen=True)
class Step:
    """What all steps have: the node, slots read and written, and slots that nobody reads afterwards."""

    node: Any
    inputs: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()
    frees: tuple[int, ...] = ()


@dataclass(frozen=True)
class PerformStep(Step):
    """Run ``node.op.perform`` in Python."""


@dataclass(frozen=True)
class KernelStep(Step):
    """Run a loop nest.

    The index space has `ndim` dims. Axis ``a`` of it follows dim ``input_orders[i][a]`` of input ``i``; -1, or a dim
    that the input's type declares broadcastable, does not move along that axis. All inputs that move must agree on
    the length. `reduced_axes` form the rows of a kernel with sweeps; reduced outputs lack these axes. `inplace` lists
    (output, input) pairs: that output may be written over that input, which dies here. `commit` marks a step that
    writes a shared variable's storage in place. The values of the inputs in `guards` are positions along the row: one
    that is negative, or not below the row's length, is an error, raised before anything is computed. `stands` is the
    input that stands for a product with it, -1 for none; such steps write nothing in place.
    """

    kernel: Kernel = None  # type: ignore[assignment]
    ndim: int = 0
    reduced_axes: tuple[int, ...] = ()
    input_orders: tuple[tuple[int, ...], ...] = ()
    guards: tuple[int, ...] = ()
    inplace: tuple[tuple[int, int], ...] = ()
    commit: tuple[tuple[int, int], ...] = ()
    stands: int = -1


@dataclass(frozen=True)
class ViewStep(Step):
    """Make a view of input 0.

    kind ``dimshuffle`` (params: for each output dim the input dim or -1), ``reshape`` (params: ndim of the result;
    input 1 is the shape vector), ``subtensor`` (params: one entry for each indexed dim, see
    ``theano.tensor.subtensor``; further inputs are the symbolic indices), ``identity`` (params: None).
    """

    kind: str = "identity"
    params: Any = None


@dataclass(frozen=True)
class CallStep(Step):
    """Call `routine` of the backend's library with (name, value) pairs; the rest as in `KernelStep`."""

    routine: str = ""
    params: tuple[tuple[str, Any], ...] = ()
    inplace: tuple[tuple[int, int], ...] = ()
    commit: tuple[tuple[int, int], ...] = ()
