"""Ops are values: equal parameters make equal ops, which hash, copy, pickle and print."""

import copy
import pickle

import numpy as np
import pytest

import theano.tensor as T
from theano.tensor import blas, extra_ops, nnet, raw_random
from theano.tensor import subtensor as S
from theano.tensor.asserts import Assert
from theano.tensor.sort import ArgSortOp, SortOp, TopKOp
from theano.tensor.type_other import NoneConst, SliceConstant, make_slice, none_type_t, slicetype

MAKERS = [
    lambda: T.shape(T.dmatrix()).owner.op,
    lambda: T.shape_i_op(1),
    lambda: T.specify_shape,
    lambda: T.Rebroadcast((0, True), (1, False)),
    lambda: T.Reshape(2),
    lambda: T.alloc,
    lambda: T.AllocEmpty("float32"),
    lambda: T.ARange("int64"),
    lambda: T.Eye("float32"),
    lambda: T.Tri("float32"),
    lambda: T.Join(),
    lambda: T.Split(3),
    lambda: T.MakeVector("int64"),
    lambda: T.tensor_from_scalar,
    lambda: T.scalar_from_tensor,
    lambda: T.Dot(),
    lambda: blas.Gemm(True),
    lambda: blas.Gemv(False),
    lambda: blas.Ger(True),
    lambda: blas.Dot22(),
    lambda: blas.BatchedDot(),
    lambda: T.dmatrix()[1:, 2].owner.op,
    lambda: S.IncSubtensor(T.dmatrix()[1:].owner.op.idx_list, True, True),
    lambda: S.AdvancedSubtensor1(),
    lambda: S.AdvancedIncSubtensor1(set_instead_of_inc=True),
    lambda: S.AdvancedSubtensor(),
    lambda: S.AdvancedIncSubtensor(set_instead_of_inc=True),
    lambda: S.AdvancedBooleanSubtensor(),
    lambda: S.AdvancedBooleanIncSubtensor(),
    lambda: Assert("why"),
    lambda: SortOp("mergesort"),
    lambda: ArgSortOp("quicksort"),
    lambda: TopKOp(sorted=False),
    lambda: T.Nonzero(),
    lambda: T.ExtractDiag(1, 0, 2),
    lambda: T.AllocDiag(-1),
    lambda: T.PermuteRowElements(),
    lambda: T.Choose("wrap"),
    lambda: make_slice,
    lambda: extra_ops.CumOp(1, "mul"),
    lambda: extra_ops.DiffOp(2, 0),
    lambda: extra_ops.RepeatOp(0),
    lambda: extra_ops.Unique(True),
    lambda: extra_ops.SearchsortedOp("right"),
    lambda: extra_ops.UnravelIndex(2, "F"),
    lambda: extra_ops.RavelMultiIndex("clip"),
    lambda: extra_ops.FillDiagonal(),
    lambda: nnet.Softmax(),
    lambda: nnet.SoftmaxWithBias(),
    lambda: nnet.CrossentropySoftmaxArgmax1HotWithBias(),
    lambda: nnet.Prepend_scalar_constant_to_each_row(1.0),
    lambda: raw_random.RandomFunction("uniform", T.dvector),
]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: type(make()).__name__)
def test_ops_are_values(make):
    op, again = make(), make()
    assert op == again
    assert hash(op) == hash(again)
    assert str(op) == str(again)
    assert pickle.loads(pickle.dumps(op)) == copy.deepcopy(op) == op


def test_all_makers_differ():
    ops = [make() for make in MAKERS]
    assert len(set(ops)) == len(ops)


def test_none_and_slices_are_constants_of_a_graph():
    assert pickle.loads(pickle.dumps(NoneConst)).equals(NoneConst)
    assert none_type_t.is_valid_value(None)
    assert not none_type_t.is_valid_value(3)
    with pytest.raises(TypeError, match="None"):
        none_type_t.filter(3)
    with pytest.raises(TypeError, match="slice"):
        slicetype.filter(3)
    constant = SliceConstant(slicetype, slice(np.array(1), np.int64(3), None))
    assert constant.data == slice(1, 3, None)
    assert constant.equals(SliceConstant(slicetype, slice(1, 3)))
    with pytest.raises(TypeError, match="slice bound"):
        SliceConstant(slicetype, slice(np.array([1, 2]), None))


def test_make_slice_assembles_its_inputs(run):
    i = T.lscalar("i")
    x = T.dvector("x")
    value = np.arange(5.0)
    np.testing.assert_array_equal(run(S.advanced_subtensor(x, make_slice(i, None, 2)), {x: value, i: 1}), value[1::2])
    np.testing.assert_array_equal(run(x[make_slice(slice(i, 4))], {x: value, i: 1}), value[1:4])
    with pytest.raises(TypeError, match="integer"):
        make_slice(1.5)
    with pytest.raises(TypeError, match="further bounds"):
        make_slice(slice(1), 2)
