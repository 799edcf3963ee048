"""What Python and NumPy ask of a variable: symbolic where there is such a form, refused with advice elsewhere."""

import math
import operator

import numpy as np
import pytest

import theano
import theano.scalar
import theano.tensor as T
from theano.compile import Mode

PLAIN = Mode(linker="py", optimizer=None)
M = np.array([[1.5, -2.0, 0.25], [4.0, 3.0, -1.0]])
rng = np.random.default_rng(3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (float, "float(amount)"),
        (int, "int(amount)"),
        (complex, "complex(amount)"),
        (range, "arange"),
        (operator.index, "amount"),
        (math.exp, "float(amount)"),
        (lambda n: [1, 2, 3][n], "amount"),
        (lambda n: [1, 2, 3][:n], "amount"),
        (lambda n: np.zeros((n, 2)), "amount"),
        (lambda n: f"{float(n):.2f}", "eval()"),
        (lambda n: 3 in n, "eq(x, value)"),
        (list, "iterate over amount"),
        (lambda n: n[0], "index amount"),
    ],
)
def test_numbers_that_a_variable_is_not(call, words):
    with pytest.raises((TypeError, IndexError)) as caught:
        call(T.iscalar("amount"))
    text = str(caught.value)
    assert words in text
    assert "amount" in text
    assert "\n  Do: " in text


def test_length_is_refused_and_nobody_is_misled():
    x = T.dvector("x")
    with pytest.raises(TypeError, match=r"len\(x\).*(?s:.)*x\.shape\[0\]"):
        len(x)
    with pytest.raises(TypeError, match=r"len\(Shape\(x\)\).*(?s:.)*x\.ndim"):
        len(x.shape)
    for name in ("__len__", "__float__", "__int__", "__index__"):
        assert not hasattr(x, name)
    # who asks for a length and can do without goes on
    known = T.as_tensor_variable([x[0], x[1], x[2]])
    assert len(list(known)) == 3
    assert len([*known]) == 3
    assert np.array(x).shape == ()
    pair = np.array([x, x * 2])
    assert pair.shape == (2,)
    assert pair.dtype == object
    assert pair[0] is x
    with pytest.raises(ValueError, match="sequence"):
        np.asarray(x, dtype="float64")
    assert bool(x)


def test_where_the_value_is_to_be_found():
    with pytest.raises(TypeError, match="get_value"):
        float(theano.shared(3.0, name="s"))
    with pytest.raises(TypeError, match=r"\.data"):
        float(T.constant(3.0))
    with pytest.raises(TypeError, match=r"float\(z\)"):
        float(theano.scalar.float64("z"))


def test_a_comparison_is_named():
    x = T.dvector("x")
    with pytest.raises(TypeError, match=r"(?s)gt.*\(x, .*ifelse.*maximum"):
        max(x, x + 1)


NUMPY_CALLS = {
    "sum": lambda x: np.sum(x),
    "sum with axis": lambda x: np.sum(x, axis=0, keepdims=True),
    "sum with all arguments": lambda x: np.sum(x, 1, "float64", None, True),
    "mean": lambda x: np.mean(x, 1),
    "prod": lambda x: np.prod(x),
    "max": lambda x: np.max(x, axis=1),
    "amin": lambda x: np.amin(x),
    "std": lambda x: np.std(x, axis=1, ddof=1),
    "var": lambda x: np.var(x),
    "any": lambda x: np.any(x > 3),
    "argmax": lambda x: np.argmax(x),
    "argmin with axis": lambda x: np.argmin(x, axis=0),
    "dot": lambda x: np.dot(x, M.T),
    "dot, array first": lambda x: np.dot(M.T, x),
    "tensordot": lambda x: np.tensordot(x, M, axes=([0, 1], [0, 1])),
    "where": lambda x: np.where(x > 0, x, 0.0),
    "concatenate": lambda x: np.concatenate([x, M], axis=1),
    "stack": lambda x: np.stack([M, x], axis=1),
    "clip": lambda x: np.clip(x, 0, 1),
    "reshape": lambda x: np.reshape(x, (3, -1)),
    "transpose": lambda x: np.transpose(x),
    "tile": lambda x: np.tile(x, (2, 1)),
    "outer": lambda x: np.outer(x[0], x[1]),
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "sort": lambda x: np.sort(x),
    "shape": lambda x: np.shape(x),
    "size": lambda x: np.size(x),
    "ravel": lambda x: np.ravel(x),
    "zeros_like": lambda x: np.zeros_like(x),
    "allclose": lambda x: np.allclose(x, M),
    "diagonal": lambda x: np.diagonal(x, 1),
    "take": lambda x: np.take(x, [2, 0], axis=1),
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "divmod": lambda x: divmod(np.array([7.0, 8.0, 9.0]), x)[1],
    "divmod of a NumPy number": lambda x: divmod(np.float64(7), x)[0],
    "fabs": lambda x: np.fabs(x),
    "positive": lambda x: np.positive(x),
    "isfinite": lambda x: np.isfinite(1 / (x - 3)),
    "logical_and": lambda x: np.logical_and(x, x > 1),
    "logical_or": lambda x: np.logical_or(x - 3, x > 1),
    "logical_xor": lambda x: np.logical_xor(x - 3, x > 1),
    "logical_not": lambda x: np.logical_not(x - 3),
}


@pytest.mark.parametrize("call", NUMPY_CALLS.values(), ids=list(NUMPY_CALLS))
def test_numpy_functions_give_their_symbolic_form(call):
    x = T.dmatrix("x")
    result = theano.function([x], call(x), mode=PLAIN)(M)
    with np.errstate(divide="ignore"):
        expected = call(M)
    assert np.shape(result) == np.shape(expected)
    np.testing.assert_allclose(result, expected, rtol=1e-12)


def test_facts_stay_numbers():
    assert np.ndim(T.dmatrix()) == 2
    assert np.iscomplexobj(T.zmatrix())
    assert not np.iscomplexobj(T.dmatrix())


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.logaddexp(x, 1.0),
        lambda x: np.add.reduce(x),
        lambda x: np.exp(x, out=np.zeros(3)),
        lambda x: np.ones(3).__iadd__(x),
        lambda x: np.vstack([x, x]),
        lambda x: np.where(x),
        lambda x: np.std(x, 0, "float32"),
        lambda x: np.reshape(x, (3, 2), order="F"),
        lambda x: np.linalg.det(x),
        lambda x: np.linalg.norm(x),
        lambda x: np.fft.fft(x),
    ],
)
def test_other_numpy_functions_are_refused(call):
    with pytest.raises(TypeError, match=r"(?s)numpy\..*weights.*symbolic.*theano\.tensor"):
        call(T.dmatrix("weights"))


def test_another_class_may_answer():
    class Foreign:
        def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
            return "mine"

    assert np.logaddexp(T.dvector(), Foreign()) == "mine"


def test_indices_name_what_they_index():
    x = T.dvector("x")
    with pytest.raises(IndexError, match=r"index x with 2 dimensions.*vector.*1"):
        x[0, 1]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.sum(axis=2),
        lambda x: x.max(axis=(0, 0)),
        lambda x: x.mean(axis=-3),
        lambda x: T.argmax(x, axis=5),
        lambda x: x.std(axis=7),
        lambda x: x.dimshuffle(0),
        lambda x: x.dimshuffle(0, 0, 1),
        lambda x: x.dimshuffle(0, 1, 4),
        lambda x: x.dimshuffle(0, "y", 1),
    ],
)
def test_axes_that_are_wrong_name_the_variable(call):
    with pytest.raises((TypeError, ValueError), match="weights"):
        call(T.dmatrix("weights"))
