"""Reductions, sorting and running sums."""

import numpy as np
import pytest

import theano
import theano.scalar as aes
import theano.tensor as T
from theano.gradient import Rop, grad
from theano.tensor import CAReduce
from theano.tensor.reduction import Max, Min

RNG = np.random.RandomState(1)
CUBE = RNG.permutation(24).reshape(2, 3, 4) / 7.0 + 0.3
MATRIX = RNG.permutation(12).reshape(3, 4) / 5.0 - 0.9
VECTOR = np.array([0.4, -1.2, 2.0, 0.9])

CASES = {
    "sum": (T.sum, [MATRIX]),
    "sum of an axis": (lambda x: T.sqr(T.sum(x, axis=1)), [CUBE]),
    "sum of axes, kept": (lambda x: T.sqr(T.sum(x, axis=(0, 2), keepdims=True)), [CUBE]),
    "sum of no axes": (lambda x: T.sqr(T.sum(x, axis=())), [MATRIX]),
    "mean": (lambda x: T.mean(x, axis=0), [CUBE]),
    "var": (lambda x: T.var(x, axis=1), [MATRIX]),
    "std": (lambda x: T.std(x, axis=1), [MATRIX]),
    "norm": (lambda x: x.norm(2, axis=0), [MATRIX]),
    "prod": (T.prod, [VECTOR]),
    "prod of an axis": (lambda x: T.prod(x, axis=1), [CUBE]),
    "prod of axes": (lambda x: T.prod(x, axis=(0, 2)), [CUBE]),
    "prod without zeros": (lambda x: T.prod(x, axis=1, no_zeros_in_input=True), [CUBE]),
    "max": (T.max, [MATRIX]),
    "max of an axis": (lambda x: T.max(x, axis=1), [CUBE]),
    "max of axes": (lambda x: T.max(x, axis=(0, 2)), [CUBE]),
    "max of other axes": (lambda x: T.max(x, axis=(0, 1), keepdims=True), [CUBE]),
    "min": (lambda x: T.min(x, axis=0), [MATRIX]),
    "ptp": (lambda x: T.ptp(x, axis=0), [MATRIX]),
    "max by reduction": (Max((1,)), [CUBE]),
    "min by reduction": (Min((0, 2)), [CUBE]),
    "plain sum": (CAReduce(aes.add, (1,)), [CUBE]),
    "plain max": (CAReduce(aes.maximum, (1,)), [CUBE]),
    "plain min": (CAReduce(aes.minimum, None), [CUBE]),
    "cumsum": (lambda x: T.cumsum(x, axis=1), [MATRIX]),
    "cumsum of all": (lambda x: T.cumsum(x), [MATRIX]),
    "cumprod": (lambda x: T.cumprod(x, axis=0), [MATRIX + 0.05]),
    "cumprod of all": (lambda x: T.cumprod(x), [VECTOR]),
    "sort": (lambda x: T.sort(x, axis=1) ** 2, [CUBE]),
    "sort of all": (lambda x: T.sort(x, axis=None) ** 2, [MATRIX]),
    "topk": (lambda x: T.sum(T.topk(x, 2, axis=1, sorted=False) ** 2, axis=1), [MATRIX]),
    "topk with places": (lambda x: T.sum(T.topk_and_argtopk(x, 2, axis=0, sorted=False)[0] ** 2, axis=0), [MATRIX]),
    "smallest two": (lambda x: T.sum(T.topk(x, -2, sorted=False) ** 2, axis=1), [MATRIX]),
}


@pytest.mark.parametrize("name", CASES)
def test_gradient_agrees_with_differences(name, check):
    check.gradient(*CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_forward_agrees_with_reverse(name, check):
    check.forward(*CASES[name])


@pytest.mark.parametrize(
    "name", ["sum of an axis", "var", "max of an axis", "prod without zeros", "prod", "prod of axes", "cumsum", "sort"]
)
def test_second_derivative(name, check):
    check.second(*CASES[name], tolerance=2e-5)


@pytest.fixture
def value(check):
    return lambda cost, x, point: np.asarray(check.evaluate(grad(cost, x), {x: np.asarray(point, x.dtype)})).tolist()


def test_product_with_zeros(value):
    x = T.dvector("x")
    assert value(T.prod(x), x, [2.0, 3.0, 4.0]) == [12.0, 8.0, 6.0]
    assert value(T.prod(x), x, [2.0, 0.0, 4.0]) == [0.0, 8.0, 0.0]
    assert value(T.prod(x), x, [2.0, 0.0, 0.0]) == [0.0, 0.0, 0.0]
    assert value(T.prod(x), x, [0.0]) == [1.0]
    assert value(T.prod(x), x, []) == []


POINTS = [
    [2.0, 3.0, 4.0, 0.5],
    [2.0, 0.0, 4.0, 0.5],
    [2.0, 0.0, 0.0, 3.0],
    [0.0, 0.0, 0.0, 3.0],
    [0.0] * 4,
    [1e-9, 2.0, 1e9, 3.0],
]


def without(point, *places):
    return float(np.prod(np.delete(np.asarray(point), places)))


@pytest.mark.parametrize("point", POINTS)
def test_hessian_of_a_product_is_the_product_of_all_but_two(point, value, check):
    x = T.dvector("x")
    places = range(len(point))
    expected = [[0.0 if i == j else without(point, i, j) for j in places] for i in places]
    found = check.evaluate(theano.gradient.hessian(T.prod(x), x), {x: np.array(point)})
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    forward = check.evaluate(Rop(grad(T.prod(x), x), x, T.constant([1.0, 0, 0, 0])), {x: np.array(point)})
    np.testing.assert_allclose(forward, expected[0], rtol=1e-14)


@pytest.mark.parametrize("point", POINTS)
def test_third_and_fourth_derivatives_of_a_product(point, check):
    x = T.dvector("x")
    third = grad(grad(grad(T.prod(x), x)[0], x)[1], x)
    expected = [0.0, 0.0, without(point, 0, 1, 2), without(point, 0, 1, 3)]
    np.testing.assert_allclose(check.evaluate(third, {x: np.array(point)}), expected, rtol=1e-14)
    np.testing.assert_allclose(check.evaluate(grad(third[2], x), {x: np.array(point)}), [0.0, 0.0, 0.0, 1.0])


def test_ties_of_the_maximum_all_receive_the_gradient(value):
    x = T.dvector("x")
    assert value(T.max(x), x, [3.0, 1.0, 3.0]) == [1.0, 0.0, 1.0]
    assert value(T.min(x), x, [3.0, 1.0, 1.0]) == [0.0, 1.0, 1.0]


def test_tangent_of_the_maximum_is_that_of_its_first_place(check):
    x, u = T.dvectors("xu")
    point = {x: np.array([3.0, 1.0, 3.0]), u: np.array([5.0, 6.0, 7.0])}
    assert check.evaluate(Rop(T.max(x), x, u), point) == 5.0


@pytest.mark.parametrize("build", [
    lambda x: T.cast(T.argmax(x), "float64"), lambda x: T.cast(T.all(x > 0), "float64"),
    lambda x: T.cast(T.any(x > 0), "float64"), lambda x: T.cast(T.argsort(x), "float64").sum(),
    lambda x: T.cast(T.extra_ops.searchsorted(x, 0.5), "float64"), lambda x: T.sum(T.argmin(x) * 1.5),
])  # fmt: skip
def test_positions_and_logic_have_zero_gradient(build, value):
    x = T.dvector("x")
    assert value(build(x), x, VECTOR) == [0.0] * 4


def test_reduction_by_another_op_has_no_gradient():
    x = T.dvector("x")
    with pytest.raises(NotImplementedError, match="Reduce"):
        grad(CAReduce(aes.mul, None)(x), x)


def test_a_wider_sum_comes_back_in_the_dtype_of_the_input():
    x = T.fvector("x")
    assert grad(T.sum(x, dtype="float64"), x).dtype == "float32"
