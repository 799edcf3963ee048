"""Sparse types, products, sums and conversions against SciPy."""

import numpy as np
import pytest
import scipy.sparse as sp

import theano
from theano import sparse, tensor
from theano.graph import Apply

rng = np.random.default_rng(3)


def sample(m, n, format="csr", dtype="float64", density=0.4):
    return sp.random(m, n, density, format=format, random_state=rng, dtype="float64").astype(dtype)


def dense(value):
    return value.toarray() if sp.issparse(value) else np.asarray(value)


def evaluate(expression, values):
    return theano.function(list(values), expression)(*values.values())


FORMATS = ["csr", "csc"]


def test_types_are_equal_by_format_and_dtype():
    assert sparse.SparseType("csr", "float32") == sparse.SparseType("csr", "float32")
    assert sparse.SparseType("csr", "float32") != sparse.SparseType("csc", "float32")
    with pytest.raises(NotImplementedError, match="format"):
        sparse.SparseType("coo", "float32")
    with pytest.raises(NotImplementedError, match="dtype"):
        sparse.SparseType("csr", "float16")


def test_filter_converts_formats_and_refuses_loss():
    t = sparse.SparseType("csr", "float32")
    value = sample(3, 4, "csc", "float32")
    assert t.filter(value).format == "csr"
    with pytest.raises(TypeError, match="strictly"):
        t.filter(value, strict=True)
    with pytest.raises(NotImplementedError, match="precision"):
        t.filter(sample(3, 4))
    assert t.filter(sample(3, 4), allow_downcast=True).dtype == "float32"
    with pytest.raises(TypeError, match="SciPy sparse"):
        t.filter(np.eye(3))


def test_conversion_to_variables():
    x = sparse.csr_matrix("x")
    assert sparse.as_sparse_variable(x) is x
    assert sparse.as_sparse(sample(2, 2)).data.nnz >= 0
    with pytest.raises(TypeError, match="csr_from_dense"):
        sparse.as_sparse_variable(tensor.dmatrix())
    with pytest.raises(TypeError, match="SciPy"):
        sparse.as_sparse_variable(np.eye(2))
    node = sparse.csm_properties(x)[0].owner
    assert isinstance(node, Apply)
    with pytest.raises(ValueError, match="4 outputs"):
        sparse.as_sparse_variable(node)
    assert x.dtype == theano.config.floatX
    assert (x.ndim, x.format) == (2, "csr")


@pytest.mark.parametrize("format", FORMATS)
def test_parts_and_back(format):
    value = sample(4, 3, format)
    x = sparse.matrix(format, dtype="float64")
    data, indices, indptr, shape = sparse.csm_properties(x)
    assert indices.type.dtype == "int32"
    back = sparse.CSM(format)(data * 2, indices, indptr, shape)
    assert np.array_equal(dense(evaluate(back, {x: value})), 2 * dense(value))
    with pytest.raises(TypeError, match="vector of values"):
        sparse.CSM(format)(tensor.dmatrix(), indices, indptr, shape)
    with pytest.raises(TypeError, match="vector of integers"):
        sparse.CSM(format)(data, data, indptr, shape)
    with pytest.raises(ValueError, match="bsr"):
        sparse.CSM("bsr")


@pytest.mark.parametrize("format", FORMATS)
def test_dense_and_back(format):
    value = sample(4, 3, format)
    x = sparse.matrix(format, dtype="float64")
    assert np.array_equal(evaluate(sparse.dense_from_sparse(x), {x: value}), dense(value))
    assert np.array_equal(evaluate(x.toarray(), {x: value}), dense(value))
    d = tensor.dmatrix()
    made = evaluate(sparse.csc_from_dense(d), {d: dense(value)})
    assert made.format == "csc"
    assert np.array_equal(dense(made), dense(value))
    v = tensor.dvector()
    assert evaluate(sparse.csr_from_dense(v), {v: np.array([0, 1.0, 2])}).shape == (1, 3)
    with pytest.raises(TypeError, match="two dimensions"):
        sparse.csr_from_dense(tensor.dtensor3())


def test_shape_transpose_neg_cast():
    value = sample(4, 3)
    x = sparse.csr_matrix(dtype="float64")
    shape, turned, negated, cast = theano.function([x], [x.shape, x.T, -x, x.astype("float32")])(value)
    assert tuple(shape) == (4, 3)
    assert turned.format == "csc"
    assert np.array_equal(dense(turned), dense(value).T)
    assert np.array_equal(dense(negated), -dense(value))
    assert cast.dtype == "float32"
    assert evaluate(x.size, {x: value}) == 12


@pytest.mark.parametrize("op", ["add", "sub", "mul"])
@pytest.mark.parametrize("forms", ["ss", "sd", "ds"])
def test_elementwise_operations(op, forms):
    a, b = sample(4, 3), sample(4, 3, "csc")
    values = [v if form == "s" else dense(v) for v, form in zip((a, b), forms, strict=True)]
    variables = [
        sparse.matrix(v.format, dtype="float64") if form == "s" else tensor.dmatrix()
        for v, form in zip((a, b), forms, strict=True)
    ]
    symbol = {"add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y}[op]
    result = evaluate(symbol(*variables), dict(zip(variables, values, strict=True)))
    assert np.allclose(dense(result), symbol(dense(a), dense(b)))
    assert sp.issparse(result) == (op == "mul" or forms == "ss")


def test_two_dense_operands_are_refused():
    d = tensor.dmatrix()
    with pytest.raises(AssertionError, match=r"theano\.tensor"):
        sparse.add(d, d)
    with pytest.raises(TypeError, match=r"theano\.tensor\.dot"):
        sparse.dot(d, d)
    with pytest.raises(TypeError, match=r"theano\.tensor\.dot"):
        sparse.structured_dot(d, d)


def test_wrong_shapes_are_refused_at_run_time():
    x, y = sparse.csr_matrix(dtype="float64"), sparse.csr_matrix(dtype="float64")
    with pytest.raises(ValueError, match="equal shapes"):
        evaluate(x + y, {x: sample(2, 3), y: sample(3, 2)})
    with pytest.raises(ValueError, match="inner lengths"):
        evaluate(sparse.dot(x, y), {x: sample(2, 3), y: sample(2, 3)})


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_sums(format, axis):
    value = sample(4, 3, format)
    x = sparse.matrix(format, dtype="float64")
    assert np.allclose(evaluate(sparse.sp_sum(x, axis), {x: value}), dense(value).sum(axis))


def test_a_sum_over_another_axis_is_refused():
    with pytest.raises(ValueError, match="axis 2"):
        sparse.sp_sum(sparse.csr_matrix(), 2)


def test_stacks():
    a, b = sample(2, 3), sample(2, 3, "csc")
    x, y = sparse.csr_matrix(dtype="float64"), sparse.csc_matrix(dtype="float64")
    values = {x: a, y: b}
    assert np.array_equal(dense(evaluate(sparse.hstack([x, y]), values)), np.hstack([dense(a), dense(b)]))
    made = evaluate(sparse.vstack([x, y], format="csr"), values)
    assert made.format == "csr"
    assert np.array_equal(dense(made), np.vstack([dense(a), dense(b)]))


@pytest.mark.parametrize("format", FORMATS)
def test_products(format):
    a, b = sample(4, 3, format), rng.normal(size=(3, 2))
    x, d, v = sparse.matrix(format, dtype="float64"), tensor.dmatrix(), tensor.dvector()
    assert np.allclose(evaluate(sparse.dot(x, d), {x: a, d: b}), dense(a) @ b)
    assert np.allclose(
        evaluate(sparse.dot(d, x), {d: b.T, x: a.T.tocsr() if format == "csr" else a.T.tocsc()}), b.T @ dense(a).T
    )
    assert np.allclose(evaluate(sparse.dot(x, v), {x: a, v: b[:, 0]}), dense(a) @ b[:, 0])
    assert np.allclose(evaluate(sparse.structured_dot(x, d), {x: a, d: b}), dense(a) @ b)
    assert np.allclose(evaluate(theano.dot(x, d), {x: a, d: b}), dense(a) @ b)
    squared = evaluate(sparse.structured_dot(x, x.T), {x: a})
    assert sp.issparse(squared)
    assert np.allclose(dense(squared), dense(a) @ dense(a).T)
    true = evaluate(sparse.true_dot(x, d), {x: a, d: b})
    assert sp.issparse(true)
    assert np.allclose(dense(true), dense(a) @ b)


def test_shared_sparse_matrices():
    value = sample(3, 3)
    w = theano.shared(value, name="w")
    assert isinstance(w, sparse.SparseTensorSharedVariable)
    value.data[:] = 7
    assert not np.array_equal(dense(w.get_value()), dense(value)), "shared copies its value"
    f = theano.function([], sparse.sp_sum(w), updates={w: w * np.float64(2)})
    first, second = f(), f()
    assert np.allclose(second, 2 * first)
    with pytest.raises(TypeError, match="SciPy"):
        sparse.shared(np.eye(2))


def test_constants_in_expressions_merge_by_value():
    value = sample(3, 3)
    a, b = sparse.constant(value), sparse.constant(value.copy())
    assert a.equals(b)
    d = tensor.dmatrix()
    assert np.allclose(evaluate(sparse.dot(value, d), {d: np.eye(3)}), dense(value))
