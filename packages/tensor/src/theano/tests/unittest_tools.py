"""Helpers for tests: seeds, comparison of arrays, gradients and shapes of ops."""

from __future__ import annotations

import unittest
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

import theano.tensor as T
from theano.compile import Mode, function, get_default_mode
from theano.configuration import config
from theano.errors import explain

__all__ = [
    "InferShapeTester",
    "TestOptimizationMixin",
    "WrongValue",
    "assert_allclose",
    "fetch_seed",
    "seed_rng",
    "str_diagnostic",
    "verify_grad",
]


def fetch_seed(pseed: Any = None) -> int | None:
    """The seed of tests: `pseed`, else ``config.unittests.rseed``; None takes entropy from the system."""
    seed = config.unittests.rseed if pseed is None else pseed
    return None if seed is None or seed == "random" else int(seed)


def seed_rng(pseed: Any = None) -> int | None:
    """Seed ``numpy.random`` with `fetch_seed` and return the seed."""
    seed = fetch_seed(pseed)
    np.random.seed(seed)
    return seed


def verify_grad(op: Any, pt: Sequence[Any], n_tests: int = 2, rng: Any = None, *args: Any, **kwargs: Any) -> None:
    """`theano.gradient.verify_grad`, with ``numpy.random`` seeded by `seed_rng` if no generator is given."""
    if rng is None:
        seed_rng()
        rng = np.random
    import_module("theano.gradient").verify_grad(op, pt, n_tests, rng, *args, **kwargs)  # by name: it stands above


class WrongValue(Exception):
    """Two values are not close.

    Parameters
    ----------
    expected_val, val : array
    rtol, atol : float
    """

    def __init__(self, expected_val: Any, val: Any, rtol: float, atol: float) -> None:
        super().__init__(expected_val, val, rtol, atol)
        self.val1, self.val2, self.rtol, self.atol = expected_val, val, rtol, atol

    def __str__(self) -> str:
        return str_diagnostic(self.val1, self.val2, self.rtol, self.atol)


def str_diagnostic(expected: Any, value: Any, rtol: float, atol: float) -> str:
    """Tell how `value` differs from `expected`."""
    first, second = np.asarray(expected), np.asarray(value)
    lines = [f"WrongValue (rtol {rtol}, atol {atol})"]
    lines += [f"  {name}: dtype {a.dtype}, shape {a.shape}" for name, a in (("expected", first), ("found", second))]
    if first.shape == second.shape and first.size:
        difference = np.abs(first - second)
        worst = np.unravel_index(int(np.argmax(np.nan_to_num(difference, nan=np.inf))), difference.shape)
        place = tuple(int(i) for i in worst)
        lines.append(f"  worst at {place}: expected {first[place]!r}, found {second[place]!r}")
    return "\n".join(lines)


# Tolerances by the number of bytes of a real number.
_TOLERANCES = {2: 1e-2, 4: 1e-5, 8: 1e-8}


def assert_allclose(expected: Any, value: Any, rtol: float | None = None, atol: float | None = None) -> None:
    """Raise `WrongValue` unless the arrays have one shape and are close, by default as their dtypes permit.

    Examples
    --------
    >>> assert_allclose([1.0, 2.0], [1.0, 2.0 + 1e-12])
    """
    first, second = np.asarray(expected), np.asarray(value)
    sizes = [a.real.dtype.itemsize for a in (first, second) if a.dtype.kind in "fc"]
    permitted = _TOLERANCES.get(min(sizes), 1e-8) if sizes else 0.0
    rtol = permitted if rtol is None else rtol
    atol = permitted if atol is None else atol
    if first.shape != second.shape or not np.allclose(first, second, rtol=rtol, atol=atol, equal_nan=True):
        raise WrongValue(expected, value, rtol, atol)


class TestOptimizationMixin:
    """Assertions about the ops of a compiled function."""

    __test__ = False  # no collection of its own by pytest

    def assertFunctionContains(self, f: Any, op: Any, min: int = 1, max: float = np.inf) -> None:
        """`f` has from `min` to `max` nodes of an op: of a class, or equal to `op`."""
        nodes = f.maker.fgraph.toposort()
        found = [node for node in nodes if (isinstance(node.op, op) if isinstance(op, type) else node.op == op)]
        if not min <= len(found) <= max:
            raise AssertionError(
                explain(f"{min} to {max} nodes of {op}", f"{len(found)} among {nodes}", "look at the rewrites")
            )

    def assertFunctionContains0(self, f: Any, op: Any) -> None:
        """No node of `op`."""
        self.assertFunctionContains(f, op, min=0, max=0)

    def assertFunctionContains1(self, f: Any, op: Any) -> None:
        """One node of `op`."""
        self.assertFunctionContains(f, op, min=1, max=1)

    def assertFunctionContainsN(self, f: Any, op: Any, N: int) -> None:
        """`N` nodes of `op`."""
        self.assertFunctionContains(f, op, min=N, max=N)


class InferShapeTester(unittest.TestCase):
    """Base of test cases that check the ``infer_shape`` of an op with `_compile_and_check`."""

    def setUp(self) -> None:
        seed_rng()
        mode = get_default_mode()
        # without shape rewriting there would be nothing to test
        self.mode = Mode("py", "fast_run") if config.mode == "FAST_COMPILE" else mode.including("canonicalize")

    def _compile_and_check(
        self,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        numeric_inputs: Sequence[Any],
        cls: Any,
        excluding: Sequence[str] | None = None,
        warn: bool = True,
        check_topo: bool = True,
    ) -> None:
        """Shapes of `outputs` are computed without the op `cls`, and are those of the values.

        Parameters
        ----------
        inputs, outputs : sequence of TensorVariable
        numeric_inputs : sequence of array
        cls : Op class, or tuple of them
        excluding : sequence of str, optional
            Rewrites to leave out.
        warn : bool
            Tell when lengths are equal, so that the test could not tell them apart.
        check_topo : bool
            Whether the graph of the shapes must lack `cls`.
        """
        mode = self.mode.excluding(*excluding) if excluding else self.mode
        if warn:
            _warn_of_equal_lengths(numeric_inputs)
        of_values = function(list(inputs), list(outputs), mode=mode, on_unused_input="ignore")
        of_shapes = function(list(inputs), [T.shape(out) for out in outputs], mode=mode, on_unused_input="ignore")
        if check_topo:
            left = [node for node in of_shapes.maker.fgraph.toposort() if isinstance(node.op, cls)]
            if left:
                raise AssertionError(explain("shapes without the op", f"{left}", "look at its infer_shape"))
        for value, shape in zip(of_values(*numeric_inputs), of_shapes(*numeric_inputs), strict=True):
            if np.shape(value) != tuple(shape.tolist()):
                found = f"{shape.tolist()} for a value of shape {np.shape(value)}"
                raise AssertionError(explain("shapes as those of the values", found, "look at infer_shape"))


def _warn_of_equal_lengths(values: Sequence[Any]) -> None:
    for i, value in enumerate(values):
        shape = np.shape(value)
        if len(set(shape)) < len(shape):
            text = f"input {i} has the shape {shape}: lengths that are equal hide which of them is used"
            warnings.warn(text, stacklevel=3)
            return
