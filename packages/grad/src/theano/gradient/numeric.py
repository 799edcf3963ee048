"""Gradients by finite differences, and the comparison of symbolic gradients with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import theano.tensor as at
from theano.compile import function, shared
from theano.errors import GradientError as GradientErrorBase
from theano.errors import explain
from theano.gradient.backward import grad
from theano.graph import Variable

__all__ = ["GradientError", "mode_not_slow", "numeric_grad", "verify_grad"]

STEP = {"float64": 1e-7, "float32": 3e-4, "float16": 1e-1}
TOLERANCE = {"float64": 1e-4, "float32": 1e-2, "float16": 5e-2}
_NARROW_FIRST = ("float16", "float32", "float64")


class GradientError(GradientErrorBase):
    """A symbolic gradient differs from the one by finite differences.

    Parameters
    ----------
    arg : int
        Which argument.
    err_pos : int
        Where in the flattened argument.
    shape : tuple of int
    val1, val2 : float
        By differences, and symbolic.
    abs_err, rel_err, abs_tol, rel_tol : float
    """

    def __init__(
        self,
        arg: int,
        err_pos: int,
        shape: tuple[int, ...],
        val1: float,
        val2: float,
        abs_err: float,
        rel_err: float,
        abs_tol: float,
        rel_tol: float,
    ) -> None:
        super().__init__(arg, err_pos, shape, val1, val2, abs_err, rel_err, abs_tol, rel_tol)
        self.arg, self.err_pos, self.shape = arg, err_pos, shape
        self.val1, self.val2 = val1, val2
        self.abs_err, self.rel_err, self.abs_tol, self.rel_tol = abs_err, rel_err, abs_tol, rel_tol

    def __str__(self) -> str:
        text = explain(
            f"gradient of argument {self.arg} at element {self.err_pos} of shape {self.shape}",
            f"by differences {self.val1!r}, symbolic {self.val2!r}; absolute error {self.abs_err:g} "
            f"(tolerance {self.abs_tol:g}), relative error {self.rel_err:g} (tolerance {self.rel_tol:g})",
            "mend the gradient rule, or keep the point away from kinks and poles",
        )
        # notes that callers appended to the arguments
        return "\n".join([text, *map(str, self.args[9:])])


class numeric_grad:
    """One-sided finite differences of a scalar function at a point.

    Parameters
    ----------
    f : callable
        Takes arrays, returns a number.
    pt : array or sequence of array
    eps : float, optional
        The step; by default according to the narrowest float dtype.
    out_type : str, optional
        dtype of the results and of the step's choice.

    Attributes
    ----------
    gf : array or list of array
        The derivatives, in the shapes of `pt`.

    Examples
    --------
    >>> float(np.round(numeric_grad(lambda x: x ** 2, np.asarray(3.0)).gf, 4))
    6.0
    """

    type_eps = STEP

    def __init__(self, f: Callable[..., Any], pt: Any, eps: float | None = None, out_type: str | None = None) -> None:
        packed = isinstance(pt, list | tuple)
        points = [np.array(p, copy=True) for p in (pt if packed else [pt])]
        dtypes = [str(p.dtype) for p in points] + ([str(out_type)] if out_type is not None else [])
        narrow = next((d for d in _NARROW_FIRST if d in dtypes), "float64")
        step = STEP[narrow] if eps is None else eps
        base = np.asarray(f(*[p.copy() for p in points]))
        self.gf: Any = [self._differences(f, points, i, base, step, narrow) for i in range(len(points))]
        if not packed:
            self.gf = self.gf[0]

    @staticmethod
    def _differences(f: Any, points: list, i: int, base: Any, step: float, dtype: str) -> np.ndarray:
        result = np.zeros(points[i].shape, dtype)
        flat = result.reshape(-1)
        for j in range(flat.size):
            moved = [p.copy() for p in points]
            moved[i].reshape(-1)[j] += step
            # rounding makes the step that was really taken a little different
            taken = float(moved[i].reshape(-1)[j]) - float(points[i].reshape(-1)[j])
            flat[j] = (np.float64(f(*moved)) - np.float64(base)) / taken
        return result

    @staticmethod
    def abs_rel_err(a: Any, b: Any) -> tuple[Any, Any]:
        """Return elementwise absolute and relative error of two arrays."""
        absolute = abs(a - b)
        relative = absolute / np.maximum(abs(a) + abs(b), 1e-8)
        return absolute, np.asarray(relative)

    def abs_rel_errors(self, g_pt: Sequence[Any]) -> list[tuple[Any, Any]]:
        """Return absolute and relative errors of a list of gradients.

        Raises
        ------
        ValueError
            Their number or shapes differ from those by differences.
        """
        own = self.gf if isinstance(self.gf, list) else [self.gf]
        if len(g_pt) != len(own):
            raise ValueError(explain("compare gradients", f"{len(g_pt)} for {len(own)} arguments", "give as many"))
        errors = []
        for i, (a, b) in enumerate(zip(own, g_pt, strict=True)):
            if np.shape(a) != np.shape(b):
                raise ValueError(
                    explain(
                        f"gradient of argument {i} of shape {np.shape(a)}",
                        f"the symbolic one has shape {np.shape(b)}",
                        "return a gradient of the argument's shape",
                    )
                )
            errors.append(self.abs_rel_err(a, np.asarray(b)))
        return errors

    def max_err(self, g_pt: Sequence[Any], abs_tol: float, rel_tol: float) -> tuple[int, int, float, float]:
        """Return ``(argument, position, absolute error, relative error)`` of the worst element.

        An element fails only if both errors exceed their tolerance, so it is as bad as its better one.
        """
        worst = (0, 0, 0.0, 0.0)
        found = -1.0
        for i, (absolute, relative) in enumerate(self.abs_rel_errors(g_pt)):
            if not absolute.size:
                continue
            scaled = np.minimum(absolute / abs_tol, relative / rel_tol).reshape(-1)
            # NaN, which compares as nothing, is the worst
            scaled = np.where(np.isnan(scaled), np.inf, scaled)
            j = int(scaled.argmax())
            if scaled[j] > found:
                found = scaled[j]
                worst = (i, j, float(absolute.reshape(-1)[j]), float(relative.reshape(-1)[j]))
        return worst


def mode_not_slow(mode: Any) -> Any:
    """Return FAST_RUN in place of modes that check everything at each step.

    Parameters
    ----------
    mode : Mode or str or None
    """
    # lazy: modes may be registered by plugins, which load on demand
    from theano.compile.mode import get_mode

    chosen = get_mode(mode)
    slow = type(chosen).__name__ in ("DebugMode", "NanGuardMode") or mode in ("DebugMode", "DEBUG_MODE", "FAST_COMPILE")
    return get_mode("FAST_RUN") if slow else chosen


def _check_points(pt: Sequence[np.ndarray], rng: Any) -> None:
    for i, p in enumerate(pt):
        if str(p.dtype) not in TOLERANCE:
            raise TypeError(
                explain(f"verify_grad at point {i}", f"an array of dtype {p.dtype}", "give float16, float32 or float64")
            )
    if rng is None:
        raise TypeError(explain("verify_grad", "rng=None", "give a numpy.random.RandomState"))


def verify_grad(
    fun: Callable[..., Variable],
    pt: Sequence[Any],
    n_tests: int = 2,
    rng: Any = None,
    eps: float | None = None,
    out_type: str | None = None,
    abs_tol: float | None = None,
    rel_tol: float | None = None,
    mode: Any = None,
    cast_to_output_type: bool = False,
    no_debug_ref: bool = True,
) -> None:
    """Compare the symbolic gradient of a function with finite differences.

    Parameters
    ----------
    fun : callable
        Takes variables, one per point, and returns one variable. An `Op` will do.
    pt : sequence of float array
        Where to compare.
    n_tests : int
        How many random projections ``sum(u * fun(*pt))``, with u uniform in [0.5, 1.5), to try.
    rng : numpy.random.RandomState
    eps : float, optional
        Step of the differences.
    out_type : str, optional
        dtype of the output, if it is narrower than the points.
    abs_tol, rel_tol : float, optional
        Default 1e-4, 1e-2, 5e-2 for float64, float32, float16, by the narrowest point.
    mode : Mode or str, optional
    cast_to_output_type : bool
        Cast the projection to the dtype of the output.
    no_debug_ref : bool
        Use FAST_RUN for the function that is differenced in place of a slow mode.

    Raises
    ------
    GradientError
        At some element both the absolute and the relative error exceed their tolerance.
    TypeError
        A point is not of float dtype, or there is no `rng`.

    Examples
    --------
    >>> import theano.tensor as T
    >>> verify_grad(T.tanh, [np.asarray([0.1, 0.7])], rng=np.random.RandomState(1))
    """
    points = [np.array(p) for p in pt]
    _check_points(points, rng)
    narrow = next(d for d in _NARROW_FIRST if any(str(p.dtype) == d for p in points) or d == str(out_type))
    tolerances = [TOLERANCE[narrow] if t is None else t for t in (abs_tol, rel_tol)]
    inputs = [at.TensorType(str(p.dtype), [n == 1 for n in p.shape])(f"input {i}") for i, p in enumerate(points)]
    output = fun(*inputs)
    if isinstance(output, list | tuple):
        raise NotImplementedError(
            explain("verify_grad", f"a function of {len(output)} results", "wrap it so that it returns one of them")
        )
    modes = (mode_not_slow(mode) if no_debug_ref else mode, mode)
    weights = _projection_of(output, inputs, points, rng, modes[0])
    cost_fn, grad_fn = _functions(inputs, output, weights, modes, cast_to_output_type)
    for test in range(n_tests):
        if test:
            weights.set_value(_random_weights(rng, weights.get_value().shape, output))
        try:
            _compare(cost_fn, grad_fn, points, eps, out_type, *tolerances)
        except Exception as error:
            error.args += (f"The error happened in test {test}, at the points {points}",)
            raise


def _projection_of(output: Any, inputs: list, points: list, rng: Any, mode: Any) -> Any:
    """A shared variable with random weights in the shape that `output` has at the points."""
    shape = np.shape(function(inputs, output, mode=mode, on_unused_input="ignore")(*points))
    weights = _random_weights(rng, shape, output)
    return shared(weights, "random projection", broadcastable=output.type.broadcastable)


def _functions(inputs: list, output: Any, weights: Any, modes: tuple, cast_to_output_type: bool) -> tuple[Any, Any]:
    """The projection and its symbolic gradients, compiled."""
    projected = weights * output
    if cast_to_output_type:
        projected = at.cast(projected, output.type.dtype)
    cost = at.sum(projected)
    gradients = grad(cost, inputs, disconnected_inputs="ignore")
    return (
        function(inputs, cost, mode=modes[0], on_unused_input="ignore"),
        function(inputs, gradients, mode=modes[1], on_unused_input="ignore"),
    )


def _random_weights(rng: Any, shape: tuple[int, ...], output: Variable) -> np.ndarray:
    # RandomState draws by rand, the newer Generator by random
    values = rng.rand(*shape) if hasattr(rng, "rand") else rng.random(shape)
    dtype = output.type.dtype if output.type.dtype in TOLERANCE else "float64"
    return np.asarray(np.asarray(values) + 0.5, dtype=dtype)


def _compare(cost_fn: Any, grad_fn: Any, points: list, eps: Any, out_type: Any, abs_tol: float, rel_tol: float) -> None:
    differences = numeric_grad(cost_fn, points, eps, out_type)
    symbolic = grad_fn(*points)
    arg, position, absolute, relative = differences.max_err(symbolic, abs_tol, rel_tol)
    # comparisons with NaN are false, and NaN must fail
    if (absolute <= abs_tol) or (relative <= rel_tol):
        return
    raise GradientError(
        arg,
        position,
        points[arg].shape,
        float(differences.gf[arg].reshape(-1)[position]),
        float(np.asarray(symbolic[arg]).reshape(-1)[position]),
        absolute,
        relative,
        abs_tol,
        rel_tol,
    )


verify_grad.E_grad = GradientError  # type: ignore[attr-defined]
