"""Scalar expressions of the loop IR."""

import gc
import pickle

import numpy as np
import pytest

from theano.codegen import Expr, NotLowerable, call, cast, const, k, post_order

x = Expr("load", (), "float64", 0)
y = Expr("load", (), "float64", 1)
i = Expr("load", (), "int32", 2)


def test_equal_expressions_are_one_object():
    assert x + y is x + y
    assert x + y is not y + x
    assert pickle.loads(pickle.dumps(x * y + 1)) is x * y + 1


def test_constants_are_told_apart_by_their_bits():
    assert const(0.0, "float64") is not const(-0.0, "float64")
    assert const(np.nan, "float64") is const(np.nan, "float64")
    assert const(1, "int32") is not const(1, "int64")


def test_numbers_take_the_dtype_they_meet():
    assert (x + 1).args[1].dtype == "float64"
    assert (i + 1).dtype == "int32"
    assert (2 * x).args[0].value == 2.0


def test_comparisons_are_bool_and_choose():
    assert (x < y).dtype == "bool"
    assert k.where(x < y, x, y).dtype == "float64"
    assert k.isnan(x).dtype == "bool"
    with pytest.raises(NotLowerable, match="condition"):
        k.where(x, x, y)
    with pytest.raises(TypeError, match="truth value"):
        bool(x < y)


def test_mixed_dtypes_and_unknown_primitives_are_not_lowerable():
    with pytest.raises(NotLowerable, match="operands of"):
        x + i
    with pytest.raises(NotLowerable, match="float first"):
        k.exp(i)
    with pytest.raises(NotLowerable, match="no such primitive"):
        k.psi(x)
    with pytest.raises(NotLowerable, match="no such dtype"):
        Expr("load", (), "complex128", 0)


def test_casts_fold_constants_and_vanish_on_equal_dtypes():
    assert cast(x, "float64") is x
    assert cast(const(2.7, "float64"), "int32").value == 2
    assert cast(x, "float32").kind == "cast"


def test_expressions_are_frozen():
    with pytest.raises(AttributeError, match="frozen"):
        x.value = 3


def test_post_order_is_iterative_and_visits_once():
    e = x
    for _ in range(50_000):
        e = call("add", e, e)
    order = list(post_order([e]))
    assert len(order) == 50_001
    assert order[0] is x
    assert order[-1] is e
    assert len(repr(e)) < 10_000
    del e, order
    gc.collect()
