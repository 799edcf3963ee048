"""New tensors: constants, ranges, diagonals, triangles."""

import numpy as np
import pytest

import theano.tensor as T

pytestmark = pytest.mark.c


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "uint16", "float16", "float32", "float64", "complex128"])
def test_constants_and_diagonals(agree, dtype):
    n, m, k = T.lscalars("nmk")
    outs = [T.alloc(np.zeros((), dtype), n, m), T.alloc(np.ones((), dtype), n, m), T.eye(n, m, k, dtype=dtype),
            T.tri(n, m, k, dtype=dtype)]  # fmt: skip
    for sizes in ((3, 5, 0), (5, 3, 1), (4, 4, -2), (3, 3, 9), (3, 3, -9), (0, 4, 0), (4, 0, 0), (1, 1, 0)):
        agree([n, m, k], outs, *sizes)


def test_large_zeros_are_fresh(agree):
    n = T.lscalar("n")
    f = agree([n], T.zeros((n, 1024)), 1024)
    first = f(1024)
    first += 1
    second = f(1024)
    assert first.all()
    assert not second.any()
    assert second.flags.owndata
    assert second.flags.writeable


def test_negative_zero_is_no_zero(native):
    n = T.lscalar("n")
    assert np.signbit(native([n], T.alloc(-0.0, n))(3)).all()


def test_alloc_of_rows(agree, native):
    v, n = T.dvector("v"), T.lscalar("n")
    f = agree([v, n], T.alloc(v, n, 3), np.arange(3.0), 4)
    agree([v, n], T.alloc(v, n, 3), np.zeros(1), 4)
    with pytest.raises(ValueError, match="does not broadcast"):
        f(np.arange(2.0), 4)
    with pytest.raises(ValueError, match="negative"):
        f(np.arange(3.0), -1)


@pytest.mark.parametrize("bounds", [(0, 5, 1), (5, 0, -2), (2, 2, 1), (3, 0, 1), (-7, 9, 3), (0, 1, 100)])
@pytest.mark.parametrize("dtype", ["int64", "float32", "float64"])
@pytest.mark.parametrize("inputs", ["int8", "int32", "int64"])
def test_ranges_of_integers(agree, bounds, dtype, inputs):
    parts = [T.scalar(name, inputs) for name in ("a", "b", "c")]
    agree(parts, T.arange(*parts, dtype=dtype), *(np.asarray(b, inputs) for b in bounds))
    agree(parts[1:2], T.arange(0, parts[1], 1, dtype=dtype), np.asarray(bounds[1], inputs))


@pytest.mark.parametrize(
    "bounds", [(0, 1, 0.1), (1, 0, -0.3), (0.5, 0.5, 1), (0, -1, 0.1), (1e-300, 0, -1e300), (0, 7.0, 2)]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ranges_of_floats(agree, bounds, dtype):
    parts = T.dscalars("abc")
    agree(parts, T.arange(*parts, dtype=dtype), *map(float, bounds), rtol=0)


def test_impossible_ranges(native):
    parts, floats = T.lscalars("abc"), T.dscalars("abc")
    with pytest.raises(ZeroDivisionError, match="step of 0"):
        native(parts, T.arange(*parts))(0, 3, 0)
    with pytest.raises(ZeroDivisionError, match="step of 0"):
        native(floats, T.arange(*floats))(0.0, 3.0, 0.0)
    for stop in (np.nan, np.inf):
        with pytest.raises(ValueError, match="too long"):
            native(floats, T.arange(*floats))(0.0, stop, 1.0)
    with pytest.raises(ValueError, match="too long"):
        native(parts, T.arange(*parts))(-(2**63), 2**63 - 1, 1)


def test_negative_sizes(native):
    n = T.lscalar("n")
    with pytest.raises(ValueError, match="negative"):
        native([n], T.eye(n))(-1)
