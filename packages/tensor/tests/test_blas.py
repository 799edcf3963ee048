"""The BLAS ops that rewrites insert, by their NumPy meaning."""

import numpy as np
import pytest

import theano.tensor as T
from theano.configuration import change_flags
from theano.tensor import blas

R = np.random.RandomState(5)
Z, X, Y = R.rand(2, 4), R.rand(2, 3), R.rand(3, 4)


@pytest.mark.parametrize("beta", [0.0, 0.5])
def test_gemm(check, beta):
    z, x, y = T.dmatrices("zxy")
    a, b = T.dscalars("ab")
    check(blas.gemm_no_inplace(z, a, x, y, b), {z: Z, a: 2.0, x: X, y: Y, b: beta}, beta * Z + 2 * X @ Y)


def test_gemm_does_not_read_z_when_beta_is_zero(check):
    z, x, y = T.dmatrices("zxy")
    check(
        blas.gemm(z, 1.0 * T.constant(1.0, dtype="float64"), x, y, T.constant(0.0, dtype="float64")),
        {z: np.full((2, 4), np.nan), x: X, y: Y},
        X @ Y,
    )


def test_gemv_and_ger(check):
    y, x = T.dvectors("yx")
    a, alpha, beta = T.dmatrix("a"), T.dscalar("alpha"), T.dscalar("beta")
    u, v = R.rand(2), R.rand(3)
    check(blas.gemv(y, alpha, a, x, beta), {y: u, alpha: 2.0, a: X, x: v, beta: 3.0}, 3 * u + 2 * X @ v)
    check(blas.ger(a, alpha, y, x), {a: X, alpha: 2.0, y: u, x: v}, X + 2 * np.outer(u, v))


def test_dot22_forms(check):
    x, y, a = T.dmatrix("x"), T.dmatrix("y"), T.dscalar("a")
    check(blas._dot22(x, y), {x: X, y: Y}, X @ Y)
    check(blas._dot22scalar(x, y, a), {x: X, y: Y, a: 3.0}, 3 * X @ Y)


def test_inplace_forms_write_into_the_first_input():
    for op, inputs in (
        (blas.gemm_inplace, [Z.copy(), np.array(1.0), X, Y, np.array(1.0)]),
        (blas.gemv_inplace, [np.ones(2), np.array(1.0), X, np.ones(3), np.array(1.0)]),
        (blas.ger_destructive, [X.copy(), np.array(1.0), np.ones(2), np.ones(3)]),
    ):
        storage = [[None]]
        op.perform(op(*[T.as_tensor_variable(i) for i in inputs]).owner, inputs, storage)
        assert storage[0][0] is inputs[0]
        assert op.destroy_map == {0: [0]}


def test_names_and_equality():
    assert blas.gemm is blas.gemm_no_inplace == blas.Gemm(False)
    assert blas.gemm_inplace == blas.Gemm(True) != blas.gemm
    assert blas.gemm.destroy_map == {}
    assert str(blas.gemm_inplace) == "Gemm{inplace}"
    assert str(blas._dot22) == "_dot22"


@pytest.mark.parametrize(
    "bad",
    [
        lambda: blas.gemm(T.dmatrix(), 1.0, T.fmatrix(), T.dmatrix(), 1.0),
        lambda: blas.gemm(T.dvector(), T.dscalar(), T.dmatrix(), T.dmatrix(), T.dscalar()),
        lambda: blas._dot22(T.lmatrix(), T.lmatrix()),
        lambda: blas._dot22(T.dmatrix(), T.fmatrix()),
        lambda: blas.gemv(T.dvector(), T.dscalar(), T.dmatrix()),
        lambda: blas.batched_dot(T.dmatrix(), T.dvector()),
    ],
)
def test_bad_operands_are_type_errors(bad):
    with pytest.raises(TypeError):
        bad()


def test_lengths_must_agree(run):
    x, y = T.dmatrices("xy")
    with pytest.raises(ValueError, match="must agree"):
        run(blas._dot22(x, y), {x: X, y: X})


def test_ldflags_takes_the_flags_apart():
    with change_flags({"blas.ldflags": "-L/opt/lib -lopenblas -lm -O3"}):
        assert blas.ldflags() == ["openblas", "m"]
        assert blas.ldflags(libs=False, flags=True) == ["-O3"]
        assert blas.ldflags(libs=False, libs_dir=True) == ["/opt/lib"]
