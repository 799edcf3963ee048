"""Batch normalisation, built from elementwise ops and reductions."""

from __future__ import annotations

from typing import Any

from theano.errors import explain
from theano.graph import Variable
from theano.tensor.conversion import as_tensor_variable

__all__ = ["batch_normalization", "batch_normalization_test", "batch_normalization_train"]


def batch_normalization(inputs: Any, gamma: Any, beta: Any, mean: Any, std: Any, mode: str = "low_mem") -> Variable:
    """``(inputs - mean) * gamma / std + beta`` with all statistics given and broadcastable against `inputs`.

    Parameters
    ----------
    inputs, gamma, beta, mean, std : TensorVariable
        `std` is a standard deviation; no epsilon is added.
    mode : {'low_mem', 'high_mem'}
        Both compute the same here, since fusion leaves no intermediate arrays.
    """
    if mode not in ("low_mem", "high_mem"):
        raise ValueError(explain(f"batch_normalization: mode {mode!r}", "no such mode", "use 'low_mem' or 'high_mem'"))
    inputs = as_tensor_variable(inputs)
    return (inputs - mean) * (gamma / std) + beta


def _normalized_axes(ndim: int, axes: Any) -> tuple[int, ...]:
    """The axes to average over, from their name or tuple (ValueError when bad)."""
    if axes == "per-activation":
        axes = (0,)
    elif axes == "spatial":
        axes = (0, *range(2, ndim))
    elif isinstance(axes, str):
        raise ValueError(explain(f"batch normalisation: axes {axes!r}", "no such choice", "use 'spatial' or a tuple"))
    elif isinstance(axes, int):
        axes = (axes,)
    axes = tuple(int(axis) for axis in axes)
    if not axes or len(set(axes)) != len(axes) or any(not 0 <= axis < ndim for axis in axes):
        raise ValueError(explain(f"batch normalisation over axes {axes}", f"{ndim} dimensions", "name each axis once"))
    return axes


def _parameter(name: str, value: Any, inputs: Variable, axes: tuple[int, ...]) -> tuple[Variable, bool]:
    """A parameter lined up with `inputs`, and whether it was given with one dimension per kept axis."""
    value = as_tensor_variable(value)
    kept = [i for i in range(inputs.type.ndim) if i not in axes]
    # lazy: the hub stands above this package
    from theano.tensor.rebroadcast import addbroadcast

    if value.type.ndim == inputs.type.ndim:
        return addbroadcast(value, *axes), False
    if value.type.ndim != len(kept):
        raise ValueError(
            explain(
                f"batch normalisation: {name} with {inputs.type.ndim} or {len(kept)} dimensions",
                f"got {value.type}",
                "give one entry per feature that is not averaged over",
            )
        )
    order: list[Any] = ["x"] * inputs.type.ndim
    for position, axis in enumerate(kept):
        order[axis] = position
    return value.dimshuffle(*order), True


def _check_epsilon(epsilon: Any) -> None:
    if isinstance(epsilon, int | float) and epsilon < 1e-5:
        raise ValueError(explain(f"batch normalisation: epsilon {epsilon}", "it is too small", "use 1e-5 or more"))


def _restored(value: Variable, axes: tuple[int, ...], reduced: bool) -> Variable:
    if not reduced:
        return value
    return value.dimshuffle(*[i for i in range(value.type.ndim) if i not in axes])


def batch_normalization_train(
    inputs: Any,
    gamma: Any,
    beta: Any,
    axes: Any = "per-activation",
    epsilon: float = 1e-4,
    running_average_factor: float = 0.1,
    running_mean: Any = None,
    running_var: Any = None,
) -> tuple[Variable, ...]:
    """Normalise with the statistics of the batch.

    Parameters
    ----------
    inputs : TensorVariable
    gamma, beta : TensorVariable
        Rank of `inputs`, or one dimension per axis that is not averaged over.
    axes : 'per-activation', 'spatial' or tuple of int
        Axis 0; all axes but 1; the axes named.
    epsilon : float
        Added to the variance, 1e-5 or more.
    running_average_factor : float
        Weight of the batch in the new running averages.
    running_mean, running_var : TensorVariable, optional
        Both or neither.

    Returns
    -------
    out, mean, invstd
        And ``new_running_mean, new_running_var`` when running averages are given; statistics have the rank of `gamma`.

    Source: Ioffe and Szegedy, Batch normalization, 2015, algorithm 1.
    """
    inputs = as_tensor_variable(inputs)
    axes = _normalized_axes(inputs.type.ndim, axes)
    _check_epsilon(epsilon)
    if (running_mean is None) != (running_var is None):
        raise ValueError(explain("batch_normalization_train", "one running average only", "give both or neither"))
    gamma, reduced = _parameter("gamma", gamma, inputs, axes)
    beta, _ = _parameter("beta", beta, inputs, axes)
    # lazy: math and reductions stand beside this package
    from theano.tensor import inv, sqrt

    mean = inputs.mean(axis=axes, keepdims=True)
    var = inputs.var(axis=axes, keepdims=True)
    invstd = inv(sqrt(var + epsilon))
    out = (inputs - mean) * (gamma * invstd) + beta
    results = [out, _restored(mean, axes, reduced), _restored(invstd, axes, reduced)]
    if running_mean is not None:
        results += _running(inputs, mean, var, axes, running_average_factor, running_mean, running_var)
    return tuple(results)


def _running(
    inputs: Variable,
    mean: Variable,
    var: Variable,
    axes: tuple[int, ...],
    factor: Any,
    running_mean: Any,
    running_var: Any,
) -> list[Variable]:
    """The new running averages; the variance is the unbiased one."""
    # lazy: the hub stands above this package
    from theano.tensor import cast
    from theano.tensor.shape import shape_i

    count: Any = 1
    for axis in axes:
        count = count * shape_i(inputs, axis)
    m = cast(count, inputs.type.dtype)
    new = []
    for name, old, batch in (("running_mean", running_mean, mean), ("running_var", running_var, var * m / (m - 1))):
        lined_up, reduced = _parameter(name, old, inputs, axes)
        updated = _restored(lined_up * (1 - factor) + batch * factor, axes, reduced)
        original = as_tensor_variable(old)
        # lazy: as above
        from theano.tensor.rebroadcast import patternbroadcast

        new.append(patternbroadcast(updated, original.type.broadcastable))
    return new


def batch_normalization_test(
    inputs: Any, gamma: Any, beta: Any, mean: Any, var: Any, axes: Any = "per-activation", epsilon: float = 1e-4
) -> Variable:
    """``(inputs - mean) * gamma / sqrt(var + epsilon) + beta`` with given statistics; parameters as in training."""
    inputs = as_tensor_variable(inputs)
    axes = _normalized_axes(inputs.type.ndim, axes)
    _check_epsilon(epsilon)
    gamma, beta, mean, var = (
        _parameter(name, value, inputs, axes)[0]
        for name, value in (("gamma", gamma), ("beta", beta), ("mean", mean), ("var", var))
    )
    # lazy: math stands beside this package
    from theano.tensor import sqrt

    return (inputs - mean) * (gamma / sqrt(var + epsilon)) + beta
