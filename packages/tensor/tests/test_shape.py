"""Shapes as values: Shape, Shape_i, SpecifyShape, broadcast flags, and what a graph knows of them."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.errors import NotScalarConstantError
from theano.tensor.constant_value import EmptyConstantError
from theano.tensor.shape import Shape_i, shape_i, shape_tuple


def test_shape_is_an_int64_vector_of_lengths(check):
    x = T.tensor3("x")
    check(x.shape, {x: np.zeros((2, 0, 5), x.dtype)}, [2, 0, 5])
    assert T.shape(x).type == T.lvector


def test_shape_of_a_scalar_is_empty(check):
    x = T.dscalar("x")
    check(T.shape(x), {x: np.array(1.0)}, np.zeros(0, "int64"))


def test_shape_i_reads_one_length_and_rejects_missing_dimensions(check):
    x = T.dmatrix("x")
    check(shape_i(x, 1), {x: np.zeros((2, 3))}, 3)
    with pytest.raises(TypeError, match="dimension 2"):
        Shape_i(2)(x)


def test_shape_i_op_is_shared():
    assert theano.tensor.shape_i_op(1) is theano.tensor.shape_i_op(1)
    assert Shape_i(1) == Shape_i(1) != Shape_i(0)


def test_specify_shape_passes_the_value_or_raises(check, run):
    x = T.dmatrix("x")
    y = T.specify_shape(x, (2, 3))
    check(y, {x: np.ones((2, 3))}, np.ones((2, 3)))
    with pytest.raises(AssertionError, match="specify_shape"):
        run(y, {x: np.ones((2, 4))})
    with pytest.raises(TypeError):
        T.specify_shape(x, T.dvector())
    with pytest.raises(ValueError, match="full shape"):
        T.specify_shape(x, (2,))


@pytest.mark.parametrize(
    ("change", "axes", "start", "result"),
    [
        (T.addbroadcast, (1,), (False, False), (False, True)),
        (T.unbroadcast, (0, 1), (True, True), (False, False)),
        (T.patternbroadcast, ((True, False),), (False, True), (True, False)),
    ],
)
def test_broadcast_flags_change(check, change, axes, start, result):
    x = T.TensorType("float64", start)("x")
    y = change(x, *axes)
    assert y.type.broadcastable == result
    check(y, {x: np.ones((1, 1))}, np.ones((1, 1)))


def test_changing_nothing_gives_the_variable_itself():
    x = T.drow("x")
    assert T.addbroadcast(x, 0) is x
    assert T.unbroadcast(x, 1) is x
    assert T.patternbroadcast(x, (True, False)) is x


def test_nested_changes_merge_but_keep_the_promise(run):
    x = T.dmatrix("x")
    merged = T.addbroadcast(T.addbroadcast(x, 0), 1)
    assert merged.owner.inputs[0] is x
    dropped = T.unbroadcast(T.addbroadcast(x, 0), 0)
    with pytest.raises(ValueError, match="length 1"):
        run(dropped, {x: np.ones((2, 2))})


def test_addbroadcast_checks_the_length_and_the_axis(run):
    x = T.dvector("x")
    with pytest.raises(ValueError, match="length 1"):
        run(T.addbroadcast(x, 0), {x: np.ones(3)})
    with pytest.raises(ValueError, match="axis 1"):
        T.addbroadcast(x, 1)


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (lambda: T.constant(3), 3),
        (lambda: T.constant([7, 7]), 7),
        (lambda: T.constant(3) + 4, 7),
        (lambda: T.cast(T.constant(2), "float32"), 2),
        (lambda: T.alloc(5, T.lscalar()), 5),
        (lambda: T.fill(T.dvector(), 2.5), 2.5),
        (lambda: T.constant(3).dimshuffle("x"), 3),
        (lambda: T.drow().shape[0], 1),
        (lambda: T.stack([T.constant(4), T.lscalar()])[0], 4),
        (lambda: T.constant([1, 2, 3])[-1], 3),
        (lambda: 6, 6),
    ],
)
def test_scalar_constants_are_seen(make, value):
    assert T.get_scalar_constant_value(make()) == value


@pytest.mark.parametrize("make", [T.dscalar, lambda: T.constant([1, 2]), lambda: T.dmatrix().shape[0], lambda: None])
def test_other_values_are_not_constant(make):
    with pytest.raises(NotScalarConstantError):
        T.get_scalar_constant_value(make())


def test_empty_constants_and_impossible_positions():
    with pytest.raises(EmptyConstantError):
        T.get_scalar_constant_value(T.constant(np.zeros(0)))
    with pytest.raises(ValueError, match="length 2"):
        T.get_scalar_constant_value(T.dmatrix().shape[2])


def test_deep_graphs_stop_at_the_limit():
    x = T.constant(1)
    for _ in range(30):
        x = x + 1
    with pytest.raises(NotScalarConstantError):
        T.get_scalar_constant_value(x)


def test_extract_constant_returns_the_variable_when_unknown():
    x = T.dscalar()
    assert T.extract_constant(x) is x
    assert T.extract_constant(T.constant(2)) == 2


@pytest.mark.parametrize(
    ("make", "length"),
    [
        (lambda: T.constant([1, 2, 3]), 3),
        (lambda: T.dmatrix().shape, 2),
        (lambda: T.tensor4().shape[1:], 3),
        (lambda: T.tensor4().shape[::-2], 2),
        (lambda: T.stack([T.lscalar(), T.lscalar()]), 2),
        (lambda: T.TensorType("int64", (True,))(), 1),
        (lambda: T.join(0, T.dmatrix().shape, [4]), 3),
        (lambda: [1, T.lscalar()], 2),
        (lambda: T.dmatrix().shape + 1, 2),
    ],
)
def test_vector_lengths_are_seen(make, length):
    assert T.get_vector_length(make()) == length


def test_vector_length_errors():
    with pytest.raises(ValueError, match="length"):
        T.get_vector_length(T.dvector())
    with pytest.raises(TypeError, match="vector"):
        T.get_vector_length(T.dmatrix())


def test_shape_tuple_knows_broadcastable_lengths():
    first, second = shape_tuple(T.drow())
    assert first == 1
    assert second.type == T.lscalar


def test_shape_vectors_unpack():
    rows, cols = T.dmatrix().shape
    assert rows.type == cols.type == T.lscalar


def test_questions_about_long_chains_cost_little():
    scalar, vector, joined = T.lscalar(), T.lvector(), T.dvector().shape
    for _ in range(3000):
        scalar, vector, joined = scalar + 1, vector + 1, T.join(0, joined, [1])
    with pytest.raises(NotScalarConstantError):
        T.get_scalar_constant_value(scalar)
    for unknown in (vector, joined):
        with pytest.raises(ValueError, match="length"):
            T.get_vector_length(unknown)
    assert T.zeros((scalar,)).type.broadcastable == (False,)
