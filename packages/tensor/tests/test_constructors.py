"""Symbolic constructors."""

import numpy as np
import pytest

import theano.tensor as T
from theano.configuration import change_flags
from theano.tensor.type import TensorType

LETTERS = {
    "b": "int8", "w": "int16", "i": "int32", "l": "int64", "f": "float32", "d": "float64", "c": "complex64",
    "z": "complex128",
}  # fmt: skip
PATTERNS = {
    "scalar": (), "vector": (False,), "matrix": (False, False), "row": (True, False), "col": (False, True),
    "tensor3": (False,) * 3, "tensor4": (False,) * 4, "tensor5": (False,) * 5, "tensor6": (False,) * 6,
    "tensor7": (False,) * 7,
}  # fmt: skip


@pytest.mark.parametrize("stem", list(PATTERNS))
def test_prefixed_names_are_types(stem):
    for letter, dtype in LETTERS.items():
        found = getattr(T, letter + stem)
        assert found == TensorType(dtype, PATTERNS[stem])
        assert found("v").name == "v"
        assert found("v").type == found


@pytest.mark.parametrize("stem", list(PATTERNS))
def test_stems_use_floatx_when_called(stem):
    make = getattr(T, stem)
    for floatx in ("float32", "float64"):
        with change_flags(floatX=floatx):
            assert make("v").type == TensorType(floatx, PATTERNS[stem])
    assert make("v", dtype="uint16").dtype == "uint16"
    assert make(dtype="int8").name is None
    with pytest.raises(TypeError):
        make(dtype="float8")


@pytest.mark.parametrize("stem", list(PATTERNS))
def test_plurals(stem):
    plural = "matrices" if stem == "matrix" else stem + "s"
    for letter in ["", *"fdil"]:
        several = getattr(T, letter + plural)
        a, b = several("a", "bb")
        assert (a.name, b.name) == ("a", "bb")
        assert a.broadcastable == PATTERNS[stem]
        assert [v.name for v in several("xyz")] == ["x", "y", "z"]
        assert [v.name for v in several(2)] == [None, None]
        assert several("x").name == "x"
        if letter:
            assert a.dtype == LETTERS[letter]


def test_tensor():
    x = T.tensor("int16", (True, False), "x")
    assert x.type == TensorType("int16", (True, False))
    assert x.name == "x"


def test_type_tuples():
    assert T.int_types == T.int_scalar_types == (T.bscalar, T.wscalar, T.iscalar, T.lscalar)
    assert T.float_vector_types == (T.fvector, T.dvector)
    assert T.complex_matrix_types == (T.cmatrix, T.zmatrix)


def test_dtype_lists():
    assert T.float_dtypes == ["float16", "float32", "float64"]
    assert T.discrete_dtypes[0] == "bool"
    assert T.all_dtypes == T.discrete_dtypes + T.continuous_dtypes
    assert T.integer_dtypes == T.int_dtypes + T.uint_dtypes


def test_names_of_modules_and_functions_come_out_right():
    for name in ("var", "sort", "shape", "dot", "reshape", "alloc", "join", "constant", "transfer", "default"):
        assert callable(getattr(T, name)), name
    from theano.tensor.constant import TensorConstant
    from theano.tensor.var import TensorVariable

    assert T.TensorConstant is TensorConstant
    assert T.TensorVariable is TensorVariable
    assert T.basic.exp is T.exp
    assert T.elemwise.Sum is T.Sum


def test_classic_home_of_rewrites():
    from theano.tensor import opt

    assert opt.Assert is T.Assert
    assert opt.MakeVector is T.MakeVector
    with pytest.raises(AttributeError):
        opt.no_such_rewrite  # noqa: B018


def test_names_from_other_packages_fail_with_a_clear_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        T.no_such_name  # noqa: B018


def test_shared_variables():
    from theano import shared

    s = shared(np.zeros((1, 2), "float32"))
    assert s.type == T.fmatrix
    assert shared(np.zeros((1, 2)), broadcastable=(True, False)).type == T.drow
    assert shared(3).type == T.lscalar
    assert shared(2.5).type == T.dscalar
    assert shared(np.int8(1)).type == T.bscalar
    assert (s + 1).type == T.fmatrix
    assert s.T.type == T.fmatrix
    value = np.zeros(2)
    assert not np.may_share_memory(shared(value).get_value(borrow=True), value)
    assert np.may_share_memory(shared(value, borrow=True).get_value(borrow=True), value)
    with pytest.raises(TypeError):
        s.set_value(np.zeros(2, "float32"))


def test_shared_constructors_refuse_what_is_not_theirs():
    from theano.tensor.sharedvar import load_shared_variable, scalar_constructor, tensor_constructor

    for constructor, value in (
        (tensor_constructor, [1.0]), (tensor_constructor, np.array(["a"])), (scalar_constructor, "a"),
        (scalar_constructor, np.zeros(2)),
    ):  # fmt: skip
        with pytest.raises(TypeError):
            constructor(value)
    with pytest.raises(TypeError):
        tensor_constructor(np.zeros(2), target="gpu7")
    assert load_shared_variable(np.zeros(2)).type == T.dvector


def test_default():
    x, y = T.dvector(), T.dvector()
    out = T.default(x, y)
    for value, expected in ((None, [2.0]), (np.array([1.0]), [1.0])):
        storage = [[None]]
        out.owner.op.perform(out.owner, [value, np.array([2.0])], storage)
        np.testing.assert_array_equal(storage[0][0], expected)
    with pytest.raises(TypeError, match="same type"):
        T.default(x, T.fvector())


def test_transfer():
    x = T.dvector()
    assert T.transfer(x, "cpu") is x
    assert x.transfer("cpu") is x
    with pytest.raises(ValueError, match="nowhere"):
        T.transfer(x, "nowhere")


def test_xlogx():
    import theano
    from theano.compile import Mode
    from theano.tensor.xlogx import xlogx, xlogy0

    x, y = T.dvector(), T.dvector()
    f = theano.function([x, y], [xlogx(x), xlogy0(x, y)], mode=Mode("py", None))
    a, b = f(np.array([0.0, 1.0, 2.0]), np.array([0.0, 3.0, 4.0]))
    np.testing.assert_allclose(a, [0.0, 0.0, 2 * np.log(2)])
    np.testing.assert_allclose(b, [0.0, np.log(3), 2 * np.log(4)])


def test_shape_of_variables():
    from theano.graph import FunctionGraph
    from theano.tensor.utils import hash_from_ndarray, shape_of_variables

    x, y = T.dmatrix("x"), T.dvector("y")
    z = (x + y).sum(axis=0)
    graph = FunctionGraph([x, y], [z], clone=False)
    shapes = shape_of_variables(graph, {x: (3, 4), y: (4,)})
    assert shapes[x] == (3, 4)
    assert shapes[z] == (4,)
    assert shapes[z.owner.inputs[0]] == (3, 4)
    with pytest.raises(ValueError, match="keys"):
        shape_of_variables(graph, {x: (3, 4)})
    a = np.arange(6.0)
    assert hash_from_ndarray(a) == hash_from_ndarray(a.copy()) != hash_from_ndarray(a.reshape(2, 3))
    assert hash_from_ndarray(a) != hash_from_ndarray(a.astype("int64"))
