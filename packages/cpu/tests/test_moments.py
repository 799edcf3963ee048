"""Sums and squared deviations that one sweep finds: where that happens. Their values: tests/test_moments_native.py."""

import pytest

from theano.codegen import Expr, Kernel, Out, ReduceSweep, k
from theano.codegen.kernel import FinalSweep
from theano.cpu.kernels import ANY_LENGTH, KernelRequest, compile_kernels
from theano.cpu.moments import Moments, by_length, with_moments

pytestmark = pytest.mark.c


def load(dtype="float64"):
    return Expr("load", (), dtype, 0)


def kernel(about, dtype="float64"):
    """The sum, and the squares of what is left without `about`."""
    x, n = load(dtype), Expr("load", (), dtype, 1)
    total = Expr("acc", (), "float64", 0)
    d = x - about(k.cast(total, dtype), n)
    sweeps = (
        ReduceSweep(0, "add", k.cast(x, "float64"), "float64"),
        ReduceSweep(1, "add", k.cast(d * d, "float64"), "float64"),
        FinalSweep((0, 1), (total, Expr("acc", (), "float64", 1))),
    )
    outs = (Out("float64", True), Out("float64", True))
    return Kernel((dtype, dtype), outs, sweeps, (), ("float64", "float64"))


def test_one_sweep_does_both():
    found = with_moments(kernel(lambda total, n: total / n), "VS")
    assert [type(s) for s in found] == [Moments, FinalSweep]
    assert (found[0].sums, found[0].squares, found[0].load) == (0, 1, load())
    narrow = with_moments(kernel(lambda total, n: total / n, "float32"), "VS")
    assert isinstance(narrow[0], Moments)


@pytest.mark.parametrize("modes", ["VV", "SS"])
def test_what_moves_along_the_row_is_no_mean(modes):
    two = kernel(lambda total, n: total / n)
    assert with_moments(two, modes) == two.sweeps


@pytest.mark.parametrize(("dtype", "most"), [("float32", 96), ("float64", 4096)])
def test_long_rows_among_many_have_one_sweep_and_short_ones_two(dtype, most):
    two = kernel(lambda total, n: total / n, dtype)
    found = by_length(two, "VS")
    assert [type(s) for s, _ in found] == [Moments, ReduceSweep, ReduceSweep, FinalSweep]
    assert [s for s, _ in found[1:]] == list(two.sweeps)
    assert [lengths for _, lengths in found] == [(most + 1, ANY_LENGTH[1]), (0, most), (0, most), ANY_LENGTH]
    (alone,), (many,) = (compile_kernels([KernelRequest(two, "VS", (), lanes)]) for lanes in ("", "VS"))
    assert [s.sums for s in alone.sweeps] == [0, -1]
    assert [s.sums for s in many.sweeps] == [0, -1, -1, -1]
    assert [s.sums for s in many.lane_sweeps] == [-1] * len(many.lane_sweeps)


def test_many_rows_without_deviations_keep_their_sweeps():
    two = kernel(lambda total, n: total / n)
    assert by_length(two, "VV") == tuple((sweep, ANY_LENGTH) for sweep in two.sweeps)
