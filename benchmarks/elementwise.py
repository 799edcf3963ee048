"""Fused elementwise expressions at three sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.handwritten import c_call
from benchmarks.measure import COPY, Contestants, Result, effort, interleaved
from benchmarks.peers import (
    bind,
    jax,
    jax_call,
    numba,
    numba_call,
    numexpr,
    pytensor,
    pytensor_call,
    theano_call,
    torch,
    torch_call,
)

SIZES = (1_000, 100_000, 10_000_000)


@dataclass(frozen=True)
class Formula:
    """One expression for all contestants: `build(m, r)` with a namespace `m` and a scalar type `r`."""

    name: str
    arity: int
    build: Callable[[Any, Any], Callable[..., Any]]
    numexpr: str
    c: str
    bounds: tuple[float, float, float]

    def __str__(self) -> str:
        return self.name


def _waves(m: Any, r: Any) -> Callable[..., Any]:
    two = r(2)
    return lambda x, y, z: two * x + m.exp(-(y * y)) * m.sin(z)


def _polynomial(m: Any, r: Any) -> Callable[..., Any]:
    a, b, c, d, e = (r(value) for value in (0.5, -1.25, 2.0, 0.75, -3.0))
    return lambda x: (((a * x + b) * x + c) * x + d) * x + e


def _chain(m: Any, r: Any) -> Callable[..., Any]:
    one = r(1)
    return lambda x: one / (one + m.exp(-x)) * m.tanh(x) * m.log1p(x * x)


def _our_chain(m: Any, r: Any) -> Callable[..., Any]:
    return lambda x: m.nnet.sigmoid(x) * m.tanh(x) * m.log1p(x * x)


FORMULAS = (
    Formula(
        "2x + exp(-y²) sin z", 3, _waves, "2*x + exp(-(y*y))*sin(z)", "2*x + F(exp)(-(y*y))*F(sin)(z)", (0.25, 0.7, 0.4)
    ),
    Formula(
        "polynomial",
        1,
        _polynomial,
        "(((0.5*x - 1.25)*x + 2)*x + 0.75)*x - 3",
        "((((R)0.5*x - (R)1.25)*x + (R)2)*x + (R)0.75)*x - (R)3",
        (0.8, 0.8, 0.8),
    ),
    Formula(
        "sigmoid·tanh·log1p",
        1,
        _chain,
        "1/(1 + exp(-x))*tanh(x)*log1p(x*x)",
        "1/(1 + F(exp)(-x))*F(tanh)(x)*F(log1p)(x*x)",
        (0.3, 0.65, 0.4),
    ),
)


def _contestants(formula: Formula, arrays: list[Any]) -> Contestants:
    from theano import tensor

    r = arrays[0].dtype.type
    ours = _our_chain if formula.build is _chain else formula.build
    contestants: Contestants = {"theano": theano_call(ours(tensor, r), *arrays)}
    contestants["NumPy"] = bind(formula.build(np, r), *arrays)
    if numba:
        contestants["Numba"] = numba_call(formula.build(np, r), *arrays)
    if numexpr:
        numexpr.set_num_threads(numexpr.nthreads)
        names = dict(zip("xyz", arrays))
        contestants["numexpr"] = lambda: numexpr.evaluate(formula.numexpr, names, truediv=True)
    if jax:
        contestants["JAX"] = jax_call(formula.build(jax.numpy, r), *arrays)
    if pytensor and formula.build is _polynomial:  # the others call scalar functions there, and compile slowly
        import pytensor.tensor as pt

        contestants["PyTensor"] = pytensor_call(formula.build(pt, r), *arrays)
    if torch:
        contestants["torch.compile"] = torch_call(formula.build(torch, float), *arrays)
    by_hand = c_call(f"f{FORMULAS.index(formula)}", formula.c, *arrays)
    return contestants | ({"C": by_hand} if by_hand else {})


def case(formula: Formula, size: int, dtype: str, bound: float) -> Result:
    """One formula at one size."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=size).astype(dtype) for _ in range(formula.arity)]
    expected = formula.build(np, arrays[0].dtype.type)(*arrays)
    contestants = _contestants(formula, arrays)
    moves = formula.name == "polynomial" and size > SIZES[0]  # six operations for an element: bound by memory
    if moves:
        contestants[COPY] = _copy(arrays[0])
    return interleaved(
        f"{formula.name}, {size:.0e} {dtype}".replace("e+0", "e"),
        contestants,
        "<= 1.1 C" if formula.arity == 3 else "",
        bound=None if moves else bound,
        of_copy=0.85 if moves else None,
        expected=expected,
        tolerance=1e-5 if dtype == "float32" else 1e-13,
        moved=(formula.arity + 1) * arrays[0].nbytes if moves or size == SIZES[-1] else 0,
    )


def _copy(source: np.ndarray) -> Callable[[], None]:
    """Moves the bytes that a function of `source` moves, whose result goes to where the last one was."""
    copied = np.empty_like(source)
    return lambda: np.copyto(copied, source)


def _cases():
    for formula in FORMULAS:
        for dtype in ("float32", "float64"):
            for size, bound in zip(SIZES, formula.bounds):
                if effort.quick and size != SIZES[1]:
                    continue
                yield partial(case, formula, size, dtype, bound)


CASES = list(_cases())
