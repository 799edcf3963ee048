"""Sorting and the k largest."""

import numpy as np
import pytest

import theano.tensor as T
from theano.tensor.sort import ArgSortOp, SortOp, TopKOp

X = np.random.RandomState(2).permutation(24).reshape(2, 3, 4).astype("float32")


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("kind", ["quicksort", "mergesort"])
def test_sort_and_argsort(check, axis, kind):
    x = T.ftensor3("x")
    check(T.sort(x, axis, kind), {x: X}, np.sort(X, axis, kind))
    check(T.argsort(x, axis, kind), {x: X}, np.argsort(X, axis, kind))
    check(x.sort(axis), {x: X}, np.sort(X, axis))


def test_sort_by_symbolic_axis(check):
    x, axis = T.ftensor3("x"), T.lscalar("axis")
    check(T.sort(x, axis), {x: X, axis: 1}, np.sort(X, 1))


def test_sort_errors():
    with pytest.raises(ValueError, match="bogus"):
        SortOp("bogus")
    with pytest.raises(TypeError, match="axis"):
        T.argsort(T.dvector(), 1.5)
    assert ArgSortOp("quicksort") == ArgSortOp("quicksort") != ArgSortOp("mergesort")


@pytest.mark.parametrize("axis", [0, 1, -1, None])
@pytest.mark.parametrize("k", [1, 2, -1, -2])
def test_topk_gives_the_chosen_values_in_any_order(run, axis, k):
    x, kth = T.ftensor3("x"), T.lscalar("k")
    values, indices = T.topk_and_argtopk(x, kth, axis, sorted=False, idx_dtype="int32")
    v, i, only_v, only_i = run(
        [values, indices, T.topk(x, kth, axis, sorted=False), T.argtopk(x, kth, axis, sorted=False)],
        {x: X, kth: k},
    )
    flat = X.ravel() if axis is None else X
    at = 0 if axis is None else axis
    ordered = np.sort(flat, at)
    expected = np.take(ordered, range(ordered.shape[at])[-k:] if k > 0 else range(-k), at)
    np.testing.assert_array_equal(np.sort(v, at), expected)
    np.testing.assert_array_equal(np.take_along_axis(flat, i.astype("int64"), at), v)
    np.testing.assert_array_equal(v, only_v)
    np.testing.assert_array_equal(i, only_i)
    assert i.dtype == "int32"


@pytest.mark.parametrize("k", [0, 5, -5])
def test_topk_out_of_range(run, k):
    x, kth = T.dvector("x"), T.lscalar("k")
    with pytest.raises(ValueError, match="length 4"):
        run(T.topk(x, kth, sorted=False), {x: np.arange(4.0), kth: k})


def test_topk_arguments(check):
    x = T.dvector("x")
    with pytest.raises(NotImplementedError, match="sorted"):
        T.topk(x, 1)
    with pytest.raises(TypeError, match="axis"):
        T.topk(x, 1, axis=0.5, sorted=False)
    with pytest.raises(IndexError, match="axis 1"):
        T.topk(x, 1, axis=1, sorted=False)
    with pytest.raises(TypeError, match="idx_dtype"):
        TopKOp(sorted=False, idx_dtype="float32")
    with pytest.raises(ValueError, match="neither"):
        TopKOp(sorted=False, return_values=False, return_indices=False)
    check(T.topk(x, 1, sorted=False), {x: [1.0, 3.0, 2.0]}, [3.0])
