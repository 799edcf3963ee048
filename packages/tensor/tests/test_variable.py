"""Operators, methods and constants of tensor variables."""

import copy
import math
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import Mode
from theano.configuration import change_flags

PLAIN = Mode(linker="py", optimizer=None)
M = np.array([[1.5, -2.0, 0.25], [4.0, 3.0, -1.0]])
N = np.array([[2.0, 3.0, -1.5], [0.5, -2.0, 2.0]])
I = np.array([[6, -7, 3], [1, 2, 9]])
J = np.array([[3, 2, -5], [7, -1, 4]])


def check(build, reference, *values):
    inputs = [T.tensor(v.dtype.name, (False,) * v.ndim) for v in values]
    out = build(*inputs)
    result = theano.function(inputs, out, mode=PLAIN, on_unused_input="ignore")(*values)
    expected = reference(*values)
    assert np.shape(result) == np.shape(expected)
    np.testing.assert_allclose(result, expected, rtol=1e-12)


BINARY = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
    "//": lambda a, b: a // b, "%": lambda a, b: a % b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


@pytest.mark.parametrize("symbol", list(BINARY))
@pytest.mark.parametrize(("a", "b"), [(M, N), (I, J)])
def test_binary_operators(symbol, a, b):
    with change_flags(floatX="float64"):
        fn = BINARY[symbol]
        check(fn, fn, a, b)
        check(lambda x: fn(x, 2), lambda x: fn(x, 2), a)
        check(lambda x: fn(b, x), lambda x: fn(b, x), a)
        check(lambda x: fn(x, b), lambda x: fn(x, b), a)


@pytest.mark.parametrize("fn", [lambda a, b: a & b, lambda a, b: a | b, lambda a, b: a ^ b])
def test_bit_operators(fn):
    check(fn, fn, I, J)
    check(lambda x: fn(5, x), lambda x: fn(5, x), I)
    check(fn, fn, I > 2, J > 2)


def test_powers_and_unary_operators():
    check(lambda x: x**2, lambda x: x**2, M)
    check(lambda x: 2**x, lambda x: 2.0**x, M)
    check(lambda x: -x, lambda x: -x, M)
    check(abs, abs, M)
    check(lambda x: ~x, lambda x: ~x, I)
    for fn in (math.ceil, math.floor, math.trunc):
        check(fn, getattr(np, fn.__name__), M)
    check(lambda a, b: divmod(a, b)[1], lambda a, b: a % b, I, J)
    check(lambda a: divmod(17, a)[0], lambda a: 17 // a, J)


def test_array_on_the_left_stays_symbolic():
    x = T.dmatrix()
    for out in (M + x, M * x, M - x, M / x, x < M, np.float64(2) * x, M**x, M @ x.T):
        assert isinstance(out, T.TensorVariable)


def test_numpy_ufuncs_are_symbolic():
    x = T.dmatrix()
    for name in ("exp", "sqrt", "abs", "square", "isnan", "sign", "conjugate", "rint"):
        assert isinstance(getattr(np, name)(x), T.TensorVariable), name
    for name in ("add", "maximum", "arctan2", "floor_divide", "matmul"):
        other = N.T.copy() if name == "matmul" else N
        check(lambda a, n=name: getattr(np, n)(M, a), lambda a, n=name: getattr(np, n)(M, a), other)
    with pytest.raises(TypeError):
        np.hypot(x, x)
    with pytest.raises(TypeError):
        np.add.reduce(x)
    with pytest.raises(TypeError, match="truth value"):
        bool(M < x)  # noqa: SIM300  the array must stand on the left


def test_arrays_compare_by_identity_too():
    x = T.dmatrix()
    assert (M == x) is False  # noqa: SIM300
    assert (M != x) is True  # noqa: SIM300
    assert (x == M) is False
    assert x not in [M, 3.0]


def test_augmented_assignment_rebinds():
    x = y = T.dvector("x")
    y += 1
    assert y is not x
    assert y.owner.inputs[0] is x


def test_unknown_operands_are_left_to_the_other_side():
    class Other:
        def __radd__(self, other):
            return "mine"

    assert T.dvector() + Other() == "mine"
    with pytest.raises(TypeError):
        T.dvector() + object()
    with pytest.raises(TypeError):
        T.dvector() + "a"


def test_equality_is_identity_and_variables_are_keys():
    x, y = T.dvector(), T.dvector()
    assert x == x
    assert x != y
    assert x != y
    assert {x: 1, y: 2}[y] == 2


def test_truth_values():
    x = T.dscalar()
    assert bool(x)
    assert bool(x + 1)
    assert bool(T.eq(x, 1))
    for comparison in (x < 1, x <= 1, x > 1, x >= 1):
        with pytest.raises(TypeError, match="truth value"):
            bool(comparison)
    with pytest.raises(TypeError):
        1 < x < 2  # noqa: B015  the chain asks for a truth value


def test_no_length_and_no_blind_iteration():
    x = T.dvector()
    with pytest.raises(TypeError):
        len(x)
    with pytest.raises(TypeError, match="scan"):
        iter(x)
    for builtin in (sum, max, min, list):
        with pytest.raises(TypeError):
            builtin(x)


def test_shapes_unpack():
    x = T.dmatrix()
    rows, columns = x.shape
    f = theano.function([x], [rows, columns, x.size, x.shape], mode=PLAIN)
    results = f(np.zeros((3, 5)))
    assert [int(r) for r in results[:3]] == [3, 5, 15]
    assert list(results[3]) == [3, 5]
    assert x.shape.dtype == "int64"
    assert x.size.ndim == 0


def test_static_facts():
    x = T.tensor("int8", (False, True))
    assert (x.ndim, x.dtype, x.broadcastable) == (2, "int8", (False, True))
    assert x.__array_priority__ == 1000


UNARY = [
    "arccos", "arcsin", "arcsinh", "arctan", "arctanh", "ceil", "cos", "cosh", "deg2rad", "exp", "exp2", "expm1",
    "floor", "log", "log10", "log1p", "log2", "rad2deg", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
]  # fmt: skip


@pytest.mark.parametrize("name", UNARY)
def test_elementwise_methods(name):
    value = np.array([0.1, 0.5, 0.9])
    check(lambda x: getattr(x, name)(), getattr(np, name), value)


def test_arccosh_method():
    check(lambda x: x.arccosh(), np.arccosh, np.array([1.5, 2.0]))


METHODS = {
    "sum": lambda x: x.sum(axis=1), "prod": lambda x: x.prod(0), "mean": lambda x: x.mean(axis=0, keepdims=True),
    "var": lambda x: x.var(axis=0), "std": lambda x: x.std(1), "min": lambda x: x.min(axis=1), "max": lambda x: x.max(),
    "argmin": lambda x: x.argmin(0), "argmax": lambda x: x.argmax(1), "transpose": lambda x: x.transpose(1, 0),
    "T": lambda x: x.T, "reshape": lambda x: x.reshape((3, 2)), "flatten": lambda x: x.flatten(),
    "ravel": lambda x: x.ravel(), "diagonal": lambda x: x.diagonal(1), "swapaxes": lambda x: x.swapaxes(0, 1),
    "clip": lambda x: x.clip(-1, 2), "conj": lambda x: x.conj(), "conjugate": lambda x: x.conjugate(),
    "repeat": lambda x: x.repeat(2, axis=1), "cumsum": lambda x: x.cumsum(axis=1), "cumprod": lambda x: x.cumprod(0),
    "take": lambda x: x.take([1, 0], axis=1), "astype": lambda x: x.astype("int32"), "copy": lambda x: x.copy(),
    "real": lambda x: x.real, "imag": lambda x: x.imag, "any": lambda x: (x > 3).any(axis=0),
    "all": lambda x: (x > -5).all(), "index": lambda x: x[1, ::-1], "dot": lambda x: x.dot(x.T),
    "matmul": lambda x: x @ x.T,
}  # fmt: skip


@pytest.mark.parametrize("name", list(METHODS))
def test_methods_agree_with_numpy(name):
    check(METHODS[name], METHODS[name], M)


def test_methods_that_numpy_lacks():
    check(lambda x: x.norm(2), np.linalg.norm, M)
    check(lambda x: x.norm(3, axis=1), lambda x: (np.abs(x) ** 3).sum(1) ** (1 / 3), M)
    for order in (0, np.inf):
        with pytest.raises(NotImplementedError):
            T.dvector().norm(order)
    check(lambda x: x.ptp(axis=0), lambda x: np.ptp(x, axis=0), M)
    check(lambda x: x.zeros_like(), np.zeros_like, M)
    check(lambda x: x.ones_like(dtype="int8"), np.ones_like, M)
    check(lambda x: x.fill(7.0), lambda x: np.full(x.shape, 7.0), M)
    check(lambda x: x.round("half_to_even"), np.round, M)
    check(lambda x: x.sort(axis=1), lambda x: np.sort(x, axis=1), M)
    check(lambda x: x.argsort(axis=1), lambda x: np.argsort(x, axis=1), M)
    check(lambda x: x.nonzero()[1], lambda x: x.nonzero()[1], M)
    check(lambda x: x.nonzero_values(), lambda x: x[x.nonzero()], M)
    check(lambda x: x.trace(), np.trace, M)
    with pytest.raises(TypeError, match="matrix"):
        T.dtensor3().trace()
    with pytest.raises(ValueError, match="ndim"):
        T.dmatrix().reshape(3, "2")


def test_copy_takes_a_name():
    x = T.dvector("x")
    y = x.copy(name="y")
    assert y.name == "y"
    assert y is not x
    assert x.copy().name is None


def test_float64_variables_may_be_reported():
    with change_flags(warn_float64="raise"), pytest.raises(Exception, match="float64"):
        T.dvector()
    with change_flags(warn_float64="warn"), pytest.warns(UserWarning, match="float64"):
        T.dvector()


# -- constants ---------------------------------------------------------------------------------------------------------


def test_constants_compare_by_value():
    a, b = T.constant(np.array([1.0, np.nan])), T.constant(np.array([1.0, np.nan]))
    assert a.signature() == b.signature()
    assert hash(a.signature()) == hash(b.signature())
    assert a.equals(b)
    for other in (
        T.constant(np.array([1.0, 2.0])), T.constant(np.array([1.0, np.nan], "float32")), T.constant(np.array([1.0])),
        T.constant(np.array([[1.0, np.nan]])),
    ):  # fmt: skip
        assert a.signature() != other.signature()
        assert not a.equals(other)
    assert T.constant(0.0).signature() != T.constant(-0.0).signature()
    assert T.constant(3).equals(np.int8(3))
    assert not T.constant(3).equals(4)


def test_unique_value():
    assert T.constant(np.full((2, 3), 7.0)).tag.unique_value == 7.0
    assert T.constant(4).tag.unique_value == 4
    assert not hasattr(T.constant(np.arange(3)).tag, "unique_value")
    assert not hasattr(T.constant(np.zeros(0)).tag, "unique_value")


def test_constant_text():
    assert str(T.constant(2)) == "TensorConstant{2}"
    assert str(T.constant(np.full((1, 1), 2.0))) == "TensorConstant{[[2.]]}"
    assert str(T.constant(np.zeros(4))) == "TensorConstant{(4,) of 0.0}"
    assert str(T.constant(2, name="two")) == "two"
    assert "..." in str(T.constant(np.arange(50)))


def test_constants_survive_copies_and_pickles():
    c = T.constant(np.arange(3.0))
    assert copy.copy(c) is c
    twin = pickle.loads(pickle.dumps(c))
    assert twin.equals(c)
    assert twin.type == c.type


def test_graphs_survive_pickles():
    x = T.dvector("x")
    y = T.exp(x + 1).sum()
    twin = pickle.loads(pickle.dumps(y))
    assert twin.type == y.type
    assert twin.owner.op == y.owner.op
    assert twin.owner.inputs[0].owner.op == T.exp
