"""`check`: proves that an op keeps the contract of ops, on samples with independent expected values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.graph import Op
from theano.plugin import registry
from theano.testing.case import Case, Report
from theano.testing.samples import as_sample, scalars_of

__all__ = ["Report", "available_backends", "check"]


def check(
    op: Any,
    samples: Iterable[Any],
    *,
    dtype: str | None = None,
    gradient: bool | None = None,
    forward: bool | None = None,
    layouts: bool = True,
    elementwise: bool = False,
    backends: Sequence[str] | None = None,
    optimizers: Sequence[str | None] = (None, "fast_run"),
    tolerance: tuple[float, float] | None = None,
    grad: Callable[..., Any] | None = None,
) -> Report:
    """Check values, dtypes, shapes, gradients, memory layouts, backends and pickling of an op.

    Parameters
    ----------
    op : Op or callable
        Called with one variable for each input of a sample; gives a variable or a list of them.
    samples : iterable of Sample or (inputs, expected)
    dtype : str, optional
        What the first output must have.
    gradient, forward : bool, optional
        Whether to compare gradients with differences, and forward with reverse mode. None: where theano-grad is
        installed and all ops have rules; True: a missing rule is an error.
    layouts : bool
        Also try Fortran order, strides and read-only memory, and no elements.
    elementwise : bool
        Also try the first elements as 0-d arrays.
    backends : sequence of str, optional
        Default: all that are registered and can work here.
    optimizers : sequence of str or None
        The rewrites with which each backend is tried.
    tolerance : (relative, absolute), optional
    grad : callable, optional
        Takes the place of `theano.grad`.

    Returns
    -------
    Report

    Raises
    ------
    ContractError

    Examples
    --------
    >>> import numpy as np, theano.tensor as T
    >>> report = check(T.exp, [([np.array([0.0, 1.0])], [1.0, 2.718281828459045])], elementwise=True)
    >>> sorted(report.done & {"empty", "layouts", "pickle", "shape", "value"})
    ['empty', 'layouts', 'pickle', 'shape', 'value']
    """
    report = Report()
    names = available_backends() if backends is None else list(backends)
    modes = [None, *((name, optimizer) for name in names for optimizer in optimizers)]
    wanted = {"gradient": gradient, "forward": forward}
    tries = [(i, as_sample(s)) for i, s in enumerate(samples)]
    for i, sample in tries:
        case = Case(op, sample, f"{_name(op)}, sample {i}", modes, tolerance, report)
        case.check_values(dtype)
        case.check_shapes()
        case.check_pickle(op)
        case.check_derivatives(wanted, grad)
        if layouts:
            case.check_layouts()
            case.check_empty()
        scalars = scalars_of(sample) if elementwise else None
        if scalars is not None:
            Case(op, scalars, f"{_name(op)}, first elements of sample {i}", modes, tolerance, report).check_values(
                dtype
            )
            report.done.add("scalars")
    return report


def available_backends() -> list[str]:
    """Names of the registered backends that can work here."""
    return [name for name, backend in registry().backends.items() if backend.unavailable() is None]


def _name(op: Any) -> str:
    return str(op) if isinstance(op, Op) else getattr(op, "__name__", repr(op))
