"""Every reduction keeps the contract: values from elsewhere, dtypes, axes, gradients, layouts, backends."""

from __future__ import annotations

import math

import numpy as np
import pytest

import theano
from theano import tensor
from theano.testing import Sample, check

NUMBERS = np.random.default_rng(7)
CUBE = NUMBERS.permutation(np.linspace(-2, 2, 60)).reshape(3, 4, 5) + 0.013
AXES = [None, 0, 1, 2, -1, (0, 1), (0, 2), (1, 2), (0, 1, 2), [2, 0], ()]
DISCRETE = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def reduced(one, dtype=None):
    """Reduce with a Python function of a list of numbers, in C order of the reduced axes."""

    def expected(x, axis=None, keepdims=False):
        axes = range(x.ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
        axes = sorted(a % x.ndim for a in axes)
        kept = [a for a in range(x.ndim) if a not in axes]
        rows = x.transpose(kept + axes).reshape([x.shape[a] for a in kept] + [-1])
        out = np.empty(rows.shape[:-1], dtype or "float64")
        for place in np.ndindex(out.shape):
            out[place] = one(rows[place].tolist())
        return out.reshape([1 if a in axes else n for a, n in enumerate(x.shape)]) if keepdims else out

    return expected


def mean(numbers):
    return math.fsum(numbers) / len(numbers)


def variance(numbers, ddof=0):
    middle = mean(numbers)
    return math.fsum((n - middle) ** 2 for n in numbers) / (len(numbers) - ddof)


def first(numbers, best):
    return numbers.index(best(numbers))


VALUES = {
    "sum": math.fsum, "prod": math.prod, "mean": mean, "var": variance, "std": lambda n: math.sqrt(variance(n)),
    "max": max, "min": min,
}  # fmt: skip


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("name", VALUES)
def test_float_reductions(name, axis, keepdims):
    if axis == () and name not in ("sum", "prod"):
        pytest.skip("an empty tuple of axes is specified for sum and prod only")
    expected = reduced(VALUES[name])
    axes = tuple(axis) if isinstance(axis, list) else axis
    empty = lambda x: getattr(np, name)(x, axes, keepdims=keepdims)  # noqa: E731
    sample = Sample([CUBE], lambda x: expected(x, axis, keepdims) if x.size else empty(x))
    derivatives = axis in (None, 1, (0, 2))
    report = check(
        lambda x: getattr(tensor, name)(x, axis=axis, keepdims=keepdims),
        [sample],
        dtype="float64",
        gradient=derivatives,
        forward=derivatives,
        layouts=not keepdims and name in ("sum", "max"),
    )
    assert {"shape", "cpu"} <= report.done


@pytest.mark.parametrize("axis", [None, 0, 2, (0, 2)], ids=str)
@pytest.mark.parametrize(("name", "best"), [("argmax", max), ("argmin", min)])
def test_positions_of_extrema(name, best, axis):
    expected = reduced(lambda n: first(n, best), "int64")
    ties = NUMBERS.integers(0, 3, (3, 4, 5)).astype("float64")
    samples = [Sample([x], expected(x, axis)) for x in (CUBE, ties, ties.astype("int8"), ties > 1)]
    check(lambda x: getattr(tensor, name)(x, axis=axis), samples, dtype="int64")


@pytest.mark.parametrize("axis", [None, 1, (0, 2)], ids=str)
def test_maximum_with_its_position(axis):
    values, places = reduced(max), reduced(lambda n: first(n, max), "int64")
    check(lambda x: tensor.max_and_argmax(x, axis=axis), [Sample([CUBE], [values(CUBE, axis), places(CUBE, axis)])],
          gradient=True, forward=True)  # fmt: skip


@pytest.mark.parametrize("axis", [None, 0, -1], ids=str)
@pytest.mark.parametrize("name", ["any", "all"])
def test_logical_reductions(name, axis):
    expected = reduced(getattr(__import__("builtins"), name), "bool")
    data = NUMBERS.integers(0, 2, (4, 6))
    samples = [Sample([x], expected(x, axis)) for x in (data > 0, np.ones((2, 3), bool), np.zeros((2, 3), bool))]
    check(lambda x: getattr(tensor, name)(x, axis=axis), samples, dtype="bool")


@pytest.mark.parametrize("axis", [None, 0, 1], ids=str)
def test_spread(axis):
    expected = reduced(lambda n: max(n) - min(n))
    check(lambda x: tensor.ptp(x, axis=axis), [Sample([CUBE], expected(CUBE, axis))], gradient=True, forward=True)


@pytest.mark.parametrize("ddof", [1, 2])
def test_degrees_of_freedom(ddof):
    for name, root in (("var", lambda v: v), ("std", math.sqrt)):
        expected = reduced(lambda n, root=root: root(variance(n, ddof)))(CUBE, 1)
        check(
            lambda x, name=name: getattr(tensor, name)(x, axis=1, ddof=ddof), [Sample([CUBE], expected)], gradient=True
        )


def extremes(dtype):
    if dtype == "bool":
        return NUMBERS.integers(0, 2, (3, 7)) > 0
    bounds = np.iinfo(dtype)
    data = NUMBERS.integers(max(-9, bounds.min), 9, (3, 7)).astype(dtype)
    data[0, :3] = bounds.max, bounds.min, bounds.max
    return data


@pytest.mark.parametrize("dtype", DISCRETE)
def test_discrete_reductions_widen_and_wrap_around(dtype):
    wide = "uint64" if dtype.startswith("uint") else "int64"
    wrap = lambda n: np.array(int(n) % 2**64, "uint64").astype(wide)  # noqa: E731
    data = extremes(dtype)
    for axis in (None, 0, 1):
        for name, one in (("sum", sum), ("prod", math.prod)):
            expected = reduced(lambda n, one=one: wrap(one(n)), wide)(data, axis)
            check(lambda x, n=name, a=axis: getattr(tensor, n)(x, axis=a), [Sample([data], expected)], dtype=wide,
                  layouts=False)  # fmt: skip
        for name, one in (("max", max), ("min", min)):
            expected = reduced(one, dtype)(data, axis)
            check(lambda x, n=name, a=axis: getattr(tensor, n)(x, axis=a), [Sample([data], expected)], dtype=dtype,
                  layouts=False)  # fmt: skip
    for name in ("mean", "var", "std"):
        # the sum under a mean of 64-bit integers may wrap around
        rows = data[1:] if np.dtype(dtype).itemsize == 8 else data
        expected = reduced(VALUES[name])(rows, 1)
        check(lambda x, n=name: getattr(tensor, n)(x, axis=1), [Sample([rows], expected)], dtype="float64",
              layouts=False, tolerance=(1e-9, 1e-9))  # fmt: skip


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", VALUES)
def test_narrow_floats_keep_their_dtype(name, dtype):
    data = CUBE.astype(dtype)
    expected = reduced(VALUES[name])(data.astype("float64"), 2)
    check(lambda x: getattr(tensor, name)(x, axis=2), [Sample([data], expected)], dtype=dtype)


def test_narrow_sums_are_accumulated_in_wide_floats():
    many = np.full(30_000, 0.1, "float32")
    found = theano.function([x := tensor.fvector()], [tensor.sum(x), tensor.mean(x)])(many)
    assert found[0] == np.float32(math.fsum(many.tolist()))
    assert found[1] == np.float32(math.fsum(many.tolist()) / len(many))


def test_long_rows_are_summed_accurately():
    many = NUMBERS.normal(size=200_003)
    for array in (many, many[::-1], np.repeat(many, 2)[::2]):
        found = theano.function([x := tensor.dvector()], tensor.sum(x))(array)
        assert abs(found - math.fsum(many.tolist())) < 1e-9


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["sum", "prod", "mean", "max", "min", "var"])
@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 3, 8])
def test_special_values_come_through(name, special, place, dtype):
    data = np.linspace(1, 2, 36).reshape(4, 9).astype(dtype)
    data[1, place] = special
    data[2, [place, place - 1]] = special, -special
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(data.astype("float64"), axis=1).astype(dtype)
    check(
        lambda x: getattr(tensor, name)(x, axis=1),
        [Sample([data], expected, gradient=False)],
        dtype=dtype,
        layouts=False,
    )


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_the_first_nan_is_the_extremum(name):
    data = np.array([[1.0, np.nan, 3.0, np.nan], [4.0, 2.0, 4.0, 2.0], [np.inf, -np.inf, np.inf, -np.inf]])
    expected = {"argmax": [1, 0, 0], "argmin": [1, 1, 1]}[name]
    check(lambda x: getattr(tensor, name)(x, axis=1), [Sample([data], np.array(expected), gradient=False)])


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_reductions_of_nothing(shape):
    data = np.zeros(shape)
    for axis in (None, 0, 1):
        for name, neutral in (("sum", 0.0), ("prod", 1.0), ("any", False), ("all", True)):
            expected = np.full(np.sum(data, axis=axis).shape, neutral)
            for i, n in enumerate(np.delete(shape, axis if axis is not None else [0, 1])):
                assert expected.shape[i] == n
            if axis is None or shape[axis] == 0:
                source = data > 0 if name in ("any", "all") else data
                check(
                    lambda x, n=name, a=axis: getattr(tensor, n)(x, axis=a),
                    [Sample([source], expected, gradient=False)],
                )


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int8", "uint8", "int64", "bool"])
def test_nothing_has_no_extremum(name, dtype):
    for axis in (None, 0):
        x = tensor.TensorType(dtype, (False, False))("x")
        for mode in (theano.Mode("py", None), theano.Mode("cvm", None), "FAST_RUN"):
            f = theano.function([x], [getattr(tensor, name)(x, axis=axis)], mode=mode)
            with pytest.raises(ValueError):
                f(np.zeros((0, 3), dtype))


@pytest.mark.parametrize("zeros", [0, 1, 2])
def test_gradient_of_a_product_with_zeros(zeros):
    data = np.linspace(1, 2, 8).reshape(2, 4)
    data[0, :zeros] = 0
    check(lambda x: tensor.prod(x, axis=1), [Sample([data], reduced(math.prod)(data, 1))], gradient=True)


def test_chosen_dtypes():
    data = np.arange(6, dtype="int8").reshape(2, 3)
    for dtype in ("int8", "float32", "float64", "complex128"):
        check(lambda x, d=dtype: tensor.sum(x, axis=0, dtype=d), [Sample([data], data.sum(0))], dtype=dtype)
    check(lambda x: tensor.mean(x, dtype="float32"), [Sample([data], 2.5)], dtype="float32")
    # the accumulator is what overflows
    big = np.array([3e38, 3e38, -3e38, -3e38], "float32")
    with np.errstate(all="ignore"):
        check(lambda x: tensor.sum(x), [Sample([big], 0.0)], dtype="float32", layouts=False)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (2, 130), (130, 2), (65, 3), (1, 1000)])
def test_shapes_around_the_width_of_vectors(shape):
    data = NUMBERS.normal(size=shape)
    for axis in (None, 0, 1):
        for name in ("sum", "max"):
            expected = reduced(VALUES[name])(data, axis)
            sample = Sample([data], expected, broadcastable=[(False, False)])
            check(
                lambda x, n=name, a=axis: getattr(tensor, n)(x * 1.0, axis=a), [sample], gradient=False, forward=False
            )
