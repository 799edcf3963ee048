"""Matrix products through BLAS."""

import subprocess
import sys

import numpy as np
import pytest

import theano.tensor as T
from theano.tensor.blas import Dot22, Dot22Scalar, Gemm, Gemv, Ger, batched_dot

pytestmark = pytest.mark.c
rng = np.random.default_rng(11)
ZERO, ONE, TWO = (np.asarray(float(v)) for v in range(3))


def layouts(shape, dtype):
    """The same values as C ordered, Fortran ordered, strided, reversed and offset arrays."""
    value = rng.random(shape).astype(dtype)
    wide = np.repeat(np.repeat(value, 2, 0), 3, 1)[::2, ::3]
    return [value, np.asfortranarray(value), wide, np.ascontiguousarray(value[::-1, ::-1])[::-1, ::-1], wide.T.copy().T]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [(3, 4, 5), (1, 4, 5), (3, 4, 1), (3, 1, 5), (1, 1, 1), (20, 30, 40)])
def test_product_of_any_layout(agree, dtype, size):
    m, k, n = size
    x, y = T.matrix("x", dtype), T.matrix("y", dtype)
    f = agree([x, y], Dot22()(x, y), layouts((m, k), dtype)[0], layouts((k, n), dtype)[0], rtol=1e-5)
    for a in layouts((m, k), dtype):
        for b in layouts((k, n), dtype):
            np.testing.assert_allclose(f(a, b), a.astype("float64") @ b.astype("float64"), rtol=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "size", [(6, 10, 64), (7, 33, 65), (13, 5, 130), (97, 4, 17), (257, 3, 5), (2, 9, 4), (5, 0, 8)]
)
def test_few_rows(agree, width, size, dtype):
    """The second operand is read where it lies."""
    m, k, n = size
    z, x, y, a, b = (T.TensorType(dtype, (False,) * ndim)() for ndim in (2, 2, 2, 0, 0))
    values = [rng.random(s).astype(dtype) for s in ((m, n), (m, k), (k, n), (), ())]
    agree([z, x, y, a, b], Gemm(False)(z, a, x, y, b), *values, rtol=1e-5)
    values[1] = np.asfortranarray(values[1])
    values[2] = np.repeat(values[2], 2, 0)[::-2]
    agree([z, x, y, a, b], Gemm(False)(z, a, x, y, b), *values, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "size",
    [
        (60, 78, 10),
        (78, 60, 10),
        (130, 40, 10),
        (50, 300, 65),
        (40, 513, 33),
        (37, 70, 129),
        (200, 3, 50),
        (98, 530, 580),
    ],
)
def test_packed_products(native, width, size, dtype):
    """Panels of strided operands are packed; few columns of a transposed first operand are computed turned."""
    m, k, n = size
    z, x, y, a, b = (T.TensorType(dtype, (False,) * ndim)() for ndim in (2, 2, 2, 0, 0))
    f = native([z, a, x, y, b], Gemm(False)(z, a, x, y, b))
    start = rng.random((m, n)).astype(dtype)
    for p in layouts((m, k), dtype):
        for q in layouts((k, n), dtype)[:3]:
            product = p.astype("float64") @ q.astype("float64")
            for alpha, beta in ((1, 0), (0.5, 1), (2, -1.5)):
                found = f(np.full_like(start, np.nan) if beta == 0 else start, alpha, p, q, beta)
                np.testing.assert_allclose(found, alpha * product + beta * start, rtol=1e-4, atol=1e-4)
    p[:] = 1
    q[:] = 1
    q[0, 0] = np.inf  # columns beside it must not see what vectors hold beyond the matrix
    found = f(start, 1, p, q, 0)
    assert np.isinf(found[:, 0]).all()
    assert (found[:, 1:] == k).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equal_rows_and_columns_give_equal_bits(native, width, dtype):
    """Wherever they stand in a tile, and also in the last one."""
    if width == 0:
        pytest.skip("libraries promise nothing")
    x, y = (T.TensorType(dtype, (False, False))() for _ in range(2))
    f = native([x, y], Dot22()(x, y))
    for m, k, n in [(5, 40, 70), (11, 40, 70), (33, 520, 150), (150, 520, 300), (101, 33, 600), (300, 40, 7)]:
        a, b = np.tile(rng.random(k).astype(dtype), (m, 1)), np.tile(rng.random((k, 1)).astype(dtype), (1, n))
        for p in (a, np.asfortranarray(a)):
            for q in (b, np.asfortranarray(b)):
                found = f(p, q)
                assert (found == found[0, 0]).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "size", [(2, 3, 5), (5, 40, 70), (13, 9, 48), (61, 300, 100), (101, 33, 600), (300, 40, 7), (530, 17, 530)]
)
def test_stored_scaled_and_added_results_agree(native, width, dtype, size):
    """A result stored as it is, over NaN, has the bits of one that is scaled by a power of two or added to zeros.

    The largest size is a result that is asked for early.
    """
    if width == 0:
        pytest.skip("libraries promise nothing")
    m, k, n = size
    z, x, y, a, b = (T.TensorType(dtype, (False,) * ndim)() for ndim in (2, 2, 2, 0, 0))
    f = native([z, a, x, y, b], Gemm(False)(z, a, x, y, b))
    nothing = np.full((m, n), np.nan, dtype)
    for p in layouts((m, k), dtype)[:3]:
        for q in layouts((k, n), dtype)[:3]:
            plain = f(nothing, 1, p, q, 0)
            np.testing.assert_allclose(plain, p.astype("float64") @ q.astype("float64"), rtol=1e-4)
            assert (f(nothing, -2, p, q, 0) == -2 * plain).all()
            assert (f(np.zeros_like(plain), 1, p, q, 1) == plain).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tiles_of_every_size_agree(native, width, dtype):
    """Small results, stored as they are, have tiles of their own, of any height, with whole and other vectors."""
    if width == 0:
        pytest.skip("libraries promise nothing")
    z, x, y, a, b = (T.TensorType(dtype, (False,) * ndim)() for ndim in (2, 2, 2, 0, 0))
    f = native([z, a, x, y, b], Gemm(False)(z, a, x, y, b))
    for n in (5, 8, 11, 16, 20, 24, 32, 41, 64, 70):
        for m in range(2, 28):
            k = 900 if n == 20 else 7  # long ones for tiles that read the second operand less often
            p, q = rng.random((m, k)).astype(dtype), rng.random((k, n)).astype(dtype)
            plain = f(np.full((m, n), np.nan, dtype), 1, p, q, 0)
            np.testing.assert_allclose(plain, p.astype("float64") @ q.astype("float64"), rtol=1e-4)
            assert (f(np.zeros_like(plain), 1, p, q, 1) == plain).all()
            assert (f(np.zeros_like(plain), 1, np.asfortranarray(p), q, 1) == plain).all()


@pytest.mark.parametrize("size", [(0, 3, 4), (3, 0, 4), (3, 4, 0), (0, 0, 0)])
def test_empty_products(native, size):
    m, k, n = size
    x, y, z = T.dmatrices("x", "y", "z")
    assert np.array_equal(native([x, y], T.dot(x, y))(np.ones((m, k)), np.ones((k, n))), np.zeros((m, n)))
    f = native([z, x, y], Gemm(False)(z, ONE, x, y, TWO))
    assert np.array_equal(f(np.ones((m, n)), np.ones((m, k)), np.ones((k, n))), np.full((m, n), 2.0 + k))


def test_vectors(agree):
    m, v, w = T.dmatrix("m"), T.dvector("v"), T.dvector("w")
    a, b, c = rng.random((4, 6)), rng.random(12)[::2], rng.random(4)
    agree([m, v, w], [T.dot(m, v), T.dot(w, m), T.dot(v, v), T.dot(m.T, w), T.dot(m[:, ::-1], v[::-1])], a, b, c)


def test_scalars_of_gemm(agree):
    z, x, y, a, b = T.dmatrix("z"), T.dmatrix("x"), T.dmatrix("y"), T.dscalar("a"), T.dscalar("b")
    values = rng.random((3, 5)), rng.random((3, 4)), rng.random((4, 5)), 1.5, -0.5
    agree([z, x, y, a, b], Gemm(False)(z, a, x, y, b), *values)
    agree([x, y, a], Dot22Scalar()(x, y, a), *values[1:4])


def test_beta_zero_ignores_nan(native):
    z, x, y, v, w = T.dmatrix("z"), T.dmatrix("x"), T.dmatrix("y"), T.dvector("v"), T.dvector("w")
    nan = np.full((2, 2), np.nan)
    assert np.array_equal(native([z, x, y], Gemm(False)(z, ONE, x, y, ZERO))(nan, np.eye(2), np.eye(2)), np.eye(2))
    f = native([v, x, w], Gemv(False)(v, ONE, x, w, ZERO))
    assert f(nan[0], np.eye(2), np.ones(2)).tolist() == [1, 1]


def test_gemv_and_ger(agree):
    m, v, w = T.fmatrix("m"), T.fvector("v"), T.fvector("w")
    values = [rng.random((4, 3), "float32"), rng.random(4, "float32"), rng.random(3, "float32")]
    two, half = np.float32(2), np.float32(0.5)
    agree([m, v, w], Gemv(False)(v, two, m, w, half), *values, rtol=1e-5)
    agree([m, v, w], Ger(False)(m, half, v[::-1], w), *values, rtol=1e-5)


@pytest.mark.parametrize("ndims", [(3, 3), (2, 3), (3, 2), (2, 2)])
def test_batched(agree, ndims):
    x, y = (T.TensorType("float64", (False,) * n)() for n in ndims)
    a = rng.random((5, 2, 4)) if ndims[0] == 3 else rng.random((5, 4))
    b = rng.random((5, 4, 3)) if ndims[1] == 3 else rng.random((5, 4))
    agree([x, y], batched_dot(x, y), a, b)
    agree([x, y], batched_dot(x, y), a[::-1, ..., ::-1], b[::-1, ::-1])


def test_products_of_integers_run_in_python(agree):
    m = T.imatrix("m")
    agree([m], T.dot(m, m), np.arange(9, dtype="int32").reshape(3, 3), python_steps=1)


def test_lengths_that_differ(native):
    x, y, z = T.dmatrices("x", "y", "z")
    with pytest.raises(ValueError, match="dimension mismatch"):
        native([x, y], T.dot(x, y))(np.ones((2, 3)), np.ones((2, 3)))
    with pytest.raises(ValueError, match="rows of the sum"):
        native([z, x, y], Gemm(False)(z, ONE, x, y, ONE))(np.ones((3, 2)), np.ones((2, 2)), np.ones((2, 2)))


def test_environment_is_left_alone():
    """The core type of OpenBLAS is set only while SciPy loads it."""
    import os

    from theano.cpu.library import load_library

    before = os.environ.get("OPENBLAS_CORETYPE")
    assert load_library()
    assert os.environ.get("OPENBLAS_CORETYPE") == before


THREADS_OF_THE_LIBRARY = """
import ctypes, threading
import numpy as np, theano, theano.tensor as T
from theano.cpu import library as blas
from theano.cpu import _runtime
routines = blas._bundled_openblas()
if routines is None or not routines.get("set_threads"):
    raise SystemExit("skip")
setting = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(routines["set_threads"])
setting(3)
blas.load_library()
_runtime.lib.rt_limit_vectors(0)  # no own kernels
x, y = T.dmatrices("xy")
f = theano.function([x, y], T.dot(x, y.T))
def work():
    for n in (2, 7, 40, 300):
        a, b = np.ones((5, n)), np.ones((2 * n, n))
        assert (f(a, b) == n).all()
workers = [threading.Thread(target=work) for _ in range(4)]
[w.start() for w in workers]
[w.join() for w in workers]
assert setting(3) == 3, "the setting of others is as before"
"""


def test_threads_of_the_library_are_as_before():
    """Short products are left to the calling thread; what others have set stays."""
    done = subprocess.run([sys.executable, "-c", THREADS_OF_THE_LIBRARY], capture_output=True, text=True)
    if done.stderr.strip() == "skip":
        pytest.skip("a library whose threads cannot be told")
    assert done.returncode == 0, done.stderr


WITHOUT_LIBRARY = """
import sys
import numpy as np, theano, theano.tensor as T
from theano.cpu import _runtime
from theano.cpu.native_function import NativeFunction
if not _runtime.lib.rt_own_products():
    raise SystemExit("skip")
x, y, v = T.dmatrix("x"), T.dmatrix("y"), T.dvector("v")
f = theano.function([x, y, v], [T.dot(x, y), T.dot(x, v), T.dot(v, x.T)])
assert isinstance(f, NativeFunction)
rng = np.random.default_rng(1)
for m, k, n in [(1, 3, 1), (2, 3, 2), (5, 40, 3), (3, 40, 50), (70, 300, 20), (1, 9, 9), (9, 9, 1)]:
    a, b, c = rng.random((m, k)), rng.random((k, n)), rng.random(k)
    strange = np.lib.stride_tricks.as_strided(a, a.shape, (13 if m == 1 else a.strides[0], 8))
    for p in (a, np.asfortranarray(a), a[::-1, ::-1].copy()[::-1, ::-1], strange):
        for q in (b, np.asfortranarray(b), np.repeat(b, 2, 1)[:, ::2]):
            for found, expected in zip(f(p, q, c), (a @ b, a @ c, c @ a.T)):
                np.testing.assert_allclose(found, expected, rtol=1e-12)
assert "scipy" not in sys.modules
try:
    mapped = open("/proc/self/maps").read()
except OSError:
    raise SystemExit("skip")
assert "scipy.libs" not in mapped, "a library is loaded that nobody needs"
"""


def test_own_products_load_no_library():
    """Also for rows of which there is one, with a stride that lies between elements."""
    done = subprocess.run([sys.executable, "-c", WITHOUT_LIBRARY], capture_output=True, text=True)
    if done.stderr.strip() == "skip":
        pytest.skip("a processor without own products")
    assert done.returncode == 0, done.stderr
