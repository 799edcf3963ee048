"""Products become BLAS calls with their scales, sums and transposes."""

import numpy as np
import pytest

import theano.tensor as T

W, A, B, C = (T.dmatrix(name) for name in "WABC")
v, w = T.dvectors("v", "w")
s = T.dscalar("s")
i = T.imatrix("i")
INPUTS = [W, A, B, C, v, w, s, i]
rng = np.random.default_rng(0)
VALUES = [
    rng.normal(size=(3, 5)), rng.normal(size=(3, 4)), rng.normal(size=(4, 5)), rng.normal(size=(4, 3)),
    rng.normal(size=5),
    rng.normal(size=3), 0.7, rng.integers(0, 3, size=(3, 3)).astype("int32"),
]  # fmt: skip

CASES = {
    "dot": (lambda: T.dot(A, B), ["Dot22"]),
    "C + A.B": (lambda: W + T.dot(A, B), ["Gemm"]),
    "A.B + C": (lambda: T.dot(A, B) + W, ["Gemm"]),
    "C - A.B": (lambda: W - T.dot(A, B), ["Gemm"]),
    "A.B - C": (lambda: T.dot(A, B) - W, ["Gemm"]),
    "b*C + a*A.B": (lambda: s * W + 0.3 * T.dot(A, B), ["Gemm"]),
    "C - s*A.B": (lambda: W - s * T.dot(A, B), ["Gemm", "Neg"]),
    "C - A.B/s": (lambda: W - T.dot(A, B) / s, ["Gemm", "TrueDiv"]),
    "sgd": (lambda: W - 0.1 * T.dot(C.T, B), ["Gemm", "DimShuffle"]),
    "momentum": (lambda: 0.9 * W - s * T.dot(C.T, B), ["Gemm", "DimShuffle", "Neg"]),
    "with a third term": (lambda: W + T.dot(A, B) + T.exp(W), ["Gemm", "Exp", "Add"]),
    "two products": (lambda: T.dot(A, B) + T.dot(C.T, B) + W, ["Gemm", "Gemm", "DimShuffle"]),
    "s * A.B": (lambda: s * T.dot(A, B), ["Dot22Scalar"]),
    "A.B * 2 / s": (lambda: T.dot(A, B) * 2 / s, ["Dot22Scalar", "TrueDiv"]),
    "A.B + row": (lambda: T.dot(A, B) + v, ["Dot22", "DimShuffle", "Add"]),
    "matrix.vector": (lambda: T.dot(W, v), ["Shape_i", "AllocEmpty", "Gemv"]),
    "vector.matrix": (lambda: T.dot(w, W), ["Shape_i", "AllocEmpty", "DimShuffle", "Gemv"]),
    "vector + matrix.vector": (lambda: w + 2 * T.dot(W, v), ["Gemv"]),
    "outer": (lambda: W + s * T.outer(w, v), ["Ger", "DimShuffle", "DimShuffle", "DimShuffle", "DimShuffle"]),
    "integers": (lambda: T.dot(i, i), ["Dot"]),
    "vector.vector": (lambda: T.dot(v, v), ["Dot"]),
    "(A.B).T": (lambda: T.dot(A, B).T, ["DimShuffle", "DimShuffle", "Dot22"]),
}


@pytest.mark.parametrize(("expression", "left"), CASES.values(), ids=CASES)
def test_expression(rewriting, expression, left):
    out = expression()
    rewriting.same(INPUTS, out, *VALUES)
    found = rewriting.ops(INPUTS, out)
    if "Ger" in left:
        assert "Ger" in found
        assert "Add" not in found
        assert "Dot22" not in found
    else:
        assert sorted(found) == sorted(left)


def test_gradient_step_has_the_scales_of_gemm(rewriting):
    compiled = rewriting.compile(INPUTS, W - 0.1 * T.dot(C.T, B))
    (gemm,) = [n for n in compiled.maker.fgraph.toposort() if type(n.op).__name__ == "Gemm"]
    assert gemm.inputs[0].name == "W"
    assert float(gemm.inputs[1].data) == -0.1
    assert float(gemm.inputs[4].data) == 1.0


def test_a_product_that_is_used_twice_stays(rewriting):
    product = T.dot(A, B)
    out = [product + W, product * 2 + v]
    assert "Dot22" in rewriting.ops(INPUTS, out)
    rewriting.same(INPUTS, out[0], *VALUES)


def test_float32(rewriting):
    a, b, c = (T.fmatrix(name) for name in "abc")
    data = [rng.normal(size=shape).astype("float32") for shape in ((3, 4), (4, 5), (3, 5))]
    out = c - 0.5 * T.dot(a, b)
    assert rewriting.ops([a, b, c], out) == ["Gemm"]
    rewriting.same([a, b, c], out, *data, rtol=1e-5)


def test_mixed_dtypes_are_no_blas(rewriting):
    a = T.fmatrix("a")
    out = W + T.dot(a, B)
    left = rewriting.ops([W, a, B], out)
    assert "Gemm" not in left
    rewriting.same([W, a, B], out, VALUES[0], VALUES[1].astype("float32"), VALUES[2])


def test_steps_can_be_excluded(rewriting):
    out = W + T.dot(A, B)
    assert rewriting.ops(INPUTS, out, excluding=("fusion", "gemm_optimizer")) == ["Dot22", "Add"]
    assert rewriting.ops(INPUTS, out, excluding=("fusion", "BlasOpt")) == ["Dot", "Add"]
    assert rewriting.ops(INPUTS, out, optimizer="fast_compile") == ["Dot22", "Add"]


def test_gemm_does_not_read_a_row_as_matrix(rewriting):
    row = T.drow("row")
    out = row + T.dot(A, B)
    assert "Gemm" not in rewriting.ops([row, A, B], out)
    rewriting.same([row, A, B], out, rng.normal(size=(1, 5)), VALUES[1], VALUES[2])


def test_weight_decay_goes_into_the_scale_of_the_target(rewriting):
    out = W - 0.1 * (T.dot(C.T, B) + 0.02 * W)
    assert sorted(rewriting.ops(INPUTS, out)) == ["DimShuffle", "Gemm"]
    rewriting.same(INPUTS, out, *VALUES)
    symbolic = W - s * (T.dot(C.T, B) + 0.02 * W + T.exp(W))
    assert rewriting.ops(INPUTS, symbolic).count("Gemm") == 1
    rewriting.same(INPUTS, symbolic, *VALUES)


def test_inner_sums_without_products_keep_their_scale(rewriting):
    out = W - T.dot(A, B) - 0.5 * (T.exp(W) + T.tanh(W))
    rewriting.same(INPUTS, out, *VALUES)
    assert rewriting.ops(INPUTS, out).count("Mul") == 1


@pytest.mark.parametrize("wrap", [T.tanh, lambda v: T.exp(v) * 2])
def test_a_sum_that_elementwise_work_reads_is_added_there(rewriting, wrap):
    """Fused, the addition costs nothing; a gemm would have to copy the matrix it adds to."""
    out = wrap(W + T.dot(A, B))
    left = rewriting.ops(INPUTS, out)
    assert "Gemm" not in left
    assert "Dot22" in left
    rewriting.same(INPUTS, out, *VALUES)
