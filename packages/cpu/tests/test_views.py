"""View steps and steps about shapes."""

import numpy as np
import pytest

import theano.tensor as T

pytestmark = pytest.mark.c
rng = np.random.default_rng(3)


def test_dimshuffle_and_reshape(agree):
    t = T.dtensor3("t")
    value = rng.random((3, 4, 5))
    agree([t], [t.dimshuffle(2, "x", 0, 1), t.reshape((12, 5)), t.dimshuffle(2, 1, 0).reshape((-1, 3))], value)
    agree([t], t.dimshuffle(1, 0, 2).reshape((-1,)) + 1, value[:, ::-1])


def test_view_of_a_reshape_that_had_to_copy(native):
    t = T.dmatrix("t")
    f = native([t], t.T.reshape((6,))[1:4])
    value = rng.random((2, 3))
    result = f(value)
    np.testing.assert_array_equal(result, value.T.reshape(6)[1:4])
    result[:] = 0
    assert value.all()


@pytest.mark.parametrize("index", [
    np.s_[1], np.s_[-1], np.s_[1:], np.s_[:, ::-2], np.s_[::-1, 2:1], np.s_[5:100:3], np.s_[-3:-1, 2], np.s_[100:],
    np.s_[::-1], np.s_[4::-2, -100:3], np.s_[2, 3],
])  # fmt: skip
def test_basic_indexing(agree, index):
    m = T.dmatrix("m")
    agree([m], m[index], rng.random((6, 7)))


def test_symbolic_indices(agree):
    m, i, j, k = T.dmatrix("m"), T.lscalar("i"), T.iscalar("j"), T.bscalar("k")
    outs = [m[i], m[i:j], m[:, j::k], m[i, j], m[i : m.shape[0] - j]]
    agree([m, i, j, k], outs, rng.random((6, 7)), 1, np.array(3, "int32"), np.array(2, "int8"))


def test_index_out_of_range(native):
    m, i = T.dmatrix("m"), T.lscalar("i")
    f = native([m, i], m[i] + 1)
    with pytest.raises(IndexError, match="index 6 is out of bounds for dimension 0 with length 6"):
        f(np.zeros((6, 2)), 6)
    with pytest.raises(IndexError, match="-7"):
        f(np.zeros((6, 2)), -7)


def test_wrong_reshape_says_what_was_asked(native):
    m, n = T.dmatrix("m"), T.lscalar("n")
    f = native([m, n], m.reshape((n, 4)))
    assert f(np.zeros((2, 6)), 3).shape == (3, 4)
    with pytest.raises(ValueError, match="cannot reshape: 12 elements"):
        f(np.zeros((2, 6)), 5)


def test_shapes_as_values(agree):
    t = T.ftensor3("t")
    agree([t], [t.shape, t.shape[1] * 2, T.stack([t.shape[0], t.shape[2]])], np.zeros((3, 0, 2), "float32"))


def test_alloc_and_join(agree, native):
    m, n = T.dmatrix("m"), T.lscalar("n")
    value = rng.random((3, 4))
    agree([m, n], [T.alloc(m, n, 3, 4), T.zeros((n, n)), T.alloc(1.5, n)], value, 2)
    agree([m, n], [T.concatenate([m, m[:n]], axis=0), T.concatenate([m.T, m[:n].T], axis=1), T.stack([m, m])], value, 2)
    with pytest.raises(ValueError, match="dimension mismatch"):
        native([m, n], T.concatenate([m, m[:n]], axis=1))(value, 2)
    with pytest.raises(ValueError, match="negative"):
        native([n], T.zeros((n,)))(-1)


def test_result_never_shares_memory_with_an_argument(native):
    m = T.dmatrix("m")
    value = rng.random((3, 4))
    for result in native([m], [m, m.T, m[1:], m.reshape((4, 3))])(value):
        assert not np.shares_memory(result, value)
